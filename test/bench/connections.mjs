/**
 * `npm run bench:connections`: what clients that say nothing cost the leader in memory, and what
 * another client of it notices of them.
 *
 *   npm run bench:connections -- [--connections N] [--requests N]
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import * as Raftcache from "./Raftcache.mjs"

const { values } = parseArgs({
  options: {
    connections: { type: "string", default: "9998" },
    requests: { type: "string", default: "2000" }
  }
})
const total = Number(values.connections)
const requests = Number(values.requests)

const AT_ONCE = 250
const ROUNDS = 3
/** For the collector of garbage, and for connections to end. */
const QUIET_MILLIS = 5_000

const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis))

/** Resident, in bytes. Linux. */
const memoryOf = ({ process: { pid } }) => {
  const status = readFileSync(`/proc/${pid}/status`, "utf8")
  return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)[1])
}

const open = (port) =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port })
    socket.once("error", reject)
    socket.once("connect", () => resolve(socket))
  })

/** One after the other, each a SET and a GET; milliseconds, in order. */
const measure = async (client) => {
  const times = []
  for (let at = 0; at < requests; at++) {
    const began = performance.now()
    await client.send(`SET key:${at % 100} value`)
    await client.send(`GET key:${at % 100}`)
    times.push(performance.now() - began)
  }
  return times.sort((a, b) => a - b)
}

const told = (times) =>
  [0.5, 0.99].map((part) => times[Math.floor(part * times.length)].toFixed(2).padStart(8)).join("")

const folder = mkdtempSync(join(tmpdir(), "raftcache-connections-"))
const cluster = await Raftcache.startCluster(folder)
const leader = await cluster.leader()
const client = Raftcache.connect(leader.port)
await measure(client)
console.log("       idle   MB of memory   KiB for each   SET and GET: p50 ms  p99 ms")
for (let round = 0; round < ROUNDS; round++) {
  await sleep(QUIET_MILLIS)
  const alone = await measure(client)
  const before = memoryOf(leader)
  console.log(
    `${"0".padStart(11)}${(before / 1e6).toFixed(0).padStart(15)}${told(alone).padStart(43)}`
  )
  const sockets = []
  while (sockets.length < total) {
    const some = Math.min(AT_ONCE, total - sockets.length)
    sockets.push(...await Promise.all(Array.from({ length: some }, () => open(leader.port))))
  }
  await sleep(QUIET_MILLIS)
  const after = memoryOf(leader)
  const among = await measure(client)
  const each = ((after - before) / total / 1024).toFixed(1)
  console.log(
    `${String(total).padStart(11)}${(after / 1e6).toFixed(0).padStart(15)}${each.padStart(15)}` +
      `${told(among).padStart(28)}`
  )
  for (const socket of sockets) socket.destroy()
}
await cluster.stop()
rmSync(folder, { recursive: true, force: true })
process.exit(0)

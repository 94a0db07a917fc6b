/**
 * How long writes stand still when the leader is stopped by SIGTERM, as clients of the other nodes
 * see it: the longest time between two acknowledged writes around the stop, in real processes on
 * this machine. `npm run bench:handover`.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Raftcache from "./Raftcache.mjs"

const STOPS = 10
const HEARTBEAT_MILLIS = 50
/** Each writer writes again as soon as it is answered. */
const WRITERS_PER_NODE = 2
const BEFORE_MILLIS = 500
const AFTER_MILLIS = 1_000

const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis))

const measure = async ({ leader: leaderOf, nodes }) => {
  const leader = await leaderOf()
  let isOver = false
  let last = performance.now()
  let longest = 0
  let refused = 0
  const writers = nodes.filter((node) => node !== leader).flatMap((node) =>
    Array.from({ length: WRITERS_PER_NODE }, async (_, at) => {
      const client = Raftcache.connect(node.port)
      while (!isOver) {
        const reply = await client.send(`SET handover:${at} ${"v".repeat(256)}`)
        const now = performance.now()
        if (reply !== "+OK") refused += 1
        longest = Math.max(longest, now - last)
        last = now
      }
      client.close()
    })
  )
  // At a random moment between two heartbeats.
  await sleep(BEFORE_MILLIS + Math.random() * HEARTBEAT_MILLIS)
  const quiet = longest
  longest = 0
  await leader.process.end("SIGTERM")
  await sleep(AFTER_MILLIS)
  isOver = true
  await Promise.all(writers)
  leader.start()
  return { gap: longest, quiet, refused }
}

const folder = mkdtempSync(join(tmpdir(), "raftcache-handover-"))
const cluster = await Raftcache.startCluster(folder)
const rows = []
for (let stop = 0; stop < STOPS; stop++) rows.push(await measure(cluster))
await cluster.stop()
rmSync(folder, { recursive: true, force: true })

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]
const told = (values) => values.map((value) => value.toFixed(0)).join(" ")
const gaps = rows.map(({ gap }) => gap)
console.log(`longest time without an acknowledged write, around ${STOPS} SIGTERMs of the leader`)
console.log(`  each      ${told(gaps)} ms`)
console.log(`  before    ${told(rows.map(({ quiet }) => quiet))} ms, with nothing stopped`)
console.log(`  median    ${median(gaps).toFixed(0)} ms; two heartbeats are ${2 * HEARTBEAT_MILLIS}`)
console.log(`  refused   ${rows.reduce((sum, { refused }) => sum + refused, 0)} writes`)

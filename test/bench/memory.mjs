/**
 * `npm run bench:memory`: what three nodes hold in memory and on disk while keys are overwritten
 * for minutes. The keys stay the same, so whatever grows is the log, or a leak: the memory of each
 * node is looked at every second, and the greatest of each sixth of the time is told.
 *
 *   npm run bench:memory -- [--minutes N] [--keys N] [--bytes N]
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import * as Raftcache from "./Raftcache.mjs"
import * as Writer from "./Writer.mjs"

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    keys: { type: "string", default: "100000" },
    bytes: { type: "string", default: "256" }
  }
})
const keys = Number(values.keys)
const value = "v".repeat(Number(values.bytes))

/** Writes on their way at the same time. */
const DEPTH = 512
const LOOK_MILLIS = 1_000
const PARTS = 6

/** Resident, in bytes. Linux. */
const memoryOf = (node) => {
  const status = readFileSync(`/proc/${node.process.pid}/status`, "utf8")
  return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)[1])
}

/** A file may go while it is looked at. */
const diskOf = (node) =>
  readdirSync(join(folder, node.id)).reduce((sum, name) => {
    const found = statSync(join(folder, node.id, name), { throwIfNoEntry: false })
    return sum + (found?.size ?? 0)
  }, 0)

const folder = mkdtempSync(join(tmpdir(), "raftcache-memory-"))
const cluster = await Raftcache.startCluster(folder)
const { nodes } = cluster
const leader = await cluster.leader()
const { stop, told } = Writer.start(leader, DEPTH, (at) => ["SET", `key:${at * 7 % keys}`, value])

const megabytes = (bytes) => String(Math.round(bytes / 1e6)).padStart(6)

const partMillis = Number(values.minutes) * 60_000 / PARTS
console.log(
  `${values.minutes} minutes, ${keys} keys of ${value.length} bytes; greatest of each part`
)
console.log(`    writes/s   MB of memory: ${nodes.map(({ id }) => id).join("     ")}   MB on disk`)
for (let part = 0; part < PARTS; part++) {
  const [began, before] = [performance.now(), told.done]
  const most = nodes.map(() => ({ memory: 0, disk: 0 }))
  while (performance.now() - began < partMillis) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MILLIS))
    for (const [at, node] of nodes.entries()) {
      most[at].memory = Math.max(most[at].memory, memoryOf(node))
      most[at].disk = Math.max(most[at].disk, diskOf(node))
    }
  }
  const rate = (told.done - before) / (performance.now() - began) * 1_000
  console.log(
    `${rate.toFixed(0).padStart(12)}                ` +
      `${most.map(({ memory }) => megabytes(memory)).join(" ")}   ` +
      `${most.map(({ disk }) => megabytes(disk)).join(" ")}`
  )
}
await stop()
const snapshots = nodes.map(({ id }) =>
  readdirSync(join(folder, id)).filter((name) => name.endsWith(".snapshot")).map(Number.parseFloat)
    .join()
)
console.log(
  `${told.done} writes, ${told.refused} refused; snapshots up to entries ${snapshots.join(", ")}`
)
await cluster.stop()
rmSync(folder, { recursive: true, force: true })
process.exit(0)

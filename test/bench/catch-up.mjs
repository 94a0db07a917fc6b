/**
 * `npm run bench:catch-up`: a follower is down while the others write, and comes back so many
 * entries behind that its place in the log is gone. How long until it has all of them, and how much
 * of its throughput the leader keeps meanwhile.
 *
 * The follower would have a machine of its own. Here it has to share the processors and the disk
 * with the leader that is measured; so it comes back as what the system runs when nothing else wants
 * to (`chrt --idle`: one that is only `nice` keeps a processor for a while when others wake), and
 * with its data in memory where the system has a folder for that. What the leader loses is then
 * what it does for the follower. `--shared` has it take what it can get of both instead.
 *
 *   npm run bench:catch-up -- [--entries N] [--keys N] [--bytes N] [--shared]
 */
import { cpSync, existsSync, lstatSync, mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import * as Raftcache from "./Raftcache.mjs"
import * as Writer from "./Writer.mjs"

const { values } = parseArgs({
  options: {
    entries: { type: "string", default: "1000000" },
    keys: { type: "string", default: "100000" },
    bytes: { type: "string", default: "256" },
    shared: { type: "boolean", default: false }
  }
})
const entries = Number(values.entries)
const keys = Number(values.keys)
const value = "v".repeat(Number(values.bytes))

/** Writes on their way at the same time. */
const DEPTH = 512
/** About as long as from one snapshot to the next, so that each has its part in it. */
const BEFORE_MILLIS = 30_000
const AFTER_MILLIS = 30_000
const LOOK_MILLIS = 50

/** Where files are kept in memory, on Linux. */
const MEMORY = "/dev/shm"

const folder = mkdtempSync(join(tmpdir(), "raftcache-catch-up-"))
const cluster = await Raftcache.startCluster(folder)
const leader = await cluster.leader()
const follower = cluster.nodes.find((node) => node !== leader)
const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis))

await follower.process.end("SIGKILL")
const memory = values.shared || !existsSync(MEMORY)
  ? undefined
  : mkdtempSync(join(MEMORY, "raftcache-catch-up-"))
if (memory !== undefined) {
  // What was killed has left the socket that was its lock.
  const filter = (path) => !lstatSync(path).isSocket()
  cpSync(follower.data, memory, { recursive: true, filter })
  rmSync(follower.data, { recursive: true })
  symlinkSync(memory, follower.data)
}
const { stop, told } = Writer.start(leader, DEPTH, (at) => ["SET", `key:${at % keys}`, value])

/** Acknowledged writes in a second, while `run` runs. */
const rateOf = async (run) => {
  const [began, before] = [performance.now(), told.done]
  await run()
  const seconds = (performance.now() - began) / 1_000
  return { seconds, rate: (told.done - before) / seconds }
}

const show = (title, { rate, seconds }) =>
  console.log(`${title}: ${rate.toFixed(0)} writes/s, for ${seconds.toFixed(1)} s`)

const hasCaughtUp = async () => {
  const numberOf = async (node, name) => Number(await Raftcache.ask(node.port, name) ?? 0)
  const index = await numberOf(leader, "commit_index")
  while (await numberOf(follower, "last_applied_index") < index) await sleep(LOOK_MILLIS)
}

show(
  `${entries} entries`,
  await rateOf(async () => {
    while (told.done < entries) await sleep(LOOK_MILLIS)
  })
)
const before = await rateOf(() => sleep(BEFORE_MILLIS))
show("the leader, its follower down", before)
const during = await rateOf(() => {
  follower.start(...(values.shared ? [] : ["chrt", "--idle", "0"]))
  return hasCaughtUp()
})
show("the leader, its follower catching up", during)
const after = await rateOf(() => sleep(AFTER_MILLIS))
show("the leader, its follower up to date", after)
const kept = (rate) => `${(100 * during.rate / rate).toFixed(0)}%`
const place = memory === undefined ? "where the leader's are" : "in memory"
console.log(values.shared ? "all share" : `the follower when nothing else runs, its data ${place}`)
console.log(
  `it keeps ${kept(before.rate)} of its throughput without the follower, ${kept(after.rate)} of ` +
    `that with it; ${told.refused} writes refused`
)
await stop()
await cluster.stop()
for (const each of [folder, memory]) {
  if (each !== undefined) rmSync(each, { recursive: true, force: true })
}
process.exit(0)

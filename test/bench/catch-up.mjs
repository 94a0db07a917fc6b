/**
 * `npm run bench:catch-up`: a follower is down while the others write, and comes back so many
 * entries behind that its place in the log is gone. How long until it has all of them, and how much
 * of its throughput the leader keeps meanwhile. Three processes and the client share this machine:
 * the follower's own work takes from the leader's here, as it would not on a machine of its own.
 *
 *   npm run bench:catch-up -- [--entries N] [--keys N] [--bytes N]
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import * as Raftcache from "./Raftcache.mjs"
import * as Writer from "./Writer.mjs"

const { values } = parseArgs({
  options: {
    entries: { type: "string", default: "1000000" },
    keys: { type: "string", default: "100000" },
    bytes: { type: "string", default: "256" }
  }
})
const entries = Number(values.entries)
const keys = Number(values.keys)
const value = "v".repeat(Number(values.bytes))

/** Writes on their way at the same time. */
const DEPTH = 512
const BEFORE_MILLIS = 10_000
const AFTER_MILLIS = 10_000
const LOOK_MILLIS = 50

const folder = mkdtempSync(join(tmpdir(), "raftcache-catch-up-"))
const cluster = await Raftcache.startCluster(folder)
const leader = await cluster.leader()
const follower = cluster.nodes.find((node) => node !== leader)
const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis))

await follower.process.end("SIGKILL")
const { stop, told } = Writer.start(leader, DEPTH, (at) => `SET key:${at % keys} ${value}`)

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
  follower.start()
  return hasCaughtUp()
})
show("the leader, its follower catching up", during)
const after = await rateOf(() => sleep(AFTER_MILLIS))
show("the leader, its follower up to date", after)
const kept = (rate) => `${(100 * during.rate / rate).toFixed(0)}%`
console.log(
  `it keeps ${kept(before.rate)} of its throughput without the follower, ${kept(after.rate)} of ` +
    `that with it; ${told.refused} writes refused`
)
await stop()
await cluster.stop()
rmSync(folder, { recursive: true, force: true })
process.exit(0)

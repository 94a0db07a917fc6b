/**
 * SIGSTOP: a process that stands still, as under a debugger, on a machine that swaps or in a
 * virtual machine that is moved. It does not know that it was away.
 */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { setTimeout } from "node:timers/promises"
import { cleanUp, Cluster, raftInfo } from "./Cluster.js"
import type { Node } from "./Cluster.js"
import { Load } from "./Load.js"
import { Refusal } from "./RespClient.js"

/** A process that is to stand still must do so for a time: far beyond every timeout of nodes. */
const PAUSE_MILLIS = 5_000

/** So long that a busy machine alone makes nobody stand for election. */
const patient = { flags: ["--election-timeout", "1000"] }

const A_WHILE = 50

// Both tests wait at the same time.
afterAll(cleanUp)

const termAt = async (node: Node): Promise<string | undefined> => {
  const client = await node.connect()
  const { current_term } = await raftInfo(client)
  client.close()
  return current_term
}

const pauseLeader = async () => {
  const cluster = await Cluster.start(patient)
  const old = await cluster.leader()
  const [other] = cluster.others(old)
  const before = await old.connect()
  assert.strictEqual(await before.send("SET", "subject", "old"), "OK")
  const load = new Load(cluster)
  await load.more(A_WHILE)
  old.program.pause()
  const paused = setTimeout(PAUSE_MILLIS)
  const client = await other.connect()
  while (await client.send("SET", "subject", "new") !== "OK");
  // Some wait for the old leader when it wakes up, some come then.
  const early = before.sendAll(Array.from({ length: 10 }, () => ["GET", "subject"]))
  await load.more(A_WHILE)
  await paused
  old.program.resume()
  const after = await old.connect()
  const late = after.sendAll(Array.from({ length: 10 }, () => ["GET", "subject"]))
  const reads = [...await early, ...await late]
  const stale = reads.filter((reply) => reply !== "new" && !(reply instanceof Refusal))
  assert.deepStrictEqual(stale, [], "read at the old leader")
  await load.more(A_WHILE)
  await load.stop()
  await load.verify()
  assert.notStrictEqual(await cluster.leader(old), old)
  assert.strictEqual((await raftInfo(after))["state"], "follower")
}

const pauseFollower = async () => {
  const cluster = await Cluster.start(patient)
  const leader = await cluster.leader()
  const [follower] = cluster.others(leader)
  const load = new Load(cluster)
  await load.more(A_WHILE)
  const term = await termAt(leader)
  follower.program.pause()
  await setTimeout(PAUSE_MILLIS)
  follower.program.resume()
  // Its clients have waited all the time, and are served again.
  await load.more(A_WHILE)
  await load.stop()
  await load.verify()
  assert.strictEqual(await cluster.leader(follower), leader)
  for (const node of cluster.nodes) assert.strictEqual(await termAt(node), term)
}

describe.concurrent("a paused process", () => {
  it("comes back as a follower that shows nothing old, if it led before", pauseLeader)
  it("comes back as a follower that disturbs nobody, if it followed before", pauseFollower)
})

/**
 * Snapshots on a node: taken on request and by themselves, sent to whoever was away, and survived
 * by a disk that is full.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import * as States from "../../src/raft/State.js"
import * as MemoryDisk from "../../src/sim/MemoryDisk.js"
import * as TestCluster from "./TestCluster.js"
import { elapse, increment, set, told } from "./TestCluster.js"

const often = {
  ...States.defaultLimits,
  snapshotEntries: 10,
  trailingEntries: 2,
  chunkBytes: 50,
  inflightChunkBytes: 100
}

const three = TestCluster.make(["n1", "n2", "n3"], 11, often)

type Cluster = Effect.Effect.Success<typeof three>

const count = (cluster: Cluster, id: string, times: number) =>
  Effect.gen(function*() {
    for (let i = 0; i < times; i++) yield* elapse(cluster.write(id, increment("n")))
  })

const filesOf = (cluster: Cluster, id: string) =>
  MemoryDisk.fileNames(cluster.disks.get(id)!).filter((name) => name.endsWith(".snapshot"))

const entryOf = (cluster: Cluster, id: string, index: number) =>
  new WeakRef(cluster.state(id).log.at(index)!)

const collectGarbage: () => void = (() => {
  setFlagsFromString("--expose-gc")
  return runInNewContext("gc")
})()

/** What is referred to if anybody still holds it. Of the running task the engine keeps all. */
const aliveAfterCollection = <A extends WeakKey>(reference: WeakRef<A>) =>
  Effect.promise(async () => {
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
    return reference.deref()
  })

describe.concurrent("a node", () => {
  it.scoped("takes a snapshot when it is asked to, and the same again if nothing was applied", () =>
    Effect.gen(function*() {
      const cluster = yield* TestCluster.make(["n1"], 3)
      yield* elapse(cluster.leader)
      yield* elapse(cluster.write("n1", set("x", "1")))
      const { appliedIndex, snapshotAtMillis } = cluster.status("n1")
      assert.isUndefined(snapshotAtMillis)
      const beganAtMillis = yield* Clock.currentTimeMillis
      const outcome = yield* elapse(cluster.snapshot("n1"))
      assert.deepStrictEqual(outcome, { _tag: "SnapshotTaken", index: appliedIndex })
      assert.deepStrictEqual(yield* elapse(cluster.snapshot("n1")), outcome)
      assert.strictEqual(cluster.status("n1").snapshotIndex, appliedIndex)
      assert.isAtLeast(cluster.status("n1").snapshotAtMillis ?? 0, beganAtMillis)
      assert.lengthOf(filesOf(cluster, "n1"), 1)
    }))

  it.scoped("starts from its snapshot, and applies no write twice that it covers", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const leader = yield* elapse(cluster.leader)
      yield* count(cluster, leader, 25)
      yield* Effect.forEach(cluster.ids, (id) => elapse(cluster.stop(id)), { discard: true })
      yield* Effect.forEach(cluster.ids, cluster.start, { discard: true })
      yield* elapse(cluster.leader)
      for (const id of cluster.ids) {
        assert.isAbove(cluster.state(id).log.base.index, 0)
        assert.strictEqual(yield* elapse(cluster.read(id, "n")), "25")
        assert.lengthOf(filesOf(cluster, id), 1)
      }
      assert.strictEqual(told(yield* elapse(cluster.write("n1", increment("n")))), "26")
    }))

  it.scoped("keeps nothing of the log it started with that its log has let go of", () =>
    Effect.gen(function*() {
      const cluster = yield* TestCluster.make(["n1"], 3, often)
      yield* elapse(cluster.leader)
      yield* count(cluster, "n1", 6)
      yield* elapse(cluster.stop("n1"))
      yield* cluster.start("n1")
      yield* elapse(cluster.leader)
      const index = cluster.state("n1").log.base.index + 1
      const found = entryOf(cluster, "n1", index)
      assert.isDefined(yield* aliveAfterCollection(found))
      yield* count(cluster, "n1", 20)
      assert.isAtLeast(cluster.state("n1").log.base.index, index)
      assert.isUndefined(yield* aliveAfterCollection(found))
    }))

  it.scoped("that was away longer than the log reaches begins anew with the leader's snapshot", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const leader = yield* elapse(cluster.leader)
      const away = cluster.ids.find((id) => id !== leader)!
      yield* elapse(cluster.stop(away))
      yield* count(cluster, leader, 40)
      assert.isAbove(cluster.state(leader).log.base.index, cluster.state(leader).termStart)
      yield* cluster.start(away)
      assert.strictEqual(yield* elapse(cluster.read(away, "n")), "40")
      assert.isAbove(cluster.state(away).log.base.index, 10)
      assert.strictEqual(cluster.digest(away), cluster.digest(leader))
    }))

  it.scoped("tells who waits for a write that an installed snapshot covers: not known", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const leader = yield* elapse(cluster.leader)
      const [one, other] = cluster.ids.filter((id) => id !== leader)
      // It hears nothing any more, and what it forwards still arrives.
      cluster.hub.cut(leader, one!)
      cluster.hub.cut(other!, one!)
      const asking = yield* Effect.fork(cluster.write(one!, increment("n")))
      yield* elapse(Effect.sleep(100))
      yield* count(cluster, leader, 40)
      cluster.hub.heal()
      const outcome = yield* elapse(asking)
      assert.include(["UnknownOutcome", "NoLeader", "1"], told(outcome))
      const n = yield* elapse(cluster.read(one!, "n"))
      if (told(outcome) === "NoLeader") assert.strictEqual(n, "40")
    }))

  it.scoped("goes on when its disk has no room for a snapshot, and takes one when it has", () =>
    Effect.gen(function*() {
      const cluster = yield* TestCluster.make(["n1"], 5, often)
      yield* elapse(cluster.leader)
      const disk = cluster.disks.get("n1")!
      disk.fault = (operation, file) =>
        operation === "append" && file.endsWith(".partial") ? "NoSpace" : undefined
      yield* count(cluster, "n1", 15)
      assert.deepStrictEqual(yield* elapse(cluster.snapshot("n1")), { _tag: "SnapshotNotTaken" })
      assert.deepStrictEqual(MemoryDisk.fileNames(disk).filter((each) => /partial/.test(each)), [])
      disk.fault = () => undefined
      yield* elapse(Effect.sleep(15_000))
      assert.isAbove(cluster.status("n1").snapshotIndex, 10)
      assert.strictEqual(told(yield* elapse(cluster.write("n1", increment("n")))), "16")
    }))

  it.scoped("says so when the snapshot that it is asked for cannot be written", () =>
    Effect.gen(function*() {
      const cluster = yield* TestCluster.make(["n1"], 3)
      yield* elapse(cluster.leader)
      const disk = cluster.disks.get("n1")!
      disk.fault = (operation) => operation === "rename" ? "Failed" : undefined
      yield* elapse(cluster.write("n1", set("x", "1")))
      assert.deepStrictEqual(yield* elapse(cluster.snapshot("n1")), { _tag: "SnapshotNotTaken" })
    }))
})

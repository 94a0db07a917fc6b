import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as MemoryDisk from "../../src/sim/MemoryDisk.js"
import * as TestCluster from "./TestCluster.js"
import { elapse, increment, set, told } from "./TestCluster.js"

const three = TestCluster.make(["n1", "n2", "n3"], 7)

type Cluster = Effect.Effect.Success<typeof three>

const others = (cluster: Cluster, id: string) => cluster.ids.filter((each) => each !== id)

/** Every node shows the same, once each has read. */
const agree = (cluster: Cluster) =>
  Effect.gen(function*() {
    yield* elapse(Effect.forEach(cluster.ids, (id) => cluster.read(id, "x"), { concurrency: 3 }))
    const [first, ...rest] = cluster.ids.map(cluster.digest)
    for (const digest of rest) assert.strictEqual(digest, first)
  })

describe.concurrent("three nodes", () => {
  it.scoped("elect a leader, and what any of them is told, all of them show", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      yield* elapse(cluster.leader)
      for (const id of cluster.ids) {
        assert.strictEqual(told(yield* elapse(cluster.write(id, set("x", id)))), "Ok")
        for (const reader of cluster.ids) {
          assert.strictEqual(yield* elapse(cluster.read(reader, "x")), id)
        }
      }
      yield* agree(cluster)
    }))

  it.scoped("keep the order of one node's writes, whoever leads", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const leader = yield* elapse(cluster.leader)
      const [follower] = others(cluster, leader)
      const outcomes = yield* elapse(Effect.all(
        Array.from({ length: 50 }, () => cluster.write(follower!, increment("n"))),
        { concurrency: "unbounded" }
      ))
      assert.deepStrictEqual(outcomes.map(told), outcomes.map((_, i) => String(i + 1)))
    }))

  it.scoped("go on without a leader that is cut off; it shows nothing stale and catches up", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const old = yield* elapse(cluster.leader)
      yield* elapse(cluster.write(old, set("x", "before")))
      cluster.hub.isolate(old)
      const stale = yield* Effect.fork(cluster.read(old, "x"))
      const hanging = yield* Effect.fork(cluster.write(old, set("y", "from the old leader")))
      const [here] = others(cluster, old)
      assert.strictEqual(told(yield* elapse(cluster.write(here!, set("x", "after")))), "Ok")
      assert.strictEqual(yield* elapse(Fiber.join(stale)), "NoLeader")
      assert.strictEqual(told(yield* elapse(Fiber.join(hanging))), "UnknownOutcome")
      cluster.hub.heal()
      assert.strictEqual(yield* elapse(cluster.read(old, "x")), "after")
      yield* agree(cluster)
    }))

  it.scoped("finish a write whose leader was cut off before its deadline, once", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const old = yield* elapse(cluster.leader)
      cluster.hub.isolate(old)
      const fiber = yield* Effect.fork(cluster.write(old, increment("n")))
      yield* elapse(Effect.sleep(1_500))
      cluster.hub.heal()
      assert.strictEqual(told(yield* elapse(Fiber.join(fiber))), "1")
      assert.strictEqual(yield* elapse(cluster.read(old, "n")), "1")
    }))

  it.scoped("remember everything after all of them were stopped", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      yield* elapse(cluster.leader)
      for (let i = 0; i < 5; i++) yield* elapse(cluster.write("n1", increment("n")))
      yield* elapse(Effect.forEach(cluster.ids, cluster.stop))
      yield* Effect.forEach(cluster.ids, cluster.start)
      assert.strictEqual(yield* elapse(cluster.read("n2", "n")), "5")
      assert.strictEqual(told(yield* elapse(cluster.write("n2", increment("n")))), "6")
      yield* agree(cluster)
    }))

  it.scoped("lose nothing acknowledged when the power of all of them fails", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      yield* elapse(cluster.leader)
      for (let i = 0; i < 5; i++) yield* elapse(cluster.write("n3", increment("n")))
      for (const disk of cluster.disks.values()) MemoryDisk.crash(disk)
      yield* elapse(Effect.forEach(cluster.ids, cluster.stop))
      yield* Effect.forEach(cluster.ids, cluster.start)
      assert.strictEqual(yield* elapse(cluster.read("n1", "n")), "5")
    }))

  it.scoped("apply each write once while messages are lost, repeated, delayed and reordered", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      yield* elapse(cluster.leader)
      cluster.hub.setFaults({
        dropProbability: 0.1,
        duplicateProbability: 0.1,
        reorderProbability: 0.1,
        delayMaxMillis: 40
      })
      const outcomes = yield* elapse(Effect.forEach(
        cluster.ids.flatMap((id) => Array.from({ length: 10 }, () => id)),
        (id) => cluster.write(id, increment("n")),
        { concurrency: "unbounded" }
      ))
      const done = outcomes.filter((outcome) => outcome._tag === "Done").map(told)
      assert.strictEqual(new Set(done).size, done.length)
      cluster.hub.setFaults({ dropProbability: 0, duplicateProbability: 0, reorderProbability: 0 })
      const total = Number(yield* elapse(cluster.read("n1", "n")))
      assert.isAtLeast(total, done.length)
      assert.isAtMost(total, outcomes.length)
      yield* agree(cluster)
    }))

  it.scoped("refuse what cannot be done without a majority, and nothing of it happens later", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const leader = yield* elapse(cluster.leader)
      const [alone, gone] = others(cluster, leader)
      yield* elapse(Effect.all([cluster.stop(leader), cluster.stop(gone!)]))
      yield* elapse(Effect.sleep(2_000))
      assert.strictEqual(told(yield* elapse(cluster.write(alone!, increment("n")))), "NoLeader")
      assert.strictEqual(yield* elapse(cluster.read(alone!, "n")), "NoLeader")
      yield* cluster.start(leader)
      assert.strictEqual(told(yield* elapse(cluster.write(alone!, increment("n")))), "1")
      yield* cluster.start(gone!)
      yield* agree(cluster)
    }))
})

describe.concurrent("a node", () => {
  it.scoped("alone in its cluster leads at once", () =>
    Effect.gen(function*() {
      const cluster = yield* TestCluster.make(["n1"], 1)
      yield* TestCluster.elapse(cluster.leader)
      assert.strictEqual(told(yield* elapse(cluster.write("n1", increment("n")))), "1")
      assert.strictEqual(yield* elapse(cluster.read("n1", "n")), "1")
    }))

  it.scoped("that is removed while its disk stalls answers who waits, and ends when it can", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const leader = yield* elapse(cluster.leader)
      const gate = cluster.gate(leader)
      yield* Effect.addFinalizer(() => gate.open)
      yield* gate.close
      const removal = yield* Effect.fork(cluster.changeMembers(leader, { remove: [leader] }))
      const write = yield* Effect.fork(cluster.write(leader, increment("n")))
      assert.strictEqual(told(yield* elapse(Fiber.join(write))), "Stopping")
      assert.strictEqual((yield* elapse(Fiber.join(removal)))._tag, "UnknownOutcome")
      yield* gate.open
      assert.strictEqual((yield* elapse(Effect.flip(cluster.stopped(leader))))._tag, "Removed")
    }))

  it.scoped("whose disk fails stops, answers who waits, and the others go on", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const leader = yield* elapse(cluster.leader)
      MemoryDisk.failNext(cluster.disks.get(leader)!, "sync", "Failed")
      const outcome = yield* elapse(cluster.write(leader, increment("n")))
      assert.strictEqual(told(outcome), "UnknownOutcome")
      assert.strictEqual(told(yield* elapse(cluster.write(leader, increment("n")))), "Stopping")
      const [here] = others(cluster, leader)
      assert.match(told(yield* elapse(cluster.write(here!, increment("n")))), /^[12]$/)
    }))
})

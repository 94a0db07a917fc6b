/**
 * A node that is asked to stop while it owes answers that will never come.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { STOP_GRACE_MILLIS } from "../../src/node/NodeProgram.js"
import * as TestCluster from "./TestCluster.js"
import { elapse, set, told } from "./TestCluster.js"

describe.concurrent("a node that is asked to stop", () => {
  it.scoped("waits for its answers so long and no longer, and then says what is true", () =>
    Effect.gen(function*() {
      const cluster = yield* TestCluster.make(["n1", "n2", "n3"], 7)
      const leader = yield* elapse(cluster.leader)
      cluster.hub.isolate(leader)
      const hanging = yield* Effect.fork(cluster.write(leader, set("x", "1")))
      yield* TestClock.adjust(1)
      const stopping = yield* Effect.fork(cluster.stop(leader))
      yield* TestClock.adjust(STOP_GRACE_MILLIS - 1)
      assert.isNull(hanging.unsafePoll())
      yield* TestClock.adjust(1)
      assert.isNotNull(stopping.unsafePoll())
      assert.strictEqual(told(yield* Fiber.join(hanging)), "UnknownOutcome")
    }))
})

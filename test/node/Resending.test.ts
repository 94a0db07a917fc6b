/**
 * Writes that do not move are sent again. What that may cost is messages, and nothing else.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Simulation from "../../src/sim/Simulation.js"
import * as Scenarios from "../sim/Scenarios.js"

/** Slower than a quarter of the time that requests have, and than a heartbeat by far. */
const SYNC_MILLIS = 900

const WRITES = 60

describe("writes that are sent again", () => {
  it("while their commit is slow have one entry each", () => {
    const { ackedWrites, marks, trace, violation } = Simulation.run(
      Scenarios.scenario({
        electionTimeoutMillis: 5_000,
        ...Scenarios.disk({ sync: { leastMicros: 1_000 * SYNC_MILLIS, meanMicros: 0 } }),
        operations: Array.from(
          { length: WRITES },
          (_, at) =>
            Scenarios.operation(at + 1, {
              client: at + 1,
              node: at % 3,
              atMicros: 15_000_000 + 20_000 * at
            })
        ),
        safetyMicros: 40_000_000
      }),
      { record: "everything" }
    )
    assert.isUndefined(violation, violation?.message)
    assert.isAtLeast(ackedWrites, WRITES)
    assert.isAbove(marks["forwarded write sent again"] ?? 0, WRITES)
    const states = Scenarios.during(Scenarios.events(trace, "State"), 0, 40_000)
    const last = Math.max(...states.map(({ state }) => state.last))
    const noops = Math.max(...states.map(({ state }) => state.term))
    // Before each batch there may be the time (Upkeep.ts); none has fewer than one write.
    assert.isAtMost(last, 2 * WRITES + noops)
  })

  it("by a node that comes no further have one entry, however long it takes", () => {
    const { marks, trace, violation } = Simulation.run(
      Scenarios.scenario({
        faults: [Scenarios.fault(3_000, 43_000, { _tag: "Stall", node: 2 })],
        operations: [Scenarios.operation(1, { node: 2, atMicros: 5_000_000 })],
        safetyMicros: 50_000_000
      }),
      { record: "everything" }
    )
    assert.isUndefined(violation, violation?.message)
    assert.isAbove(marks["forwarded write sent again"] ?? 0, 20)
    const states = Scenarios.during(Scenarios.events(trace, "State"), 0, 40_000)
    const last = Math.max(...states.map(({ state }) => state.last))
    const noops = Math.max(...states.map(({ state }) => state.term))
    assert.isAtMost(last, noops + 2)
  })
})

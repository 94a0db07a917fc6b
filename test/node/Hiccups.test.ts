/**
 * What must not cost a healthy cluster its leader, at the default timeouts.
 */
import { assert, describe, it } from "@effect/vitest"
import * as NodeProgram from "../../src/node/NodeProgram.js"
import type { Target } from "../../src/sim/Scenario.js"
import * as Simulation from "../../src/sim/Simulation.js"
import * as Scenarios from "../sim/Scenarios.js"

const { electionTimeoutMillis, heartbeatMillis } = NodeProgram.defaults

/** A leader may have been silent for a heartbeat already, and its next one takes its time. */
const PAUSE_MILLIS = electionTimeoutMillis - heartbeatMillis - 10

const BEGINS_MILLIS = 2_000
const GAP_MILLIS = 733
const PAUSES = 25
const END_MILLIS = BEGINS_MILLIS + PAUSES * GAP_MILLIS

/** The highest term, before the first pause and after the last. */
const terms = (node: Target) => {
  const { trace, violation } = Simulation.run(
    Scenarios.scenario({
      electionTimeoutMillis,
      heartbeatMillis,
      faults: Array.from({ length: PAUSES }, (_, at) => {
        const beginsMillis = BEGINS_MILLIS + GAP_MILLIS * at
        return Scenarios.fault(beginsMillis, beginsMillis + PAUSE_MILLIS, { _tag: "Pause", node })
      }),
      operations: Scenarios.operations(PAUSES, GAP_MILLIS),
      safetyMicros: 1_000 * END_MILLIS
    }),
    { record: "everything" }
  )
  assert.isUndefined(violation, violation?.message)
  const states = Scenarios.events(trace, "State")
  const highest = (from: number, to: number) =>
    Math.max(...Scenarios.during(states, from, to).map(({ state }) => state.term))
  return [highest(0, BEGINS_MILLIS), highest(BEGINS_MILLIS, END_MILLIS)]
}

describe("no election follows", () => {
  it.each<Target>(["leader", 0, 1, 2])(
    "when node %s stands still for less than a timeout",
    (node) => {
      const [before, after] = terms(node)
      assert.strictEqual(after, before)
    }
  )
})

import { assert, describe, it } from "@effect/vitest"
import * as State from "../../src/raft/State.js"
import type { Fault } from "../../src/sim/Scenario.js"
import * as Simulation from "../../src/sim/Simulation.js"
import type { NodeState } from "../../src/sim/Trace.js"
import * as Scenarios from "./Scenarios.js"

const HOUR_MILLIS = 3_600_000
const WRITE_MILLIS = 2_000
const FAULT_MILLIS = 300_000

const limits = { ...State.defaultLimits, snapshotEntries: 50, trailingEntries: 10 }

/** Of a log that is due for its next snapshot while the last is on its way. */
const ENTRIES_LIMIT = 2 * limits.snapshotEntries + limits.trailingEntries

/** One node after the other loses power for a minute. */
const faults: ReadonlyArray<Fault> = Array.from(
  { length: HOUR_MILLIS / FAULT_MILLIS - 1 },
  (_, at) => {
    const from = FAULT_MILLIS * (at + 1)
    return Scenarios.fault(from, from + 60_000, { _tag: "Crash", node: at % 3, while: "any" })
  }
)

describe("a log under writes", () => {
  it("never grows beyond what snapshots allow it, for an hour in which nodes come and go", {
    timeout: 120_000
  }, () => {
    const report = Simulation.run(
      Scenarios.scenario({
        // An hour of fewer heartbeats.
        electionTimeoutMillis: 3_000,
        heartbeatMillis: 1_000,
        requestTimeoutMillis: 20_000,
        limits,
        faults,
        operations: Array.from(
          { length: HOUR_MILLIS / WRITE_MILLIS },
          (_, at) =>
            Scenarios.operation(at + 1, { atMicros: 1_000 * WRITE_MILLIS * at, node: at % 3 })
        ),
        safetyMicros: 1_000 * HOUR_MILLIS
      }),
      { record: "everything" }
    )
    assert.isUndefined(report.violation)
    const states = report.trace.flatMap((event): ReadonlyArray<NodeState> =>
      event._tag === "State" ? [event.state] : []
    )
    const entries = states.map(({ base, last }) => last - base)
    assert.isAtMost(Math.max(...entries), ENTRIES_LIMIT)
    const snapshots = new Set(states.map(({ snapshot }) => snapshot))
    assert.isAbove(snapshots.size, HOUR_MILLIS / WRITE_MILLIS / limits.snapshotEntries / 2)
  })
})

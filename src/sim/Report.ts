/**
 * What a simulation tells about the life it has lived.
 */
import type { DecisionLog } from "./DecisionLog.js"
import type { Scenario } from "./Scenario.js"
import type { TraceEvent } from "./Trace.js"

/** A promise that was broken. */
export interface Violation {
  /** The stable name of the oracle, such as `one-leader-per-term`: shrinking keeps to it. */
  readonly oracle: string
  /** What is wrong, in words and figures. */
  readonly message: string
  readonly atMicros: number
  /** How many events had happened. */
  readonly event: number
}

/** The trace hash after so many events. */
export interface Checkpoint {
  readonly event: number
  readonly hash: string
}

export interface Report {
  readonly scenario: Scenario
  readonly decisions: DecisionLog
  readonly violation: Violation | undefined
  readonly events: number
  readonly simulatedMicros: number
  readonly ackedWrites: number
  readonly ackedReads: number
  /** How often each noteworthy thing happened (Marks.ts). */
  readonly marks: Readonly<Record<string, number>>
  /** 16 hex digits. Two runs with the same scenario and decisions have the same. */
  readonly traceHash: string
  readonly checkpoints: ReadonlyArray<Checkpoint>
  /** Empty unless it was asked for. */
  readonly trace: ReadonlyArray<TraceEvent>
}

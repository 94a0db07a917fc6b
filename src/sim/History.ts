/**
 * What clients saw, and what the log did: the two sides that the witness compares. Instants count
 * the events of the run, so that no two are the same by accident.
 */
import type { Request } from "./Application.js"

export interface Call {
  /** The operation's. */
  readonly id: number
  readonly client: number
  readonly request: Request
  readonly calledAt: number
  /** A read that may show any earlier state of its node. */
  readonly isStale?: boolean
  /**
   * `done`: answered. `refused`: the cluster said that it did nothing. `unknown`: it said that it
   * does not know, or died, or the client left. Nobody will ever hear of it again.
   */
  outcome: "open" | "done" | "refused" | "unknown"
  /** Undefined while it is open, and for ever if it is unknown. */
  returnedAt: number | undefined
  /** Of a call that is done. */
  answer: Uint8Array | undefined
  /**
   * Of a call that is done: a write's place in the log, or the place up to which the replica had
   * applied the log when a read was served.
   */
  index: number | undefined
}

/** A command that the state machine was given, by whichever node came first. */
export interface Applied {
  readonly index: number
  readonly command: Uint8Array
  readonly answer: Uint8Array
  readonly told?: string | undefined
}

export interface History {
  /** In the order of `calledAt`. */
  readonly calls: ReadonlyArray<Call>
  /** In the order of `index`; indexes without a command are left out. */
  readonly applied: ReadonlyArray<Applied>
}

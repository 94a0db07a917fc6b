/**
 * What one or more requests of a connection wait for: a moment of the node, the fate of a write, or
 * what a task has to tell. Requests that share a moment share its gate.
 */
import type { ReadOutcome, WriteOutcome } from "../node/Node.js"
import type { Tell } from "./RedisCommand.js"

export interface Gate {
  /** Undefined as long as it is closed. */
  outcome: Outcome | undefined
  /** Of a write that is done: how many of this node's clients heard each of its messages. */
  heard?: ReadonlyArray<number>
  /** How much had been pushed to the client when it opened: that comes before the replies. */
  pushes?: number
}

/** What a task has to tell. */
export interface Told {
  readonly _tag: "Told"
  readonly tell: Tell
}

export type Outcome = WriteOutcome | ReadOutcome | Told

/** For requests that wait for nothing. */
export const OPEN: Gate = { outcome: { _tag: "Readable" } }

/** For those that are not begun any more. */
export const STOPPING: Gate = { outcome: { _tag: "Refused", reason: "Stopping" } }

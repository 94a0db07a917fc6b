/**
 * What happened, as a list that a person or a page can read: the shared language of the story, the
 * trace page and the search for a divergence.
 */
import type { Role } from "../raft/State.js"

interface Base {
  /** Counts from 1. */
  readonly number: number
  readonly atMicros: number
}

/** Where a node stood after something had happened to it. */
export interface NodeState {
  readonly role: Role
  readonly term: number
  readonly leader: string | undefined
  readonly last: number
  readonly commit: number
  readonly applied: number
  /** The term of each entry, run-length encoded: `[term, count]`, from index 1 on. */
  readonly terms: ReadonlyArray<readonly [term: number, count: number]>
  /** Entries up to here are not in the log any more. */
  readonly base: number
  /** What the latest snapshot covers. */
  readonly snapshot: number
}

export type TraceEvent =
  /** `text` says what the payload holds; `id` ties a message to its deliveries. */
  | Base & {
    readonly _tag: "Sent"
    readonly from: string
    readonly to: string
    readonly id: number
    readonly text: string
  }
  | Base & {
    readonly _tag: "Delivered"
    readonly from: string
    readonly to: string
    readonly id: number
    /** When it was sent. */
    readonly sentMicros: number
    readonly text: string
  }
  | Base & {
    readonly _tag: "Lost"
    readonly from: string
    readonly to: string
    readonly id: number
    readonly text: string
  }
  /** A timer, a disk or a fiber let the node run. */
  | Base & { readonly _tag: "Ran"; readonly node: string; readonly why: string }
  /** The node's state is another than before. */
  | Base & { readonly _tag: "State"; readonly node: string; readonly state: NodeState }
  /** Started, crashed, stopped, refused to start, paused, resumed. */
  | Base & {
    readonly _tag: "Process"
    readonly node: string
    readonly status: "Running" | "Down" | "Stopping" | "Paused" | "Failed"
    readonly why: string
  }
  | Base & {
    readonly _tag: "Fault"
    readonly phase: "begins" | "ends"
    readonly nodes: ReadonlyArray<string>
    readonly text: string
  }
  | Base & {
    readonly _tag: "Invoked"
    readonly operation: number
    readonly client: number
    readonly node: string
    readonly text: string
  }
  | Base & {
    readonly _tag: "Answered"
    readonly operation: number
    readonly client: number
    readonly node: string
    readonly outcome: "done" | "refused" | "unknown" | "abandoned" | "lost"
    readonly text: string
  }
  /** What the node wrote to its log of messages for people. */
  | Base & { readonly _tag: "Log"; readonly node: string; readonly text: string }
  | Base & { readonly _tag: "Phase"; readonly text: string }
  | Base & { readonly _tag: "Violation"; readonly oracle: string; readonly text: string }

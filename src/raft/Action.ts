/**
 * Everything the core asks of its shell, as data and in order. The shell's whole contract:
 * `Persist` runs in the order of `seq` (many may share one fsync, then one `Persisted` for the
 * highest); a failed write ends the process; `Apply` runs in order; everything else may run at once
 * and in any order; a `Send` may be lost, repeated, delayed or reordered.
 */
import type { Entry } from "./Entry.js"
import type { Index, Term } from "./EntryId.js"
import type { NodeId, Ref } from "./Event.js"
import type { Message } from "./Message.js"

/**
 * What a node must never forget besides its log: its term and its vote in that term (thesis 3.4).
 */
export interface HardState {
  readonly term: Term
  readonly vote: NodeId | undefined
}

/**
 * Make durable, in this order: drop every entry at and after `truncateFrom`, append `append`,
 * replace the hard state. All of one `Persist` or nothing of it may survive a crash, and never a
 * later one without it.
 */
export interface Persist {
  readonly _tag: "Persist"
  readonly seq: number
  readonly hardState: HardState | undefined
  readonly truncateFrom: Index | undefined
  readonly append: ReadonlyArray<Entry>
}

export interface Send {
  readonly _tag: "Send"
  readonly to: NodeId
  readonly message: Message
}

/** Committed and locally durable, contiguous with the `Apply` before it. Answer with `Applied`. */
export interface Apply {
  readonly _tag: "Apply"
  readonly entries: ReadonlyArray<Entry>
}

/** The command is committed at `index` and applied here. */
export interface Committed {
  readonly _tag: "Committed"
  readonly index: Index
}

/** The local state machine has reached a state that a linearizable read may show. */
export interface Readable {
  readonly _tag: "Readable"
  readonly index: Index
}

/** `to` leads now, as was asked. */
export interface Transferred {
  readonly _tag: "Transferred"
  readonly to: NodeId
}

/**
 * Why leadership was not handed over. `UnderWay`: another transfer is. `AlreadyLeads`: the target
 * is this leader. `NoVoter`: the target is none. `NobodyElse`: no other voter has answered.
 * `Unreachable`: the connection to the target was lost. `TimedOut`: the target did not catch up or
 * was not elected in time. `OtherLeader`: somebody else was elected meanwhile.
 */
export type TransferFailure =
  | "UnderWay"
  | "AlreadyLeads"
  | "NoVoter"
  | "NobodyElse"
  | "Unreachable"
  | "TimedOut"
  | "OtherLeader"

/** Nothing is lost by it: who led goes on leading, or another was elected. */
export interface TransferFailed {
  readonly _tag: "TransferFailed"
  readonly why: TransferFailure
}

/**
 * Refused and without any effect: this node does not lead, or is handing leadership over. `leader`
 * is who leads, or who shall, if it knows.
 */
export interface NotLeader {
  readonly _tag: "NotLeader"
  readonly leader: NodeId | undefined
}

/** Refused and without any effect: too many bytes wait for commit. */
export interface Overloaded {
  readonly _tag: "Overloaded"
}

/** Proposed, then leadership was lost: it may still commit, or never. Not a failure. */
export interface Unknown {
  readonly _tag: "Unknown"
}

export type Outcome =
  | Committed
  | Readable
  | Transferred
  | TransferFailed
  | NotLeader
  | Overloaded
  | Unknown

export interface Reply {
  readonly _tag: "Reply"
  readonly ref: Ref
  readonly outcome: Outcome
}

/** What a log line or a trace may want to tell; nothing depends on it. */
export type Observation =
  | { readonly _tag: "BecameFollower"; readonly term: Term; readonly why: string }
  | { readonly _tag: "BecamePreCandidate"; readonly term: Term }
  | { readonly _tag: "BecameCandidate"; readonly term: Term }
  | { readonly _tag: "BecameLeader"; readonly term: Term }
  | { readonly _tag: "LeaderKnown"; readonly term: Term; readonly leader: NodeId }
  | { readonly _tag: "Truncated"; readonly from: Index; readonly to: Index }
  | { readonly _tag: "TransferBegun"; readonly term: Term; readonly to: NodeId }
  | { readonly _tag: "Transferred"; readonly term: Term; readonly to: NodeId }
  | {
    readonly _tag: "TransferAbandoned"
    readonly term: Term
    readonly to: NodeId
    readonly why: TransferFailure
  }

export interface Observe {
  readonly _tag: "Observe"
  readonly observation: Observation
}

export type Action = Persist | Send | Apply | Reply | Observe

/**
 * Everything the core asks of its shell, as data and in order. The shell's whole contract:
 * `Persist`, `InstallSnapshot` and `Compact` run in the order of `seq` (many may share one fsync,
 * then one `Persisted` for the highest); a failed write ends the process; `Apply`,
 * `RestoreSnapshot` and the look at the state machine that `TakeSnapshot` begins with run in order;
 * chunks are stored in order; everything else may run at once and in any order; a `Send` may be
 * lost, repeated, delayed or reordered.
 */
import type { Configuration } from "./Configuration.js"
import type { Entry } from "./Entry.js"
import type { EntryId, Index, Term } from "./EntryId.js"
import type { NodeId, Ref } from "./Event.js"
import type { Message } from "./Message.js"
import type { Snapshot } from "./Snapshot.js"

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

/**
 * Make durable, in one step: the log begins anew after `snapshot`, which is durable beside it
 * already; every entry so far is gone. A crash leaves all of the old or all of the new.
 */
export interface InstallSnapshot {
  readonly _tag: "InstallSnapshot"
  readonly seq: number
  readonly snapshot: Snapshot
}

/**
 * Make durable that `snapshot` is the one to start from, then let go of older snapshots and of
 * entries up to `upTo` inclusive, which it covers.
 */
export interface Compact {
  readonly _tag: "Compact"
  readonly seq: number
  readonly snapshot: Snapshot
  readonly upTo: EntryId
}

/** What has its place in the order of `seq`. */
export type Write = Persist | InstallSnapshot | Compact

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

/**
 * Write the state as it is now, with every entry up to `id` applied and none after it, aside and
 * durably, without keeping `Apply` from going on. Answer with `SnapshotTaken` or
 * `SnapshotNotTaken`.
 */
export interface TakeSnapshot {
  readonly _tag: "TakeSnapshot"
  readonly id: EntryId
  readonly configuration: Configuration
}

/** Replace the state by the snapshot's, which is installed. Answer with `Applied` of its index. */
export interface RestoreSnapshot {
  readonly _tag: "RestoreSnapshot"
  readonly snapshot: Snapshot
}

/** Read this part of the snapshot and send it as a `SnapshotChunk`, or answer `ChunkNotSent`. */
export interface SendChunk {
  readonly _tag: "SendChunk"
  readonly to: NodeId
  readonly term: Term
  readonly round: number
  readonly snapshot: Snapshot
  readonly offset: number
  readonly lengthBytes: number
}

/**
 * Write `bytes` at `offset` of the snapshot that is being received; at 0 begin it anew. Answer with
 * `ChunkStored`, or after the last chunk with `SnapshotReceived`, or with `SnapshotNotReceived`.
 */
export interface StoreChunk {
  readonly _tag: "StoreChunk"
  readonly snapshot: Snapshot
  readonly offset: number
  readonly bytes: Uint8Array
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
 * The change has begun, and goes on by itself: its first configuration, at `index`, is committed
 * and applied here. Of one that adds nobody, the last one is.
 */
export interface MembershipChanged {
  readonly _tag: "MembershipChanged"
  readonly index: Index
}

/**
 * Why members are as they were. `NotReady`: this leader has not committed anything yet. `UnderWay`:
 * another change is. `NotExpected`: the configuration is another than the expected one.
 * `AlreadyMember`, `NotMember`: one of those to add is one, one of those to remove is none.
 * `NoVoterLeft`: nobody would be.
 */
export type MembershipRefusal =
  | "NotReady"
  | "UnderWay"
  | "NotExpected"
  | "AlreadyMember"
  | "NotMember"
  | "NoVoterLeft"

/** Refused and without any effect. */
export interface MembershipRefused {
  readonly _tag: "MembershipRefused"
  readonly why: MembershipRefusal
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

/** A snapshot of everything up to `index` is durable here. */
export interface SnapshotDurable {
  readonly _tag: "SnapshotDurable"
  readonly index: Index
}

/** It could not be written; the shell knows why. */
export interface SnapshotFailed {
  readonly _tag: "SnapshotFailed"
}

export type Outcome =
  | Committed
  | Readable
  | Transferred
  | TransferFailed
  | MembershipChanged
  | MembershipRefused
  | NotLeader
  | Overloaded
  | Unknown
  | SnapshotDurable
  | SnapshotFailed

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
  | { readonly _tag: "Compacted"; readonly upTo: Index; readonly snapshot: Index }
  | { readonly _tag: "Streaming"; readonly to: NodeId; readonly snapshot: Index }
  | { readonly _tag: "Installed"; readonly snapshot: Index }
  | {
    /** Another configuration counts here from now on, or the one that does is now committed. */
    readonly _tag: "ConfigurationChanged"
    readonly configuration: Configuration
    readonly isCommitted: boolean
  }
  /** This node is no member any more, and nobody will send it anything: it may end. */
  | { readonly _tag: "Removed"; readonly index: Index }

export interface Observe {
  readonly _tag: "Observe"
  readonly observation: Observation
}

export type Action =
  | Write
  | Send
  | Apply
  | Reply
  | Observe
  | TakeSnapshot
  | RestoreSnapshot
  | SendChunk
  | StoreChunk

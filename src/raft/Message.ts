/**
 * What nodes say to each other: the thesis's RPCs as separate one-way messages, each with only its
 * own fields. `term` is the sender's current term, except in `PreVoteRequest`, whose sender has not
 * entered the term it asks about.
 */
import type { Entry } from "./Entry.js"
import type { EntryId, Index, Term } from "./EntryId.js"
import type { Snapshot } from "./Snapshot.js"

/** "Would you vote for me in `campaignTerm`?" Changes nothing at the receiver (thesis 9.6). */
export interface PreVoteRequest {
  readonly _tag: "PreVoteRequest"
  readonly term: Term
  readonly campaignTerm: Term
  /** The last entry of the sender's log. */
  readonly last: EntryId
}

/** A refusal carries the voter's term, so that a candidate that is behind catches up. */
export interface PreVoteResponse {
  readonly _tag: "PreVoteResponse"
  readonly term: Term
  readonly campaignTerm: Term
  readonly granted: boolean
}

/** RequestVote (thesis 3.4). Sent only when the sender's own vote and its whole log are durable. */
export interface VoteRequest {
  readonly _tag: "VoteRequest"
  readonly term: Term
  readonly last: EntryId
  /** The leader asked for this election: answer although you hear a leader (thesis 4.2.3). */
  readonly transfer?: true
}

export interface VoteResponse {
  readonly _tag: "VoteResponse"
  readonly term: Term
  readonly granted: boolean
}

/**
 * AppendEntries (thesis 3.5). `entries` continue `prev` without a gap and may be empty (a probe).
 */
export interface Append {
  readonly _tag: "Append"
  readonly term: Term
  readonly round: number
  readonly prev: EntryId
  readonly entries: ReadonlyArray<Entry>
  /** The leader's commit index; the receiver trusts it only up to what it has verified. */
  readonly commit: Index
}

/** The sender's log equals the leader's up to `match` inclusive, and durably so. */
export interface AppendAccepted {
  readonly _tag: "AppendAccepted"
  readonly term: Term
  readonly round: number
  readonly match: Index
}

/**
 * The sender has no entry `rejected`. `hint` is the last position at which the logs could still
 * agree: the largest index up to `rejected` whose term is not above the rejected one.
 */
export interface AppendRejected {
  readonly _tag: "AppendRejected"
  readonly term: Term
  readonly round: number
  readonly rejected: Index
  readonly hint: EntryId
}

/** "I still lead": what `round` was for is in Reading.ts. */
export interface Heartbeat {
  readonly _tag: "Heartbeat"
  readonly term: Term
  readonly round: number
  /** At most what the receiver is known to hold. */
  readonly commit: Index
}

export interface HeartbeatResponse {
  readonly _tag: "HeartbeatResponse"
  readonly term: Term
  readonly round: number
  /**
   * How far the sender's log has been compared with this leader's; a hint, no promise of
   * durability.
   */
  readonly verifiedTo: Index
}

/** A follower asks for an index at which it may serve the reads it knows as `id` (thesis 6.4). */
export interface ReadIndexRequest {
  readonly _tag: "ReadIndexRequest"
  readonly term: Term
  readonly id: number
}

export interface ReadIndexGranted {
  readonly _tag: "ReadIndexGranted"
  readonly term: Term
  readonly id: number
  readonly index: Index
}

/** The receiver of the request does not lead, or ceased to before it could confirm the round. */
export interface ReadIndexRefused {
  readonly _tag: "ReadIndexRefused"
  readonly term: Term
  readonly id: number
}

/**
 * A part of InstallSnapshot (thesis 5.1), and leader's contact as every message of a leader.
 * Answered with `SnapshotProgress` once it is stored, or with `AppendAccepted` by whoever holds
 * everything that the snapshot covers.
 */
export interface SnapshotChunk {
  readonly _tag: "SnapshotChunk"
  readonly term: Term
  readonly round: number
  readonly snapshot: Snapshot
  /** Where `bytes` belong. */
  readonly offset: number
  readonly bytes: Uint8Array
}

/** How far the sender has come with the snapshot, having seen the chunk at `offset`. */
export interface SnapshotProgress {
  readonly _tag: "SnapshotProgress"
  readonly term: Term
  readonly round: number
  readonly id: EntryId
  readonly offset: number
  /** It has the first so many bytes, and wants those after them; no promise of durability. */
  readonly receivedBytes: number
}

/** The leader to its chosen successor, who holds all of its log: stand now (thesis 3.10). */
export interface TimeoutNow {
  readonly _tag: "TimeoutNow"
  readonly term: Term
}

/**
 * The leader to a node that the committed configuration at `index` leaves out, and that holds it:
 * nobody will send it anything any more.
 */
export interface Dismissed {
  readonly _tag: "Dismissed"
  readonly term: Term
  readonly index: Index
}

export type Message =
  | PreVoteRequest
  | PreVoteResponse
  | VoteRequest
  | VoteResponse
  | Append
  | AppendAccepted
  | AppendRejected
  | Heartbeat
  | HeartbeatResponse
  | ReadIndexRequest
  | ReadIndexGranted
  | ReadIndexRefused
  | SnapshotChunk
  | SnapshotProgress
  | TimeoutNow
  | Dismissed

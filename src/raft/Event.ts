/**
 * Everything that can happen to a node, as data: the only way into the core.
 */
import type { EntryId, Index } from "./EntryId.js"
import type { Message } from "./Message.js"
import type { Snapshot } from "./Snapshot.js"

/** A node's name, unique in its cluster. */
export type NodeId = string

/**
 * Names a request of this node's shell. Made by the shell, answered exactly once, never used again,
 * not even in a later life of the node: an answer to an old question that comes late must not be
 * taken for the answer to a new one.
 */
export type Ref = number

/**
 * `count` ticks have passed since the last `Tick`. Integer, at least 1. With `heldUp` at least 0:
 * this process stood still, or the whole machine did, and more may have passed than `count` says. A
 * node that was away does not take its own absence for the silence of others, but no lease of its
 * own outlives it.
 */
export interface Tick {
  readonly _tag: "Tick"
  readonly count: number
  readonly heldUp?: boolean
}

export interface Receive {
  readonly _tag: "Receive"
  readonly from: NodeId
  readonly message: Message
}

export interface ProposeItem {
  readonly ref: Ref
  readonly bytes: Uint8Array
}

/**
 * Commands for the log, in order. Each is answered with `Committed`, or refused by its own outcome.
 */
export interface Propose {
  readonly _tag: "Propose"
  readonly items: ReadonlyArray<ProposeItem>
}

/**
 * Asks for a moment at which the local state machine holds all that was acknowledged before now.
 */
export interface Read {
  readonly _tag: "Read"
  readonly ref: Ref
  /** `lease`: without asking anybody, if this node leads and holds a lease (thesis 6.4.1). */
  readonly mode: "linearizable" | "lease"
}

/**
 * Hands leadership to `to`, or to whom the leader chooses (thesis 3.10). Answered with
 * `Transferred`, `TransferFailed` or `NotLeader`, after at most three election timeouts.
 */
export interface TransferLeadership {
  readonly _tag: "TransferLeadership"
  readonly ref: Ref
  readonly to: NodeId | undefined
}

export interface NewMember {
  readonly id: NodeId
  readonly address: string
}

/**
 * Changes who the members are (thesis 4). Those to `add` become learners at once, and voters by
 * themselves when they have caught up; those to `remove` leave in the same step. A removal of
 * learners alone takes their addition back. Answered with `MembershipChanged`,
 * `MembershipRefused`, `NotLeader` or `Unknown`.
 */
export interface ChangeMembership {
  readonly _tag: "ChangeMembership"
  readonly ref: Ref
  readonly add: ReadonlyArray<NewMember>
  readonly remove: ReadonlyArray<NodeId>
  /** The index of the configuration that is to be changed; whichever there is if undefined. */
  readonly expected: Index | undefined
}

/** Everything up to the `Persist` numbered `seq`, inclusive, is durable. */
export interface Persisted {
  readonly _tag: "Persisted"
  readonly seq: number
}

/** The state machine has applied everything up to `index`, inclusive. */
export interface Applied {
  readonly _tag: "Applied"
  readonly index: Index
}

/** The connection to `peer` was lost: what was sent and not yet answered may be gone. */
export interface PeerUnreachable {
  readonly _tag: "PeerUnreachable"
  readonly peer: NodeId
}

/** A snapshot is wanted now. Answered with `SnapshotDurable` or `SnapshotFailed`. */
export interface WantSnapshot {
  readonly _tag: "WantSnapshot"
  readonly ref: Ref
}

/** What `TakeSnapshot` asked for is durable: a power cut would not take it away. */
export interface SnapshotTaken {
  readonly _tag: "SnapshotTaken"
  readonly snapshot: Snapshot
}

/** What `TakeSnapshot` asked for could not be done, and left nothing behind. */
export interface SnapshotNotTaken {
  readonly _tag: "SnapshotNotTaken"
  readonly id: EntryId
}

/** The chunk is written, not yet durable. */
export interface ChunkStored {
  readonly _tag: "ChunkStored"
  readonly snapshot: Snapshot
  readonly offset: number
  /** `offset` and the chunk's length. */
  readonly upTo: number
}

/** The last chunk is written, the whole was found right and is durable, beside the log so far. */
export interface SnapshotReceived {
  readonly _tag: "SnapshotReceived"
  readonly snapshot: Snapshot
}

/** What has arrived of the snapshot could not be kept, or was not right: nothing is left of it. */
export interface SnapshotNotReceived {
  readonly _tag: "SnapshotNotReceived"
  readonly snapshot: Snapshot
}

/** What `SendChunk` asked for could not be read. */
export interface ChunkNotSent {
  readonly _tag: "ChunkNotSent"
  readonly to: NodeId
  readonly snapshot: Snapshot
}

export type Event =
  | Tick
  | Receive
  | Propose
  | Read
  | TransferLeadership
  | ChangeMembership
  | Persisted
  | Applied
  | PeerUnreachable
  | WantSnapshot
  | SnapshotTaken
  | SnapshotNotTaken
  | ChunkStored
  | SnapshotReceived
  | SnapshotNotReceived
  | ChunkNotSent

/**
 * Everything that can happen to a node, as data: the only way into the core.
 */
import type { Index } from "./EntryId.js"
import type { Message } from "./Message.js"

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

export type Event =
  | Tick
  | Receive
  | Propose
  | Read
  | TransferLeadership
  | Persisted
  | Applied
  | PeerUnreachable

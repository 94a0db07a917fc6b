/**
 * A running member of the cluster, as its servers and its embedder see it: two doors for requests
 * and one window. Requests come in by plain calls and are answered by plain callbacks, because an
 * Effect per request would cost more than the request (docs/architecture.md, "The hot path").
 */
import { Context, Data } from "effect"
import type { Effect } from "effect"
import type {
  MembershipChanged,
  MembershipRefusal,
  TransferFailed,
  Transferred
} from "../raft/Action.js"
import type { Index, Term } from "../raft/EntryId.js"
import type { NodeId } from "../raft/Event.js"
import type { Role, State } from "../raft/State.js"
import type { StorageError } from "../service/Storage.js"
import type { Change } from "./Memberships.js"

/**
 * Refused and without any effect: there was no leader, or too much was waiting already, or (a read)
 * this node is `Behind` and has not come in time to what the read must show.
 */
export interface Refused {
  readonly _tag: "Refused"
  readonly reason: "NoLeader" | "Overloaded" | "Behind" | "Stopping"
}

/**
 * Proposed, and then nothing was heard of it before its deadline: it may have happened, or still.
 */
export interface UnknownOutcome {
  readonly _tag: "UnknownOutcome"
}

/** Applied. `answer` is the state machine's. */
export interface Done {
  readonly _tag: "Done"
  readonly answer: Uint8Array
  /** The command's position in the log. */
  readonly index: Index
}

export type WriteOutcome = Done | Refused | UnknownOutcome

/** The local state machine may be read now, synchronously, within the callback. */
export interface Readable {
  readonly _tag: "Readable"
}

/**
 * What a read may show. `linearizable`: everything that was acknowledged anywhere before it, at
 * the price of a round of messages, shared. `lease`: the same as long as clocks keep their bound
 * (`Limits.clockDriftPercent`), without a round where the leader is asked. `stale`: what this
 * node has applied so far, whoever leads, even if nobody does.
 */
export type ReadMode = "linearizable" | "lease" | "stale"

export const readModes: ReadonlyArray<ReadMode> = ["linearizable", "lease", "stale"]

export type ReadOutcome = Readable | Refused

/** A snapshot of everything up to `index` is durable on this node. */
export interface SnapshotTaken {
  readonly _tag: "SnapshotTaken"
  readonly index: Index
}

/** It could not be written, and will be tried again; the node's log of messages says why. */
export interface SnapshotNotTaken {
  readonly _tag: "SnapshotNotTaken"
}

export type SnapshotOutcome = SnapshotTaken | SnapshotNotTaken | Refused

/**
 * `UnknownOutcome`: a leader took the request and was not heard of again before the deadline.
 */
export type TransferOutcome = Transferred | TransferFailed | Refused | UnknownOutcome

/** The members are as they were, and why. */
export interface ChangeRefused {
  readonly _tag: "ChangeRefused"
  readonly why: MembershipRefusal
}

/** `UnknownOutcome`: a leader was asked and has not said in time what became of it. */
export type MembershipOutcome = MembershipChanged | ChangeRefused | Refused | UnknownOutcome

/** The cluster has removed this node, which has stopped. `message` says what to do. */
export class Removed extends Data.TaggedError("Removed")<{
  readonly message: string
}> {}

/**
 * `Learner`: is sent the log, counts in nothing, and becomes a voter by itself when it has caught
 * up. `Leaving`: a voter that ceases to be one when the change under way is complete.
 */
export interface MemberStatus {
  readonly id: NodeId
  readonly address: string
  readonly role: "Voter" | "Learner" | "Leaving"
  /** Entries that it is known to lack; only the leader knows, of itself too. */
  readonly behind: number | undefined
}

export interface Membership {
  /** Names this version of it, for a change that is to meet no other. */
  readonly index: Index
  /** Decisions need a majority of two sets of voters, for a moment. */
  readonly isJoint: boolean
  readonly members: ReadonlyArray<MemberStatus>
}

export interface Status {
  readonly id: NodeId
  readonly clusterId: string
  readonly role: Role
  readonly term: Term
  readonly leader: NodeId | undefined
  readonly lastIndex: Index
  readonly commitIndex: Index
  readonly appliedIndex: Index
  /** The last entry that the latest snapshot covers; 0 before the first. */
  readonly snapshotIndex: Index
  /**
   * When the node made its latest snapshot durable, in milliseconds since 1970; undefined if it has
   * not since it was started.
   */
  readonly snapshotAtMillis: number | undefined
  /** Every member as this node knows them, itself included if it is one. */
  readonly members: ReadonlyArray<NodeId>
  readonly membership: Membership
  /** Requests that wait for an answer now. */
  readonly pending: number
  /** Questions to the core of what may be read that it has not answered. */
  readonly questions: number
}

export class Node extends Context.Tag("raftcache/Node")<Node, {
  /**
   * Runs `command` through the log. Writes of one node apply in the order of these calls, also
   * across a change of leader, and each at most once. `answer` is called exactly once, never before
   * this returns.
   */
  readonly write: (command: Uint8Array, answer: (outcome: WriteOutcome) => void) => void
  /**
   * Calls `answer` exactly once, never before this returns: at a moment when the local state
   * machine shows everything that was acknowledged anywhere in the cluster before this call, or
   * what `mode` promises instead. Default `linearizable`.
   */
  readonly read: (answer: (outcome: ReadOutcome) => void, mode?: ReadMode) => void
  /**
   * Has the leader, whichever node it is, hand leadership to `to`, or to the most up-to-date voter
   * (thesis 3.10). `answer` is called exactly once, never before this returns. Writes wait for the
   * next leader meanwhile, and none is lost.
   */
  readonly transfer: (to: NodeId | undefined, answer: (outcome: TransferOutcome) => void) => void
  /**
   * Takes a snapshot of this node's state now, if there is none of it yet. Calls `answer` exactly
   * once, never before this returns, as soon as it is durable.
   */
  readonly snapshot: (answer: (outcome: SnapshotOutcome) => void) => void
  /**
   * Has the leader, whichever node it is, change the members. `answer` is called exactly once,
   * never before this returns; the change is done at most once. Nodes that are added become voters
   * by themselves, after the answer.
   */
  readonly changeMembers: (change: Change, answer: (outcome: MembershipOutcome) => void) => void
  /**
   * Takes no more requests, hands leadership over, and gives what was taken a while to finish. What
   * stops the node does the same, once; whoever serves clients does it first, so that they hear of
   * it while they can still be answered.
   */
  readonly leave: Effect.Effect<void>
  readonly status: () => Status
  /** All that the core knows now: an immutable value, for whoever watches the protocol. */
  readonly state: () => State
  /**
   * Never succeeds. Fails when the disk does, or when the cluster has removed the node: it has
   * stopped and answers nothing any more.
   */
  readonly stopped: Effect.Effect<never, StorageError | Removed>
}>() {}

/**
 * What a node must not forget, behind one door: the write-ahead log of a real disk, or one in
 * memory. The node reads it once when it starts and from then on only appends.
 */
import { Context, Data } from "effect"
import type { Effect } from "effect"
import type { HardState, Write } from "../raft/Action.js"
import type { Configuration } from "../raft/Configuration.js"
import type { Entry } from "../raft/Entry.js"
import type { EntryId, Index } from "../raft/EntryId.js"
import type { Snapshot } from "../raft/Snapshot.js"

/** Who owns a data folder. Written once when it is made, compared each time it is opened. */
export interface Identity {
  /** 16 hex digits. Nodes of different clusters never talk. */
  readonly clusterId: string
  readonly nodeId: string
  /** 16 hex digits drawn when the folder was made: a wiped folder comes back as somebody else. */
  readonly incarnation: string
}

export interface Recovered {
  readonly identity: Identity
  /** How often this folder was opened, counting this time: at least 1, never repeated. */
  readonly start: number
  readonly hardState: HardState
  /**
   * The members with which the cluster begins, none for a node that is to join. Of no account once
   * the snapshot or an entry knows of others.
   */
  readonly bootstrap: Configuration
  /** Undefined before the first. Its parts are in `Snapshots.load`. */
  readonly snapshot: Snapshot | undefined
  /** The entry before the first of `entries`; not after the snapshot's. */
  readonly base: EntryId
  /** Contiguous from `base` on. */
  readonly entries: ReadonlyArray<Entry>
  /** What the bytes of `entries` are views of. It is never written to again. */
  readonly memory: ReadonlyArray<Uint8Array>
}

/**
 * The node cannot keep its promises with this disk and must stop. `message` says what, why and what
 * to do.
 */
export class StorageError extends Data.TaggedError("StorageError")<{
  readonly reason: "Locked" | "Foreign" | "Corrupt" | "Version" | "Full" | "ReadOnly" | "Failed"
  readonly message: string
  readonly cause?: unknown
}> {}

/**
 * Snapshots beside the log. Which of them is the one to start from, only `persist` says: until then
 * a crash leaves nothing of it. A failure of one leaves nothing of it behind and says nothing about
 * the log.
 */
export interface Snapshots {
  /** Returns when the whole would survive a power cut. Lets others run again and again. */
  readonly save: (
    id: EntryId,
    configuration: Configuration,
    parts: Iterable<Uint8Array>
  ) => Effect.Effect<Snapshot, StorageError>
  /**
   * Writes a chunk of a snapshot of another node, in order; `offset` 0 begins anew, and forgets the
   * one before. Not durable before `finish`.
   */
  readonly store: (
    snapshot: Snapshot,
    offset: number,
    bytes: Uint8Array
  ) => Effect.Effect<void, StorageError>
  /** Returns when all that was stored is found right and would survive a power cut. */
  readonly finish: (snapshot: Snapshot) => Effect.Effect<void, StorageError>
  /** Part of its bytes. */
  readonly read: (
    snapshot: Snapshot,
    offset: number,
    lengthBytes: number
  ) => Effect.Effect<Uint8Array, StorageError>
  /**
   * Hands all parts to `addSlice`, as they were saved and where they were read, after their
   * checksums were found right. That memory is never written to again.
   */
  readonly load: (
    snapshot: Snapshot,
    addSlice: (bytes: Uint8Array, from: number, to: number) => void
  ) => Effect.Effect<void, StorageError>
}

/** `Refused`: it is another incarnation. The message says what to do, to the operators of both. */
export type Meeting =
  | { readonly _tag: "Welcome" }
  | { readonly _tag: "Refused"; readonly message: string }

/**
 * With which incarnation this node has met each of the others, so that none is heard that has
 * forgotten what it promised. A failure of one says nothing about the log, and is a meeting that
 * did not come about.
 */
export interface Acquaintances {
  /** Who is met for the first time is remembered, durably, before this returns. */
  readonly meet: (peer: string, incarnation: string) => Effect.Effect<Meeting, StorageError>
  /**
   * `members` are those of the configuration at `index`, which is committed. Who was a member and
   * is none any more has left: the id may be given to another incarnation from then on.
   */
  readonly settle: (
    index: Index,
    members: ReadonlyArray<string>
  ) => Effect.Effect<void, StorageError>
}

export class Storage extends Context.Tag("raftcache/Storage")<Storage, {
  /** What survived, read when the layer was built. */
  readonly recovered: Recovered
  /**
   * The node has its log: the entries and the memory in `recovered` are none from now on, so that
   * what the log lets go of is not kept here for as long as the node lives.
   */
  readonly releaseLog: () => void
  /**
   * Writes in order and returns when all of it would survive a power cut. Called by one fiber, one
   * call at a time. After a failure nothing may be written any more: a failed fsync is never
   * retried.
   */
  readonly persist: (writes: ReadonlyArray<Write>) => Effect.Effect<void, StorageError>
  readonly snapshots: Snapshots
  readonly acquaintances: Acquaintances
}>() {}

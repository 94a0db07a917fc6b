/**
 * What a node must not forget, behind one door: the write-ahead log of a real disk, or one in
 * memory. The node reads it once when it starts and from then on only appends.
 */
import { Context, Data } from "effect"
import type { Effect } from "effect"
import type { HardState, Persist } from "../raft/Action.js"
import type { Entry } from "../raft/Entry.js"

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
  /** Contiguous from index 1. */
  readonly entries: ReadonlyArray<Entry>
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

export class Storage extends Context.Tag("raftcache/Storage")<Storage, {
  /** What survived, read when the layer was built. */
  readonly recovered: Recovered
  /**
   * Writes in order and returns when all of it would survive a power cut. Called by one fiber, one
   * call at a time. After a failure nothing may be written any more: a failed fsync is never
   * retried.
   */
  readonly persist: (writes: ReadonlyArray<Persist>) => Effect.Effect<void, StorageError>
}>() {}

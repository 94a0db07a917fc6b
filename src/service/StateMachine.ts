/**
 * What the cluster replicates: a pure function of the log. The cache is one (kv/); an embedder may
 * bring another, and both run under the same sessions, so that a retried command never applies
 * twice.
 */
import { Context } from "effect"

/** A state under construction; what `apply` and readers see is the old one until `done`. */
export interface Restoring {
  /**
   * The parts of one snapshot, in order: each a view of memory in which others are too. Nobody
   * writes to it again, so it may be kept, and keeps the memory.
   */
  readonly add: (part: Uint8Array) => void
  /**
   * What takes a part where it was read, in `bytes` from `from` to before `to`, instead of `add`:
   * for a state of so many parts that to make an array of each would take longer than the rest.
   */
  readonly addSlice?: (bytes: Uint8Array, from: number, to: number) => void
  readonly done: () => void
}

/**
 * Something that a machine has to be told by whoever leads, because no log can know it: what time
 * it is, or how much memory there is.
 */
export interface Chore {
  /**
   * The command that tells it, at this time by the leader's clock, in milliseconds since 1970;
   * undefined if it knows already. Whoever leads proposes it before what arrives, and not again
   * while one is on its way.
   */
  readonly tell: (nowMillis: number) => Uint8Array | undefined
  /** When it wants to be told although nothing arrives, in milliseconds since 1970. */
  readonly dueMillis: () => number
  /** It need not be told again before so many milliseconds have passed, if nothing is due. */
  readonly grainMillis: number
}

export class StateMachine extends Context.Tag("raftcache/StateMachine")<StateMachine, {
  /**
   * Applies a command and returns its answer. Total, synchronous and deterministic: the same
   * commands at the same indexes give the same state and the same answers on every node. `index` is
   * the command's position in the log, greater than that of any command before it. Bytes nobody
   * understands are answered, not thrown at. Nobody writes to `command` again, so parts of it may
   * be kept; its memory may be a `SharedArrayBuffer`, which some functions of the platform refuse.
   */
  readonly apply: (command: Uint8Array, index: number) => Uint8Array
  /**
   * The state as it is now, the last command applied being the one at or before `index`: parts of
   * any size and number, of which `restore` makes the same state again. They are taken bit by bit,
   * while `apply` and `restore` go on: they must show none of that. Either a copy made now, which
   * holds up the node for as long, or a walk that keeps what is overwritten (kv/StoreSnapshot.ts).
   * A walk that is not taken to its end is told by `return`.
   */
  readonly snapshot: (index: number) => Iterable<Uint8Array>
  /**
   * The commands that a node has found in its log when it started, those up to `index`, lie in
   * `memory`, many in each piece, and nobody writes to it again: what is kept of them may stay
   * there instead of being copied.
   */
  readonly adopt?: (memory: ReadonlyArray<Uint8Array>, index: number) => void
  /** Begins to replace the state by that of a snapshot up to `index`. */
  readonly restore: (index: number) => Restoring
  /** In the order in which commands are to be proposed. The only time that a machine has is one. */
  readonly chores?: ReadonlyArray<Chore>
}>() {}

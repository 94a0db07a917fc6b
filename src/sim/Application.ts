/**
 * What a simulated cluster replicates, and what its clients ask of it. The cache is one application
 * (CacheApplication.ts); a program that has a state machine of its own describes it like this and
 * gets the same faults, the same oracles and its own invariants.
 *
 * Commands, queries and answers are bytes, compared byte for byte.
 */
import type { Settings } from "../kv/Memory.js"
import type { Chore, Restoring } from "../service/StateMachine.js"
import type { Mark } from "./Marks.js"

/** What answers. */
export interface Model {
  /** As in `StateMachine`: total, synchronous, deterministic. */
  readonly apply: (command: Uint8Array, index: number) => Uint8Array
  /** Looks at the state and changes nothing. */
  readonly read: (query: Uint8Array) => Uint8Array
  /** Equal for equal states, however they came about, and for no others. */
  readonly digest: () => string
  /** What the last command told others of, if it tells anything: published, or become of keys. */
  readonly told?: () => string
}

/** One replica's state, in one life of one node. */
export interface Machine extends Model {
  /**
   * The state as it is now, in parts of any size, of which `restore` makes it again. The parts are
   * taken later, and must then still show the state as it is now, whatever was applied since.
   */
  readonly snapshot: (index: number) => Iterable<Uint8Array>
  /** Takes the parts of a snapshot; `done` replaces the state by what they say. */
  readonly restore: (index: number) => Restoring
  /** As in `StateMachine`. */
  readonly adopt?: (memory: ReadonlyArray<Uint8Array>, index: number) => void
  /** What it has to be told by whoever leads. */
  readonly chores?: ReadonlyArray<Chore>
}

/** What a client asks for. */
export interface Request {
  readonly kind: "write" | "read"
  /** A command or a query. */
  readonly bytes: Uint8Array
}

/** Draws a whole number from 0 to `arity - 1`. */
export type Draw = (arity: number) => number

/** Must be true after every event. */
export interface Invariant {
  readonly name: string
  /** What is wrong, if something is. `machines` are those of the nodes that run now. */
  readonly check: (machines: ReadonlyMap<string, Machine>) => string | undefined
}

export interface Application {
  readonly name: string
  /** Empty, for a node that starts, and that is told to hold so much if it is told anything. */
  readonly machine: (memory?: Settings) => Machine
  /**
   * Empty: what the answers of a finished run are compared with. Written independently of `machine`
   * it finds errors in `machine` too; the machine itself only finds those of replication.
   */
  readonly model: () => Model
  /**
   * The request numbered `id`, unique in its run. Commands should differ in their bytes from one id
   * to another (a value that contains the id does it): those that do are checked to apply at most
   * once.
   */
  readonly request: (id: number, draw: Draw) => Request
  /** For stories and traces, in a few words. */
  readonly describe: (request: Request) => string
  readonly describeAnswer: (answer: Uint8Array) => string
  /** Whether nodes propose the command by themselves, as they do the time. */
  readonly isOwn?: (command: Uint8Array) => boolean
  /** What is noteworthy about the command and its answer, if anything. */
  readonly markOf?: (command: Uint8Array, answer: Uint8Array) => Mark | undefined
  readonly invariants?: ReadonlyArray<Invariant>
}

/** Requests drawn to find one of either kind. */
const DRAWS_LIMIT = 100

/** One of this kind, if the application has it among the first it draws; `drawOf` each attempt. */
export const requestOf = (
  application: Application,
  kind: Request["kind"],
  id: number,
  drawOf: (attempt: number) => Draw
): Request => {
  let found = application.request(id, drawOf(0))
  for (let attempt = 1; found.kind !== kind && attempt <= DRAWS_LIMIT; attempt++) {
    found = application.request(id, drawOf(attempt))
  }
  return found
}

/**
 * Everything about a simulated life that is decided before it begins: the cluster, the world it
 * lives in, what will be asked of it and what will go wrong, and when. Plain data, printed with
 * every report and written to replay files, so that any part of it can be taken away to see whether
 * the failure stays. What is decided as the life goes on is in the decision log.
 *
 * Times are whole microseconds of simulated time from the start; nodes are numbers from 0.
 */
import type { Settings } from "../kv/Memory.js"
import type { Limits } from "../raft/State.js"
import type { Request } from "./Application.js"

/** A range with a tail: `least`, and `mean` more on average. Microseconds. */
export interface Delay {
  readonly leastMicros: number
  readonly meanMicros: number
}

export interface NetworkConditions {
  readonly delay: Delay
  /** Of messages, each on its own. */
  readonly dropPerMille: number
  readonly duplicatePerMille: number
  /** Held back for a while, so that later ones overtake. */
  readonly reorderPerMille: number
  readonly heldBack: Delay
  /** Otherwise messages of one link keep their order unless they are held back. */
  readonly isUnordered: boolean
  /** Whether peers are told when a node's process dies, as TCP does when its machine lives on. */
  readonly tellsUnreachable: boolean
}

export interface DiskConditions {
  readonly write: Delay
  readonly sync: Delay
  /** Of syncs: one that takes `stall` longer. */
  readonly stallPerMille: number
  readonly stall: Delay
  /** What the last writes before a crash leave on the medium. */
  readonly survival: "none" | "prefix" | "sectors"
}

export interface ClockConditions {
  /** By how much the wall clock is wrong at the start. */
  readonly skewMillis: number
  /** How much faster than the truth it runs; negative is slower. Parts in a million. */
  readonly driftPartsPerMillion: number
}

/** A node by its number, or whoever leads when the fault begins, or whom it waits for. */
export type Target = number | "leader" | Awaited

/**
 * Whoever first, before the fault ends, stands for election; or is made a voter, and has not heard
 * of it; or leads, and is no voter any more when the change that it has begun is over; or is none
 * by what it has appended last, and leads on until that is committed.
 */
export type Awaited = "candidate" | "newcomer" | "leaver" | "outsider"

/**
 * When a process dies: at once; in the middle of its next sync; at the end of it, so that what it
 * wrote is durable and nobody has heard of it; or while it writes a snapshot of another node.
 */
export type Moment = "any" | "writing" | "synced" | "installing"

/** One direction. */
export type Link = readonly [from: number, to: number]

/** What goes wrong. It begins at an instant, and what can end ends after its time. */
export type Trouble =
  /** Messages on these links are lost. */
  | { readonly _tag: "Cut"; readonly links: ReadonlyArray<Link> }
  /** The same for all links of one node. */
  | {
    readonly _tag: "Isolate"
    readonly node: Target
    readonly direction: "both" | "in" | "out"
  }
  /** Messages on these links wait, and arrive in one burst. */
  | { readonly _tag: "Clog"; readonly links: ReadonlyArray<Link> }
  /** What arrives on these links arrives once more at the end, in one burst: old duplicates. */
  | { readonly _tag: "Echo"; readonly links: ReadonlyArray<Link> }
  /** The power goes, and returns. */
  | { readonly _tag: "Crash"; readonly node: Target; readonly while: Moment }
  /** Only the process dies: what was written, if not synced, is still there when it comes back. */
  | { readonly _tag: "Kill"; readonly node: Target; readonly while: Moment }
  /** Asked to stop; started again at its end. */
  | { readonly _tag: "Stop"; readonly node: Target }
  /** SIGSTOP, then SIGCONT. */
  | { readonly _tag: "Pause"; readonly node: Target }
  /** Every sync begun takes at least until its end. */
  | { readonly _tag: "Stall"; readonly node: Target }
  /** Only so many more bytes fit until its end. A node that this stops is started again then. */
  | { readonly _tag: "Full"; readonly node: Target; readonly bytes: number }
  /** The next sync fails. A node that this stops is started again at its end. */
  | { readonly _tag: "SyncError"; readonly node: Target }
  /** An operator asks this node to have leadership handed over. It has no end. */
  | { readonly _tag: "Transfer"; readonly node: Target; readonly to: number | "chosen" }
  /**
   * An operator tells this node to add so many nodes and to remove so many: in `order`, the first
   * that are no members and the first that are, as this node has it; of the latter first of all who
   * leads, if `isLeaderFirst`. It has no end.
   */
  | {
    readonly _tag: "ChangeMembers"
    readonly node: Target
    readonly add: number
    readonly remove: number
    readonly order: ReadonlyArray<number>
    readonly isLeaderFirst: boolean
  }
  /** The wall clock is set. */
  | { readonly _tag: "Jump"; readonly node: Target; readonly millis: number }
  /** For good: the power goes, and one bit of what was synced long ago is wrong from then on. */
  | { readonly _tag: "Rot"; readonly node: number }
  /** For good: the power goes, and a sector was written to a place that was another's. */
  | { readonly _tag: "Misdirect"; readonly node: number }
  /** For good: the power goes, and the disk is empty when the node comes back. */
  | { readonly _tag: "Wipe"; readonly node: number }

export interface Fault {
  readonly atMicros: number
  readonly forMicros: number
  readonly trouble: Trouble
}

/** One request of one client. A client asks for one thing at a time. */
export interface Operation {
  /** Unique in the scenario. */
  readonly id: number
  readonly client: number
  /** At the earliest: the client may still be waiting for something else. */
  readonly atMicros: number
  /**
   * Which node is asked first; a refusal is taken to the next. "leader" is whoever takes itself for
   * one; of several the one that was elected first, because its clients have not heard either.
   */
  readonly node: number | "leader"
  readonly request: Request
  /** After which the client no longer waits, and goes on. Undefined: it waits for its answer. */
  readonly patienceMicros: number | undefined
  /** Of a read that need not be linearizable, or may use a lease. */
  readonly reads?: "lease" | "stale"
}

export type Schedule =
  | { readonly _tag: "Fifo" }
  | { readonly _tag: "Random" }
  | { readonly _tag: "Pct"; readonly depth: number; readonly steps: number }

export interface Scenario {
  /** What the first of all random numbers is made of. */
  readonly seed: number
  readonly nodes: number
  /** The last so many of them are no members at first. */
  readonly spares: number
  readonly schedule: Schedule
  /** Instants are rounded up to this, so that events meet. */
  readonly granularityMicros: number
  /** Events this close together may swap places. */
  readonly windowMicros: number
  readonly electionTimeoutMillis: number
  readonly heartbeatMillis: number
  readonly requestTimeoutMillis: number
  readonly limits: Limits
  readonly segmentLimitBytes: number
  /** Of a snapshot written at once. */
  readonly snapshotBlockBytes: number
  readonly network: NetworkConditions
  readonly disk: DiskConditions
  /** By node. */
  readonly clocks: ReadonlyArray<ClockConditions>
  /** By node: how much it is told to hold. As much as there is where nothing is said. */
  readonly memory: ReadonlyArray<Settings>
  /** In the order of their instants. */
  readonly faults: ReadonlyArray<Fault>
  /** In the order of their instants. */
  readonly operations: ReadonlyArray<Operation>
  /** When the liveness phase begins: faults end for a random majority, and for nobody else. */
  readonly safetyMicros: number
}

/** `n1` for 0, and so on: the names that nodes have everywhere else. */
export const nodeId = (node: number): string => `n${node + 1}`

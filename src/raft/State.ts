/**
 * Everything a node knows, as one immutable value. `readonly` all through: a step copies this
 * record once, and replaces nested values instead of writing to them. Time is counted in ticks
 * since boot.
 */
import type { Action, HardState } from "./Action.js"
import type { Configuration } from "./Configuration.js"
import * as Configurations from "./Configuration.js"
import * as Configuring from "./Configuring.js"
import type { Entry } from "./Entry.js"
import type { EntryId, Index, Term } from "./EntryId.js"
import * as EntryIds from "./EntryId.js"
import type { NodeId, Ref } from "./Event.js"
import type { Lease } from "./Leasing.js"
import * as Leasing from "./Leasing.js"
import type { Log } from "./Log.js"
import * as Logs from "./Log.js"
import type { Progress } from "./Progress.js"
import * as Random from "./Random.js"
import type { Snapshot } from "./Snapshot.js"
import * as Snapshots from "./Snapshot.js"

export type Role = "Follower" | "PreCandidate" | "Candidate" | "Leader"

export interface Limits {
  /** Bytes of entries in one `Append`; a single larger entry still travels alone. */
  readonly appendBytes: number
  /** Appends sent to a follower and not yet accepted. */
  readonly inflightAppends: number
  readonly inflightBytes: number
  /** Bytes proposed and not yet committed; beyond it a proposal is refused as `Overloaded`. */
  readonly uncommittedBytes: number
  /** Bytes of entries in one `Apply`. */
  readonly applyBytes: number
  /** Entries applied since the last snapshot that ask for the next. */
  readonly snapshotEntries: number
  /**
   * The same for their bytes; while the last snapshot is larger, as many as that one has, so that
   * what snapshots write never exceeds what the log does.
   */
  readonly snapshotBytes: number
  /** Entries before a snapshot that stay in the log, for followers that are a little behind. */
  readonly trailingEntries: number
  readonly trailingBytes: number
  /** Bytes of a snapshot in one message. Where they are many, their memory costs most (ADR 14). */
  readonly chunkBytes: number
  /** Bytes of a snapshot sent to a follower and not yet stored there; at least one chunk is. */
  readonly inflightChunkBytes: number
  /**
   * For leases (Leasing.ts): while one member's clock counts 100 ticks, no other's counts more than
   * 100 and this many. At least 0.
   */
  readonly clockDriftPercent: number
}

export const defaultLimits: Limits = {
  // So little that what a follower lacks never takes long to encode while others' writes wait.
  appendBytes: 128 << 10,
  inflightAppends: 64,
  inflightBytes: 1 << 20,
  uncommittedBytes: 64 << 20,
  applyBytes: 4 << 20,
  snapshotEntries: 1_000_000,
  snapshotBytes: 128 << 20,
  trailingEntries: 100_000,
  trailingBytes: 32 << 20,
  chunkBytes: 64 << 10,
  inflightChunkBytes: 1 << 20,
  // Quartz drifts by less than a hundredth of a percent; the rest is for machines in distress.
  clockDriftPercent: 25
}

export interface Config {
  readonly id: NodeId
  /**
   * The members with which the cluster began; `Configuration.none` for a node that is to join. Of
   * no account once the log or a snapshot knows of a later one.
   */
  readonly bootstrap: Configuration
  /** Silence of this many ticks, up to twice as many, makes a follower campaign. At least 2. */
  readonly electionTimeoutTicks: number
  /** At least 1, less than `electionTimeoutTicks`. */
  readonly heartbeatTicks: number
  /** Any integer; nodes of one cluster may share it. */
  readonly seed: number
  readonly limits: Limits
}

/** A `Persist` that was handed out and is not yet known to be durable. */
export interface PendingWrite {
  readonly seq: number
  /** The last entry that this write makes durable and that no later truncation has dropped. */
  readonly last: Index
  /** When it was handed out, in ticks. */
  readonly since: number
}

/** An action that must not exist before the write numbered `afterSeq` is durable. */
export interface Deferred {
  readonly afterSeq: number
  readonly action: Action
}

/** Refs of consecutive entries from `first` on, proposed by this leader in this term. */
export interface Proposals {
  readonly first: Index
  readonly refs: ReadonlyArray<Ref>
}

export type ReadOrigin =
  | { readonly _tag: "Local"; readonly ref: Ref }
  | { readonly _tag: "Remote"; readonly from: NodeId; readonly id: number }

/** At the leader: a read that may go on at `index` once a majority has answered `round`. */
export interface PendingRead {
  readonly origin: ReadOrigin
  readonly round: number
  readonly index: Index
}

/** At a follower: a read whose index the leader was asked for, `since` in ticks. */
export interface ForwardedRead {
  readonly ref: Ref
  readonly since: number
}

/** A read that waits until `index` is applied here. */
export interface ConfirmedRead {
  readonly ref: Ref
  readonly index: Index
}

export interface SentRound {
  readonly round: number
  /** When it left, in ticks. */
  readonly sentAt: number
}

/** A snapshot that a leader sends us. `received >= stored`, in bytes from the start. */
export interface Incoming {
  readonly snapshot: Snapshot
  /** Of the last chunk. */
  readonly term: Term
  readonly round: number
  /** Handed to the shell. */
  readonly received: number
}

export interface Snapshotting {
  /** The one to start from. At or after the log's base; beyond `applied` until it is restored. */
  readonly latest: Snapshot
  /** Bytes of the entries applied after `latest`, as the limits count them. */
  readonly bytesSince: number
  /** The one that is being taken, and `bytesSince` when that began. */
  readonly taking: { readonly id: EntryId; readonly bytesSince: number } | undefined
  /** Asked for, by a limit or a request, and not taken yet. */
  readonly isWanted: boolean
  readonly waiting: ReadonlyArray<Ref>
  /** How often in a row it could not be taken, and when to try again, in ticks. */
  readonly failures: number
  readonly retryAt: number
  readonly incoming: Incoming | undefined
}

/** A leadership that is being handed over. */
export interface Transfer {
  /** Undefined of a leader that leaves the cluster: nobody asked for it. */
  readonly ref: Ref | undefined
  readonly to: NodeId
  /** The term of the leader that hands over. */
  readonly term: Term
  /** When the leader gives up, in ticks. */
  readonly deadlineAt: number
}

/** A change of membership that this leader has begun and not answered. */
export interface PendingChange {
  readonly ref: Ref
  /** Answered when this configuration is applied; undefined until it is appended. */
  readonly index: Index | undefined
}

/** For how long learners have been watched, and what they must hold by then (thesis 4.2.1). */
export interface CatchingUp {
  /** In ticks. */
  readonly since: number
  readonly last: Index
  readonly round: number
}

/** A node that the configuration at `index` leaves out. */
export interface Parting {
  readonly index: Index
  /** When it is no longer sent anything, in ticks. */
  readonly until: number
}

export interface State {
  readonly config: Config
  /** Ticks since boot. */
  readonly now: number
  /** The generator word; see Random.ts. */
  readonly random: number

  readonly term: Term
  readonly vote: NodeId | undefined
  readonly role: Role
  readonly leader: NodeId | undefined
  readonly log: Log
  /** The last one in the log, else the snapshot's, else the first of all. */
  readonly configuration: Configuration
  /** Those before it that are in the log, and the one that it begins with; oldest first. */
  readonly earlierConfigurations: ReadonlyArray<Configuration>

  /** The highest index known to be committed. `applied <= applying <= commit <= log.last` */
  readonly commit: Index
  /** The highest index handed out in an `Apply`. */
  readonly applying: Index
  readonly applied: Index
  /** The highest index proven equal to the log of the leader of this term. */
  readonly verifiedTo: Index

  /** The number of the last `Persist` handed out. */
  readonly seq: number
  readonly persistedSeq: number
  /** The last `Persist` that carried a hard state. */
  readonly hardStateSeq: number
  /** The highest index known to be durable here. */
  readonly stable: Index
  readonly writes: ReadonlyArray<PendingWrite>
  readonly deferred: ReadonlyArray<Deferred>

  /** From electionTimeoutTicks to before twice that; drawn for each campaign, and at its end. */
  readonly electionTimeout: number
  readonly electionDueAt: number
  /** When a leader was last heard, or the boot. */
  readonly leaderContactAt: number
  /** Since then somebody has asked for this node's vote who holds less than it. */
  readonly isCalledUpon: boolean
  readonly votes: Readonly<Record<NodeId, boolean>>

  /** As leader only, from here on. Of every member but this node, and of those parting. */
  readonly progress: Readonly<Record<NodeId, Progress>>
  /** The index of this leader's no-op: its reads wait at least for it. */
  readonly termStart: Index
  /** Bytes of the entries after `commit`. */
  readonly uncommittedBytes: number
  readonly proposals: ReadonlyArray<Proposals>
  readonly heartbeatDueAt: number
  /** The last round begun. Grows through all terms. */
  readonly round: number
  /** Begun, and not yet answered by a majority; oldest first. */
  readonly rounds: ReadonlyArray<SentRound>
  readonly reads: ReadonlyArray<PendingRead>
  readonly lease: Lease
  readonly change: PendingChange | undefined
  readonly catchingUp: CatchingUp | undefined
  readonly parting: Readonly<Record<NodeId, Parting>>

  /** As leader, and after it until the next leader is known. */
  readonly transfer: Transfer | undefined

  readonly snapshots: Snapshotting

  /** At any node. */
  readonly forwardedReads: ReadonlyArray<ForwardedRead>
  readonly confirmedReads: ReadonlyArray<ConfirmedRead>
}

/** What survived of an earlier life. Empty for a new node. */
export interface Recovered {
  readonly hardState: HardState
  /** The state machine holds it already. Default none. */
  readonly snapshot?: Snapshot | undefined
  /** The entry before the first of `entries`, not after the snapshot's. Default the very first. */
  readonly base?: EntryId | undefined
  /** Contiguous from `base` on. */
  readonly entries: ReadonlyArray<Entry>
}

export const nothing: Recovered = { hardState: { term: 0, vote: undefined }, entries: [] }

/**
 * A node's first state. Everything recovered is durable; what is committed after the snapshot it
 * learns from a leader (thesis 3.8: commit index and applied state are volatile). The hard state's
 * term is at least that of the last entry, because no entry is written before its term.
 */
export const boot = (config: Config, recovered: Recovered): State => {
  const log = Logs.fromEntries(recovered.entries, recovered.base ?? EntryIds.zero)
  const latest = recovered.snapshot ?? Snapshots.none
  const { index } = latest.id
  const { term, vote } = recovered.hardState
  const first = index > 0 ? latest.configuration : config.bootstrap
  const { configuration, earlierConfigurations } = Configuring.recovered(first, log)
  const [random, value] = Random.next(Random.seed(config.seed, config.id))
  const electionTimeout = config.electionTimeoutTicks + value % config.electionTimeoutTicks
  return {
    config,
    now: 0,
    random,
    term,
    vote,
    role: "Follower",
    leader: undefined,
    log,
    configuration,
    earlierConfigurations,
    commit: index,
    applying: index,
    applied: index,
    verifiedTo: index,
    seq: 0,
    persistedSeq: 0,
    hardStateSeq: 0,
    stable: log.last,
    writes: [],
    deferred: [],
    electionTimeout,
    // Whoever is alone waits for nobody.
    electionDueAt: Configurations.isAlone(configuration, config.id) ? 0 : electionTimeout,
    leaderContactAt: 0,
    isCalledUpon: false,
    votes: {},
    progress: {},
    termStart: 0,
    uncommittedBytes: 0,
    proposals: [],
    heartbeatDueAt: 0,
    round: 0,
    rounds: [],
    reads: [],
    lease: Leasing.none,
    change: undefined,
    catchingUp: undefined,
    parting: {},
    transfer: undefined,
    snapshots: {
      latest,
      bytesSince: 0,
      taking: undefined,
      isWanted: false,
      waiting: [],
      failures: 0,
      retryAt: 0,
      incoming: undefined
    },
    forwardedReads: [],
    confirmedReads: []
  }
}

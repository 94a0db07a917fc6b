/**
 * What a node does with snapshots besides its turns: one fiber takes them, another stores, reads
 * and restores. A snapshot that cannot be written is no reason to stop, since the log goes on
 * without it: that is logged, and the core tries again later. One that cannot be read back is.
 */
import { Clock, Effect, Mailbox } from "effect"
import type { RestoreSnapshot, SendChunk, StoreChunk, TakeSnapshot } from "../raft/Action.js"
import type {
  ChunkNotSent,
  ChunkStored,
  NodeId,
  SnapshotNotReceived,
  SnapshotNotTaken,
  SnapshotReceived,
  SnapshotTaken
} from "../raft/Event.js"
import type { SnapshotChunk } from "../raft/Message.js"
import type { Storage, StorageError } from "../service/Storage.js"
import type { Applier, Walk } from "./Applier.js"

type Job = SendChunk | StoreChunk | RestoreSnapshot

/** What has become of a snapshot: all but a chunk to send is for the core. */
export type News =
  | SnapshotTaken
  | SnapshotNotTaken
  | ChunkStored
  | SnapshotReceived
  | SnapshotNotReceived
  | ChunkNotSent
  | { readonly _tag: "ChunkRead"; readonly to: NodeId; readonly message: SnapshotChunk }
  | { readonly _tag: "Applied"; readonly index: number }

interface Taking extends TakeSnapshot {
  readonly walk: Walk
}

/** The loop's side. */
export interface SnapshotWorker {
  /** Begins with what the state machine holds now. */
  readonly take: (action: TakeSnapshot) => void
  /** One after the other, in order. */
  readonly offer: (job: Job) => void
  /** When the latest snapshot became durable, in milliseconds since 1970; undefined before one. */
  readonly latestAtMillis: () => number | undefined
  /** Never succeeds. Fails if a snapshot that is needed cannot be read. */
  readonly run: Effect.Effect<never, StorageError>
}

export const make = (
  storage: Storage["Type"],
  applier: Applier,
  offer: (news: News) => void
): Effect.Effect<SnapshotWorker> =>
  Effect.gen(function*() {
    const takings = yield* Mailbox.make<Taking>()
    const jobs = yield* Mailbox.make<Job>()
    let latestAtMillis: number | undefined
    const durable = Effect.map(Clock.currentTimeMillis, (millis) => void (latestAtMillis = millis))
    const forever = <A>(
      mailbox: Mailbox.ReadonlyMailbox<A>,
      run: (item: A) => Effect.Effect<void, StorageError>
    ): Effect.Effect<never, StorageError> =>
      Effect.forever(
        Effect.flatMap(mailbox.takeAll, ([items]) => Effect.forEach(items, run, { discard: true }))
      )
    return {
      take: (action) => {
        const walk = applier.snapshot(action.id.index)
        takings.unsafeOffer({ ...action, walk })
      },
      offer: (job) => void jobs.unsafeOffer(job),
      latestAtMillis: () => latestAtMillis,
      run: Effect.raceFirst(
        forever(takings, (taking) => take(storage, taking, durable, offer)),
        forever(jobs, (job) => carryOut(storage, applier, job, durable, offer))
      )
    }
  })

const take = (
  { snapshots }: Storage["Type"],
  { configuration, id, walk }: Taking,
  durable: Effect.Effect<void>,
  offer: (news: News) => void
): Effect.Effect<void> =>
  snapshots.save(id, configuration, walk).pipe(
    Effect.zipLeft(durable),
    Effect.map((snapshot) => offer({ _tag: "SnapshotTaken", snapshot })),
    Effect.catchAll(({ message }) =>
      Effect.map(
        Effect.logWarning(`takes no snapshot now and will try again: ${message}`),
        () => offer({ _tag: "SnapshotNotTaken", id })
      )
    ),
    Effect.ensuring(Effect.sync(() => walk.return()))
  )

const carryOut = (
  storage: Storage["Type"],
  applier: Applier,
  job: Job,
  durable: Effect.Effect<void>,
  offer: (news: News) => void
): Effect.Effect<void, StorageError> => {
  switch (job._tag) {
    case "SendChunk":
      return read(storage, job, offer)
    case "StoreChunk":
      return store(storage, job, durable, offer)
    case "RestoreSnapshot": {
      const { index } = job.snapshot.id
      const restoring = applier.restore(index)
      return Effect.map(storage.snapshots.load(job.snapshot, restoring.addSlice), () => {
        restoring.done()
        offer({ _tag: "Applied", index })
      })
    }
  }
}

const read = (
  { snapshots }: Storage["Type"],
  { lengthBytes, offset, round, snapshot, term, to }: SendChunk,
  offer: (news: News) => void
): Effect.Effect<void> =>
  snapshots.read(snapshot, offset, lengthBytes).pipe(
    Effect.map((bytes) =>
      offer({
        _tag: "ChunkRead",
        to,
        message: { _tag: "SnapshotChunk", term, round, snapshot, offset, bytes }
      })
    ),
    // A newer one may have taken its place; otherwise the core asks for it again.
    Effect.catchAll(() => Effect.sync(() => offer({ _tag: "ChunkNotSent", to, snapshot })))
  )

const store = (
  { snapshots }: Storage["Type"],
  { bytes, offset, snapshot }: StoreChunk,
  durable: Effect.Effect<void>,
  offer: (news: News) => void
): Effect.Effect<void> =>
  Effect.gen(function*() {
    yield* snapshots.store(snapshot, offset, bytes)
    const upTo = offset + bytes.length
    offer({ _tag: "ChunkStored", snapshot, offset, upTo })
    if (upTo < snapshot.sizeBytes) return
    yield* snapshots.finish(snapshot)
    yield* durable
    offer({ _tag: "SnapshotReceived", snapshot })
  }).pipe(
    Effect.catchAll(({ message }) =>
      Effect.map(
        Effect.logWarning(`does not keep the snapshot that it is sent: ${message}`),
        () => offer({ _tag: "SnapshotNotReceived", snapshot })
      )
    )
  )

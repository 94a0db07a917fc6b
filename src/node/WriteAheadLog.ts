/**
 * The node's memory on a real disk, as a layer of `Storage`: an append-only log in segments.
 * Whatever is persisted in one call becomes one frame, one append and one fdatasync: after a crash
 * all of it is there or nothing, and never a later call without it.
 *
 * A failed write or sync is final: the system may take a page that it failed to write for clean,
 * and a second sync would then lie. In the page cache the lie outlives even the process, which is
 * why the operator is told to check the disk before the next start.
 *
 * It sits above the `Disk` port so that this very code, recovery included, also runs on the
 * simulated disk, which tears, loses and spoils what was written.
 */
import { Effect, Layer } from "effect"
import type { Write } from "../raft/Action.js"
import * as EntryIds from "../raft/EntryId.js"
import { Disk } from "../service/Disk.js"
import type { DiskError } from "../service/Disk.js"
import { Storage } from "../service/Storage.js"
import type { StorageError } from "../service/Storage.js"
import * as Bytes from "../wire/Bytes.js"
import * as LogFrame from "../wire/LogFrame.js"
import * as LogRecord from "../wire/LogRecord.js"
import * as Acquaintances from "./Acquaintances.js"
import * as DataFolder from "./DataFolder.js"
import * as Recovery from "./Recovery.js"
import * as Segment from "./Segment.js"
import * as SnapshotFiles from "./SnapshotFiles.js"
import * as StorageFailure from "./StorageFailure.js"

export interface Options extends DataFolder.Options {
  /** Default `Segment.LIMIT_BYTES`. */
  readonly segmentLimitBytes?: number
  /** Default `SnapshotFiles.BLOCK_BYTES`. */
  readonly snapshotBlockBytes?: number
}

export const layer = (options: Options): Layer.Layer<Storage, StorageError, Disk> =>
  Layer.effect(Storage, make(options))

const make = (options: Options): Effect.Effect<Storage["Type"], StorageError, Disk> =>
  Effect.gen(function*() {
    const disk = yield* Disk
    const opened = yield* DataFolder.open(options)
    const { beginning, hardState, segments, ...rest } = yield* Recovery.recover(opened)
    let log: Pick<Recovery.Recovered, "entries" | "memory"> = rest
    const { clusterId, incarnation, nodeId, start } = yield* DataFolder.countStart(opened)
    const { base, snapshot } = beginning
    const lastIndex = base.index + log.entries.length
    const tail: Tail = { hardState, lastIndex, beginning, segments }
    const limitBytes = options.segmentLimitBytes ?? Segment.LIMIT_BYTES
    const blockBytes = options.snapshotBlockBytes ?? SnapshotFiles.BLOCK_BYTES
    return Storage.of({
      recovered: {
        identity: { clusterId, nodeId, incarnation },
        start,
        bootstrap: DataFolder.bootstrap(opened),
        hardState,
        snapshot: EntryIds.equals(snapshot.id, EntryIds.zero) ? undefined : snapshot,
        base,
        get entries() {
          return log.entries
        },
        get memory() {
          return log.memory
        }
      },
      releaseLog: () => {
        log = { entries: [], memory: [] }
      },
      persist: makePersist(disk, incarnation, tail, limitBytes),
      snapshots: SnapshotFiles.make(disk, clusterId, blockBytes),
      acquaintances: yield* Acquaintances.make(nodeId)
    })
  }).pipe(
    Effect.catchTag(
      "DiskError",
      (error) =>
        Effect.flatMap(
          Disk,
          ({ location }) => Effect.fail(StorageFailure.fromDisk(location)(error))
        )
    )
  )

/** Where the log ends: what the head of a segment begun here would say, and all segments. */
interface Tail extends Omit<LogRecord.Head, "_tag"> {
  /** Oldest first. */
  readonly segments: ReadonlyArray<Segment.Kept>
}

const makePersist = (
  disk: Disk["Type"],
  incarnation: string,
  recovered: Tail,
  limitBytes: number
): Storage["Type"]["persist"] => {
  const writer = new Bytes.Writer()
  let tail = recovered
  let failure: StorageError | undefined

  const write = (writes: ReadonlyArray<Write>): Effect.Effect<void, DiskError | StorageError> =>
    Effect.gen(function*() {
      if (failure !== undefined) return yield* failure
      if (writes.length === 0) return
      const next = advance(tail, writes)
      let { segments } = tail
      let segment = segments[segments.length - 1]!
      if (segment.sizeBytes >= limitBytes) {
        const created = Segment.create(incarnation, segment.sequence + 1, tail)
        segment = {
          ...(yield* Effect.provideService(created, Disk, disk)),
          beforeIndex: tail.lastIndex
        }
        segments = [...segments, segment]
      }
      writer.clear()
      LogFrame.begin(writer)
      LogRecord.encodeWrites(writer, writes.map(toRecord))
      LogFrame.seal(writer, segment.salt, segment.sizeBytes)
      yield* disk.append(segment.file, writer.written())
      yield* disk.sync(segment.file)
      const grown = { ...segment, sizeBytes: segment.sizeBytes + writer.length }
      tail = { ...next, segments: [...segments.slice(0, -1), grown] }
      if (writes.some(begins)) yield* letGo
    })

  /** Nothing is removed before the log says durably that it is not needed. */
  const letGo = Effect.gen(function*() {
    yield* SnapshotFiles.removeOlder(disk, tail.beginning.snapshot)
    const { base } = tail.beginning
    for (;;) {
      const [oldest, following] = tail.segments
      if (oldest === undefined || following === undefined) return
      if (following.beforeIndex > base.index) return
      yield* disk.remove(oldest.file)
      // One by one: after a power cut the segments that are left follow each other.
      yield* disk.syncDirectory
      tail = { ...tail, segments: tail.segments.slice(1) }
    }
  })

  // Uninterruptible: the disk reads from `writer` until it is done, and half a write is a failure.
  return (writes) =>
    write(writes).pipe(
      Effect.catchTag("DiskError", (error) => {
        failure = StorageFailure.fromDisk(disk.location)(error)
        return Effect.fail(failure)
      }),
      Effect.uninterruptible
    )
}

const begins = (write: Write): boolean => write._tag !== "Persist"

const toRecord = (write: Write): LogRecord.Write => {
  switch (write._tag) {
    case "Persist": {
      const { append, hardState, truncateFrom } = write
      return { _tag: "Entries", append, hardState, truncateFrom }
    }
    case "Compact":
      return { _tag: "Begins", snapshot: write.snapshot, base: write.upTo, isAnew: false }
    case "InstallSnapshot":
      return { _tag: "Begins", snapshot: write.snapshot, base: write.snapshot.id, isAnew: true }
  }
}

/** What a head would say after `writes`. Asserts that they continue the log, as recovery will. */
const advance = (tail: Tail, writes: ReadonlyArray<Write>): Omit<Tail, "segments"> => {
  let { beginning, hardState, lastIndex } = tail
  for (const write of writes) {
    if (write._tag === "Compact") {
      const { snapshot, upTo } = write
      if (upTo.index > snapshot.id.index || snapshot.id.index > lastIndex) {
        throw new Error(`entry ${upTo.index} of ${lastIndex} cannot be let go of`)
      }
      beginning = { snapshot, base: upTo }
      continue
    }
    if (write._tag === "InstallSnapshot") {
      beginning = { snapshot: write.snapshot, base: write.snapshot.id }
      lastIndex = write.snapshot.id.index
      continue
    }
    const from = write.truncateFrom ?? lastIndex + 1
    if (from <= beginning.base.index) throw new Error(`entry ${from} cannot be dropped`)
    lastIndex = Math.min(lastIndex, from - 1)
    for (const { index } of write.append) {
      if (index !== lastIndex + 1) throw new Error(`entry ${index} does not follow ${lastIndex}`)
      lastIndex = index
    }
    if (write.hardState !== undefined) hardState = write.hardState
  }
  return { hardState, lastIndex, beginning }
}

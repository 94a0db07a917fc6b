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
import type { Persist } from "../raft/Action.js"
import { Disk } from "../service/Disk.js"
import type { DiskError } from "../service/Disk.js"
import { Storage } from "../service/Storage.js"
import type { StorageError } from "../service/Storage.js"
import * as Bytes from "../wire/Bytes.js"
import * as LogFrame from "../wire/LogFrame.js"
import * as LogRecord from "../wire/LogRecord.js"
import * as DataFolder from "./DataFolder.js"
import * as Recovery from "./Recovery.js"
import * as Segment from "./Segment.js"
import * as StorageFailure from "./StorageFailure.js"

export interface Options extends DataFolder.Options {
  /** Default `Segment.LIMIT_BYTES`. */
  readonly segmentLimitBytes?: number
}

export const layer = (options: Options): Layer.Layer<Storage, StorageError, Disk> =>
  Layer.effect(Storage, make(options))

const make = (options: Options): Effect.Effect<Storage["Type"], StorageError, Disk> =>
  Effect.gen(function*() {
    const disk = yield* Disk
    const opened = yield* DataFolder.open(options)
    const { entries, hardState, segment } = yield* Recovery.recover(opened)
    const { clusterId, incarnation, nodeId, start } = yield* DataFolder.countStart(opened)
    const tail = { hardState, lastIndex: entries.length, segment }
    return Storage.of({
      recovered: { identity: { clusterId, nodeId, incarnation }, start, hardState, entries },
      persist: makePersist(
        disk,
        incarnation,
        tail,
        options.segmentLimitBytes ?? Segment.LIMIT_BYTES
      )
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

/** Where the log ends: what the head of a segment begun here would say, and the last segment. */
interface Tail extends Omit<LogRecord.Head, "_tag"> {
  readonly segment: Segment.Segment
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

  const write = (writes: ReadonlyArray<Persist>): Effect.Effect<void, DiskError | StorageError> =>
    Effect.gen(function*() {
      if (failure !== undefined) return yield* failure
      if (writes.length === 0) return
      const next = advance(tail, writes)
      let segment = tail.segment
      if (segment.sizeBytes >= limitBytes) {
        segment = yield* Segment.create(incarnation, segment.sequence + 1, tail).pipe(
          Effect.provideService(Disk, disk)
        )
      }
      writer.clear()
      LogFrame.begin(writer)
      LogRecord.encodeWrites(writer, writes)
      LogFrame.seal(writer, segment.salt, segment.sizeBytes)
      yield* disk.append(segment.file, writer.written())
      yield* disk.sync(segment.file)
      const sizeBytes = segment.sizeBytes + writer.length
      tail = { ...next, segment: { ...segment, sizeBytes } }
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

/** What a head would say after `writes`. Asserts that they continue the log, as recovery will. */
const advance = (tail: Tail, writes: ReadonlyArray<Persist>): Omit<Tail, "segment"> => {
  let { hardState, lastIndex } = tail
  for (const write of writes) {
    const from = write.truncateFrom ?? lastIndex + 1
    if (from < 1) throw new Error(`entry ${from} cannot be dropped`)
    lastIndex = Math.min(lastIndex, from - 1)
    for (const { index } of write.append) {
      if (index !== lastIndex + 1) throw new Error(`entry ${index} does not follow ${lastIndex}`)
      lastIndex = index
    }
    if (write.hardState !== undefined) hardState = write.hardState
  }
  return { hardState, lastIndex }
}

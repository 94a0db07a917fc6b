/**
 * Snapshots in the data folder, beside the log. Each is written aside (`*.partial`), synced,
 * renamed and only then spoken of in the log, which alone says which of them is the one to start
 * from: all others are what an interrupted attempt has left, and go at the next start. The last one
 * stays until the log says that the next one counts.
 *
 * A failure here is no failure of the log: what was begun is taken away, to give back its space,
 * and may be tried again in a new file.
 */
import { Effect, Fiber } from "effect"
import { crc32 } from "node:zlib"
import * as Allocator from "../kv/Allocator.js"
import type { Configuration } from "../raft/Configuration.js"
import type { EntryId } from "../raft/EntryId.js"
import type { Snapshot } from "../raft/Snapshot.js"
import * as SnapshotMeta from "../raft/Snapshot.js"
import type { Disk, DiskError } from "../service/Disk.js"
import type { Snapshots, StorageError } from "../service/Storage.js"
import * as Bytes from "../wire/Bytes.js"
import * as Checksum from "../wire/Checksum.js"
import * as LogFrame from "../wire/LogFrame.js"
import * as SnapshotRecord from "../wire/SnapshotRecord.js"
import * as Background from "./Background.js"
import * as StorageFailure from "./StorageFailure.js"

/** Parts are gathered up to this much, then written. */
export const BLOCK_BYTES = 256 * 1024

/** In between others have their turn whenever so much was gathered: some hundred keys. */
const SLICE_BYTES = 64 * 1024

/** A sync of more would keep the log's own syncs waiting. */
const UNSYNCED_LIMIT_BYTES = 16 * 1024 * 1024

/** Read at once: many blocks. */
const READ_BYTES = 4 * 1024 * 1024

const TAKEN_ASIDE = "taken.partial"
const RECEIVED_ASIDE = "received.partial"

const SUFFIX = ".snapshot"
const INDEX_DIGITS = 16
const CHECKSUM_DIGITS = 8

/** Two snapshots of one entry may differ in their bytes, so the name holds the checksum. */
export const fileOf = ({ checksum, id: { index } }: Snapshot): string =>
  `${String(index).padStart(INDEX_DIGITS, "0")}-` +
  checksum.toString(16).padStart(CHECKSUM_DIGITS, "0") + SUFFIX

/** Whether the file is a snapshot, whole or not. */
const isOurs = (file: string): boolean =>
  file === TAKEN_ASIDE || file === RECEIVED_ASIDE || file.endsWith(SUFFIX)

/** Removes every snapshot but `current`, and what was left half done: for a node that starts. */
export const removeOthers = (disk: Disk["Type"], current: Snapshot) =>
  removeIf(disk, (file) => isOurs(file) && file !== fileOf(current))

/** Removes those before `current`. One after it may be about to take its place. */
export const removeOlder = (disk: Disk["Type"], current: Snapshot) => {
  const name = fileOf(current)
  const after = name.slice(0, INDEX_DIGITS)
  return removeIf(
    disk,
    (file) => file.endsWith(SUFFIX) && file !== name && file.slice(0, INDEX_DIGITS) <= after
  )
}

const removeIf = (
  disk: Disk["Type"],
  isWanted: (file: string) => boolean
): Effect.Effect<void, DiskError> =>
  Effect.gen(function*() {
    const files = (yield* disk.list).filter(isWanted)
    for (const file of [...files].sort()) yield* disk.remove(file)
    if (files.length > 0) yield* disk.syncDirectory
  })

/** The files of the cluster named `clusterId`. */
export const make = (
  disk: Disk["Type"],
  clusterId: string,
  blockBytes: number
): Snapshots => {
  const failure = StorageFailure.ofSnapshot(disk.location)

  const writeAside = (
    id: EntryId,
    configuration: Configuration,
    parts: Iterator<Uint8Array>
  ): Effect.Effect<Snapshot, DiskError> =>
    Effect.gen(function*() {
      yield* removeIfThere(disk, TAKEN_ASIDE)
      const salt = SnapshotRecord.salt(clusterId, id)
      const writer = new Bytes.Writer(2 * blockBytes)
      let [sizeBytes, checksum, unsyncedBytes] = [0, 0, 0]
      const seal = Effect.suspend(() => {
        LogFrame.seal(writer, salt, sizeBytes)
        const frame = writer.written()
        checksum = Checksum.combine(checksum, LogFrame.checksumOf(frame), frame.length)
        sizeBytes += frame.length
        unsyncedBytes += frame.length
        return disk.append(TAKEN_ASIDE, frame)
      })
      LogFrame.begin(writer)
      SnapshotRecord.encodeHead(writer, { clusterId, id, configuration })
      yield* seal
      for (let isMore = true; isMore;) {
        writer.clear()
        LogFrame.begin(writer)
        for (;;) {
          isMore = fill(writer, parts, Math.min(blockBytes, writer.length + SLICE_BYTES))
          if (!isMore || writer.length >= blockBytes) break
          yield* Background.yieldNow
        }
        if (writer.length === LogFrame.HEADER_BYTES) break
        yield* seal
        if (unsyncedBytes >= UNSYNCED_LIMIT_BYTES) {
          unsyncedBytes = 0
          yield* disk.sync(TAKEN_ASIDE)
        }
        yield* Background.yieldNow
      }
      const snapshot: Snapshot = { id, configuration, sizeBytes, checksum }
      yield* publish(disk, TAKEN_ASIDE, snapshot)
      return snapshot
    })

  const clean = (aside: string) => Effect.ignore(removeIfThere(disk, aside))

  return {
    save: (id, configuration, parts) =>
      writeAside(id, configuration, parts[Symbol.iterator]()).pipe(
        Effect.tapError(() => clean(TAKEN_ASIDE)),
        Effect.mapError(failure)
      ),
    ...makeReceiver(disk, clean),
    read: (snapshot, offset, lengthBytes) =>
      Effect.suspend(() => {
        const bytes = Allocator.allocate(lengthBytes)
        return disk.readPart(fileOf(snapshot), offset, bytes).pipe(
          Effect.mapError(failure),
          Effect.flatMap((count) =>
            count === lengthBytes
              ? Effect.succeed(bytes)
              : corrupt(disk, snapshot, "it is too short")
          )
        )
      }),
    load: (snapshot, addSlice) => load(disk, clusterId, snapshot, addSlice)
  }
}

/** Until there are `lengthBytes` or no more parts. Whether there may be more. */
const fill = (writer: Bytes.Writer, parts: Iterator<Uint8Array>, lengthBytes: number): boolean => {
  while (writer.length < lengthBytes) {
    const { done, value } = parts.next()
    if (done === true) return false
    writer.bytes(value)
  }
  return true
}

const removeIfThere = (disk: Disk["Type"], file: string) =>
  Effect.flatMap(disk.list, (files) => files.includes(file) ? disk.remove(file) : Effect.void)

/** A power cut from here on leaves the whole file under its name, or none. */
const publish = (disk: Disk["Type"], aside: string, snapshot: Snapshot) =>
  Effect.gen(function*() {
    yield* disk.sync(aside)
    yield* disk.rename(aside, fileOf(snapshot))
    yield* disk.syncDirectory
  })

const corrupt = (disk: Disk["Type"], snapshot: Snapshot, why: string): StorageError =>
  StorageFailure.corrupt(disk.location, fileOf(snapshot), why)

const makeReceiver = (
  disk: Disk["Type"],
  clean: (aside: string) => Effect.Effect<void>
): Pick<Snapshots, "finish" | "store"> => {
  const failure = StorageFailure.ofSnapshot(disk.location)
  let receiving: Snapshot | undefined
  let sizeBytes = 0
  let checksum = 0

  const isNext = (snapshot: Snapshot, offset: number): boolean =>
    receiving !== undefined && SnapshotMeta.equals(receiving, snapshot) && offset === sizeBytes

  const giveUp = Effect.suspend(() => {
    receiving = undefined
    return clean(RECEIVED_ASIDE)
  })

  const store = (snapshot: Snapshot, offset: number, bytes: Uint8Array) =>
    Effect.gen(function*() {
      if (offset === 0) {
        yield* removeIfThere(disk, RECEIVED_ASIDE)
        receiving = snapshot
        sizeBytes = 0
        checksum = 0
      }
      if (!isNext(snapshot, offset)) return yield* corrupt(disk, snapshot, "a part is missing")
      yield* disk.append(RECEIVED_ASIDE, bytes)
      sizeBytes += bytes.length
      checksum = crc32(bytes, checksum)
    })

  const finish = (snapshot: Snapshot) =>
    Effect.gen(function*() {
      if (!isNext(snapshot, snapshot.sizeBytes) || checksum !== snapshot.checksum) {
        return yield* corrupt(disk, snapshot, "it did not arrive as it was sent")
      }
      yield* publish(disk, RECEIVED_ASIDE, snapshot)
      receiving = undefined
    })

  const guarded = <A>(effect: Effect.Effect<A, DiskError | StorageError>) =>
    effect.pipe(
      Effect.tapError(() => giveUp),
      Effect.catchTag("DiskError", (error) => Effect.fail(failure(error)))
    )

  return {
    store: (snapshot, offset, bytes) => guarded(store(snapshot, offset, bytes)),
    finish: (snapshot) => guarded(finish(snapshot))
  }
}

/**
 * The next frames are read while these are looked at. Each time into other memory, all that are
 * read at once into the same: what is handed over may be kept.
 */
const load = (
  disk: Disk["Type"],
  clusterId: string,
  snapshot: Snapshot,
  addSlice: Parameters<Snapshots["load"]>[1]
): Effect.Effect<void, StorageError> =>
  Effect.gen(function*() {
    const file = fileOf(snapshot)
    const salt = SnapshotRecord.salt(clusterId, snapshot.id)
    const damaged = (why: string) => corrupt(disk, snapshot, why)
    let checksum = 0
    let at = 0
    let frames = yield* readFrames(disk, snapshot, salt, at)
    while (frames.length > 0) {
      const bytes = new Uint8Array(frames[0]!.buffer)
      const nextAt = frames.reduce((end, { length }) => end + length, at)
      const reading = yield* Effect.fork(readFrames(disk, snapshot, salt, nextAt))
      for (const frame of frames) {
        const body = LogFrame.bodyOf(frame)
        if (body === undefined) return yield* damaged(`the checksum at byte ${at} is wrong`)
        if (at === 0) yield* checkHead(disk, file, snapshot, SnapshotRecord.decodeHead(body))
        else {
          const { byteOffset, length } = body
          if (!SnapshotRecord.readBlock(bytes, byteOffset, byteOffset + length, addSlice)) {
            return yield* damaged(`what is at byte ${at} is no block`)
          }
        }
        checksum = Checksum.combine(checksum, LogFrame.checksumOf(frame), frame.length)
        at += frame.length
        yield* Effect.yieldNow()
      }
      frames = yield* Fiber.join(reading)
    }
    if (checksum !== snapshot.checksum) return yield* damaged("its checksum is wrong")
  }).pipe(
    Effect.catchTag("DiskError", (error) =>
      error.reason === "NotFound"
        ? corrupt(disk, snapshot, "it is missing")
        : Effect.fail(StorageFailure.fromDisk(disk.location)(error)))
  )

/**
 * As many whole frames as are in `readBytes`, from the one at `at` on, or the first alone if it is
 * longer. None only at the snapshot's end.
 */
const readFrames = (
  disk: Disk["Type"],
  snapshot: Snapshot,
  salt: number,
  at: number,
  readBytes = READ_BYTES
): Effect.Effect<ReadonlyArray<Uint8Array>, DiskError | StorageError> =>
  Effect.gen(function*() {
    if (at >= snapshot.sizeBytes) return []
    const buffer = Allocator.allocate(Math.min(readBytes, snapshot.sizeBytes - at))
    const bytes = buffer.subarray(0, yield* disk.readPart(fileOf(snapshot), at, buffer))
    const frames: Array<Uint8Array> = []
    for (let from = 0;;) {
      const lengthBytes = LogFrame.lengthOf(bytes.subarray(from), salt, at + from)
      if (lengthBytes !== undefined && from + lengthBytes <= bytes.length) {
        frames.push(bytes.subarray(from, from + lengthBytes))
        from += lengthBytes
      } else if (frames.length > 0) return frames
      else if (bytes.length < LogFrame.HEADER_BYTES || bytes.length < readBytes) {
        return yield* corrupt(disk, snapshot, "a part of it is missing")
      } else if (lengthBytes === undefined) {
        return yield* corrupt(disk, snapshot, `the checksum at byte ${at} is wrong`)
      } else return yield* readFrames(disk, snapshot, salt, at, lengthBytes)
    }
  })

const checkHead = (
  disk: Disk["Type"],
  file: string,
  snapshot: Snapshot,
  head: SnapshotRecord.Head | number | undefined
): Effect.Effect<void, StorageError> => {
  if (typeof head === "number") return StorageFailure.otherFormat(disk.location, file, head)
  const { index, term } = snapshot.id
  return head?.id.index === index && head.id.term === term
    ? Effect.void
    : corrupt(disk, snapshot, "it is another one than its name says")
}

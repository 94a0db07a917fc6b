/**
 * Reading the write-ahead log back: every segment in order, every checksum, every record. What it
 * returns is durable, and what a torn last write left behind is gone for good; anything else that
 * is not as it was written stops the node, because a log with a hole in it is worse than none.
 *
 * The first segments may be gone: then the log must say that it begins after what they held.
 */
import { Effect } from "effect"
import type { HardState } from "../raft/Action.js"
import type { Entry } from "../raft/Entry.js"
import type { Index } from "../raft/EntryId.js"
import * as EntryIds from "../raft/EntryId.js"
import * as Snapshots from "../raft/Snapshot.js"
import { Disk } from "../service/Disk.js"
import type { DiskError } from "../service/Disk.js"
import type { StorageError } from "../service/Storage.js"
import * as LogFrame from "../wire/LogFrame.js"
import * as LogRecord from "../wire/LogRecord.js"
import type { DataFolder } from "./DataFolder.js"
import * as Segment from "./Segment.js"
import * as SnapshotFiles from "./SnapshotFiles.js"
import * as StorageFailure from "./StorageFailure.js"

export interface Recovered {
  readonly hardState: HardState
  readonly beginning: LogRecord.Beginning
  /** Contiguous from the beginning's base on. */
  readonly entries: ReadonlyArray<Entry>
  /** All segments as they were read: what the bytes of `entries` are views of. */
  readonly memory: ReadonlyArray<Uint8Array>
  /** Oldest first; the log goes on in the last. */
  readonly segments: ReadonlyArray<Segment.Kept>
}

const nothing: LogRecord.Beginning = { snapshot: Snapshots.none, base: EntryIds.zero }

/** The log of `folder`, begun now if the folder was never opened before. */
export const recover = (
  folder: DataFolder
): Effect.Effect<Recovered, DiskError | StorageError, Disk> =>
  Effect.gen(function*() {
    const disk = yield* Disk
    const { log, memory, segments, torn } = yield* read(folder)
    const { beginning, hardState } = log
    const { base, snapshot } = beginning
    // Only now, when all else is found sound: a folder that is refused stays as it is.
    if (torn !== undefined) yield* cut(torn)
    if (segments.length === 0) {
      const head = { hardState, beginning, lastIndex: 0 }
      segments.push({ ...(yield* Segment.create(folder.incarnation, 1, head)), beforeIndex: 0 })
    }
    // The process that wrote the last records may have died before it synced them.
    yield* disk.sync(segments[segments.length - 1]!.file)
    yield* SnapshotFiles.removeOthers(disk, snapshot)
    yield* disk.syncDirectory
    const entries = log.entries.slice(base.index - log.beforeIndex)
    return { hardState, beginning, entries, memory, segments }
  })

/** Is shown what is read, in order. Whatever it was shown has been found sound. */
export interface Watcher {
  readonly segment: (file: string, sizeBytes: number) => void
  /** `offset` and `sizeBytes` are of its frame in the segment shown last. */
  readonly record: (
    record: LogRecord.Head | LogRecord.Writes,
    offset: number,
    sizeBytes: number
  ) => void
}

const nobody: Watcher = { segment: () => {}, record: () => {} }

/** Reads and checks the whole log of `folder`, and changes nothing. */
export const read = (folder: DataFolder, watcher: Watcher = nobody) =>
  Effect.gen(function*() {
    const { list, location, read } = yield* Disk
    const sequences = (yield* list)
      .map(Segment.sequenceOf)
      .filter((sequence) => sequence !== undefined)
      .sort((one, other) => one - other)
    const first = sequences[0] ?? 1
    const log: Log = {
      hardState: { term: 0, vote: undefined },
      beginning: nothing,
      beforeIndex: 0,
      entries: [],
      isOpen: first > 1
    }
    const segments: Array<Segment.Kept> = []
    const memory: Array<Uint8Array> = []
    let torn: Torn | undefined
    for (const [at, sequence] of sequences.entries()) {
      const { file, salt } = Segment.make(folder.incarnation, first + at, 0)
      if (sequence !== first + at) {
        return yield* StorageFailure.corrupt(location, file, "this part of the log is missing")
      }
      const bytes = yield* read(file)
      memory.push(bytes)
      const beforeIndex = lastIndexOf(log)
      watcher.segment(file, bytes.length)
      const stop = replay(log, bytes, salt, watcher)
      if (stop._tag === "OtherFormat") {
        return yield* StorageFailure.otherFormat(location, file, stop.formatVersion)
      }
      const why = damage(stop, sequence === sequences.at(-1))
      if (why !== undefined) {
        return yield* StorageFailure.corrupt(location, `${file}, byte ${stop.offset}`, why)
      }
      if (stop._tag === "Torn") torn = { file, sizeBytes: bytes.length, wholeBytes: stop.offset }
      // A segment whose head is torn never came to be.
      if (stop.offset > 0) {
        segments.push({ ...Segment.make(folder.incarnation, sequence, stop.offset), beforeIndex })
      }
    }
    if (segments.length === 0 && folder.start > 0) {
      return yield* StorageFailure.corrupt(location, "the log", "nothing is left of it")
    }
    const why = gap(log, segments)
    if (why !== undefined) return yield* StorageFailure.corrupt(location, "the log", why)
    return { log, memory, segments, torn }
  })

/** Only what a snapshot stands for is ever removed. */
const gap = ({ beforeIndex, beginning }: Log, segments: ReadonlyArray<Segment.Kept>) => {
  const { base, snapshot } = beginning
  const isCut = (segments[0]?.sequence ?? 1) > 1 && snapshot.id.index === 0
  return isCut || beforeIndex > base.index || base.index > snapshot.id.index
    ? `entries between ${base.index} and ${beforeIndex} are missing, and no snapshot has them`
    : undefined
}

/** A file that ends in a torn write, and how much of it is whole. */
export interface Torn {
  readonly file: string
  readonly sizeBytes: number
  readonly wholeBytes: number
}

const cut = ({ file, sizeBytes, wholeBytes }: Torn) =>
  Effect.gen(function*() {
    const disk = yield* Disk
    yield* Effect.logWarning(
      `the last write to ${file} was interrupted and never acknowledged: cut off its ` +
        `${sizeBytes - wholeBytes} bytes from byte ${wholeBytes} on`
    )
    yield* wholeBytes === 0 ? disk.remove(file) : disk.truncate(file, wholeBytes)
  })

/** The log as read so far; `replay` adds to it. */
interface Log {
  hardState: HardState
  beginning: LogRecord.Beginning
  /** The entry before the first of `entries`. Those up to it were in segments that are gone. */
  beforeIndex: Index
  entries: Array<Entry>
  /** Segments are gone: what they held is what the next head says. */
  isOpen: boolean
}

const lastIndexOf = ({ beforeIndex, entries }: Log): Index => beforeIndex + entries.length

/** Why and where reading a segment stopped. */
type Stop =
  & { readonly offset: number }
  & (
    | { readonly _tag: "End" | "Torn" }
    | { readonly _tag: "Damaged"; readonly why: string }
    | LogRecord.OtherFormat
  )

const damage = (stop: Stop, isLastSegment: boolean): string | undefined => {
  if (stop._tag === "Damaged") return stop.why
  return stop._tag === "Torn" && !isLastSegment
    ? "a part of it was not written, and a later segment follows it"
    : undefined
}

const replay = (log: Log, segment: Uint8Array, salt: number, watcher: Watcher): Stop => {
  let offset = 0
  do {
    const frame = LogFrame.read(segment, salt, offset)
    if (frame._tag !== "Whole") return { ...frame, offset }
    const record = LogRecord.decode(frame.body)
    if (record?._tag === "OtherFormat") return { ...record, offset }
    if (record === undefined) return { _tag: "Damaged", why: "it is no record", offset }
    const why = add(log, record, offset)
    if (why !== undefined) return { _tag: "Damaged", why, offset }
    watcher.record(record, offset, frame.end - offset)
    offset = frame.end
  } while (offset < segment.length)
  return { _tag: "End", offset }
}

/** Adds a record to the log; says why if it does not continue the log. */
const add = (log: Log, record: LogRecord.Head | LogRecord.Writes, offset: number) => {
  if ((record._tag === "Head") !== (offset === 0)) return "it is out of place"
  if (record._tag === "Head") return addHead(log, record)
  for (const write of record.writes) {
    const why = write._tag === "Begins" ? begin(log, write) : addEntries(log, write)
    if (why !== undefined) return why
  }
  return undefined
}

const addHead = (log: Log, { beginning, hardState, lastIndex }: LogRecord.Head) => {
  if (log.isOpen) {
    log.isOpen = false
    log.hardState = hardState
    log.beginning = beginning
    log.beforeIndex = lastIndex
    return undefined
  }
  const { base, snapshot } = log.beginning
  return lastIndex === lastIndexOf(log) && hardState.term === log.hardState.term &&
      hardState.vote === log.hardState.vote && EntryIds.equals(beginning.base, base) &&
      Snapshots.equals(beginning.snapshot, snapshot)
    ? undefined
    : "it does not continue the segment before"
}

const begin = (log: Log, { base, isAnew, snapshot }: LogRecord.Begins): string | undefined => {
  if (isAnew) {
    log.beforeIndex = base.index
    log.entries = []
  } else if (snapshot.id.index > lastIndexOf(log)) {
    return "it lets go of entries that are not there"
  }
  log.beginning = { base, snapshot }
  return undefined
}

const addEntries = (log: Log, { append, hardState, truncateFrom }: LogRecord.Entries) => {
  if (truncateFrom !== undefined) {
    if (truncateFrom <= log.beginning.base.index) return "it drops what a snapshot stands for"
    log.entries.length = Math.min(
      log.entries.length,
      Math.max(0, truncateFrom - 1 - log.beforeIndex)
    )
    log.beforeIndex = Math.min(log.beforeIndex, truncateFrom - 1)
  }
  for (const entry of append) {
    if (entry.index !== lastIndexOf(log) + 1) return "its entries do not continue the log"
    log.entries.push(entry)
  }
  if (hardState !== undefined) log.hardState = hardState
  return undefined
}

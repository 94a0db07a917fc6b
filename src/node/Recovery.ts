/**
 * Reading the write-ahead log back: every segment in order, every checksum, every record. What it
 * returns is durable, and what a torn last write left behind is gone for good; anything else that
 * is not as it was written stops the node, because a log with a hole in it is worse than none.
 */
import { Effect } from "effect"
import type { HardState } from "../raft/Action.js"
import type { Entry } from "../raft/Entry.js"
import { Disk } from "../service/Disk.js"
import type { DiskError } from "../service/Disk.js"
import type { StorageError } from "../service/Storage.js"
import * as LogFrame from "../wire/LogFrame.js"
import * as LogRecord from "../wire/LogRecord.js"
import type { DataFolder } from "./DataFolder.js"
import * as Segment from "./Segment.js"
import * as StorageFailure from "./StorageFailure.js"

export interface Recovered {
  readonly hardState: HardState
  /** Contiguous from index 1. */
  readonly entries: ReadonlyArray<Entry>
  /** The last segment, for the log to go on in. */
  readonly segment: Segment.Segment
}

/** The log of `folder`, begun now if the folder was never opened before. */
export const recover = (
  folder: DataFolder
): Effect.Effect<Recovered, DiskError | StorageError, Disk> =>
  Effect.gen(function*() {
    const disk = yield* Disk
    const { last, log, torn } = yield* read(folder)
    // Only now, when all else is found sound: a folder that is refused stays as it is.
    if (torn !== undefined) yield* cut(torn)
    const segment = last ?? (yield* Segment.create(folder.incarnation, 1, { ...log, lastIndex: 0 }))
    // The process that wrote the last records may have died before it synced them.
    yield* disk.sync(segment.file)
    yield* disk.syncDirectory
    return { ...log, segment }
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
    const log: Log = { hardState: { term: 0, vote: undefined }, entries: [] }
    let last: Segment.Segment | undefined
    let torn: Torn | undefined
    for (const [at, sequence] of sequences.entries()) {
      const { file, salt } = Segment.make(folder.incarnation, at + 1, 0)
      if (sequence !== at + 1) {
        return yield* StorageFailure.corrupt(location, file, "this part of the log is missing")
      }
      const bytes = yield* read(file)
      watcher.segment(file, bytes.length)
      const stop = replay(log, bytes, salt, watcher)
      if (stop._tag === "OtherFormat") {
        return yield* StorageFailure.otherFormat(location, file, stop.formatVersion)
      }
      const why = damage(stop, sequence === sequences.length)
      if (why !== undefined) {
        return yield* StorageFailure.corrupt(location, `${file}, byte ${stop.offset}`, why)
      }
      if (stop._tag === "Torn") torn = { file, sizeBytes: bytes.length, wholeBytes: stop.offset }
      // A segment whose head is torn never came to be.
      if (stop.offset > 0) last = Segment.make(folder.incarnation, sequence, stop.offset)
    }
    if (last === undefined && folder.start > 0) {
      return yield* StorageFailure.corrupt(location, "the log", "nothing is left of it")
    }
    return { log, last, torn }
  })

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
  readonly entries: Array<Entry>
}

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
  if (record._tag === "Head") {
    const { term, vote } = record.hardState
    const { entries, hardState } = log
    return record.lastIndex === entries.length && term === hardState.term && vote === hardState.vote
      ? undefined
      : "it does not continue the segment before"
  }
  for (const { append, hardState, truncateFrom } of record.writes) {
    if (truncateFrom === 0) return "it drops the entry before the first"
    if (truncateFrom !== undefined && truncateFrom <= log.entries.length) {
      log.entries.length = truncateFrom - 1
    }
    for (const entry of append) {
      if (entry.index !== log.entries.length + 1) return "its entries do not continue the log"
      log.entries.push(entry)
    }
    if (hardState !== undefined) log.hardState = hardState
  }
  return undefined
}

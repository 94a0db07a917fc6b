/**
 * One file of the write-ahead log. Segments are numbered from 1 without a gap and only the last is
 * written to; each opens with what held when it began, so that older ones are not needed to know
 * it.
 */
import { Effect } from "effect"
import { Disk } from "../service/Disk.js"
import type { DiskError } from "../service/Disk.js"
import * as Bytes from "../wire/Bytes.js"
import * as LogFrame from "../wire/LogFrame.js"
import * as LogRecord from "../wire/LogRecord.js"

export interface Segment {
  readonly sequence: number
  readonly file: string
  /** Binds the frames to this file of this data folder. */
  readonly salt: number
  /** Where the next frame goes. */
  readonly sizeBytes: number
}

/** A segment that is still there. */
export interface Kept extends Segment {
  /** The last entry before its own; when it is gone, so may be all segments before. */
  readonly beforeIndex: number
}

/** A segment of at least this size is not written to any more: the next write begins another. */
export const LIMIT_BYTES = 64 * 1024 * 1024

const DIGITS = 12

export const make = (incarnation: string, sequence: number, sizeBytes: number): Segment => ({
  sequence,
  file: `${String(sequence).padStart(DIGITS, "0")}.log`,
  salt: LogFrame.salt(incarnation, sequence),
  sizeBytes
})

/** The number of the segment in `file`, if it is one. */
export const sequenceOf = (file: string): number | undefined =>
  /^\d{12}\.log$/.test(file) ? Number(file.slice(0, DIGITS)) : undefined

/**
 * A new segment that a power cut would not take away again. Nothing else is written before it is: a
 * write in a segment proves all segments before it and its own head durable (LogFrame.ts).
 */
export const create = (
  incarnation: string,
  sequence: number,
  head: Omit<LogRecord.Head, "_tag">
): Effect.Effect<Segment, DiskError, Disk> =>
  Effect.gen(function*() {
    const disk = yield* Disk
    const { file, salt } = make(incarnation, sequence, 0)
    const writer = new Bytes.Writer()
    LogFrame.begin(writer)
    LogRecord.encodeHead(writer, head)
    LogFrame.seal(writer, salt, 0)
    yield* disk.append(file, writer.written())
    yield* disk.sync(file)
    yield* disk.syncDirectory
    return make(incarnation, sequence, writer.length)
  })

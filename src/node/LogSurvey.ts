/**
 * A data folder looked at from outside: who it belongs to, what its log holds, and whether the log
 * is sound. It is read by recovery itself (Recovery.ts), so that both always agree; nothing is
 * changed, and what is found before a damaged place is told as well.
 */
import { Effect, Either } from "effect"
import type { HardState } from "../raft/Action.js"
import type { Entry } from "../raft/Entry.js"
import type { Index } from "../raft/EntryId.js"
import { Disk } from "../service/Disk.js"
import type { DiskError } from "../service/Disk.js"
import type { StorageError } from "../service/Storage.js"
import type * as LogRecord from "../wire/LogRecord.js"
import * as DataFolder from "./DataFolder.js"
import * as Recovery from "./Recovery.js"
import * as StorageFailure from "./StorageFailure.js"

/** What was read of one file of the log. */
export interface Segment {
  readonly file: string
  readonly sizeBytes: number
  /** Up to here it was found sound; a node that starts would go on, or stop, at this byte. */
  soundBytes: number
  records: number
  /** Of the entries that its records append, later truncated or not. */
  firstIndex: Index | undefined
  lastIndex: Index | undefined
}

export interface Sound {
  readonly hardState: HardState
  /** 0 if the log has no entry. */
  readonly lastEntry: Pick<Entry, "index" | "term">
  readonly torn: Recovery.Torn | undefined
}

export interface Survey {
  readonly folder: DataFolder.DataFolder
  readonly segments: ReadonlyArray<Segment>
  readonly outcome: Either.Either<Sound, StorageError>
}

/** Is shown each record after the segment that it is in; `record.offset` is in `segment.file`. */
export type Visit = (
  segment: Segment,
  record: LogRecord.Head | LogRecord.Writes,
  offset: number,
  sizeBytes: number
) => void

/** Fails if the folder is none of a node's, if its identity is not readable, or on a disk error. */
export const make = (visit: Visit): Effect.Effect<Survey, DiskError | StorageError, Disk> =>
  Effect.gen(function*() {
    const { list, location } = yield* Disk
    if (!(yield* list).includes(DataFolder.FILE)) {
      return yield* StorageFailure.foreign(
        location,
        `it has no file "${DataFolder.FILE}", so no node's data is in it. Name the folder that ` +
          "the node has as --data."
      )
    }
    const folder = yield* DataFolder.read
    const segments: Array<Segment> = []
    const read = Recovery.read(folder, {
      segment: (file, sizeBytes) => {
        const nothing = { records: 0, firstIndex: undefined, lastIndex: undefined }
        segments.push({ file, sizeBytes, soundBytes: 0, ...nothing })
      },
      record: (record, offset, sizeBytes) => {
        const segment = segments.at(-1)
        if (segment === undefined) return
        count(segment, record, offset + sizeBytes)
        visit(segment, record, offset, sizeBytes)
      }
    })
    const outcome = yield* Effect.map(read, ({ log, torn }): Sound => {
      const { index, term } = log.entries.at(-1) ?? { index: 0, term: 0 }
      return { hardState: log.hardState, lastEntry: { index, term }, torn }
    }).pipe(
      Effect.map(Either.right),
      Effect.catchTag("StorageError", (error) => Effect.succeed(Either.left(error)))
    )
    return { folder, segments, outcome }
  })

const count = (
  segment: Segment,
  record: LogRecord.Head | LogRecord.Writes,
  end: number
): void => {
  segment.records += 1
  segment.soundBytes = end
  if (record._tag === "Head") return
  for (const { append } of record.writes) {
    const [first] = append
    const last = append.at(-1)
    if (first === undefined || last === undefined) continue
    segment.firstIndex = Math.min(segment.firstIndex ?? first.index, first.index)
    segment.lastIndex = Math.max(segment.lastIndex ?? last.index, last.index)
  }
}

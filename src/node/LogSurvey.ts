/**
 * A data folder looked at from outside: who it belongs to, what its log holds, and whether the log
 * is sound. It is read by recovery itself (Recovery.ts), so that both always agree; nothing is
 * changed, and what is found before a damaged place is told as well.
 */
import { Effect, Either } from "effect"
import type { HardState } from "../raft/Action.js"
import type { Configuration } from "../raft/Configuration.js"
import type { Entry } from "../raft/Entry.js"
import type { EntryId, Index } from "../raft/EntryId.js"
import type { Snapshot } from "../raft/Snapshot.js"
import { Disk } from "../service/Disk.js"
import type { DiskError } from "../service/Disk.js"
import type { StorageError } from "../service/Storage.js"
import type * as LogRecord from "../wire/LogRecord.js"
import * as DataFolder from "./DataFolder.js"
import * as Recovery from "./Recovery.js"
import * as SnapshotFiles from "./SnapshotFiles.js"
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

export interface SnapshotFound {
  readonly file: string
  /** The last entry that it stands for. */
  readonly id: EntryId
  readonly sizeBytes: number
}

export interface Sound {
  /** The members, as of the last entry. */
  readonly configuration: Configuration
  readonly hardState: HardState
  /** The one that the node starts from, found whole; undefined before the first. */
  readonly snapshot: SnapshotFound | undefined
  /** Entries up to this one are gone from the log; 0 if none is. */
  readonly baseIndex: Index
  /** The snapshot's if the log has no entry after it; 0 if there is none at all. */
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
    const found = Effect.gen(function*() {
      const { log: { beginning: { base, snapshot }, entries, hardState }, torn } = yield* read
      const { index, term } = entries.at(-1) ?? base
      const rest = { baseIndex: base.index, lastEntry: { index, term }, torn }
      const first = snapshot.id.index > 0 ? snapshot.configuration : DataFolder.bootstrap(folder)
      const configuration = entries.findLast(
        (entry) => entry.kind === "Configuration"
      )?.configuration ?? first
      const found = yield* checkSnapshot(folder, snapshot)
      return { configuration, hardState, snapshot: found, ...rest }
    })
    const outcome = yield* found.pipe(
      Effect.map(Either.right),
      Effect.catchTag("StorageError", (error) => Effect.succeed(Either.left(error)))
    )
    return { folder, segments, outcome }
  })

/** Reads all of it, as a node does that starts. */
const checkSnapshot = (folder: DataFolder.DataFolder, snapshot: Snapshot) =>
  Effect.gen(function*() {
    if (snapshot.id.index === 0) return undefined
    const files = SnapshotFiles.make(yield* Disk, folder.clusterId, SnapshotFiles.BLOCK_BYTES)
    yield* files.load(snapshot, () => {})
    const { id, sizeBytes } = snapshot
    return { file: SnapshotFiles.fileOf(snapshot), id, sizeBytes }
  })

const count = (
  segment: Segment,
  record: LogRecord.Head | LogRecord.Writes,
  end: number
): void => {
  segment.records += 1
  segment.soundBytes = end
  if (record._tag === "Head") return
  for (const write of record.writes) {
    if (write._tag === "Begins") continue
    const [first] = write.append
    const last = write.append.at(-1)
    if (first === undefined || last === undefined) continue
    segment.firstIndex = Math.min(segment.firstIndex ?? first.index, first.index)
    segment.lastIndex = Math.max(segment.lastIndex ?? last.index, last.index)
  }
}

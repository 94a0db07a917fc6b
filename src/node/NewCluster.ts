/**
 * What one survivor has, as a new cluster of this node alone: for when a majority of the old one is
 * gone for good (docs/operations.md, "Lost quorum").
 *
 * The old folder is only read. The new one gets all that was in it, committed or not, under a new
 * cluster id and incarnation, so that no member of the old cluster ever talks to the new one. Its
 * identity is written last: until then no node starts from it, and an interrupted attempt is begun
 * anew.
 */
import { Effect } from "effect"
import type { HardState } from "../raft/Action.js"
import type { Configuration } from "../raft/Configuration.js"
import * as Configurations from "../raft/Configuration.js"
import * as Entries from "../raft/Entry.js"
import type { Entry } from "../raft/Entry.js"
import type { EntryId } from "../raft/EntryId.js"
import * as EntryIds from "../raft/EntryId.js"
import type { NewMember } from "../raft/Event.js"
import type { Snapshot } from "../raft/Snapshot.js"
import * as Snapshots from "../raft/Snapshot.js"
import { Disk } from "../service/Disk.js"
import type { DiskError } from "../service/Disk.js"
import type { StorageError } from "../service/Storage.js"
import * as Bytes from "../wire/Bytes.js"
import * as LogFrame from "../wire/LogFrame.js"
import * as LogRecord from "../wire/LogRecord.js"
import * as DataFolder from "./DataFolder.js"
import * as Recovery from "./Recovery.js"
import * as Segment from "./Segment.js"
import * as SnapshotFiles from "./SnapshotFiles.js"
import * as StorageFailure from "./StorageFailure.js"

type Failure = DiskError | StorageError

/** Says of a folder that it is half made. */
export const MARK = "unfinished"

const MARK_TEXT = "raftcache recover has begun to make this folder, and has not finished\n"

/** Bytes of entries in one frame. */
const FRAME_BYTES = 1 << 20

/** A folder of the old cluster, as it was found. */
export interface Survivor {
  readonly folder: DataFolder.DataFolder
  /** The last one in its log, committed or not. */
  readonly configuration: Configuration
  readonly hardState: HardState
  readonly snapshot: Snapshot
  /** Those after the snapshot. */
  readonly entries: ReadonlyArray<Entry>
  readonly last: EntryId
}

/** Reads and checks all of the log, and changes nothing. */
export const read: Effect.Effect<Survivor, Failure, Disk> = Effect.gen(function*() {
  const folder = yield* DataFolder.read
  const { log: { beginning: { snapshot }, entries: all, hardState } } = yield* Recovery.read(folder)
  const first = snapshot.id.index > 0 ? snapshot.configuration : DataFolder.bootstrap(folder)
  const last = all.findLast((entry) => entry.kind === "Configuration")
  const entries = all.filter(({ index }) => index > snapshot.id.index)
  const { index, term } = entries.at(-1) ?? snapshot.id
  return {
    folder,
    configuration: last?.configuration ?? first,
    hardState,
    snapshot,
    entries,
    last: EntryIds.make(term, index)
  }
})

/**
 * Makes it in the folder at hand, of what is in `source`. Returns when a node may start from it,
 * and would find it after a power cut.
 */
export const make = (
  survivor: Survivor,
  source: Disk["Type"],
  member: NewMember
): Effect.Effect<DataFolder.DataFolder, Failure, Disk> =>
  Effect.gen(function*() {
    const disk = yield* Disk
    yield* clear(disk)
    const clusterId = yield* DataFolder.drawIncarnation
    const incarnation = yield* DataFolder.drawIncarnation
    const snapshot = yield* copySnapshot(survivor, source, disk, clusterId, member)
    yield* writeLog(survivor, snapshot, incarnation)
    const founding = { clusterId, nodeId: member.id, members: { [member.id]: member.address } }
    const folder = yield* DataFolder.begin(founding, incarnation)
    yield* disk.remove(MARK)
    yield* disk.syncDirectory
    return folder
  })

/** Only what an attempt of this kind has left may be there, and goes. */
const clear = (disk: Disk["Type"]): Effect.Effect<void, Failure> =>
  Effect.gen(function*() {
    const files = yield* disk.list
    if (files.includes(DataFolder.FILE) || (files.length > 0 && !files.includes(MARK))) {
      return yield* StorageFailure.foreign(
        disk.location,
        "there is something in it already. Name an empty folder, or one that is not there yet."
      )
    }
    for (const file of files) if (file !== MARK) yield* disk.remove(file)
    if (files.length === 0) yield* disk.append(MARK, new TextEncoder().encode(MARK_TEXT))
    yield* disk.sync(MARK)
    yield* disk.syncDirectory
  })

/** All parts at once: a state that a node holds in memory fits there. */
const copySnapshot = (
  { folder, snapshot: { id }, snapshot }: Survivor,
  source: Disk["Type"],
  target: Disk["Type"],
  clusterId: string,
  { address, id: node }: NewMember
): Effect.Effect<Snapshot, StorageError> =>
  Effect.gen(function*() {
    if (id.index === 0) return Snapshots.none
    const { BLOCK_BYTES } = SnapshotFiles
    const parts: Array<Uint8Array> = []
    const { load } = SnapshotFiles.make(source, folder.clusterId, BLOCK_BYTES)
    yield* load(snapshot, (bytes, from, to) => void parts.push(bytes.slice(from, to)))
    const alone = Configurations.bootstrap([node], { [node]: address })
    return yield* SnapshotFiles.make(target, clusterId, BLOCK_BYTES).save(id, alone, parts)
  })

/** Who voted for whom is of no account any more; the term goes on. */
const writeLog = (
  { entries, hardState: { term } }: Survivor,
  snapshot: Snapshot,
  incarnation: string
): Effect.Effect<void, DiskError, Disk> =>
  Effect.gen(function*() {
    const disk = yield* Disk
    const beginning = { snapshot: Snapshots.none, base: EntryIds.zero }
    const nothing = { term: 0, vote: undefined }
    const head = { hardState: nothing, beginning, lastIndex: 0 }
    const { file, salt, sizeBytes: headBytes } = yield* Segment.create(incarnation, 1, head)
    let sizeBytes = headBytes
    const writer = new Bytes.Writer()
    const write = (writes: ReadonlyArray<LogRecord.Write>) =>
      Effect.suspend(() => {
        writer.clear()
        LogFrame.begin(writer)
        LogRecord.encodeWrites(writer, writes)
        LogFrame.seal(writer, salt, sizeBytes)
        sizeBytes += writer.length
        return disk.append(file, writer.written())
      })
    if (snapshot.id.index > 0) {
      yield* write([{ _tag: "Begins", snapshot, base: snapshot.id, isAnew: true }])
    }
    const hardState = { term, vote: undefined }
    for (const append of inFrames(entries.map(withoutMembers))) {
      yield* write([{ _tag: "Entries", append, hardState, truncateFrom: undefined }])
    }
    yield* disk.sync(file)
  })

/** Who the members of the old cluster were says nothing about the new one. */
const withoutMembers = (entry: Entry): Entry =>
  entry.kind === "Configuration" ? Entries.noop(entry.term, entry.index) : entry

/** At least one, which may be empty. */
const inFrames = (entries: ReadonlyArray<Entry>): ReadonlyArray<ReadonlyArray<Entry>> => {
  const frames: Array<Array<Entry>> = [[]]
  let bytes = 0
  for (const entry of entries) {
    if (bytes >= FRAME_BYTES) {
      frames.push([])
      bytes = 0
    }
    frames[frames.length - 1]!.push(entry)
    bytes += Entries.sizeBytes(entry)
  }
  return frames
}

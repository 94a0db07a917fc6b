/**
 * What the write-ahead log says, as bytes: every segment opens with a `Head`, and everything after
 * it is `Writes`. A record is one frame (LogFrame.ts), so that a crash keeps all of it or nothing.
 */
import type { HardState, Persist } from "../raft/Action.js"
import * as Entry from "../raft/Entry.js"
import type { EntryId, Index } from "../raft/EntryId.js"
import type { Snapshot } from "../raft/Snapshot.js"
import * as Bytes from "./Bytes.js"
import type { Reader, Writer } from "./Bytes.js"
import * as ConfigurationRecord from "./ConfigurationRecord.js"
import * as SnapshotRecord from "./SnapshotRecord.js"

/** The format of the records of a segment. Raised when one is added or changes. */
export const FORMAT_VERSION = 3

/** Where the log begins: `snapshot` is the one to start from, entries up to `base` are gone. */
export interface Beginning {
  readonly snapshot: Snapshot
  readonly base: EntryId
}

/**
 * How a segment opens: what held when it began. The hard state and the beginning are here because
 * the segments that last wrote them may be gone, while a node must never forget its vote.
 */
export interface Head {
  readonly _tag: "Head"
  /** The last entry before this segment's own; 0 if there was none. */
  readonly lastIndex: Index
  readonly hardState: HardState
  readonly beginning: Beginning
}

/** A `Persist` as the log keeps it. */
export interface Entries extends Omit<Persist, "_tag" | "seq"> {
  readonly _tag: "Entries"
}

/** The log has another beginning. `isAnew`: of the entries so far none is left. */
export interface Begins extends Beginning {
  readonly _tag: "Begins"
  readonly isAnew: boolean
}

export type Write = Entries | Begins

export interface Writes {
  readonly _tag: "Writes"
  readonly writes: ReadonlyArray<Write>
}

/** The head of a segment in a format that this version does not know. */
export interface OtherFormat {
  readonly _tag: "OtherFormat"
  readonly formatVersion: number
}

export type Record = Head | Writes | OtherFormat

const HEAD = 1
const WRITES = 2

const TRUNCATES = 1
const HAS_HARD_STATE = 2
/** Alone: a `Begins`. */
const BEGINS = 4
const BEGINS_ANEW = 8

const kinds = { Noop: 0, Command: 1, Configuration: 2 } as const satisfies {
  readonly [K in Entry.Kind]: number
}

/** Flags and the number of entries; more for what is not `Entries`. */
const WRITE_BYTES_MIN = 5
/** Term, kind and the length of the bytes; more for a configuration. */
const ENTRY_BYTES_MIN = 13

export const encodeHead = (writer: Writer, head: Omit<Head, "_tag">): void => {
  writer.u8(HEAD)
  writer.u32(FORMAT_VERSION)
  writer.integer(head.lastIndex)
  encodeHardState(writer, head.hardState)
  encodeBeginning(writer, head.beginning)
}

/** The entries of a write must be contiguous: their indexes follow from the first. */
export const encodeWrites = (writer: Writer, writes: ReadonlyArray<Write>): void => {
  writer.u8(WRITES)
  writer.u32(writes.length)
  for (const write of writes) {
    if (write._tag === "Begins") {
      writer.u8(write.isAnew ? BEGINS_ANEW : BEGINS)
      encodeBeginning(writer, write)
      continue
    }
    const { append, hardState, truncateFrom } = write
    const truncates = truncateFrom === undefined ? 0 : TRUNCATES
    writer.u8(truncates | (hardState === undefined ? 0 : HAS_HARD_STATE))
    if (truncateFrom !== undefined) writer.integer(truncateFrom)
    encodeEntries(writer, append)
    if (hardState !== undefined) encodeHardState(writer, hardState)
  }
}

const encodeBeginning = (writer: Writer, { base, snapshot }: Beginning): void => {
  SnapshotRecord.encodeId(writer, base)
  SnapshotRecord.encode(writer, snapshot)
}

const encodeEntries = (writer: Writer, entries: ReadonlyArray<Entry.Entry>): void => {
  writer.u32(entries.length)
  const first = entries[0]
  if (first === undefined) return
  writer.integer(first.index)
  for (const entry of entries) {
    writer.integer(entry.term)
    writer.u8(kinds[entry.kind])
    if (entry.kind === "Configuration") ConfigurationRecord.encode(writer, entry.configuration)
    else writer.bytes(entry.bytes)
  }
}

const encodeHardState = (writer: Writer, { term, vote }: HardState): void => {
  writer.integer(term)
  writer.u8(vote === undefined ? 0 : 1)
  if (vote !== undefined) writer.string(vote)
}

/** `undefined` if the bytes are no record. The entries' bytes are views of them. */
export const decode = (body: Uint8Array): Record | undefined =>
  Bytes.decode(body, (reader) => {
    switch (reader.u8()) {
      case HEAD:
        return decodeHead(reader)
      case WRITES:
        return { _tag: "Writes", writes: decodeMany(reader, WRITE_BYTES_MIN, decodeWrite) }
      default:
        throw new Bytes.Malformed()
    }
  })

const decodeHead = (reader: Reader): Head | OtherFormat => {
  const formatVersion = reader.u32()
  if (formatVersion !== FORMAT_VERSION) {
    reader.raw(reader.remaining)
    return { _tag: "OtherFormat", formatVersion }
  }
  const lastIndex = reader.integer()
  const hardState = decodeHardState(reader)
  return { _tag: "Head", lastIndex, hardState, beginning: decodeBeginning(reader) }
}

const decodeBeginning = (reader: Reader): Beginning => {
  const base = SnapshotRecord.decodeId(reader)
  return { base, snapshot: SnapshotRecord.decode(reader) }
}

const decodeWrite = (reader: Reader): Write => {
  const flags = reader.u8()
  if (flags === BEGINS || flags === BEGINS_ANEW) {
    return { _tag: "Begins", isAnew: flags === BEGINS_ANEW, ...decodeBeginning(reader) }
  }
  if ((flags & ~(TRUNCATES | HAS_HARD_STATE)) !== 0) throw new Bytes.Malformed()
  const truncateFrom = (flags & TRUNCATES) === 0 ? undefined : reader.integer()
  const append = decodeEntries(reader)
  const hardState = (flags & HAS_HARD_STATE) === 0 ? undefined : decodeHardState(reader)
  return { _tag: "Entries", truncateFrom, append, hardState }
}

const decodeEntries = (reader: Reader): ReadonlyArray<Entry.Entry> => {
  const count = reader.count(ENTRY_BYTES_MIN)
  const first = count === 0 ? 0 : reader.integer()
  const entries: Array<Entry.Entry> = []
  for (let at = 0; at < count; at++) entries.push(decodeEntry(reader, first + at))
  return entries
}

const decodeEntry = (reader: Reader, index: Index): Entry.Entry => {
  const term = reader.integer()
  switch (reader.u8()) {
    case kinds.Noop:
      return { term, index, kind: "Noop", bytes: reader.bytes() }
    case kinds.Command:
      return Entry.command(term, index, reader.bytes())
    case kinds.Configuration:
      return Entry.configuration(term, index, ConfigurationRecord.decode(reader, index))
    default:
      throw new Bytes.Malformed()
  }
}

const decodeHardState = (reader: Reader): HardState => {
  const term = reader.integer()
  switch (reader.u8()) {
    case 0:
      return { term, vote: undefined }
    case 1:
      return { term, vote: reader.string() }
    default:
      throw new Bytes.Malformed()
  }
}

const decodeMany = <A>(
  reader: Reader,
  itemBytesMin: number,
  decodeItem: (reader: Reader) => A
): ReadonlyArray<A> => {
  const count = reader.count(itemBytesMin)
  const items: Array<A> = []
  for (let at = 0; at < count; at++) items.push(decodeItem(reader))
  return items
}

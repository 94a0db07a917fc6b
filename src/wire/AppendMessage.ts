/**
 * What a leader and a follower say about the log: entries one way, how far the logs agree the
 * other. An entry's index is not written: entries continue `prev`.
 */
import * as Entry from "../raft/Entry.js"
import type { Index } from "../raft/EntryId.js"
import type { Append, AppendAccepted, AppendRejected } from "../raft/Message.js"
import * as Bytes from "./Bytes.js"
import * as ConfigurationRecord from "./ConfigurationRecord.js"
import * as SnapshotRecord from "./SnapshotRecord.js"

// As of tags: never reused for another meaning.
const kinds = { Noop: 0, Command: 1, Configuration: 2 } as const satisfies Record<
  Entry.Kind,
  number
>

/** A term and a kind; what a command or a configuration holds follows. */
const ENTRY_BYTES_MIN = 8 + 1

/** What the entries take; for those of configurations about as much. */
export const capacityBytes = ({ entries }: Append): number => {
  let total = 0
  for (const entry of entries) {
    total += ENTRY_BYTES_MIN
    total += entry.kind === "Command" ? 4 + entry.bytes.length : Entry.sizeBytes(entry)
  }
  return total
}

export const writeAppend = (writer: Bytes.Writer, message: Append): void => {
  writer.integer(message.term)
  writer.integer(message.round)
  SnapshotRecord.encodeId(writer, message.prev)
  writer.integer(message.commit)
  writer.u32(message.entries.length)
  for (const entry of message.entries) {
    writer.integer(entry.term)
    writer.u8(kinds[entry.kind])
    if (entry.kind === "Command") writer.bytes(entry.bytes)
    if (entry.kind === "Configuration") ConfigurationRecord.encode(writer, entry.configuration)
  }
}

export const readAppend = (reader: Bytes.Reader): Append => {
  const term = reader.integer()
  const round = reader.integer()
  const prev = SnapshotRecord.decodeId(reader)
  const commit = reader.integer()
  const count = reader.count(ENTRY_BYTES_MIN)
  if (!Number.isSafeInteger(prev.index + count)) throw new Bytes.Malformed()
  const entries: Array<Entry.Entry> = []
  for (let index = prev.index + 1; index <= prev.index + count; index++) {
    entries.push(readEntry(reader, index))
  }
  return { _tag: "Append", term, round, prev, entries, commit }
}

const readEntry = (reader: Bytes.Reader, index: Index): Entry.Entry => {
  const term = reader.integer()
  switch (reader.u8()) {
    case kinds.Noop:
      return Entry.noop(term, index)
    case kinds.Command:
      return Entry.command(term, index, reader.bytes())
    case kinds.Configuration:
      return Entry.configuration(term, index, ConfigurationRecord.decode(reader, index))
    default:
      throw new Bytes.Malformed()
  }
}

export const writeAccepted = (writer: Bytes.Writer, message: AppendAccepted): void => {
  writer.integer(message.term)
  writer.integer(message.round)
  writer.integer(message.match)
}

export const readAccepted = (reader: Bytes.Reader): AppendAccepted => ({
  _tag: "AppendAccepted",
  term: reader.integer(),
  round: reader.integer(),
  match: reader.integer()
})

export const writeRejected = (writer: Bytes.Writer, message: AppendRejected): void => {
  writer.integer(message.term)
  writer.integer(message.round)
  writer.integer(message.rejected)
  SnapshotRecord.encodeId(writer, message.hint)
}

export const readRejected = (reader: Bytes.Reader): AppendRejected => ({
  _tag: "AppendRejected",
  term: reader.integer(),
  round: reader.integer(),
  rejected: reader.integer(),
  hint: SnapshotRecord.decodeId(reader)
})

/**
 * Snapshots as bytes: what is said about one in messages and in the log, and the file that holds
 * it. A file is a run of frames (LogFrame.ts): one that says which snapshot of which cluster it is,
 * then blocks of parts, as the state machine gave them. It is the same on every node that it is
 * sent to, so its frames are bound to the cluster and to the snapshot's place, not to a folder.
 */
import * as Words from "../kv/Words.js"
import type { Configuration } from "../raft/Configuration.js"
import type { EntryId } from "../raft/EntryId.js"
import * as EntryIds from "../raft/EntryId.js"
import type { Snapshot } from "../raft/Snapshot.js"
import * as Bytes from "./Bytes.js"
import type { Reader, Writer } from "./Bytes.js"
import * as ConfigurationRecord from "./ConfigurationRecord.js"
import * as LogFrame from "./LogFrame.js"

/** The format of the file. Raised when a frame's meaning is added or changes. */
export const FORMAT_VERSION = 2

export const encodeId = (writer: Writer, { index, term }: EntryId): void => {
  writer.integer(term)
  writer.integer(index)
}

export const decodeId = (reader: Reader): EntryId => {
  const term = reader.integer()
  return EntryIds.make(term, reader.integer())
}

export const encode = (writer: Writer, snapshot: Snapshot): void => {
  encodeId(writer, snapshot.id)
  writer.integer(snapshot.sizeBytes)
  writer.u32(snapshot.checksum)
  encodeConfiguration(writer, snapshot.configuration)
}

export const decode = (reader: Reader): Snapshot => {
  const id = decodeId(reader)
  const sizeBytes = reader.integer()
  const checksum = reader.u32()
  return { id, sizeBytes, checksum, configuration: decodeConfiguration(reader) }
}

const encodeConfiguration = (writer: Writer, configuration: Configuration): void => {
  writer.integer(configuration.index)
  ConfigurationRecord.encode(writer, configuration)
}

const decodeConfiguration = (reader: Reader): Configuration =>
  ConfigurationRecord.decode(reader, reader.integer())

/** What the first frame of a file says. */
export interface Head {
  /** 16 hex digits. */
  readonly clusterId: string
  readonly id: EntryId
  readonly configuration: Configuration
}

/** Binds the frames to the file. */
export const salt = (clusterId: string, { index, term }: EntryId): number =>
  LogFrame.salt(`${clusterId}/snapshot/${term}`, index)

export const encodeHead = (writer: Writer, { clusterId, configuration, id }: Head): void => {
  writer.u32(FORMAT_VERSION)
  writer.string(clusterId)
  encodeId(writer, id)
  encodeConfiguration(writer, configuration)
}

/** The version alone if it is another; undefined for what is no head. */
export const decodeHead = (body: Uint8Array): Head | number | undefined =>
  Bytes.decode(body, (reader) => {
    const version = reader.u32()
    if (version !== FORMAT_VERSION) {
      reader.raw(reader.remaining)
      return version
    }
    const clusterId = reader.string()
    const id = decodeId(reader)
    return { clusterId, id, configuration: decodeConfiguration(reader) }
  })

/**
 * Hands over the parts of the block that is in `bytes` from `from` to before `to`, where they are.
 * Whether it is a block: if not, some may have been handed over.
 */
export const readBlock = (
  bytes: Uint8Array,
  from: number,
  to: number,
  addSlice: (bytes: Uint8Array, from: number, to: number) => void
): boolean => {
  let at = from
  while (at + Words.WORD_BYTES <= to) {
    const partAt = at + Words.WORD_BYTES
    at = partAt + Words.readWord(bytes, at)
    if (at <= to) addSlice(bytes, partAt, at)
  }
  return at === to
}

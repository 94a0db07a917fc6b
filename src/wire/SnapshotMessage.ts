/**
 * What two nodes say about a snapshot that a leader streams to a follower: chunks one way, how far
 * they have come the other.
 */
import type { SnapshotChunk, SnapshotProgress } from "../raft/Message.js"
import type * as Bytes from "./Bytes.js"
import * as SnapshotRecord from "./SnapshotRecord.js"

export const writeChunk = (writer: Bytes.Writer, message: SnapshotChunk): void => {
  writer.integer(message.term)
  writer.integer(message.round)
  SnapshotRecord.encode(writer, message.snapshot)
  writer.integer(message.offset)
  writer.bytes(message.bytes)
}

export const readChunk = (reader: Bytes.Reader): SnapshotChunk => ({
  _tag: "SnapshotChunk",
  term: reader.integer(),
  round: reader.integer(),
  snapshot: SnapshotRecord.decode(reader),
  offset: reader.integer(),
  bytes: reader.bytes()
})

export const writeProgress = (writer: Bytes.Writer, message: SnapshotProgress): void => {
  writer.integer(message.term)
  writer.integer(message.round)
  SnapshotRecord.encodeId(writer, message.id)
  writer.integer(message.offset)
  writer.integer(message.receivedBytes)
}

export const readProgress = (reader: Bytes.Reader): SnapshotProgress => ({
  _tag: "SnapshotProgress",
  term: reader.integer(),
  round: reader.integer(),
  id: SnapshotRecord.decodeId(reader),
  offset: reader.integer(),
  receivedBytes: reader.integer()
})

/**
 * What one node has for one peer at the end of a turn, as one payload: the core's messages and the
 * commands it forwards to the leader, one after the other until the bytes end. A tag byte opens
 * each; terms, indexes and rounds take 8 bytes.
 */
import * as EntryId from "../raft/EntryId.js"
import type { Message, PreVoteRequest, VoteRequest } from "../raft/Message.js"
import * as AppendMessage from "./AppendMessage.js"
import * as Bytes from "./Bytes.js"
import * as MembershipMessage from "./MembershipMessage.js"
import * as SnapshotMessage from "./SnapshotMessage.js"
import * as TransferMessage from "./TransferMessage.js"

/** A follower's proposals for whom it thinks leads, in the order in which to append them. */
export interface Forward {
  readonly _tag: "Forward"
  readonly proposals: ReadonlyArray<Uint8Array>
}

/** Some of the proposals that the receiver forwarded were not taken. */
export interface ForwardRefused {
  readonly _tag: "ForwardRefused"
  /** `Gap`: one before them is missing. */
  readonly reason: "NotLeader" | "Overloaded" | "Gap"
}

export type PeerMessage =
  | Message
  | Forward
  | ForwardRefused
  | OperatorMessage

/** On behalf of an operator. */
type OperatorMessage =
  | TransferMessage.TransferAsked
  | TransferMessage.TransferAnswered
  | MembershipMessage.MembershipAsked
  | MembershipMessage.MembershipAnswered

/** One payload. Its bytes are the caller's; nothing of `messages` is kept. */
export const encode = (messages: ReadonlyArray<PeerMessage>): Uint8Array => {
  const writer = new Bytes.Writer(capacityBytes(messages))
  for (const message of messages) writeMessage(writer, message)
  return writer.written()
}

/**
 * The messages of one payload; `undefined` if it is not exactly the encoding of some. The bytes of
 * entries and proposals are views of the payload and keep all of it in memory. A payload of the
 * smallest possible items costs some tens of times its size as objects, never more.
 */
export const decode = (payload: Uint8Array): ReadonlyArray<PeerMessage> | undefined =>
  Bytes.decode(payload, (reader) => {
    const messages: Array<PeerMessage> = []
    while (reader.remaining > 0) messages.push(readMessage(reader))
    return messages
  })

// Never reused for another meaning: nodes of two versions may meet.
const tags = {
  PreVoteRequest: 1,
  PreVoteResponse: 2,
  VoteRequest: 3,
  VoteResponse: 4,
  Append: 5,
  AppendAccepted: 6,
  AppendRejected: 7,
  Heartbeat: 8,
  HeartbeatResponse: 9,
  ReadIndexRequest: 10,
  ReadIndexGranted: 11,
  ReadIndexRefused: 12,
  Forward: 13,
  ForwardRefused: 14,
  TimeoutNow: 20,
  TransferAsked: 21,
  TransferAnswered: 22,
  SnapshotChunk: 24,
  SnapshotProgress: 25,
  Dismissed: 26,
  MembershipAsked: 27,
  MembershipAnswered: 28
} as const satisfies Record<PeerMessage["_tag"], number>

/** A `VoteRequest` with its flag, so that one without is written as it always was. */
const VOTE_REQUEST_OF_TRANSFER = 23

const reasons = { NotLeader: 0, Overloaded: 1, Gap: 2 } as const satisfies Record<
  ForwardRefused["reason"],
  number
>

/** A tag and the most that any message holds beside its entries or proposals (Append). */
const MESSAGE_BYTES_MAX = 1 + 5 * 8 + 4

const PROPOSAL_BYTES_MIN = 4

/** About what a chunk holds beside its bytes and what every message may hold. */
const CHUNK_BYTES_MORE = 256

/** Enough for all of it, so that the writer allocates once and never copies. */
const capacityBytes = (messages: ReadonlyArray<PeerMessage>): number => {
  let total = messages.length * MESSAGE_BYTES_MAX
  for (const message of messages) {
    if (message._tag === "Append") {
      total += AppendMessage.capacityBytes(message)
    } else if (message._tag === "SnapshotChunk") {
      total += CHUNK_BYTES_MORE + message.bytes.length
    } else if (message._tag === "Forward") {
      for (const proposal of message.proposals) total += PROPOSAL_BYTES_MIN + proposal.length
    }
  }
  return total
}

const writeMessage = (writer: Bytes.Writer, message: PeerMessage): void => {
  const isOfTransfer = message._tag === "VoteRequest" && message.transfer === true
  writer.u8(isOfTransfer ? VOTE_REQUEST_OF_TRANSFER : tags[message._tag])
  switch (message._tag) {
    case "PreVoteRequest":
      writer.integer(message.term)
      writer.integer(message.campaignTerm)
      return writeEntryId(writer, message.last)
    case "PreVoteResponse":
      writer.integer(message.term)
      writer.integer(message.campaignTerm)
      return writer.u8(message.granted ? 1 : 0)
    case "VoteRequest":
      writer.integer(message.term)
      return writeEntryId(writer, message.last)
    case "VoteResponse":
      writer.integer(message.term)
      return writer.u8(message.granted ? 1 : 0)
    case "Append":
      return AppendMessage.writeAppend(writer, message)
    case "AppendAccepted":
      return AppendMessage.writeAccepted(writer, message)
    case "AppendRejected":
      return AppendMessage.writeRejected(writer, message)
    case "Heartbeat":
      writer.integer(message.term)
      writer.integer(message.round)
      return writer.integer(message.commit)
    case "HeartbeatResponse":
      writer.integer(message.term)
      writer.integer(message.round)
      return writer.integer(message.verifiedTo)
    case "ReadIndexRequest":
    case "ReadIndexRefused":
      writer.integer(message.term)
      return writer.integer(message.id)
    case "ReadIndexGranted":
      writer.integer(message.term)
      writer.integer(message.id)
      return writer.integer(message.index)
    case "Forward":
      writer.u32(message.proposals.length)
      for (const proposal of message.proposals) writer.bytes(proposal)
      return
    case "SnapshotChunk":
      return SnapshotMessage.writeChunk(writer, message)
    case "SnapshotProgress":
      return SnapshotMessage.writeProgress(writer, message)
    case "ForwardRefused":
      return writer.u8(reasons[message.reason])
    case "TimeoutNow":
      return writer.integer(message.term)
    case "Dismissed":
      writer.integer(message.term)
      return writer.integer(message.index)
    default:
      return writeOperatorMessage(writer, message)
  }
}

const writeOperatorMessage = (writer: Bytes.Writer, message: OperatorMessage): void => {
  switch (message._tag) {
    case "TransferAsked":
      return TransferMessage.writeAsked(writer, message)
    case "TransferAnswered":
      return TransferMessage.writeAnswered(writer, message)
    case "MembershipAsked":
      return MembershipMessage.writeAsked(writer, message)
    case "MembershipAnswered":
      return MembershipMessage.writeAnswered(writer, message)
  }
}

const writeEntryId = (writer: Bytes.Writer, id: EntryId.EntryId): void => {
  writer.integer(id.term)
  writer.integer(id.index)
}

// The fields of an object literal are evaluated in the order in which they stand here.
const readMessage = (reader: Bytes.Reader): PeerMessage => {
  const tag = reader.u8()
  switch (tag) {
    case tags.PreVoteRequest:
      return readPreVoteRequest(reader)
    case tags.PreVoteResponse:
      return {
        _tag: "PreVoteResponse",
        term: reader.integer(),
        campaignTerm: reader.integer(),
        granted: readBoolean(reader)
      }
    case tags.VoteRequest:
      return readVoteRequest(reader)
    case VOTE_REQUEST_OF_TRANSFER:
      return { ...readVoteRequest(reader), transfer: true }
    case tags.VoteResponse:
      return { _tag: "VoteResponse", term: reader.integer(), granted: readBoolean(reader) }
    case tags.Append:
      return AppendMessage.readAppend(reader)
    case tags.AppendAccepted:
      return AppendMessage.readAccepted(reader)
    case tags.AppendRejected:
      return AppendMessage.readRejected(reader)
    case tags.Heartbeat:
      return {
        _tag: "Heartbeat",
        term: reader.integer(),
        round: reader.integer(),
        commit: reader.integer()
      }
    case tags.HeartbeatResponse:
      return {
        _tag: "HeartbeatResponse",
        term: reader.integer(),
        round: reader.integer(),
        verifiedTo: reader.integer()
      }
    case tags.ReadIndexRequest:
      return { _tag: "ReadIndexRequest", term: reader.integer(), id: reader.integer() }
    case tags.ReadIndexGranted:
      return {
        _tag: "ReadIndexGranted",
        term: reader.integer(),
        id: reader.integer(),
        index: reader.integer()
      }
    case tags.ReadIndexRefused:
      return { _tag: "ReadIndexRefused", term: reader.integer(), id: reader.integer() }
    case tags.Forward:
      return { _tag: "Forward", proposals: readProposals(reader) }
    case tags.SnapshotChunk:
      return SnapshotMessage.readChunk(reader)
    case tags.SnapshotProgress:
      return SnapshotMessage.readProgress(reader)
    case tags.ForwardRefused:
      return { _tag: "ForwardRefused", reason: readReason(reader) }
    case tags.TimeoutNow:
      return { _tag: "TimeoutNow", term: reader.integer() }
    case tags.Dismissed:
      return { _tag: "Dismissed", term: reader.integer(), index: reader.integer() }
    default:
      return readOperatorMessage(tag, reader)
  }
}

const readOperatorMessage = (tag: number, reader: Bytes.Reader): OperatorMessage => {
  switch (tag) {
    case tags.TransferAsked:
      return TransferMessage.readAsked(reader)
    case tags.TransferAnswered:
      return TransferMessage.readAnswered(reader)
    case tags.MembershipAsked:
      return MembershipMessage.readAsked(reader)
    case tags.MembershipAnswered:
      return MembershipMessage.readAnswered(reader)
    default:
      throw new Bytes.Malformed()
  }
}

const readPreVoteRequest = (reader: Bytes.Reader): PreVoteRequest => ({
  _tag: "PreVoteRequest",
  term: reader.integer(),
  campaignTerm: reader.integer(),
  last: readEntryId(reader)
})

const readVoteRequest = (reader: Bytes.Reader): VoteRequest => ({
  _tag: "VoteRequest",
  term: reader.integer(),
  last: readEntryId(reader)
})

const readEntryId = (reader: Bytes.Reader): EntryId.EntryId =>
  EntryId.make(reader.integer(), reader.integer())

const readProposals = (reader: Bytes.Reader): ReadonlyArray<Uint8Array> => {
  const count = reader.count(PROPOSAL_BYTES_MIN)
  const proposals: Array<Uint8Array> = []
  for (let at = 0; at < count; at++) proposals.push(reader.bytes())
  return proposals
}

const readBoolean = (reader: Bytes.Reader): boolean => {
  const value = reader.u8()
  if (value > 1) throw new Bytes.Malformed()
  return value === 1
}

const readReason = (reader: Bytes.Reader): ForwardRefused["reason"] => {
  switch (reader.u8()) {
    case reasons.NotLeader:
      return "NotLeader"
    case reasons.Overloaded:
      return "Overloaded"
    case reasons.Gap:
      return "Gap"
    default:
      throw new Bytes.Malformed()
  }
}

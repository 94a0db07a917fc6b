/**
 * What two nodes say about handing leadership over on behalf of an operator: whoever was asked
 * passes it on to the leader, and the leader answers when it is decided.
 */
import type { TransferFailed, TransferFailure, Transferred } from "../raft/Action.js"
import * as Bytes from "./Bytes.js"

/** "An operator asks you to hand over, to `to` or to whom you choose." `id` is the sender's. */
export interface TransferAsked {
  readonly _tag: "TransferAsked"
  readonly id: number
  readonly to: string | undefined
}

/** What became of the request that the receiver knows as `id`. */
export interface TransferAnswered {
  readonly _tag: "TransferAnswered"
  readonly id: number
  /** `NotLeader` had no effect: the receiver may ask whoever leads now. */
  readonly outcome: Transferred | TransferFailed | { readonly _tag: "NotLeader" }
}

// As of tags: never reused for another meaning.
const TRANSFERRED = 0
const NOT_LEADER = 1
const failures: Readonly<Record<TransferFailure, number>> = {
  UnderWay: 2,
  AlreadyLeads: 3,
  NoVoter: 4,
  NobodyElse: 5,
  Unreachable: 6,
  TimedOut: 7,
  OtherLeader: 8
}

export const writeAsked = (writer: Bytes.Writer, { id, to }: TransferAsked): void => {
  writer.integer(id)
  writer.u8(to === undefined ? 0 : 1)
  if (to !== undefined) writer.string(to)
}

export const readAsked = (reader: Bytes.Reader): TransferAsked => {
  const id = reader.integer()
  switch (reader.u8()) {
    case 0:
      return { _tag: "TransferAsked", id, to: undefined }
    case 1:
      return { _tag: "TransferAsked", id, to: reader.string() }
    default:
      throw new Bytes.Malformed()
  }
}

export const writeAnswered = (writer: Bytes.Writer, { id, outcome }: TransferAnswered): void => {
  writer.integer(id)
  switch (outcome._tag) {
    case "Transferred":
      writer.u8(TRANSFERRED)
      return writer.string(outcome.to)
    case "NotLeader":
      return writer.u8(NOT_LEADER)
    case "TransferFailed":
      return writer.u8(failures[outcome.why])
  }
}

export const readAnswered = (reader: Bytes.Reader): TransferAnswered => ({
  _tag: "TransferAnswered",
  id: reader.integer(),
  outcome: readOutcome(reader)
})

const readOutcome = (reader: Bytes.Reader): TransferAnswered["outcome"] => {
  const code = reader.u8()
  if (code === TRANSFERRED) return { _tag: "Transferred", to: reader.string() }
  if (code === NOT_LEADER) return { _tag: "NotLeader" }
  for (const why of Object.keys(failures) as Array<TransferFailure>) {
    if (failures[why] === code) return { _tag: "TransferFailed", why }
  }
  throw new Bytes.Malformed()
}

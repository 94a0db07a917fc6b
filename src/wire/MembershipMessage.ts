/**
 * What two nodes say about changing the members on behalf of an operator: whoever was asked passes
 * it on to the leader, and the leader answers when it is decided.
 */
import type { MembershipChanged, MembershipRefusal } from "../raft/Action.js"
import type { Index } from "../raft/EntryId.js"
import type { NewMember } from "../raft/Event.js"
import * as Bytes from "./Bytes.js"

/** "An operator asks you to change the members." `id` is the sender's. */
export interface MembershipAsked {
  readonly _tag: "MembershipAsked"
  readonly id: number
  readonly add: ReadonlyArray<NewMember>
  readonly remove: ReadonlyArray<string>
  /** Of the configuration that is to be changed: no other one is. */
  readonly expected: Index
  /** It may have been carried out already. */
  readonly isRepeated: boolean
}

/** What became of the request that the receiver knows as `id`. */
export interface MembershipAnswered {
  readonly _tag: "MembershipAnswered"
  readonly id: number
  readonly outcome: MembershipDecision
}

/**
 * `NotLeader` had no effect: the receiver may ask whoever leads now. `Unknown`: the leader began it
 * and leads no more.
 */
export type MembershipDecision =
  | MembershipChanged
  | {
    readonly _tag: "MembershipRefused"
    readonly why: MembershipRefusal
    /** Of the leader's configuration. */
    readonly index: Index
  }
  | { readonly _tag: "NotLeader" }
  | { readonly _tag: "Unknown" }

// As of tags: never reused for another meaning.
const CHANGED = 0
const NOT_LEADER = 1
const UNKNOWN = 2
const refusals: Readonly<Record<MembershipRefusal, number>> = {
  NotReady: 3,
  UnderWay: 4,
  NotExpected: 5,
  AlreadyMember: 6,
  NotMember: 7,
  NoVoterLeft: 8
}

/** The length of a string. */
const STRING_BYTES_MIN = 4

export const writeAsked = (writer: Bytes.Writer, asked: MembershipAsked): void => {
  const { add, expected, id, isRepeated, remove } = asked
  writer.integer(id)
  writer.integer(expected)
  writer.u8(isRepeated ? 1 : 0)
  writer.u32(add.length)
  for (const member of add) {
    writer.string(member.id)
    writer.string(member.address)
  }
  writer.u32(remove.length)
  for (const member of remove) writer.string(member)
}

export const readAsked = (reader: Bytes.Reader): MembershipAsked => {
  const id = reader.integer()
  const expected = reader.integer()
  const repeated = reader.u8()
  if (repeated > 1) throw new Bytes.Malformed()
  const add: Array<NewMember> = []
  for (let left = reader.count(2 * STRING_BYTES_MIN); left > 0; left--) {
    add.push({ id: reader.string(), address: reader.string() })
  }
  const remove: Array<string> = []
  for (let left = reader.count(STRING_BYTES_MIN); left > 0; left--) remove.push(reader.string())
  return { _tag: "MembershipAsked", id, add, remove, expected, isRepeated: repeated === 1 }
}

export const writeAnswered = (
  writer: Bytes.Writer,
  { id, outcome }: MembershipAnswered
): void => {
  writer.integer(id)
  switch (outcome._tag) {
    case "MembershipChanged":
      writer.u8(CHANGED)
      return writer.integer(outcome.index)
    case "MembershipRefused":
      writer.u8(refusals[outcome.why])
      return writer.integer(outcome.index)
    case "NotLeader":
      return writer.u8(NOT_LEADER)
    case "Unknown":
      return writer.u8(UNKNOWN)
  }
}

export const readAnswered = (reader: Bytes.Reader): MembershipAnswered => ({
  _tag: "MembershipAnswered",
  id: reader.integer(),
  outcome: readOutcome(reader)
})

const readOutcome = (reader: Bytes.Reader): MembershipDecision => {
  const code = reader.u8()
  if (code === CHANGED) return { _tag: "MembershipChanged", index: reader.integer() }
  if (code === NOT_LEADER) return { _tag: "NotLeader" }
  if (code === UNKNOWN) return { _tag: "Unknown" }
  for (const why of Object.keys(refusals) as Array<MembershipRefusal>) {
    if (refusals[why] === code) return { _tag: "MembershipRefused", why, index: reader.integer() }
  }
  throw new Bytes.Malformed()
}

import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import type { MembershipRefusal, TransferFailure } from "../../src/raft/Action.js"
import * as Entry from "../../src/raft/Entry.js"
import * as EntryId from "../../src/raft/EntryId.js"
import * as PeerMessage from "../../src/wire/PeerMessage.js"
import * as Arbitraries from "./Arbitraries.js"

type Arbitraries = {
  [Tag in PeerMessage.PeerMessage["_tag"]]: fc.Arbitrary<
    Omit<Extract<PeerMessage.PeerMessage, { readonly _tag: Tag }>, "_tag">
  >
}

const term = fc.maxSafeNat()
const index = fc.maxSafeNat()
const round = fc.maxSafeNat()
const id = fc.maxSafeNat()
const granted = fc.boolean()
const bytes = fc.uint8Array({ maxLength: 40 })
const entryId = fc.tuple(term, index).map(([term, index]) => EntryId.make(term, index))

const snapshot = fc.record({
  id: entryId,
  configuration: Arbitraries.configuration,
  sizeBytes: fc.maxSafeNat(),
  checksum: fc.nat({ max: 0xffff_ffff })
})

const append = fc.record({
  prev: fc.tuple(term, fc.nat()).map(([term, index]) => EntryId.make(term, index)),
  contents: fc.array(Arbitraries.entryAt, { maxLength: 8 }),
  rest: fc.record({ term, round, commit: index })
}).map(({ contents, prev, rest }) => ({
  ...rest,
  prev,
  entries: contents.map((entryAt, at) => entryAt(prev.index + 1 + at))
}))

const arbitraries: Arbitraries = {
  PreVoteRequest: fc.record({ term, campaignTerm: term, last: entryId }),
  PreVoteResponse: fc.record({ term, campaignTerm: term, granted }),
  VoteRequest: fc.record(
    { term, last: entryId, transfer: fc.constant(true as const) },
    { requiredKeys: ["term", "last"] }
  ),
  VoteResponse: fc.record({ term, granted }),
  Append: append,
  AppendAccepted: fc.record({ term, round, match: index }),
  AppendRejected: fc.record({ term, round, rejected: index, hint: entryId }),
  Heartbeat: fc.record({ term, round, commit: index }),
  HeartbeatResponse: fc.record({ term, round, verifiedTo: index }),
  ReadIndexRequest: fc.record({ term, id }),
  ReadIndexGranted: fc.record({ term, id, index }),
  ReadIndexRefused: fc.record({ term, id }),
  SnapshotChunk: fc.record({ term, round, snapshot, offset: fc.maxSafeNat(), bytes }),
  SnapshotProgress: fc.record({
    term,
    round,
    id: entryId,
    offset: fc.maxSafeNat(),
    receivedBytes: fc.maxSafeNat()
  }),
  Forward: fc.record({ proposals: fc.array(bytes, { maxLength: 8 }) }),
  ForwardRefused: fc.record({ reason: fc.constantFrom("NotLeader", "Overloaded", "Gap") }),
  TimeoutNow: fc.record({ term }),
  Dismissed: fc.record({ term, index }),
  TransferAsked: fc.record({ id, to: fc.option(fc.string(), { nil: undefined }) }),
  MembershipAsked: fc.record({
    id,
    add: fc.array(fc.record({ id: fc.string(), address: fc.string() }), { maxLength: 3 }),
    remove: fc.array(fc.string(), { maxLength: 3 }),
    expected: index,
    isRepeated: fc.boolean()
  }),
  MembershipAnswered: fc.record({
    id,
    outcome: fc.oneof(
      fc.record({ _tag: fc.constant("MembershipChanged" as const), index }),
      fc.record({ _tag: fc.constantFrom("NotLeader" as const, "Unknown" as const) }),
      fc.record({
        _tag: fc.constant("MembershipRefused" as const),
        why: fc.constantFrom<MembershipRefusal>(
          "NotReady",
          "UnderWay",
          "NotExpected",
          "AlreadyMember",
          "NotMember",
          "NoVoterLeft"
        ),
        index
      })
    )
  }),
  TransferAnswered: fc.record({
    id,
    outcome: fc.oneof(
      fc.record({ _tag: fc.constant("Transferred" as const), to: fc.string() }),
      fc.record({ _tag: fc.constant("NotLeader" as const) }),
      fc.record({
        _tag: fc.constant("TransferFailed" as const),
        why: fc.constantFrom<TransferFailure>(
          "UnderWay",
          "AlreadyLeads",
          "NoVoter",
          "NobodyElse",
          "Unreachable",
          "TimedOut",
          "OtherLeader"
        )
      })
    )
  })
}

const messages: ReadonlyArray<fc.Arbitrary<PeerMessage.PeerMessage>> = Object.entries(arbitraries)
  .map(([_tag, fields]) =>
    (fields as fc.Arbitrary<object>).map((it) => ({ _tag, ...it }) as PeerMessage.PeerMessage)
  )

const batch = fc.array(fc.oneof(...messages), { maxLength: 6 })

/** An append of one command whose term, kind and length lie at known places. */
const one: PeerMessage.PeerMessage = {
  _tag: "Append",
  term: 1,
  round: 2,
  prev: EntryId.make(1, 4),
  entries: [Entry.command(1, 5, Uint8Array.of(7, 8, 9))],
  commit: 3
}
const COUNT_AT = 1 + 5 * 8
const KIND_AT = COUNT_AT + 4 + 8
const LENGTH_AT = KIND_AT + 1

const altered = (at: number, value: number): Uint8Array => {
  const payload = PeerMessage.encode([one]).slice()
  payload[at] = value
  return payload
}

describe("peer messages", () => {
  it.prop("of every kind come back as they were sent", [batch], ([batch]) => {
    assert.deepStrictEqual(PeerMessage.decode(PeerMessage.encode(batch)), batch)
  })

  it("are written into memory that need not grow", () => {
    const commands = Array.from(
      { length: 64 },
      (_, at) => Entry.command(1, at + 5, new Uint8Array(300))
    )
    const payload = PeerMessage.encode([{ ...one, entries: commands }])
    assert.strictEqual(payload.buffer.byteLength, payload.length)
  })

  it.prop("that are random bytes are refused, or are what they encode", [
    fc.uint8Array({ maxLength: 200 })
  ], ([payload]) => {
    const decoded = PeerMessage.decode(payload)
    if (decoded !== undefined) assert.deepStrictEqual(PeerMessage.encode(decoded), payload)
  })

  it.prop(
    "with some bytes altered are refused, or are what they encode",
    [batch, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 })],
    ([batch, changes]) => {
      const payload = PeerMessage.encode(batch).slice()
      for (const [at, value] of changes) payload[at % payload.length] = value
      const decoded = PeerMessage.decode(payload)
      if (decoded !== undefined) assert.deepStrictEqual(PeerMessage.encode(decoded), payload)
    }
  )

  it.prop("cut short are refused, or are fewer", [batch, fc.nat()], ([batch, cut]) => {
    const payload = PeerMessage.encode(batch)
    const decoded = PeerMessage.decode(payload.subarray(0, cut % Math.max(1, payload.length)))
    if (decoded !== undefined) assert.deepStrictEqual(decoded, batch.slice(0, decoded.length))
  })

  it("hand out entries and proposals as views, without copying them", () => {
    const payload = PeerMessage.encode([
      one,
      { _tag: "Forward", proposals: [Uint8Array.of(1, 2)] }
    ])
    const [append, forward] = PeerMessage.decode(payload) ?? []
    assert(append?._tag === "Append" && forward?._tag === "Forward")
    assert(append.entries[0]?.kind === "Command")
    assert.strictEqual(append.entries[0].bytes.buffer, payload.buffer)
    assert.strictEqual(forward.proposals[0]?.buffer, payload.buffer)
  })

  it.each([
    ["an unknown kind of message", altered(0, 99)],
    ["an unknown kind of entry", altered(KIND_AT, 3)],
    ["more entries than there are bytes", altered(COUNT_AT + 3, 0xff)],
    ["an entry longer than the payload", altered(LENGTH_AT, 4)],
    ["something left over", altered(LENGTH_AT, 2)],
    ["a term beyond 2^53", altered(8, 0xff)],
    ["a truth that is neither true nor false", Uint8Array.of(4, 1, 0, 0, 0, 0, 0, 0, 0, 2)],
    ["an unknown reason", Uint8Array.of(14, 3)]
  ])("with %s are refused", (_, payload) => {
    assert.isUndefined(PeerMessage.decode(payload))
  })

  it("with entries beyond the last index there can be are refused", () => {
    const last = { ...one, prev: EntryId.make(1, Number.MAX_SAFE_INTEGER) }
    assert.isUndefined(PeerMessage.decode(PeerMessage.encode([last])))
  })
})

/**
 * Anything that may reach a node: what a correct peer could send in some situation, near enough to
 * this node's own state to matter, and what no correct peer would ever send.
 */
import * as Configurations from "../../src/raft/Configuration.js"
import type { Entry } from "../../src/raft/Entry.js"
import * as Entries from "../../src/raft/Entry.js"
import type { EntryId, Index, Term } from "../../src/raft/EntryId.js"
import * as EntryIds from "../../src/raft/EntryId.js"
import type { Event, NodeId } from "../../src/raft/Event.js"
import * as Log from "../../src/raft/Log.js"
import type { Message } from "../../src/raft/Message.js"
import type { Snapshot } from "../../src/raft/Snapshot.js"
import type { State } from "../../src/raft/State.js"
import type { Dice } from "./Dice.js"

const HUGE = Number.MAX_SAFE_INTEGER

/** In place of any field of any message. */
const garbage: ReadonlyArray<unknown> = [
  Number.NaN,
  -1,
  -0,
  0.5,
  HUGE,
  HUGE + 1,
  Infinity,
  -Infinity,
  1e308,
  undefined,
  null,
  true,
  "",
  "1",
  "constructor",
  1n,
  [],
  [undefined],
  {},
  { term: 1 },
  { index: Number.NaN, term: 1 },
  new Uint8Array(1)
]

const foreign = ["", "n9", "constructor", "toString"]

const near = (dice: Dice, value: number): number =>
  dice.chance(0.6) ? value : dice.chance(0.95) ? Math.max(0, value + dice.between(-3, 2)) : HUGE

const drawTerm = (dice: Dice, { term }: State): Term =>
  dice.chance(0.85) ? term : dice.chance(0.98) ? Math.max(0, term + dice.between(-2, 2)) : HUGE

const drawIndex = (dice: Dice, { commit, log, verifiedTo }: State): Index =>
  near(dice, dice.pick([0, commit, verifiedTo, log.last, dice.below(log.last + 1)]))

const drawEntryId = (dice: Dice, state: State): EntryId => {
  const index = drawIndex(dice, state)
  const term = Log.termAt(state.log, index) ?? drawTerm(dice, state)
  return EntryIds.make(index === 0 ? 0 : near(dice, term), index)
}

/** Any that is well-formed, this node in any role or in none. */
const drawConfiguration = (dice: Dice, { config: { id } }: State): Configurations.Configuration => {
  const ids = dice.shuffle([id, "n2", "n3", "n4", "m1", "m2"])
  const votes = dice.between(1, 4)
  const some = (from: ReadonlyArray<NodeId>) =>
    dice.chance(0.5) ? [] : dice.shuffle(from).slice(0, dice.below(3))
  const voting = ids.slice(0, votes)
  const outgoing = some(ids)
  const learners = some(ids.slice(votes).filter((each) => !outgoing.includes(each)))
  const leaving = some(voting)
  return { ...Configurations.bootstrap(voting), outgoing, learners, leaving }
}

/** What this node has after `prev`, as far as it goes, or something else. */
const drawEntries = (
  dice: Dice,
  state: State,
  prev: EntryId,
  term: Term
): ReadonlyArray<Entry> => {
  const { log } = state
  let before = Math.max(1, prev.term)
  return Array.from({ length: dice.below(4) }, (_, i) => {
    const index = prev.index + 1 + i
    const known = log.at(index)
    if (known !== undefined && known.term >= before && dice.chance(0.7)) {
      before = known.term
      return known
    }
    if (before < term && dice.chance(0.5)) before = dice.chance(0.5) ? before + 1 : term
    const bytes = new Uint8Array(dice.below(40))
    if (dice.chance(0.15)) {
      return Entries.configuration(before, index, drawConfiguration(dice, state))
    }
    return dice.chance(0.2)
      ? Entries.noop(before, index)
      : Entries.command(before, index, bytes)
  })
}

const tags = [
  "PreVoteRequest",
  "PreVoteResponse",
  "VoteRequest",
  "VoteResponse",
  "Append",
  "Append",
  "Append",
  "AppendAccepted",
  "AppendAccepted",
  "AppendRejected",
  "Heartbeat",
  "HeartbeatResponse",
  "HeartbeatResponse",
  "ReadIndexRequest",
  "ReadIndexGranted",
  "ReadIndexRefused",
  "SnapshotChunk",
  "SnapshotChunk",
  "SnapshotProgress",
  "TimeoutNow",
  "Dismissed"
] as const

const drawMessage = (dice: Dice, state: State): Message => {
  const _tag = dice.pick(tags)
  const term = drawTerm(dice, state)
  const round = near(dice, state.round)
  const granted = dice.chance(0.7)
  switch (_tag) {
    case "PreVoteRequest":
      return { _tag, term, campaignTerm: term + 1, last: drawEntryId(dice, state) }
    case "PreVoteResponse":
      return { _tag, term, campaignTerm: near(dice, state.term + 1), granted }
    case "VoteRequest": {
      const last = drawEntryId(dice, state)
      return dice.chance(0.3) ? { _tag, term, last, transfer: true } : { _tag, term, last }
    }
    case "TimeoutNow":
      return { _tag, term }
    case "Dismissed":
      return { _tag, term, index: drawIndex(dice, state) }
    case "VoteResponse":
      return { _tag, term, granted }
    case "Append": {
      const prev = drawEntryId(dice, state)
      const entries = drawEntries(dice, state, prev, term)
      return { _tag, term, round, prev, entries, commit: drawIndex(dice, state) }
    }
    case "AppendAccepted":
      return { _tag, term, round, match: drawIndex(dice, state) }
    case "AppendRejected": {
      const rejected = drawIndex(dice, state)
      return { _tag, term, round, rejected, hint: drawEntryId(dice, state) }
    }
    case "Heartbeat":
      return { _tag, term, round, commit: drawIndex(dice, state) }
    case "HeartbeatResponse":
      return { _tag, term, round, verifiedTo: drawIndex(dice, state) }
    case "ReadIndexRequest":
    case "ReadIndexRefused":
      return { _tag, term, id: dice.below(20) }
    case "ReadIndexGranted":
      return { _tag, term, id: dice.below(20), index: drawIndex(dice, state) }
    case "SnapshotChunk": {
      const { incoming } = state.snapshots
      const snapshot = drawSnapshot(dice, state, term)
      const offset = dice.chance(0.6) ? incoming?.received ?? 0 : dice.below(CHUNKS + 1)
      return { _tag, term, round, snapshot, offset, bytes: new Uint8Array(dice.between(1, 2)) }
    }
    case "SnapshotProgress": {
      const id = dice.chance(0.8) ? state.snapshots.latest.id : drawEntryId(dice, state)
      const offset = dice.below(CHUNKS)
      return { _tag, term, round, id, offset, receivedBytes: dice.below(CHUNKS + 2) }
    }
  }
}

/** Bytes of every snapshot. */
const CHUNKS = 4

const drawSnapshot = (dice: Dice, state: State, term: Term): Snapshot => {
  const { incoming } = state.snapshots
  if (incoming !== undefined && dice.chance(0.8)) return incoming.snapshot
  const index = Math.max(1, near(dice, state.log.last) + dice.below(3))
  const id = EntryIds.make(Math.max(1, Math.min(term, near(dice, state.term))), index)
  const configuration = dice.chance(0.5)
    ? { ...state.configuration, index: 0 }
    : { ...drawConfiguration(dice, state), index: dice.between(0, index) }
  return { id, configuration, sizeBytes: CHUNKS, checksum: dice.below(2) }
}

/** What a shell may say of snapshots, and what it would say late. */
const drawOfSnapshot = (dice: Dice, state: State, newRef: () => number): Event => {
  const { incoming, latest, taking } = state.snapshots
  const snapshot = dice.chance(0.9) ? incoming?.snapshot ?? latest : latest
  const id = taking?.id ?? latest.id
  const offset = dice.below(CHUNKS)
  const to = drawPeer(dice, state)
  return dice.pick<Event>([
    { _tag: "WantSnapshot", ref: newRef() },
    { _tag: "SnapshotTaken", snapshot: { ...latest, id, sizeBytes: CHUNKS } },
    { _tag: "SnapshotTaken", snapshot: { ...latest, id, sizeBytes: CHUNKS } },
    { _tag: "SnapshotNotTaken", id },
    { _tag: "ChunkStored", snapshot, offset, upTo: offset + 1 },
    incoming?.received === CHUNKS
      ? { _tag: "SnapshotReceived", snapshot }
      : { _tag: "ChunkNotSent", to, snapshot: latest },
    { _tag: "SnapshotNotReceived", snapshot }
  ])
}

/** The same value with something wrong somewhere in it. */
const spoil = (dice: Dice, value: unknown): unknown => {
  if (typeof value !== "object" || value === null || dice.chance(0.1)) return dice.pick(garbage)
  if (value instanceof Uint8Array) return dice.pick(garbage)
  if (Array.isArray(value)) {
    const items = [...value]
    if (items.length === 0) return dice.pick(garbage)
    if (dice.chance(0.3)) return dice.shuffle(items)
    if (dice.chance(0.3)) return [...items, dice.pick(items)]
    const at = dice.below(items.length)
    if (dice.chance(0.3)) return items.filter((_, i) => i !== at)
    items[at] = spoil(dice, items[at])
    return items
  }
  const copy: Record<string, unknown> = { ...value }
  const keys = Object.keys(copy)
  if (keys.length === 0) return dice.pick(garbage)
  const key = dice.pick(keys)
  if (dice.chance(0.2)) delete copy[key]
  else copy[key] = spoil(dice, copy[key])
  return copy
}

/** Every node that may have something to do with this one. */
const drawPeer = (dice: Dice, state: State): NodeId =>
  dice.chance(0.05)
    ? dice.pick(foreign)
    : dice.chance(0.2)
    ? dice.pick(["m1", "m2", "n2", "n3"])
    : dice.pick([...Configurations.members(state.configuration), "n2"])

const drawChange = (dice: Dice, state: State, ref: number): Event => {
  const { configuration, log } = state
  const some = (ids: ReadonlyArray<NodeId>) => dice.shuffle(ids).slice(0, dice.below(3))
  return {
    _tag: "ChangeMembership",
    ref,
    add: some(["m1", "m2", "m3", "n2", "constructor"]).map((id) => ({ id, address: `of ${id}` })),
    remove: some([...Configurations.members(configuration), dice.pick(foreign)]),
    expected: dice.chance(0.9) ? undefined : dice.below(log.last + 1)
  }
}

const drawReceive = (dice: Dice, state: State): Event => {
  const from = drawPeer(dice, state)
  const message = drawMessage(dice, state)
  if (dice.chance(0.7)) return { _tag: "Receive", from, message }
  return {
    _tag: "Receive",
    from: (dice.chance(0.95) ? from : dice.pick(garbage)) as NodeId,
    message: spoil(dice, message) as Message
  }
}

const drawRead = (dice: Dice, ref: number): Event => ({
  _tag: "Read",
  ref,
  mode: dice.chance(0.5) ? "lease" : "linearizable"
})

/** `newRef` gives refs that were never used. */
export const draw = (dice: Dice, state: State, newRef: () => number): Event => {
  const kind = dice.weighted({
    receive: 60,
    tick: 8,
    persisted: 15,
    applied: 5,
    ask: 10,
    lost: 2,
    snapshot: 8
  })
  switch (kind) {
    case "snapshot":
      return drawOfSnapshot(dice, state, newRef)
    case "receive":
      return drawReceive(dice, state)
    case "tick":
      if (dice.chance(0.1)) return { _tag: "Tick", count: dice.below(2), heldUp: true }
      return { _tag: "Tick", count: dice.chance(0.5) ? 1 : dice.between(1, 30) }
    case "persisted":
      return { _tag: "Persisted", seq: dice.between(state.persistedSeq, state.seq + 1) }
    case "applied":
      return { _tag: "Applied", index: dice.between(state.applied, state.applying + 1) }
    case "lost":
      return { _tag: "PeerUnreachable", peer: drawPeer(dice, state) }
    case "ask": {
      if (dice.chance(0.2)) return drawChange(dice, state, newRef())
      if (dice.chance(0.1)) {
        const to = dice.chance(0.3) ? undefined : drawPeer(dice, state)
        return { _tag: "TransferLeadership", ref: newRef(), to }
      }
      if (dice.chance(0.5)) return drawRead(dice, newRef())
      const items = Array.from({ length: dice.below(4) }, () => {
        return { ref: newRef(), bytes: new Uint8Array(dice.below(40)) }
      })
      return { _tag: "Propose", items }
    }
  }
}

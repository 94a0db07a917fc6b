/**
 * A follower is sent a snapshot (thesis 5.1, figure 5.3). Its chunks are stored in order beside the
 * log; when the whole is durable, one write lets the log begin anew after it. Whoever holds its
 * last entry already needs none of it: the logs are equal up to there, and what comes after stays.
 */
import * as Configuring from "./Configuring.js"
import type { EntryId as Id } from "./EntryId.js"
import type { ChunkStored, NodeId, SnapshotNotReceived, SnapshotReceived } from "./Event.js"
import * as Follower from "./Follower.js"
import * as Log from "./Log.js"
import type { SnapshotChunk } from "./Message.js"
import type { Snapshot } from "./Snapshot.js"
import * as Snapshots from "./Snapshot.js"
import type { Incoming } from "./State.js"
import type { Draft, Step } from "./Step.js"
import * as Steps from "./Step.js"

export const chunk = (step: Step, from: NodeId, message: SnapshotChunk): void => {
  Follower.hear(step, from)
  const { next } = step
  const { bytes, offset, round, snapshot } = message
  if (holds(next, snapshot.id)) return answerHeld(step, from, snapshot, round)
  // The one that is installed must first be read by the state machine.
  if (next.snapshots.latest.id.index > next.applied) return
  const known = current(next, message)
  if (known === undefined) return
  const incoming: Incoming = { ...known, term: next.term, round }
  if (offset !== known.received) {
    setIncoming(next, incoming)
    return answer(step, from, incoming, offset, known.received)
  }
  setIncoming(next, { ...incoming, received: offset + bytes.length })
  step.actions.push({ _tag: "StoreChunk", snapshot, offset, bytes })
}

const setIncoming = (next: Draft, incoming: Incoming | undefined): void => {
  next.snapshots = { ...next.snapshots, incoming }
}

/** What this chunk belongs to; undefined if it is a late one of a snapshot that was superseded. */
const current = (next: Draft, { round, snapshot }: SnapshotChunk): Incoming | undefined => {
  const { incoming } = next.snapshots
  if (incoming !== undefined && Snapshots.equals(incoming.snapshot, snapshot)) return incoming
  const isLate = incoming?.term === next.term && incoming.snapshot.id.index > snapshot.id.index
  return isLate ? undefined : { snapshot, term: next.term, round, received: 0 }
}

/** Everything up to `id` is here and equal to the leader's: committed, or the log's own. */
const holds = (next: Draft, id: Id): boolean => id.index <= next.commit || Log.has(next.log, id)

/** A snapshot covers only what is committed (thesis 5.1, step 6 of figure 5.3). */
const answerHeld = (step: Step, to: NodeId, { id: { index } }: Snapshot, round: number): void => {
  const { next } = step
  next.commit = Math.max(next.commit, index)
  next.verifiedTo = Math.max(next.verifiedTo, index)
  setIncoming(next, undefined)
  Steps.promise(
    step,
    to,
    { _tag: "AppendAccepted", term: next.term, round, match: index },
    index
  )
}

const answer = (
  step: Step,
  to: NodeId,
  { round, snapshot: { id } }: Incoming,
  offset: number,
  receivedBytes: number
): void => {
  const { term } = step.next
  Steps.promise(
    step,
    to,
    { _tag: "SnapshotProgress", term, round, id, offset, receivedBytes },
    0
  )
}

/** Only now: the sender's window is what waits for this disk. */
export const stored = (step: Step, { offset, snapshot, upTo }: ChunkStored): void => {
  const { next } = step
  const { incoming } = next.snapshots
  if (incoming === undefined || !Snapshots.equals(incoming.snapshot, snapshot)) return
  const to = leaderOf(next, incoming)
  if (to !== undefined) answer(step, to, incoming, offset, upTo)
}

/** A round belongs to its term: another leader is not told of it. */
const leaderOf = ({ leader, role, term }: Draft, incoming: Incoming): NodeId | undefined =>
  role === "Follower" && incoming.term === term ? leader : undefined

export const notReceived = (step: Step, { snapshot }: SnapshotNotReceived): void => {
  const { next } = step
  const { incoming } = next.snapshots
  if (incoming === undefined || !Snapshots.equals(incoming.snapshot, snapshot)) return
  setIncoming(next, undefined)
}

/** The whole is durable, beside the log. */
export const received = (step: Step, { snapshot }: SnapshotReceived): void => {
  const { next } = step
  const { incoming } = next.snapshots
  if (incoming === undefined || !Snapshots.equals(incoming.snapshot, snapshot)) return
  setIncoming(next, undefined)
  // Whoever stands for election has said what its log holds: it must not change.
  if (next.role !== "Follower") return
  const to = leaderOf(next, incoming)
  if (!holds(next, snapshot.id)) install(step, snapshot)
  if (to !== undefined) answerHeld(step, to, snapshot, incoming.round)
}

/** What is still on its way to the disk vouches for nothing that this replaces. */
const install = (step: Step, snapshot: Snapshot): void => {
  const { next } = step
  const { commit } = next
  next.log = Log.after(snapshot.id)
  Configuring.installed(next, snapshot)
  next.seq += 1
  next.stable = Math.min(next.stable, commit)
  next.writes = [
    ...next.writes.map((write) => ({ ...write, last: Math.min(write.last, commit) })),
    { seq: next.seq, last: snapshot.id.index, since: next.now }
  ]
  next.commit = snapshot.id.index
  next.verifiedTo = snapshot.id.index
  next.snapshots = { ...next.snapshots, latest: snapshot, bytesSince: 0 }
  step.actions.push({ _tag: "InstallSnapshot", seq: next.seq, snapshot })
  Steps.observe(step, { _tag: "Installed", snapshot: snapshot.id.index })
}

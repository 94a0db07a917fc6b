/**
 * When a snapshot is taken, and what of the log it makes superfluous (thesis 5.1): after so many
 * entries or bytes the shell is asked for one; once it is durable the log is let go of, but for a
 * trailing part that spares followers which are a little behind a whole snapshot.
 *
 * A leader puts it off while a follower that was far behind catches up: what that one needs next
 * would be gone from the log, and it would have to be sent a snapshot again, and again.
 */
import * as Configuring from "./Configuring.js"
import * as Entries from "./Entry.js"
import * as EntryId from "./EntryId.js"
import type { EntryId as Id, Index } from "./EntryId.js"
import type { Ref, SnapshotNotTaken, SnapshotTaken } from "./Event.js"
import * as Log from "./Log.js"
import type { Snapshotting, State } from "./State.js"
import type { Draft, Step } from "./Step.js"
import * as Steps from "./Step.js"
import * as Streaming from "./Streaming.js"

/** A full disk is asked again after one election timeout, then two, four and so on up to this. */
const RETRY_DOUBLINGS_LIMIT = 6

/** One that is put off is taken all the same when the log has grown by this many times as much. */
export const CATCHING_UP_TIMES = 2

const change = (next: Draft, fields: Partial<Snapshotting>): void => {
  next.snapshots = { ...next.snapshots, ...fields }
}

/** The state machine has moved to `next.applied` from `before`. */
export const applied = (step: Step, before: Index): void => {
  const { next } = step
  const from = Math.max(before, next.log.base.index) + 1
  const bytes = Log.rangeBytes(next.log, from, next.applied)
  const { bytesSince, incoming } = next.snapshots
  // What has arrived of a snapshot may be overtaken by the log.
  const isOvertaken = (incoming?.snapshot.id.index ?? Infinity) <= next.applied
  change(next, {
    bytesSince: bytesSince + bytes,
    incoming: isOvertaken ? undefined : incoming
  })
  consider(step)
}

/** The shell wants one now. If one is being taken, that is the one. */
export const wanted = (step: Step, ref: Ref): void => {
  const { next } = step
  change(next, { isWanted: true, waiting: [...next.snapshots.waiting, ref], retryAt: next.now })
  consider(step)
}

const isDue = (next: Draft): boolean =>
  (next.snapshots.isWanted || hasGrown(next, 1)) && !isPutOff(next)

/** Whether only a follower that catches up keeps this leader from taking a snapshot. */
export const isPutOff = (state: State): boolean =>
  !state.snapshots.isWanted && hasGrown(state, 1) && !hasGrown(state, CATCHING_UP_TIMES) &&
  isAnyCatchingUp(state)

/** Whether the log has grown by so many times as much as asks for a snapshot. */
const hasGrown = (
  { applied: index, config: { limits }, snapshots: { bytesSince, latest } }: State,
  times: number
): boolean =>
  index - latest.id.index >= times * limits.snapshotEntries ||
  bytesSince >= times * Math.max(limits.snapshotBytes, latest.sizeBytes)

/** Whether a follower that answers lacks what a snapshot of now would take from the log. */
const isAnyCatchingUp = (state: State): boolean =>
  Object.values(state.progress).some(({ answeredAt, match, mode, stream }) => {
    if (state.now - answeredAt >= state.config.electionTimeoutTicks) return false
    return stream !== undefined || mode === "Replicate" && state.applied - match > stays(state)
  })

/** About how many entries before a snapshot of now stay. */
const stays = ({ applied: index, config: { limits }, snapshots }: State): number => {
  const entryBytes = snapshots.bytesSince / (index - snapshots.latest.id.index)
  return Math.min(limits.trailingEntries, limits.trailingBytes / entryBytes)
}

/** Asks for a snapshot if it is time, and if the state machine stands still at one entry. */
export const consider = (step: Step): void => {
  const { next } = step
  const { bytesSince, latest, retryAt, taking } = next.snapshots
  if (taking !== undefined || next.applying !== next.applied || !isDue(next)) return
  if (next.applied === latest.id.index) return settle(step, latest.id.index)
  const term = Log.termAt(next.log, next.applied)
  if (next.now < retryAt || term === undefined) return
  const configuration = Configuring.asOf(next, next.applied)
  if (configuration.voters.length === 0) return refuse(step)
  const id = EntryId.make(term, next.applied)
  change(next, { taking: { id, bytesSince } })
  step.actions.push({ _tag: "TakeSnapshot", id, configuration })
}

/** A node that joins knows who the members are only as of the entry that adds it. */
const refuse = (step: Step): void => {
  const { next } = step
  for (const ref of next.snapshots.waiting) Steps.reply(step, ref, { _tag: "SnapshotFailed" })
  change(next, { isWanted: false, waiting: [] })
}

/** When to try again by itself, in ticks. */
export const retryAt = ({ snapshots: { failures, retryAt: at, taking } }: State): number =>
  failures > 0 && taking === undefined ? at : Infinity

/** Everybody who waits is answered: there is a snapshot up to `index`. */
const settle = (step: Step, index: Index): void => {
  const { next } = step
  for (const ref of next.snapshots.waiting) {
    Steps.reply(step, ref, { _tag: "SnapshotDurable", index })
  }
  change(next, { isWanted: false, waiting: [] })
}

const isTaking = (next: Draft, id: Id): boolean =>
  next.snapshots.taking !== undefined && EntryId.equals(next.snapshots.taking.id, id)

export const taken = (step: Step, { snapshot }: SnapshotTaken): void => {
  const { next } = step
  const { bytesSince, latest, taking } = next.snapshots
  if (taking === undefined || !isTaking(next, snapshot.id)) return
  change(next, { taking: undefined, failures: 0 })
  // Meanwhile a leader may have sent a newer one.
  if (snapshot.id.index > latest.id.index) {
    change(next, { latest: snapshot, bytesSince: bytesSince - taking.bytesSince })
    compact(step)
    Streaming.supersede(step)
  }
  settle(step, next.snapshots.latest.id.index)
  consider(step)
}

export const notTaken = (step: Step, { id }: SnapshotNotTaken): void => {
  const { next } = step
  if (!isTaking(next, id)) return
  const { failures, waiting } = next.snapshots
  const { electionTimeoutTicks } = next.config
  const doublings = Math.min(failures, RETRY_DOUBLINGS_LIMIT)
  for (const ref of waiting) Steps.reply(step, ref, { _tag: "SnapshotFailed" })
  change(next, {
    taking: undefined,
    isWanted: true,
    waiting: [],
    failures: failures + 1,
    retryAt: next.now + electionTimeoutTicks * 2 ** doublings
  })
}

/** Lets go of what the latest snapshot, which is durable, makes superfluous. */
const compact = (step: Step): void => {
  const { next } = step
  const { latest } = next.snapshots
  next.log = next.log.compact(trailingFrom(next, latest.id.index))
  Configuring.compacted(next)
  next.seq += 1
  next.writes = [...next.writes, { seq: next.seq, last: 0, since: next.now }]
  const upTo = next.log.base
  step.actions.push({ _tag: "Compact", seq: next.seq, snapshot: latest, upTo })
  Steps.observe(step, { _tag: "Compacted", upTo: upTo.index, snapshot: latest.id.index })
}

/** The last entry that need not stay. */
const trailingFrom = ({ config: { limits }, log }: Draft, index: Index): Index => {
  let upTo = index
  let bytes = 0
  while (upTo > log.base.index && index - upTo < limits.trailingEntries) {
    const entry = log.at(upTo)
    bytes += entry === undefined ? 0 : Entries.sizeBytes(entry)
    if (bytes > limits.trailingBytes) break
    upTo -= 1
  }
  return upTo
}

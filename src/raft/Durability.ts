/**
 * What is durable here, and what must wait for it. Every step ends in `seal`: what changed becomes
 * one `Persist`, what the step promised becomes a `Send` now or a deferred one, and what is
 * committed and durable is handed out to be applied. The shell cannot break this order, because a
 * message that is not true yet does not exist yet.
 */
import type { Action, Persist } from "./Action.js"
import * as Configuring from "./Configuring.js"
import type { Index } from "./EntryId.js"
import * as Log from "./Log.js"
import type { Deferred, PendingWrite, State } from "./State.js"
import type { Draft, Promised, Step } from "./Step.js"

/**
 * Drops every entry at and after `from`; a write still on its way no longer vouches for them, and
 * neither does what the leader has said of them so far.
 */
export const truncate = (step: Step, from: Index): void => {
  const { next } = step
  step.truncatedFrom = Math.min(step.truncatedFrom ?? from, from)
  next.log = next.log.truncate(from)
  Configuring.truncated(next, from)
  next.stable = Math.min(next.stable, from - 1)
  next.verifiedTo = Math.min(next.verifiedTo, from - 1)
  next.writes = next.writes.map((write) => write.last < from ? write : { ...write, last: from - 1 })
}

/** The shell reports everything up to the `Persist` numbered `seq` as durable, perhaps late. */
export const persisted = (step: Step, seq: number): void => {
  const { next } = step
  if (!(seq > next.persistedSeq && seq <= next.seq)) return
  next.persistedSeq = seq
  for (const write of next.writes) {
    if (write.seq <= seq) next.stable = Math.max(next.stable, write.last)
  }
  next.writes = next.writes.filter((write) => write.seq > seq)
  release(step)
}

/**
 * When the oldest write will have been on its way for an election timeout: such a disk cannot lead.
 */
export const stalledAt = ({ config, writes }: State): number =>
  (writes[0]?.since ?? Infinity) + config.electionTimeoutTicks

/**
 * A promise of an older term is worthless by now, and may have become false: it is dropped. So is
 * the request of a candidate that has given up: the log it advertises may since have been replaced.
 */
const isCurrent = ({ role, term }: Draft, action: Action): boolean => {
  if (action._tag !== "Send") return true
  const { message } = action
  return message.term === term && (message._tag !== "VoteRequest" || role === "Candidate")
}

const release = (step: Step): void => {
  const { next } = step
  if (next.deferred.length === 0) return
  const waiting: Array<Deferred> = []
  for (const deferred of next.deferred) {
    if (!isCurrent(next, deferred.action)) continue
    if (deferred.afterSeq <= next.persistedSeq) step.actions.push(deferred.action)
    else waiting.push(deferred)
  }
  next.deferred = waiting
}

/** Ends the step: nothing may be written to the draft afterwards. */
export const seal = (step: Step): void => {
  const persist = takePersist(step)
  if (persist !== undefined) step.actions.unshift(persist)
  for (const promised of step.promised) keep(step, promised)
  apply(step)
}

const takePersist = (step: Step): Persist | undefined => {
  const { next, previous, truncatedFrom } = step
  const first = Math.min(previous.log.last + 1, truncatedFrom ?? Infinity)
  const hardStateChanged = next.term !== previous.term || next.vote !== previous.vote
  const append = Log.slice(next.log, first, next.log.last, Infinity)
  if (!hardStateChanged && append.length === 0 && truncatedFrom === undefined) return undefined
  next.seq += 1
  if (hardStateChanged) next.hardStateSeq = next.seq
  const write: PendingWrite = {
    seq: next.seq,
    last: append.length === 0 ? 0 : next.log.last,
    since: next.now
  }
  next.writes = [...next.writes, write]
  return {
    _tag: "Persist",
    seq: next.seq,
    hardState: hardStateChanged ? { term: next.term, vote: next.vote } : undefined,
    truncateFrom: truncatedFrom,
    append
  }
}

/** The number of the write after which our entries up to `index` are durable. */
const coveringSeq = (next: Draft, index: Index): number => {
  if (index <= next.stable) return 0
  return next.writes.find((write) => write.last >= index)?.seq ?? next.seq
}

const keep = (step: Step, { to, message, upTo }: Promised): void => {
  const { next } = step
  const action: Action = { _tag: "Send", to, message }
  if (!isCurrent(next, action)) return
  const afterSeq = Math.max(next.hardStateSeq, coveringSeq(next, upTo))
  if (afterSeq <= next.persistedSeq) step.actions.push(action)
  else next.deferred = [...next.deferred, { afterSeq, action }]
}

/** One `Apply` at a time, so that a node that is far behind does not build a mountain of them. */
const apply = (step: Step): void => {
  const { next } = step
  const upTo = Math.min(next.commit, next.stable)
  if (next.applying > next.applied || next.applying >= upTo) return
  if (next.applying < next.log.base.index) return restore(step, upTo)
  const entries = Log.slice(next.log, next.applying + 1, upTo, next.config.limits.applyBytes)
  const last = entries[entries.length - 1]
  if (last === undefined) return
  next.applying = last.index
  step.actions.push({ _tag: "Apply", entries })
}

/** The entries that would come next are gone: a snapshot that is installed stands for them. */
const restore = (step: Step, upTo: Index): void => {
  const { next } = step
  const { latest } = next.snapshots
  if (latest.id.index > upTo) return
  next.applying = latest.id.index
  step.actions.push({ _tag: "RestoreSnapshot", snapshot: latest })
}

/**
 * A follower's side of log replication (thesis 3.5). What it commits and what it vouches for is
 * bounded by `verifiedTo`, the part of its log that this leader's messages have proven equal; the
 * rest may be left over from another term.
 */
import * as Configuring from "./Configuring.js"
import * as Durability from "./Durability.js"
import type { Entry } from "./Entry.js"
import type { EntryId, Index } from "./EntryId.js"
import * as EntryIds from "./EntryId.js"
import type { NodeId } from "./Event.js"
import * as Follower from "./Follower.js"
import * as Log from "./Log.js"
import type { Append, Heartbeat } from "./Message.js"
import type { Step } from "./Step.js"
import * as Steps from "./Step.js"

export const append = (step: Step, from: NodeId, message: Append): void => {
  Follower.hear(step, from)
  const { next } = step
  const { commit, entries, prev } = pastCommit(step, message)
  if (!Log.has(next.log, prev)) return reject(step, from, message.round, prev)
  const last = prev.index + entries.length
  adopt(step, entries)
  next.verifiedTo = Math.max(next.verifiedTo, last)
  follow(step, commit)
  Steps.promise(
    step,
    from,
    { _tag: "AppendAccepted", term: next.term, round: message.round, match: last },
    last
  )
}

/**
 * What is committed here is the same everywhere: a late append is only looked at from there on. One
 * that has another entry there is not of this cluster's log, and is refused.
 */
const pastCommit = (step: Step, { commit, entries, prev }: Append) => {
  const { next } = step
  const skipped = next.commit - prev.index
  if (skipped <= 0) return { prev, entries, commit }
  const known = EntryIds.make(Log.termAt(next.log, next.commit) ?? 0, next.commit)
  return { prev: entries[skipped - 1] ?? known, entries: entries.slice(skipped), commit }
}

/**
 * Only a real conflict truncates: a shorter append that came late must not cut what came after it.
 */
const adopt = (step: Step, entries: ReadonlyArray<Entry>): void => {
  const { next } = step
  const fresh = entries.findIndex((entry) => !Log.has(next.log, entry))
  const first = entries[fresh]
  if (first === undefined) return
  if (first.index <= next.log.last) {
    Steps.observe(step, { _tag: "Truncated", from: first.index, to: next.log.last })
    Durability.truncate(step, first.index)
  }
  next.log = next.log.append(entries.slice(fresh))
  Configuring.appended(next, entries.slice(fresh))
}

const reject = (step: Step, from: NodeId, round: number, prev: EntryId): void => {
  const { next } = step
  const hint = Log.lastPossibleMatch(next.log, prev)
  Steps.promise(
    step,
    from,
    { _tag: "AppendRejected", term: next.term, round, rejected: prev.index, hint },
    0
  )
}

export const heartbeat = (step: Step, from: NodeId, { commit, round }: Heartbeat): void => {
  Follower.hear(step, from)
  const { next } = step
  follow(step, commit)
  const { term, verifiedTo } = next
  Steps.promise(step, from, { _tag: "HeartbeatResponse", term, round, verifiedTo }, 0)
}

const follow = (step: Step, leaderCommit: Index): void => {
  const { next } = step
  next.commit = Math.max(next.commit, Math.min(leaderCommit, next.verifiedTo))
}

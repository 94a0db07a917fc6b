/**
 * A leader's authority, in one monotonic number. Every message of a leader carries the last round
 * it began; an answer to it shows that the follower still recognised this leader after that round
 * had begun. A majority of answers confirms reads (thesis 6.4) and keeps the leader in office
 * (check-quorum, thesis 6.2), counted from when the round was sent, not from the answer.
 */
import type { NodeId } from "./Event.js"
import * as Leasing from "./Leasing.js"
import type { Progress } from "./Progress.js"
import * as Quorum from "./Quorum.js"
import type { State } from "./State.js"
import type { Draft, Step } from "./Step.js"
import * as Steps from "./Step.js"
import * as Tracking from "./Tracking.js"

/** Begins a round: a heartbeat to everybody who is still to hear of this leader. */
export const begin = (step: Step): void => {
  const { next } = step
  next.round += 1
  next.rounds = [...next.rounds, { round: next.round, sentAt: next.now }]
  next.heartbeatDueAt = next.now + next.config.heartbeatTicks
  const { round, term } = next
  const marked: Record<NodeId, Progress> = {}
  for (const peer of Steps.followers(next)) {
    const progress = next.progress[peer]
    if (progress === undefined || Tracking.dismiss(step, peer)) continue
    const commit = Math.min(next.commit, progress.match)
    Steps.send(step, peer, { _tag: "Heartbeat", term, round, commit })
    const mark = progress.mark ?? { round, next: progress.next, match: progress.match }
    marked[peer] = { ...progress, mark }
  }
  next.progress = { ...next.progress, ...marked }
  confirm(next)
}

/** Notes that `from` answered `round`; an answer to a round that was never begun says nothing. */
export const answered = (next: Draft, from: NodeId, round: number): void => {
  const progress = next.progress[from]
  if (progress === undefined || round <= progress.round || round > next.round) return
  next.progress = { ...next.progress, [from]: { ...progress, round, answeredAt: next.now } }
  confirm(next)
}

/** The highest round that a majority, this node included if it votes, has answered in this term. */
export const confirmed = (next: Draft): number =>
  Quorum.reached(
    next.configuration,
    (voter) => voter === next.config.id ? next.round : next.progress[voter]?.round ?? 0
  )

/** What a majority has answered by now no longer waits. */
export const confirm = (next: Draft): void => {
  const upTo = confirmed(next)
  const answered = next.rounds.findLast(({ round }) => round <= upTo)
  if (answered === undefined) return
  Leasing.extend(next, answered)
  next.rounds = next.rounds.filter(({ round }) => round > upTo)
}

/** When the oldest round will have waited for its majority for longer than an election timeout. */
export const quorumLostAt = ({ config, rounds }: State): number =>
  (rounds[0]?.sentAt ?? Infinity) + config.electionTimeoutTicks + 1

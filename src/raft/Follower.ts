/**
 * Stepping down, and the timers of a node that does not lead. Whoever ceases to lead or to campaign
 * answers here for everything it had taken on: no request is forgotten.
 */
import type { Term } from "./EntryId.js"
import type { NodeId } from "./Event.js"
import * as Random from "./Random.js"
import type { Draft, Step } from "./Step.js"
import * as Steps from "./Step.js"

/** Draws a new timeout, so that nodes that collided once do not collide for ever (thesis 3.4). */
export const drawElectionTimeout = (next: Draft): void => {
  const [random, value] = Random.next(next.random)
  next.random = random
  next.electionTimeout = next.config.electionTimeoutTicks + value % next.config.electionTimeoutTicks
  next.electionDueAt = next.now + next.electionTimeout
}

/**
 * Enters `term` if it is newer, as a follower of nobody yet. A follower keeps its timer: only
 * hearing a leader or granting a vote restarts it, or a node with a stale log could hold off every
 * election.
 */
export const stepDown = (step: Step, term: Term, why: string): void => {
  const { next } = step
  if (term > next.term) {
    next.term = term
    next.vote = undefined
    next.verifiedTo = next.commit
  }
  next.verifiedTo = Math.max(next.verifiedTo, next.commit)
  const wasFollower = next.role === "Follower"
  const hadLeader = next.leader !== undefined
  abandonLeadership(step)
  next.role = "Follower"
  next.votes = {}
  forgetLeader(step)
  if (!wasFollower) drawElectionTimeout(next)
  if (!wasFollower || hadLeader) {
    Steps.observe(step, { _tag: "BecameFollower", term: next.term, why })
  }
}

/**
 * Whoever waited for something of the leader asks again, when there is one: for an index to read
 * at, or for the entries up to it, which the next leader's log may never reach.
 */
export const forgetLeader = (step: Step): void => {
  const { next } = step
  const committed = next.confirmedReads.filter(({ index }) => index <= next.commit)
  const orphaned = next.confirmedReads.filter(({ index }) => index > next.commit)
  for (const { ref } of [...next.forwardedReads, ...orphaned]) {
    Steps.reply(step, ref, { _tag: "NotLeader", leader: undefined })
  }
  next.leader = undefined
  next.forwardedReads = []
  next.confirmedReads = committed
}

/** A leader's word of this term has arrived from `from`. */
export const hear = (step: Step, from: NodeId): void => {
  const { next } = step
  if (next.role !== "Follower") stepDown(step, next.term, `${from} leads`)
  if (next.leader !== from) {
    next.leader = from
    Steps.observe(step, { _tag: "LeaderKnown", term: next.term, leader: from })
  }
  next.leaderContactAt = next.now
  next.isCalledUpon = false
  next.electionDueAt = next.now + next.electionTimeout
}

/**
 * The connection to the leader is lost, most often because its process has died: how long to wait
 * is then not left to chance. Never less than the shortest election timeout, on which voters and
 * leases rely, and a heartbeat more, by which others may have heard it later. Voters come one after
 * the other, a heartbeat apart, so that they do not collide. Hearing the leader again ends it.
 */
export const lose = (step: Step, peer: NodeId): void => {
  const { next } = step
  if (next.role !== "Follower" || next.leader !== peer) return
  const { electionTimeoutTicks, heartbeatTicks, id } = next.config
  const earlier = Steps.otherVoters(next).filter((other) => other !== peer && other < id).length
  const wait = electionTimeoutTicks + (1 + earlier) * heartbeatTicks
  next.electionDueAt = Math.min(next.electionDueAt, next.leaderContactAt + wait)
}

/**
 * Whether a leader was heard within the shortest election timeout (thesis 4.2.3, 6.4.1). Whoever
 * has a leader helps nobody to replace it; a boot counts as contact, since the node may have
 * promised before.
 */
export const hasLeader = (next: Draft): boolean =>
  next.role === "Leader" || next.now - next.leaderContactAt < next.config.electionTimeoutTicks

const abandonLeadership = (step: Step): void => {
  const { next } = step
  if (next.role !== "Leader") return
  for (const { refs } of next.proposals) {
    for (const ref of refs) Steps.reply(step, ref, { _tag: "Unknown" })
  }
  for (const { origin } of next.reads) {
    if (origin._tag === "Local") {
      Steps.reply(step, origin.ref, { _tag: "NotLeader", leader: undefined })
    } else {
      Steps.send(step, origin.from, { _tag: "ReadIndexRefused", term: next.term, id: origin.id })
    }
  }
  if (next.change !== undefined) Steps.reply(step, next.change.ref, { _tag: "Unknown" })
  next.proposals = []
  next.reads = []
  next.change = undefined
  next.catchingUp = undefined
  next.progress = {}
  next.parting = {}
  next.rounds = []
  next.uncommittedBytes = 0
}

/**
 * How a leader is found (thesis 3.4, 3.6.1) with pre-vote (9.6), leader stickiness (4.2.3) and
 * check-quorum (6.2), so that nobody who cannot win disturbs a cluster that has a leader.
 */
import * as Configuring from "./Configuring.js"
import * as Durability from "./Durability.js"
import * as Entry from "./Entry.js"
import * as EntryId from "./EntryId.js"
import type { NodeId } from "./Event.js"
import * as Follower from "./Follower.js"
import * as Leasing from "./Leasing.js"
import * as Log from "./Log.js"
import type { PreVoteRequest, PreVoteResponse, VoteRequest, VoteResponse } from "./Message.js"
import * as Quorum from "./Quorum.js"
import * as Reading from "./Reading.js"
import * as Replication from "./Replication.js"
import * as Rounds from "./Rounds.js"
import type { Draft, Step } from "./Step.js"
import * as Steps from "./Step.js"
import * as Tracking from "./Tracking.js"

/** `count` ticks have passed. */
export const tick = (step: Step, count: number): void => {
  const { next } = step
  next.now += count
  if (next.role === "Leader") return tickLeader(step)
  Reading.expire(step)
  if (next.now < next.electionDueAt) return
  if (next.now >= Durability.stalledAt(next)) {
    // Whoever cannot write cannot be elected; campaigning would only raise terms.
    Follower.drawElectionTimeout(next)
  } else if (Configuring.mayStand(next)) {
    campaign(step)
  } else {
    // Whoever does not count waits to be found.
    Follower.forgetLeader(step)
    Follower.drawElectionTimeout(next)
  }
}

const tickLeader = (step: Step): void => {
  const { next, next: { now, term } } = step
  if (now >= Durability.stalledAt(next)) return Follower.stepDown(step, term, "own disk stalled")
  if (now >= Rounds.quorumLostAt(next)) return Follower.stepDown(step, term, "no majority answers")
  if (now < next.heartbeatDueAt) return
  Rounds.begin(step)
  Reading.confirm(step)
}

/** Asks whether an election could be won, without entering a new term yet. */
const campaign = (step: Step): void => {
  const { next } = step
  Follower.forgetLeader(step)
  next.role = "PreCandidate"
  next.votes = { [next.config.id]: true }
  Follower.drawElectionTimeout(next)
  Steps.observe(step, { _tag: "BecamePreCandidate", term: next.term })
  for (const peer of Steps.otherVoters(next)) {
    Steps.send(step, peer, {
      _tag: "PreVoteRequest",
      term: next.term,
      campaignTerm: next.term + 1,
      last: Log.lastId(next.log)
    })
  }
  tally(step)
}

/** Stands for election. Its requests leave once its own vote and its log are durable. */
const stand = (step: Step, ofTransfer = false): void => {
  const { next } = step
  next.role = "Candidate"
  next.term += 1
  next.vote = next.config.id
  next.verifiedTo = next.commit
  next.votes = {}
  Follower.drawElectionTimeout(next)
  Steps.observe(step, { _tag: "BecameCandidate", term: next.term })
  const last = Log.lastId(next.log)
  const { term } = next
  const request: VoteRequest = ofTransfer
    ? { _tag: "VoteRequest", term, last, transfer: true }
    : { _tag: "VoteRequest", term, last }
  for (const peer of Steps.otherVoters(next)) Steps.promise(step, peer, request, last.index)
}

/**
 * The leader steps aside for this node: there is nobody left to ask first. Only for this campaign:
 * if it fails, the next begins with pre-votes again.
 */
export const standForTransfer = (step: Step): void => {
  const { next } = step
  if (next.now >= Durability.stalledAt(next) || !Configuring.mayStand(next)) return
  Follower.forgetLeader(step)
  stand(step, true)
}

/** A candidate's own vote counts like every other: when it is durable. */
export const countOwnVote = (step: Step): void => {
  const { next } = step
  if (next.role !== "Candidate" || next.writes.length > 0) return
  if (next.votes[next.config.id] === true) return
  next.votes = { ...next.votes, [next.config.id]: true }
  tally(step)
}

const tally = (step: Step): void => {
  const { next } = step
  const result = Quorum.voteResult(next.configuration, next.votes)
  if (result === "Lost") return Follower.stepDown(step, next.term, "election lost")
  if (result === "Pending") return
  if (next.role === "PreCandidate") stand(step)
  else lead(step)
}

/** Takes office, and appends the no-op through which everything before it can commit. */
const lead = (step: Step): void => {
  const { next } = step
  const first = next.log.last + 1
  next.role = "Leader"
  next.leader = next.config.id
  next.votes = {}
  next.termStart = first
  next.rounds = []
  Tracking.begin(next)
  Leasing.begin(next)
  next.heartbeatDueAt = next.now + next.config.heartbeatTicks
  next.log = next.log.append([Entry.noop(next.term, first)])
  next.uncommittedBytes = Log.rangeBytes(next.log, next.commit + 1, first)
  Steps.observe(step, { _tag: "BecameLeader", term: next.term })
  Replication.feedAll(step)
}

const isUpToDate = (next: Draft, last: EntryId.EntryId): boolean =>
  EntryId.atLeast(last, Log.lastId(next.log))

export const preVoteRequested = (step: Step, from: NodeId, request: PreVoteRequest): void => {
  const { next } = step
  const { campaignTerm, last } = request
  const isOpen = campaignTerm > next.term && !Follower.hasLeader(next)
  const granted = isOpen && isUpToDate(next, last)
  if (isOpen && !granted) next.isCalledUpon = true
  Steps.send(step, from, { _tag: "PreVoteResponse", term: next.term, campaignTerm, granted })
}

/** The voter may well be in an older term: what counts is that it answers this very campaign. */
export const preVoteAnswered = (step: Step, from: NodeId, answer: PreVoteResponse): void => {
  const { next } = step
  if (next.role !== "PreCandidate" || answer.campaignTerm !== next.term + 1) return
  next.votes = { ...next.votes, [from]: answer.granted }
  tally(step)
}

/**
 * Called with the request's term already entered, unless it is older than ours. Perhaps it was
 * entered by another message: who has heard a leader lately, of whatever term, does not vote.
 */
export const voteRequested = (step: Step, from: NodeId, request: VoteRequest): void => {
  const { next } = step
  const { last, term, transfer = false } = request
  const free = next.vote === undefined || next.vote === from
  const isLeaderless = next.leader === undefined && (transfer || !Follower.hasLeader(next))
  const granted = term === next.term && isLeaderless && free && isUpToDate(next, last)
  if (granted) {
    if (next.role === "PreCandidate") Follower.stepDown(step, term, `voted for ${from}`)
    next.vote = from
    next.electionDueAt = next.now + next.electionTimeout
  }
  Steps.promise(step, from, { _tag: "VoteResponse", term: next.term, granted }, 0)
}

export const voteAnswered = (step: Step, from: NodeId, { granted }: VoteResponse): void => {
  const { next } = step
  if (next.role !== "Candidate") return
  next.votes = { ...next.votes, [from]: granted }
  tally(step)
}

/**
 * Handing leadership to another voter (thesis 3.10). The leader takes no more proposals, brings the
 * target's log up to its own, and then tells it to stand for election at once (`TimeoutNow`). The
 * target's request carries a flag by which voters answer it although they hear a leader: it is that
 * leader who asked for it.
 *
 * A transfer that has not come about within an election timeout is abandoned, and the leader takes
 * proposals again; that a late `TimeoutNow` may then still cost it its office is harmless. Whoever
 * asked is answered once: when a leader is known to have followed, or that it came to nothing.
 */
import type { TransferFailure } from "./Action.js"
import * as Election from "./Election.js"
import type { NodeId, Ref } from "./Event.js"
import * as Follower from "./Follower.js"
import * as Leasing from "./Leasing.js"
import * as Replication from "./Replication.js"
import * as Rounds from "./Rounds.js"
import type { State } from "./State.js"
import type { Draft, Step } from "./Step.js"
import * as Steps from "./Step.js"

/** This node's own shell asks. Without a target, the leader chooses. */
export const request = (step: Step, ref: Ref, asked: NodeId | undefined): void => {
  const { next } = step
  if (next.role !== "Leader") {
    return Steps.reply(step, ref, { _tag: "NotLeader", leader: next.leader })
  }
  const refuse = (why: TransferFailure) => Steps.reply(step, ref, { _tag: "TransferFailed", why })
  if (next.transfer !== undefined) return refuse("UnderWay")
  if (asked === next.config.id) return refuse("AlreadyLeads")
  const { configuration: { leaving, voters } } = next
  if (asked !== undefined && !voters.includes(asked)) return refuse("NoVoter")
  const to = asked ?? mostUpToDate(next, leaving)
  if (to === undefined) return refuse("NobodyElse")
  begin(step, ref, to)
}

/** A leader that leaves the cluster has nobody to answer to. */
export const begin = (step: Step, ref: Ref | undefined, to: NodeId): void => {
  const { next } = step
  const deadlineAt = next.now + next.config.electionTimeoutTicks
  next.transfer = { ref, to, term: next.term, deadlineAt }
  Steps.observe(step, { _tag: "TransferBegun", term: next.term, to })
  Replication.feed(step, to)
  advance(step, to)
}

/**
 * Of those voters but `except` that answered the last confirmed round, hence lately, and hold
 * anything of this log, the one that is known to hold most; the first in the configuration's order
 * if several are equal. Not one that needs a snapshot first: it would not have caught up within the
 * time of a transfer.
 */
export const mostUpToDate = (next: Draft, except: ReadonlyArray<NodeId>): NodeId | undefined => {
  const heard = Rounds.confirmed(next)
  let best: NodeId | undefined
  let bestMatch = 0
  for (const voter of next.configuration.voters) {
    if (except.includes(voter)) continue
    const progress = next.progress[voter]
    if (progress === undefined || progress.round < heard || progress.match <= bestMatch) continue
    if (progress.mode === "Snapshot") continue
    best = voter
    bestMatch = progress.match
  }
  return best
}

/**
 * `from` has answered. A target that holds everything is told to stand; one that answers in this
 * term again has not heard it, and is told again.
 */
export const advance = (step: Step, from: NodeId): void => {
  const { next } = step
  const { transfer } = next
  if (next.role !== "Leader" || transfer?.to !== from) return
  if (next.progress[from]?.match !== next.log.last) return
  Leasing.revoke(next)
  Steps.send(step, from, { _tag: "TimeoutNow", term: next.term })
}

/** The leader of this very term asks this node to take over, now. */
export const timeoutNow = (step: Step, from: NodeId): void => {
  const { next } = step
  if (next.role === "Follower" && next.leader === from) Election.standForTransfer(step)
}

/** A leader is known: this node, or another one. */
export const leaderKnown = (step: Step): void => {
  const { leader, term, transfer } = step.next
  if (transfer === undefined || leader === undefined || term === transfer.term) return
  finish(step, leader === transfer.to ? undefined : "OtherLeader")
}

export const unreachable = (step: Step, peer: NodeId): void => {
  if (step.next.role === "Leader" && step.next.transfer?.to === peer) finish(step, "Unreachable")
}

/** When it is given up; a deposed leader waits for word of the next one, but not for ever. */
export const expireAt = ({ config, role, transfer }: State): number => {
  if (transfer === undefined) return Infinity
  return transfer.deadlineAt + (role === "Leader" ? 0 : 2 * config.electionTimeoutTicks)
}

export const expire = (step: Step): void => {
  if (step.next.now >= expireAt(step.next)) finish(step, "TimedOut")
}

const finish = (step: Step, why: TransferFailure | undefined): void => {
  const { next, next: { term, transfer } } = step
  if (transfer === undefined) return
  const { to } = transfer
  next.transfer = undefined
  if (why === undefined) Steps.observe(step, { _tag: "Transferred", term, to })
  else Steps.observe(step, { _tag: "TransferAbandoned", term, to, why })
  if (transfer.ref === undefined) {
    if (next.role === "Leader") Follower.stepDown(step, term, `${to} did not take over in time`)
    return
  }
  Steps.reply(
    step,
    transfer.ref,
    why === undefined ? { _tag: "Transferred", to } : { _tag: "TransferFailed", why }
  )
}

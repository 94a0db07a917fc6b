/**
 * A change of the members, as a leader carries it out (thesis 4.1 to 4.3). Nodes that are added
 * become learners first. When all of them have caught up the leader appends the joint
 * configuration, in which every decision needs a majority of the old voters and one of the new;
 * when that is committed it appends the new one alone. Every step is in the log, so whoever leads
 * goes on where the one before it has stopped.
 *
 * One change at a time: the next begins when the one before is committed to its end, and when an
 * entry of the leader's own term is, since it may otherwise not know of the one before (Ongaro,
 * raft-dev, July 2015).
 *
 * A leader that is to leave leads to the end of the change without counting itself (thesis 4.2.2),
 * and then hands over to one who stays. Were it to hand over first, two such changes could pass
 * leadership to and fro without either ever beginning.
 */
import type { MembershipRefusal } from "./Action.js"
import type { Configuration } from "./Configuration.js"
import * as Configurations from "./Configuration.js"
import * as Configuring from "./Configuring.js"
import * as Entries from "./Entry.js"
import type { ChangeMembership, NodeId } from "./Event.js"
import * as Follower from "./Follower.js"
import * as Reading from "./Reading.js"
import * as Replication from "./Replication.js"
import * as Rounds from "./Rounds.js"
import type { Draft, Step } from "./Step.js"
import * as Steps from "./Step.js"
import * as Tracking from "./Tracking.js"
import * as Transferring from "./Transferring.js"

/** This node's own shell asks. */
export const request = (step: Step, asked: ChangeMembership): void => {
  const { next } = step
  const { add, ref, remove } = asked
  if (next.role !== "Leader" || next.transfer !== undefined) {
    const leader = next.transfer?.to ?? next.leader
    return Steps.reply(step, ref, { _tag: "NotLeader", leader })
  }
  const why = refusal(next, asked)
  if (why !== undefined) return Steps.reply(step, ref, { _tag: "MembershipRefused", why })
  append(step, add.length > 0 ? withLearners(next, asked) : without(next, remove))
  const { configuration } = next
  next.change = {
    ref,
    index: Configurations.isJoint(configuration) ? undefined : configuration.index
  }
}

/** Whether the change before has come to its end, the leave of this leader included. */
const isComplete = ({ change, commit, config: { id }, configuration }: Draft): boolean =>
  change === undefined && configuration.index <= commit &&
  !Configurations.isJoint(configuration) && Configurations.isVoter(configuration, id)

const refusal = (next: Draft, asked: ChangeMembership): MembershipRefusal | undefined => {
  const { add, expected, remove } = asked
  const { commit, configuration, termStart } = next
  const { learners, voters } = configuration
  if (commit < termStart) return "NotReady"
  if (!isComplete(next)) return "UnderWay"
  if (expected !== undefined && expected !== configuration.index) return "NotExpected"
  const added = add.map(({ id }) => id)
  const isRepeated = new Set(added).size < added.length
  if (isRepeated || added.some((id) => Configurations.isMember(configuration, id))) {
    return "AlreadyMember"
  }
  if (!remove.every((id) => Configurations.isMember(configuration, id))) return "NotMember"
  // Of a change whose learners have not caught up, only they can be taken back.
  const isTakingBack = add.length === 0 && remove.every((id) => learners.includes(id))
  if (learners.length > 0 && !isTakingBack) return "UnderWay"
  if (add.length === 0 && voters.every((id) => remove.includes(id))) return "NoVoterLeft"
  return undefined
}

const withLearners = (
  { configuration }: Draft,
  { add, remove }: ChangeMembership
): Configuration => ({
  ...configuration,
  learners: add.map(({ id }) => id),
  leaving: configuration.voters.filter((id) => remove.includes(id)),
  addresses: {
    ...configuration.addresses,
    ...Object.fromEntries(add.map(({ address, id }) => [id, address]))
  }
})

const without = ({ configuration }: Draft, remove: ReadonlyArray<NodeId>): Configuration => {
  const stays = (id: NodeId) => !remove.includes(id)
  const voters = configuration.voters.filter(stays)
  const learners = configuration.learners.filter(stays)
  return {
    ...configuration,
    voters,
    outgoing: voters.length < configuration.voters.length ? configuration.voters : [],
    learners,
    leaving: learners.length > 0 ? configuration.leaving : []
  }
}

/** Learners become voters, in the step in which those leaving go (thesis 4.3). */
const joint = ({ configuration }: Draft): Configuration => ({
  ...configuration,
  voters: [
    ...configuration.voters.filter((id) => !configuration.leaving.includes(id)),
    ...configuration.learners
  ],
  outgoing: configuration.voters,
  learners: [],
  leaving: []
})

const final = ({ configuration }: Draft): Configuration => ({ ...configuration, outgoing: [] })

/** It counts at once, so everything that was counted is counted anew. */
const append = (step: Step, configuration: Configuration): void => {
  const { next } = step
  const entry = Entries.configuration(
    next.term,
    next.log.last + 1,
    Configurations.withAddressesOfMembers(configuration)
  )
  next.log = next.log.append([entry])
  next.uncommittedBytes += Entries.sizeBytes(entry)
  next.catchingUp = undefined
  Configuring.appended(next, [entry])
  Tracking.changed(next)
  Replication.feedAll(step)
  Rounds.confirm(next)
  Replication.advanceCommit(step)
  Reading.confirm(step)
}

/** What can be done by now, at the end of every step. */
export const proceed = (step: Step): void => {
  const { next } = step
  if (next.role !== "Leader" || next.transfer !== undefined) return
  const { applied, commit, config: { id }, configuration, termStart } = next
  if (configuration.index > commit || commit < termStart) return
  if (Configurations.isJoint(configuration)) return leaveJoint(step)
  if (!Configurations.isVoter(configuration, id)) {
    if (configuration.index <= applied) retire(step)
  } else if (configuration.learners.length > 0 && haveCaughtUp(next)) append(step, joint(next))
}

const leaveJoint = (step: Step): void => {
  const { next } = step
  append(step, final(next))
  if (next.change !== undefined && next.change.index === undefined) {
    next.change = { ...next.change, index: next.configuration.index }
  }
}

/**
 * All of them have, within one and the same election timeout, answered a round that began in it,
 * and they hold everything that the log held when it began (thesis 4.2.1: the last round of
 * catching up takes less than an election timeout).
 */
const haveCaughtUp = (next: Draft): boolean => {
  const { catchingUp, config, configuration, log, now, progress, round } = next
  if (catchingUp === undefined || now - catchingUp.since >= config.electionTimeoutTicks) {
    next.catchingUp = { since: now, last: log.last, round }
    return false
  }
  return configuration.learners.every((id) => {
    const learner = progress[id]
    return learner !== undefined && learner.match >= catchingUp.last &&
      learner.round > catchingUp.round
  })
}

/**
 * This leader is no part of the cluster any more, now that the change is complete; or not yet, a
 * learner that had to be elected.
 */
const retire = (step: Step): void => {
  const { next } = step
  const successor = Transferring.mostUpToDate(next, [])
  if (successor !== undefined) return Transferring.begin(step, undefined, successor)
  Follower.stepDown(step, next.term, `${next.config.id} is no voter`)
}

/** Whoever has led knows for certain when it is no member any more. */
export const observeRemoved = (step: Step): void => {
  const { next: { commit, config, configuration, role }, previous } = step
  if (previous.role !== "Leader" || role === "Leader" || configuration.index > commit) return
  if (Configurations.isMember(configuration, config.id)) return
  Steps.observe(step, { _tag: "Removed", index: configuration.index })
}

/** The state machine has moved: the change that waits for it is answered. */
export const applied = (step: Step): void => {
  const { next: { applied: upTo, change } } = step
  if (change?.index === undefined || change.index > upTo) return
  step.next.change = undefined
  Steps.reply(step, change.ref, { _tag: "MembershipChanged", index: change.index })
}

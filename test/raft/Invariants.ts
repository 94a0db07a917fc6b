/**
 * What holds at one node after every step, whatever happens around it and whoever lies to it: the
 * sentences of State.ts and Progress.ts, as code.
 */
import type { Action } from "../../src/raft/Action.js"
import * as Configurations from "../../src/raft/Configuration.js"
import * as Log from "../../src/raft/Log.js"
import * as Raft from "../../src/raft/Raft.js"
import type { State } from "../../src/raft/State.js"
import * as Validity from "../../src/raft/Validity.js"
import { defined, insist } from "./Insist.js"

const isAscending = (values: ReadonlyArray<number>): boolean =>
  values.every((value, i) => i === 0 || value >= (values[i - 1] ?? 0))

const checkIndexes = (state: State): void => {
  const { applied, applying, commit, log, stable, verifiedTo } = state
  const indexes = [0, applied, applying, commit, log.last]
  insist(isAscending(indexes), "applied <= applying <= commit <= last", indexes)
  insist(applying <= stable, "nothing is applied that is not durable here")
  insist(stable <= log.last, "stable <= last")
  insist(log.base.index <= commit, "only what is committed is let go of")
  const { latest } = state.snapshots
  insist(log.base.index <= latest.id.index, "a snapshot covers what is gone", latest)
  insist(latest.id.index <= commit, "a snapshot covers only what is committed", latest)
  insist(verifiedTo <= log.last, "verifiedTo <= last")
}

const checkLog = (before: State, { commit, log, term }: State): void => {
  if (log === before.log) return
  for (let index = log.base.index + 1; index <= before.commit; index++) {
    insist(log.at(index) === before.log.at(index), "what is committed is never replaced", index)
  }
  const from = Math.max(log.base.index + 1, Math.min(commit, before.log.last))
  for (let index = from; index <= log.last; index++) {
    const entry = defined(log.at(index), "a gap in the log")
    insist(entry.index === index, "entry i has index i", entry)
    insist(entry.term >= (Log.termAt(log, index - 1) ?? 0), "terms never fall", entry)
    insist(entry.term <= term, "no entry is of a later term", entry)
  }
}

const checkNothingRegresses = (before: State, after: State): void => {
  for (const key of ["now", "term", "commit", "applying", "applied", "seq", "round"] as const) {
    insist(after[key] >= before[key], `${key} never falls`)
  }
  const mayVote = after.term > before.term || before.vote === undefined
  insist(mayVote || after.vote === before.vote, "a vote is never changed within its term")
}

const checkWrites = ({ deferred, log, persistedSeq, seq, stable, writes }: State): void => {
  insist(writes.length === seq - persistedSeq, "every write not yet durable is known")
  insist(writes.every((write, i) => write.seq === persistedSeq + 1 + i), "writes are in order")
  const covered = writes.reduce((last, write) => Math.max(last, write.last), stable)
  insist(covered === log.last, "some write makes every entry durable")
  const isWaiting = deferred.every(({ afterSeq }) => afterSeq > persistedSeq && afterSeq <= seq)
  insist(isWaiting, "a deferred action waits for a write")
}

/** It is a function of the log. */
const checkConfiguration = ({ configuration, log, snapshots: { latest } }: State): void => {
  for (let index = log.last; index > log.base.index; index--) {
    const entry = log.at(index)
    if (entry?.kind !== "Configuration" || index <= latest.configuration.index) continue
    return insist(entry.configuration === configuration, "the last configuration counts", entry)
  }
  insist(configuration.index <= latest.id.index, "or the snapshot's, or the first", configuration)
}

const checkLeader = (state: State): void => {
  const { commit, config, log, progress, term, termStart, uncommittedBytes } = state
  for (const peer of Configurations.members(state.configuration)) {
    if (peer !== config.id) insist(Object.hasOwn(progress, peer), `no progress of ${peer}`)
  }
  insist(state.leader === config.id, "a leader knows who leads")
  const isGone = termStart < log.base.index
  insist(isGone || Log.termAt(log, termStart) === term, "a term starts with its no-op")
  insist(uncommittedBytes === Log.rangeBytes(log, commit + 1, log.last), "no byte leaks")
  for (const peer of Object.keys(state.parting)) {
    insist(Object.hasOwn(progress, peer), `no progress of ${peer}, which parts`)
    insist(!Configurations.isMember(state.configuration, peer), `${peer} parts`)
  }
  for (const known of Object.values(progress)) {
    const { inflight, inflightBytes, match, mode, next, stream } = known
    insist((mode === "Snapshot") === (stream !== undefined), "a stream has its mode", known)
    if (stream !== undefined) {
      const bytes = [0, stream.acknowledged, stream.next, stream.snapshot.sizeBytes]
      insist(isAscending(bytes), "acknowledged <= next <= size", stream)
    }
    insist(match < next, "match < next", known)
    insist(next <= log.last + 1, "next <= last + 1", known)
    insist(inflight.length <= config.limits.inflightAppends, "the window is bounded", known)
    const bytes = inflight.reduce((sum, append) => sum + append.bytes, 0)
    insist(bytes === inflightBytes, "the window is counted", known)
    insist(isAscending([match, ...inflight.map(({ last }) => last), next]), "in flight", known)
    insist(mode === "Replicate" || inflight.length === 0, "a probe travels alone", known)
  }
}

const checkNoLeader = (state: State): void => {
  const { config, forwardedReads, leader, role } = state
  const { progress, proposals, reads, rounds, uncommittedBytes } = state
  const hasNothing = Object.keys(progress).length === 0 && uncommittedBytes === 0 &&
    proposals.length === 0 && reads.length === 0 && rounds.length === 0 &&
    state.change === undefined && state.catchingUp === undefined &&
    Object.keys(state.parting).length === 0
  insist(hasNothing, "whoever does not lead has nothing of a leader's")
  insist(leader !== config.id, "whoever does not lead knows it")
  insist(leader === undefined || role === "Follower", "a candidate knows of no leader")
  insist(leader !== undefined || forwardedReads.length === 0, "reads are forwarded to a leader")
}

const checkActions = (before: State, after: State, actions: ReadonlyArray<Action>): void => {
  actions.forEach((action, position) => {
    switch (action._tag) {
      case "Persist":
        return insist(position === 0, "a step writes at most once, and first")
      case "Apply":
        insist(position === actions.length - 1, "a step applies at most once, and last")
        return insist(before.applying === after.applied, "one Apply at a time")
      case "Send": {
        const { message, to } = action
        insist(to !== after.config.id, "messages go to others", to)
        // Past the last exact integer there are no more terms to speak of.
        const isOver = after.term >= Number.MAX_SAFE_INTEGER - 1
        return insist(isOver || Validity.isValid(message), "messages are valid", message)
      }
    }
  })
}

export const check = (before: State, after: State, actions: ReadonlyArray<Action>): void => {
  checkIndexes(after)
  checkLog(before, after)
  checkNothingRegresses(before, after)
  checkWrites(after)
  checkConfiguration(after)
  if (after.role === "Leader") checkLeader(after)
  else checkNoLeader(after)
  checkActions(before, after, actions)
  insist(Raft.ticksUntilDue(after) >= 1, "something is due in the future")
}

/**
 * One step under construction: the private draft of the next state and the actions so far. Handlers
 * write to this draft and to nothing else; nobody sees it before `Raft.step` returns.
 */
import type { Action, Observation, Outcome } from "./Action.js"
import * as Configurations from "./Configuration.js"
import type { Index } from "./EntryId.js"
import type { NodeId, Ref } from "./Event.js"
import type { Message } from "./Message.js"
import type { State } from "./State.js"

export type Draft = { -readonly [Key in keyof State]: State[Key] }

/** A message that says something durable, held back until it is true. */
export interface Promised {
  readonly to: NodeId
  readonly message: Message
  /** The entries that it vouches for, besides the term and the vote. 0 for none. */
  readonly upTo: Index
}

export interface Step {
  readonly previous: State
  readonly next: Draft
  readonly actions: Array<Action>
  readonly promised: Array<Promised>
  /** The lowest index that this step truncated from. */
  truncatedFrom: Index | undefined
}

/** A literal: a spread of so many fields takes several times as long, and every event copies. */
const copy = (state: State): Draft => ({
  config: state.config,
  now: state.now,
  random: state.random,
  term: state.term,
  vote: state.vote,
  role: state.role,
  leader: state.leader,
  log: state.log,
  configuration: state.configuration,
  earlierConfigurations: state.earlierConfigurations,
  commit: state.commit,
  applying: state.applying,
  applied: state.applied,
  verifiedTo: state.verifiedTo,
  seq: state.seq,
  persistedSeq: state.persistedSeq,
  hardStateSeq: state.hardStateSeq,
  stable: state.stable,
  writes: state.writes,
  deferred: state.deferred,
  electionTimeout: state.electionTimeout,
  electionDueAt: state.electionDueAt,
  leaderContactAt: state.leaderContactAt,
  isCalledUpon: state.isCalledUpon,
  votes: state.votes,
  progress: state.progress,
  termStart: state.termStart,
  uncommittedBytes: state.uncommittedBytes,
  proposals: state.proposals,
  heartbeatDueAt: state.heartbeatDueAt,
  round: state.round,
  rounds: state.rounds,
  reads: state.reads,
  snapshots: state.snapshots,
  lease: state.lease,
  change: state.change,
  catchingUp: state.catchingUp,
  parting: state.parting,
  transfer: state.transfer,
  forwardedReads: state.forwardedReads,
  confirmedReads: state.confirmedReads
})

export const begin = (state: State): Step => ({
  previous: state,
  next: copy(state),
  actions: [],
  promised: [],
  truncatedFrom: undefined
})

/** Sends at once: for what promises nothing durable. */
export const send = (step: Step, to: NodeId, message: Message): void => {
  step.actions.push({ _tag: "Send", to, message })
}

/** Sends once our term, our vote and our entries up to `upTo` inclusive are durable. */
export const promise = (step: Step, to: NodeId, message: Message, upTo: Index): void => {
  step.promised.push({ to, message, upTo })
}

export const reply = (step: Step, ref: Ref, outcome: Outcome): void => {
  step.actions.push({ _tag: "Reply", ref, outcome })
}

export const observe = (step: Step, observation: Observation): void => {
  step.actions.push({ _tag: "Observe", observation })
}

/** Every voter but this node. */
export const otherVoters = ({ config, configuration }: Draft): ReadonlyArray<NodeId> =>
  Configurations.voters(configuration).filter((voter) => voter !== config.id)

/** Every node that this leader sends its log to. */
export const followers = (next: Draft): ReadonlyArray<NodeId> => Object.keys(next.progress)

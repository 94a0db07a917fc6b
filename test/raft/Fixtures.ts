/**
 * Nodes in a known situation, and short ways to say events and actions. Everything but the draw of
 * the first timeout is reached by stepping the core.
 *
 * The node under test is n1 of n1, n2, n3; it campaigns after 15 ticks (timeouts are 10 to 19), and
 * a leader's heartbeats are 2 ticks apart. Command number i of a log has the one byte i.
 */
import type { Action, HardState, Observation, Outcome, Persist } from "../../src/raft/Action.js"
import type { Configuration } from "../../src/raft/Configuration.js"
import * as Configurations from "../../src/raft/Configuration.js"
import * as Entries from "../../src/raft/Entry.js"
import type { Entry } from "../../src/raft/Entry.js"
import type { EntryId, Index, Term } from "../../src/raft/EntryId.js"
import * as EntryIds from "../../src/raft/EntryId.js"
import type { Event, NodeId, Ref } from "../../src/raft/Event.js"
import type { Append, Message } from "../../src/raft/Message.js"
import * as Raft from "../../src/raft/Raft.js"
import type { Config, Limits, State } from "../../src/raft/State.js"
import * as States from "../../src/raft/State.js"
import * as DeepFreeze from "./DeepFreeze.js"

export const TIMEOUT_TICKS = 15

const config: Config = {
  id: "n1",
  bootstrap: Configurations.bootstrap(["n1", "n2", "n3"]),
  electionTimeoutTicks: 10,
  heartbeatTicks: 2,
  seed: 1,
  limits: States.defaultLimits
}

// Events

export const tick = (count = 1): Event => ({ _tag: "Tick", count })

export const receive = (from: NodeId, message: Message): Event => ({
  _tag: "Receive",
  from,
  message
})

export const persisted = (seq: number): Event => ({ _tag: "Persisted", seq })

export const applied = (index: Index): Event => ({ _tag: "Applied", index })

/** One command of one byte for each ref: the ref. */
export const propose = (...refs: ReadonlyArray<Ref>): Event => ({
  _tag: "Propose",
  items: refs.map((ref) => ({ ref, bytes: Uint8Array.of(ref) }))
})

export const read = (ref: Ref): Event => ({ _tag: "Read", ref, mode: "linearizable" })

/** Leadership is to go to `to`, or to whom the leader chooses. */
export const transfer = (ref: Ref, to?: NodeId): Event => ({
  _tag: "TransferLeadership",
  ref,
  to
})

/** Members to add are reached at an address that is their name. */
export const change = (
  ref: Ref,
  what: {
    readonly add?: ReadonlyArray<NodeId>
    readonly remove?: ReadonlyArray<NodeId>
    readonly expected?: Index
  }
): Event => ({
  _tag: "ChangeMembership",
  ref,
  add: (what.add ?? []).map((id) => ({ id, address: id })),
  remove: what.remove ?? [],
  expected: what.expected
})

export const unreachable = (peer: NodeId): Event => ({ _tag: "PeerUnreachable", peer })

// Entries and messages

export const id = EntryIds.make

export const noop = Entries.noop

export const command = (term: Term, index: Index, byte = index): Entry =>
  Entries.command(term, index, Uint8Array.of(byte))

/** A configuration of these voters that is neither joint nor has learners, unless it says so. */
export const members = (
  index: Index,
  voters: ReadonlyArray<NodeId>,
  more: Partial<Configuration> = {}
): Configuration => ({ ...Configurations.bootstrap(voters), index, ...more })

export const configured = (term: Term, configuration: Configuration): Entry =>
  Entries.configuration(term, configuration.index, configuration)

/** Commands of these terms, from index `first` on. */
export const commands = (first: Index, ...terms: ReadonlyArray<Term>): ReadonlyArray<Entry> =>
  terms.map((term, i) => command(term, first + i))

export const append = (
  term: Term,
  prev: EntryId,
  entries: ReadonlyArray<Entry> = [],
  commit: Index = 0,
  round = 0
): Append => ({ _tag: "Append", term, round, prev, entries, commit })

export const accepted = (term: Term, match: Index, round = 0): Message => ({
  _tag: "AppendAccepted",
  term,
  round,
  match
})

export const rejected = (term: Term, index: Index, hint: EntryId, round = 0): Message => ({
  _tag: "AppendRejected",
  term,
  round,
  rejected: index,
  hint
})

export const heartbeat = (term: Term, round: number, commit: Index = 0): Message => ({
  _tag: "Heartbeat",
  term,
  round,
  commit
})

export const heartbeatResponse = (term: Term, round: number, verifiedTo: Index): Message => ({
  _tag: "HeartbeatResponse",
  term,
  round,
  verifiedTo
})

export const preVoteRequest = (term: Term, last: EntryId, campaignTerm = term + 1): Message => ({
  _tag: "PreVoteRequest",
  term,
  campaignTerm,
  last
})

export const preVoteResponse = (term: Term, campaignTerm: Term, granted = true): Message => ({
  _tag: "PreVoteResponse",
  term,
  campaignTerm,
  granted
})

export const voteRequest = (term: Term, last: EntryId): Message => ({
  _tag: "VoteRequest",
  term,
  last
})

export const transferVoteRequest = (term: Term, last: EntryId): Message => ({
  _tag: "VoteRequest",
  term,
  last,
  transfer: true
})

export const timeoutNow = (term: Term): Message => ({ _tag: "TimeoutNow", term })

export const voteResponse = (term: Term, granted = true): Message => ({
  _tag: "VoteResponse",
  term,
  granted
})

export const readIndexRequest = (term: Term, ref: Ref): Message => ({
  _tag: "ReadIndexRequest",
  term,
  id: ref
})

export const readIndexGranted = (term: Term, ref: Ref, index: Index): Message => ({
  _tag: "ReadIndexGranted",
  term,
  id: ref,
  index
})

export const readIndexRefused = (term: Term, ref: Ref): Message => ({
  _tag: "ReadIndexRefused",
  term,
  id: ref
})

export const dismissed = (term: Term, index: Index): Message => ({
  _tag: "Dismissed",
  term,
  index
})

// Actions

export const send = (to: NodeId, message: Message): Action => ({ _tag: "Send", to, message })

export const sendAll = (message: Message): ReadonlyArray<Action> => [
  send("n2", message),
  send("n3", message)
]

export const persist = (seq: number, what: Partial<Persist>): Action => ({
  _tag: "Persist",
  seq,
  hardState: undefined,
  truncateFrom: undefined,
  append: [],
  ...what
})

export const hardState = (term: Term, vote?: NodeId): HardState => ({ term, vote })

export const apply = (...entries: ReadonlyArray<Entry>): Action => ({ _tag: "Apply", entries })

export const reply = (ref: Ref, outcome: Outcome): Action => ({ _tag: "Reply", ref, outcome })

export const notLeader = (leader?: NodeId): Outcome => ({ _tag: "NotLeader", leader })

export const observe = (observation: Observation): Action => ({ _tag: "Observe", observation })

export const leaderKnown = (term: Term, leader: NodeId): Action =>
  observe({ _tag: "LeaderKnown", term, leader })

export const counts = (configuration: Configuration): Action =>
  observe({ _tag: "ConfigurationChanged", configuration, isCommitted: false })

export const isCommitted = (configuration: Configuration): Action =>
  observe({ _tag: "ConfigurationChanged", configuration, isCommitted: true })

export const becameFollower = (term: Term, why: string): Action =>
  observe({ _tag: "BecameFollower", term, why })

// Situations

/** Steps through all events: the last state and the actions of the last step. */
export const run = (
  state: State,
  ...events: ReadonlyArray<Event>
): readonly [State, ReadonlyArray<Action>] => {
  let current: readonly [State, ReadonlyArray<Action>] = [state, []]
  for (const event of events) current = DeepFreeze.step(current[0], event)
  return current
}

/** The actions of the last of `events`. */
export const actionsOf = (
  state: State,
  ...events: ReadonlyArray<Event>
): ReadonlyArray<Action> => run(state, ...events)[1]

export interface Situation extends Partial<Config> {
  /** Of the first configuration. */
  readonly voters?: ReadonlyArray<NodeId>
  readonly term?: Term
  readonly vote?: NodeId
  /** The terms of the log's entries. */
  readonly log?: ReadonlyArray<Term>
  readonly limits?: Limits
}

/** A node right after its start. */
export const node = (situation: Situation = {}): State => {
  const { log = [], term = 0, vote, voters, ...overrides } = situation
  const bootstrap = voters === undefined ? {} : { bootstrap: Configurations.bootstrap(voters) }
  return waiting(Raft.boot({ ...config, ...overrides, ...bootstrap }, {
    hardState: { term, vote },
    entries: commands(1, ...log)
  }))
}

/** The same with the timeout that these tests rely on. */
export const waiting = (state: State): State => ({
  ...state,
  electionTimeout: TIMEOUT_TICKS,
  electionDueAt: TIMEOUT_TICKS
})

/** A follower that has heard no leader for the shortest election timeout: it may vote. */
export const lonely = (situation: Situation = {}): State => run(node(situation), tick(10))[0]

/** A follower of n2, all of whose log is verified, at rest. */
export const follower = (situation: Situation & { readonly commit?: Index } = {}): State => {
  const state = node({ term: 1, ...situation })
  const last = state.log.last
  const prev = id(state.log.at(last)?.term ?? 0, last)
  const { commit = 0 } = situation
  const [following] = run(state, receive("n2", append(state.term, prev, [], commit)))
  return commit === 0 ? following : run(following, applied(commit))[0]
}

/** A candidate in the term after `term`, whose vote for itself is not durable yet. */
export const candidate = (situation: Situation = {}): State => {
  const start = node(situation)
  const granted = preVoteResponse(start.term, start.term + 1)
  const peers = start.configuration.voters.slice(1)
  return run(start, tick(TIMEOUT_TICKS), ...peers.map((peer) => receive(peer, granted)))[0]
}

/** A leader right after its election: its no-op is sent and on its way to the disk. */
export const elected = (situation: Situation = {}): State => {
  const standing = candidate(situation)
  const peers = standing.configuration.voters.slice(1)
  const votes = peers.map((peer) => receive(peer, voteResponse(standing.term)))
  return run(standing, persisted(standing.seq), ...votes)[0]
}

/** A leader whose no-op all have and that has applied it; followers are fed without waiting. */
export const leader = (situation: Situation = {}): State => {
  const start = elected(situation)
  const { log: { last }, seq, term } = start
  const peers = start.configuration.voters.slice(1)
  const answers = peers.map((peer) => receive(peer, accepted(term, last)))
  return run(start, persisted(seq), ...answers, applied(last))[0]
}

/**
 * The consensus core: `step(state, event)` gives the next state and what the world should do. It is
 * pure and total: no clock, no chance, no input or output, no exception, whatever arrives.
 *
 * Terms are compared here, once for every message (thesis 3.3); what a message means within the
 * term is said in Election.ts, Following.ts, Replication.ts, Reading.ts, Streaming.ts and
 * Installing.ts.
 */
import type { Action } from "./Action.js"
import * as Configuring from "./Configuring.js"
import * as Durability from "./Durability.js"
import * as Election from "./Election.js"
import type { Index } from "./EntryId.js"
import type { Event, NodeId } from "./Event.js"
import * as Follower from "./Follower.js"
import * as Following from "./Following.js"
import * as Installing from "./Installing.js"
import * as Leasing from "./Leasing.js"
import * as Log from "./Log.js"
import type { Message } from "./Message.js"
import * as Proposing from "./Proposing.js"
import * as Reading from "./Reading.js"
import * as Reconfiguring from "./Reconfiguring.js"
import * as Replication from "./Replication.js"
import * as Rounds from "./Rounds.js"
import * as Snapshotting from "./Snapshotting.js"
import type { State } from "./State.js"
import type { Step } from "./Step.js"
import * as Steps from "./Step.js"
import * as Streaming from "./Streaming.js"
import * as Tracking from "./Tracking.js"
import * as Transferring from "./Transferring.js"
import * as Validity from "./Validity.js"

export { boot } from "./State.js"

/** Runs one event. The given state is not changed and may be stepped again. */
export const step = (state: State, event: Event): readonly [State, ReadonlyArray<Action>] => {
  const current = Steps.begin(state)
  dispatch(current, event)
  Transferring.leaderKnown(current)
  Reconfiguring.proceed(current)
  Reconfiguring.observeRemoved(current)
  Configuring.observe(current)
  Durability.seal(current)
  return [current.next, current.actions]
}

/**
 * In how many ticks this node has something to do by itself, if nothing else happens. At least 1: a
 * shell may sleep for so long. Woken by whatever, it reports the ticks that have passed first.
 */
export const ticksUntilDue = (state: State): number => {
  const { electionDueAt, heartbeatDueAt, now, role } = state
  const due = role === "Leader"
    ? Math.min(heartbeatDueAt, Durability.stalledAt(state), Rounds.quorumLostAt(state))
    : Math.min(electionDueAt, Reading.expireAt(state))
  const alsoDue = Math.min(Transferring.expireAt(state), Snapshotting.retryAt(state))
  return Math.max(1, Math.min(due, alsoDue) - now)
}

const dispatch = (current: Step, event: Event): void => {
  switch (event._tag) {
    case "Tick":
      if (!(Number.isSafeInteger(event.count) && event.count >= (event.heldUp ? 0 : 1))) return
      if (event.heldUp) Leasing.interrupt(current.next)
      Election.tick(current, event.count)
      Transferring.expire(current)
      return Snapshotting.consider(current)
    case "Receive":
      return receive(current, event.from, event.message)
    case "Propose":
      return Proposing.propose(current, event.items)
    case "Read":
      return Reading.read(current, event.ref, event.mode)
    case "TransferLeadership":
      return Transferring.request(current, event.ref, event.to)
    case "ChangeMembership":
      return Reconfiguring.request(current, event)
    case "Persisted":
      Durability.persisted(current, event.seq)
      Election.countOwnVote(current)
      return Replication.advanceCommit(current)
    case "Applied":
      return applied(current, event.index)
    case "PeerUnreachable":
      Follower.lose(current, event.peer)
      Replication.unreachable(current, event.peer)
      return Transferring.unreachable(current, event.peer)
    case "WantSnapshot":
      return Snapshotting.wanted(current, event.ref)
    case "SnapshotTaken":
      return Snapshotting.taken(current, event)
    case "SnapshotNotTaken":
      return Snapshotting.notTaken(current, event)
    case "ChunkStored":
      return Installing.stored(current, event)
    case "SnapshotReceived":
      return Installing.received(current, event)
    case "SnapshotNotReceived":
      return Installing.notReceived(current, event)
    case "ChunkNotSent":
      return Streaming.notSent(current, event)
  }
}

const applied = (current: Step, index: Index): void => {
  const { next } = current
  if (!(index > next.applied && index <= next.applying)) return
  const before = next.applied
  next.applied = index
  Proposing.applied(current)
  Reconfiguring.applied(current)
  Reading.applied(current)
  Snapshotting.applied(current, before)
}

const receive = (current: Step, from: NodeId, message: Message): void => {
  const { next } = current
  if (from === next.config.id || !Validity.isValid(message)) return
  if (message.term < next.term) return refuseStale(current, from, message)
  if (message.term > next.term && !enterTerm(current, from, message)) return
  if (message._tag === "PreVoteRequest") return Election.preVoteRequested(current, from, message)
  if (message._tag === "VoteRequest") return Election.voteRequested(current, from, message)
  if (next.role === "Leader") receiveAsLeader(current, from, message)
  else receiveAsFollower(current, from, message)
}

/** Whether the message should be looked at any further. */
const enterTerm = (current: Step, from: NodeId, message: Message): boolean => {
  const { next } = current
  if (message._tag === "PreVoteRequest") return true // asks about a term that nobody has entered
  if (message._tag === "VoteRequest" && !message.transfer && Follower.hasLeader(next)) {
    Steps.promise(current, from, { _tag: "VoteResponse", term: next.term, granted: false }, 0)
    return false
  }
  Follower.stepDown(current, message.term, `${from} is in term ${message.term}`)
  return true
}

/** Whoever is behind is told our term, never met with silence (etcd-io/etcd#8501). */
const refuseStale = (current: Step, from: NodeId, message: Message): void => {
  const { term } = current.next
  switch (message._tag) {
    case "PreVoteRequest":
      return Election.preVoteRequested(current, from, message)
    case "PreVoteResponse":
      return Election.preVoteAnswered(current, from, message)
    case "VoteRequest":
      return Steps.promise(current, from, { _tag: "VoteResponse", term, granted: false }, 0)
    case "Append": {
      const hint = Log.lastPossibleMatch(current.next.log, message.prev)
      const { round, prev: { index: rejected } } = message
      return Steps.promise(
        current,
        from,
        { _tag: "AppendRejected", term, round, rejected, hint },
        0
      )
    }
    case "Heartbeat":
      return Steps.promise(
        current,
        from,
        { _tag: "HeartbeatResponse", term, round: message.round, verifiedTo: 0 },
        0
      )
    case "SnapshotChunk": {
      const { offset, round, snapshot: { id } } = message
      return Steps.promise(
        current,
        from,
        { _tag: "SnapshotProgress", term, round, id, offset, receivedBytes: 0 },
        0
      )
    }
    case "ReadIndexRequest":
      return Steps.send(current, from, { _tag: "ReadIndexRefused", term, id: message.id })
    default:
      return
  }
}

const receiveAsLeader = (current: Step, from: NodeId, message: Message): void => {
  // Whoever was let go of answers late.
  const isFollower = Object.hasOwn(current.next.progress, from)
  if (!isFollower && message._tag !== "ReadIndexRequest") return
  switch (message._tag) {
    case "AppendAccepted":
      Rounds.answered(current.next, from, message.round)
      Replication.accepted(current, from, message)
      Transferring.advance(current, from)
      return Reading.confirm(current)
    case "AppendRejected":
      Rounds.answered(current.next, from, message.round)
      Replication.rejected(current, from, message)
      return Reading.confirm(current)
    case "HeartbeatResponse":
      Rounds.answered(current.next, from, message.round)
      Replication.heartbeatAnswered(current, from, message)
      Transferring.advance(current, from)
      return Reading.confirm(current)
    case "SnapshotProgress":
      Rounds.answered(current.next, from, message.round)
      Streaming.answered(current, from, message)
      return Reading.confirm(current)
    case "ReadIndexRequest":
      return Reading.requested(current, from, message)
    default:
      return // a late vote; or a second leader of one term, which cannot be and is not obeyed
  }
}

const receiveAsFollower = (current: Step, from: NodeId, message: Message): void => {
  switch (message._tag) {
    case "Append":
      return Following.append(current, from, message)
    case "Heartbeat":
      return Following.heartbeat(current, from, message)
    case "SnapshotChunk":
      return Installing.chunk(current, from, message)
    case "PreVoteResponse":
      return Election.preVoteAnswered(current, from, message)
    case "VoteResponse":
      return Election.voteAnswered(current, from, message)
    case "ReadIndexRequest":
      return Reading.requested(current, from, message)
    case "Dismissed":
      return Tracking.dismissed(current, from, message)
    case "TimeoutNow":
      return Transferring.timeoutNow(current, from)
    case "ReadIndexGranted":
      return Reading.granted(current, message)
    case "ReadIndexRefused":
      return Reading.refused(current, message)
    default:
      return // an answer to a leader that this node no longer is
  }
}

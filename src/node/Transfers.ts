/**
 * Requests to hand leadership over, from the call to the answer. This node's own go to whoever
 * leads: to the core if this node does, else to the leader's, which answers for it. A request that
 * met no leader waits for one until its deadline; one that a lost leader had taken has an unknown
 * outcome, because it may have come about.
 *
 * A node that leaves hands over on its own account, again and again until it does not lead any more
 * or its time is over.
 */
import type { Outcome } from "../raft/Action.js"
import * as Configurations from "../raft/Configuration.js"
import type { Event, NodeId, Ref } from "../raft/Event.js"
import type { State } from "../raft/State.js"
import type { TransferAnswered, TransferAsked } from "../wire/TransferMessage.js"
import type { TransferOutcome } from "./Node.js"

/** Requests of this node's own without an answer, beyond which it refuses more. */
export const PENDING_TRANSFERS = 64

/** How long a leader that is to stop tries to hand over, in election timeouts. */
export const LEAVING_ELECTION_TIMEOUTS = 2

/** The way to the core and to the peers. */
export interface Door {
  readonly run: (event: Event) => void
  readonly send: (to: NodeId, message: TransferAsked | TransferAnswered) => void
  readonly newRef: () => Ref
}

export type Answer = (outcome: TransferOutcome) => void

interface Own {
  readonly to: NodeId | undefined
  readonly answer: Answer
  /** In ticks. */
  readonly deadlineAt: number
  /** By its ref or by the number that the leader was given; undefined while it waits. */
  readonly asked: boolean
}

interface Remote {
  readonly from: NodeId
  readonly id: number
}

type Decision = TransferAnswered["outcome"]

export class Transfers {
  /** In the order in which they came. */
  readonly #own = new Map<Ref, Own>()
  /** Of other nodes, handed to this node's core. */
  readonly #remote = new Map<Ref, Remote>()

  #isLeaving = false
  /** The last that this node asked for because it leaves. */
  #leavingRef: Ref | undefined
  /** Until when it tries, in ticks. Undefined unless it leaves, and led when it began to. */
  #leavingUntil: number | undefined
  /** In ticks: after a refusal nothing is tried again before the next tick. */
  #heldUntil = 0

  /** Own requests without an answer. */
  get pending(): number {
    return this.#own.size
  }

  add(ref: Ref, to: NodeId | undefined, answer: Answer, deadlineAt: number): void {
    if (this.#own.size >= PENDING_TRANSFERS) {
      return answer({ _tag: "Refused", reason: "Overloaded" })
    }
    this.#own.set(ref, { to, answer, deadlineAt, asked: false })
  }

  /** The node is to stop: if it leads, it hands over first. */
  leave({ config, configuration, now, role }: State): void {
    this.#isLeaving = true
    if (role !== "Leader" || Configurations.isAlone(configuration, config.id)) return
    this.#leavingUntil = now + LEAVING_ELECTION_TIMEOUTS * config.electionTimeoutTicks
  }

  /** Whether others can do without this node: somebody else leads, or it has tried long enough. */
  mayLeave({ leader, now, role }: State): boolean {
    if (!this.#isLeaving) return false
    if (this.#leavingUntil === undefined || now >= this.#leavingUntil) return true
    return role !== "Leader" && leader !== undefined
  }

  /** Asks whoever leads for all that waits. */
  turn({ leader, now, role, transfer }: State, door: Door): void {
    if (leader === undefined || now < this.#heldUntil) return
    for (const [id, own] of this.#own) {
      if (own.asked) continue
      this.#own.set(id, { ...own, asked: true })
      if (role === "Leader") door.run({ _tag: "TransferLeadership", ref: id, to: own.to })
      else door.send(leader, { _tag: "TransferAsked", id, to: own.to })
    }
    if (role !== "Leader" || this.#leavingUntil === undefined || transfer !== undefined) return
    this.#leavingRef = door.newRef()
    door.run({ _tag: "TransferLeadership", ref: this.#leavingRef, to: undefined })
  }

  /** A peer asks this node's core. A message that came twice is one request. */
  askedBy(from: NodeId, { id, to }: TransferAsked, door: Door): void {
    for (const known of this.#remote.values()) {
      if (known.from === from && known.id === id) return
    }
    const ref = door.newRef()
    this.#remote.set(ref, { from, id })
    door.run({ _tag: "TransferLeadership", ref, to })
  }

  /** The core has answered `ref`. False if that was no transfer. */
  decided(ref: Ref, outcome: Outcome, now: number, door: Door): boolean {
    if (!isDecision(outcome)) return false
    const remote = this.#remote.get(ref)
    if (remote !== undefined) {
      this.#remote.delete(ref)
      door.send(remote.from, { _tag: "TransferAnswered", id: remote.id, outcome: told(outcome) })
      return true
    }
    if (ref === this.#leavingRef) this.#heldUntil = now + 1
    return this.answered(ref, outcome, now) || outcome._tag !== "NotLeader"
  }

  /** Whoever was told "not me" asks again. False if nobody waits for it. */
  answered(ref: Ref, outcome: Decision, now: number): boolean {
    const own = this.#own.get(ref)
    if (own === undefined) return false
    if (outcome._tag === "NotLeader") {
      this.#own.set(ref, { ...own, asked: false })
      this.#heldUntil = now + 1
    } else {
      this.#own.delete(ref)
      own.answer(outcome)
    }
    return true
  }

  /** Answers every request whose deadline has passed. */
  expire(now: number): void {
    for (const [ref, own] of this.#own) if (own.deadlineAt <= now) this.#drop(ref, own, "NoLeader")
  }

  /** The node stops. */
  close(): void {
    for (const [ref, own] of this.#own) this.#drop(ref, own, "Stopping")
  }

  #drop(ref: Ref, { answer, asked }: Own, reason: "NoLeader" | "Stopping"): void {
    this.#own.delete(ref)
    answer(asked ? { _tag: "UnknownOutcome" } : { _tag: "Refused", reason })
  }
}

const isDecision = (outcome: Outcome): outcome is Extract<Outcome, Decision> =>
  outcome._tag === "Transferred" || outcome._tag === "TransferFailed" ||
  outcome._tag === "NotLeader"

/** Who leads is not said: the receiver hears that from the leader itself. */
const told = (outcome: Decision): Decision =>
  outcome._tag === "NotLeader" ? { _tag: "NotLeader" } : outcome

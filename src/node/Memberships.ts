/**
 * Requests to change the members, from the call to the answer. This node's own go to whoever leads,
 * as transfers of leadership do (Transfers.ts), and are asked again when a leader is lost or says
 * nothing.
 *
 * A change is never done twice. Each request names the configuration that it changes, and only one
 * change of a configuration can be committed; where the first attempt has come about already, the
 * leader finds the members as they were asked for, and that is success.
 */
import type { Outcome } from "../raft/Action.js"
import type { Configuration } from "../raft/Configuration.js"
import * as Configurations from "../raft/Configuration.js"
import type { Index } from "../raft/EntryId.js"
import type { Event, NewMember, NodeId, Ref } from "../raft/Event.js"
import type { State } from "../raft/State.js"
import type {
  MembershipAnswered,
  MembershipAsked,
  MembershipDecision
} from "../wire/MembershipMessage.js"
import type { MembershipOutcome } from "./Node.js"

/** Requests of this node's own without an answer, beyond which it refuses more. */
export const PENDING_CHANGES = 64

/** The way to the core and to the peers. */
export interface Door {
  readonly run: (event: Event) => void
  readonly send: (to: NodeId, message: MembershipAsked | MembershipAnswered) => void
  readonly newRef: () => Ref
}

export type Answer = (outcome: MembershipOutcome) => void

export interface Change {
  /** Those who are members already, at this address, are none to add. */
  readonly add: ReadonlyArray<NewMember>
  readonly remove: ReadonlyArray<NodeId>
  /** The configuration that is to be changed; whichever there is if undefined. */
  readonly expected: Index | undefined
}

interface Own {
  readonly change: Change
  readonly answer: Answer
  /** In ticks. */
  readonly deadlineAt: number
  /** Which configuration is to be changed; undefined until a leader is asked. */
  expected: Index | undefined
  /** Undefined while it waits. */
  asked: { readonly leader: NodeId; readonly at: number } | undefined
  /** A leader was asked and has not said what became of it. */
  isInDoubt: boolean
}

/** Asked by `from`, who knows it as `id`. */
interface Remote {
  readonly from: NodeId
  readonly id: Ref
  readonly add: ReadonlyArray<NewMember>
  readonly remove: ReadonlyArray<NodeId>
  /** The members are so already, and it waits until that is committed; else the core has it. */
  readonly isSatisfied: boolean
}

export class Memberships {
  /** How long a leader may say nothing before it is asked again, in ticks. */
  readonly #patienceTicks: number
  /** In the order in which they came. */
  readonly #own = new Map<Ref, Own>()
  /** For this node as leader. */
  readonly #remote = new Map<Ref, Remote>()
  /** In ticks: after a refusal nothing is tried again before the next tick. */
  #heldUntil = 0

  constructor(patienceTicks: number) {
    this.#patienceTicks = patienceTicks
  }

  /** Own requests without an answer. */
  get pending(): number {
    return this.#own.size
  }

  add(ref: Ref, change: Change, answer: Answer, deadlineAt: number): void {
    if (this.#own.size >= PENDING_CHANGES) {
      return answer({ _tag: "Refused", reason: "Overloaded" })
    }
    const { expected } = change
    this.#own.set(ref, {
      change,
      answer,
      deadlineAt,
      expected,
      asked: undefined,
      isInDoubt: false
    })
  }

  /** Asks whoever leads for all that waits. */
  turn(state: State, door: Door): void {
    this.#tellSatisfied(state, door)
    const { config, configuration, leader, now } = state
    if (leader === undefined || now < this.#heldUntil) return
    for (const [id, own] of this.#own) {
      if (own.asked !== undefined && this.#isPatient(own.asked, state)) continue
      if (own.asked !== undefined) own.isInDoubt = true
      own.asked = { leader, at: now }
      own.expected ??= configuration.index
      const { change: { add, remove }, expected, isInDoubt: isRepeated } = own
      const message = { _tag: "MembershipAsked", id, add, remove, expected, isRepeated } as const
      if (leader === config.id) this.askedBy(leader, message, state, door)
      else door.send(leader, message)
    }
  }

  /** The own core always answers, a message may be lost. */
  #isPatient(asked: NonNullable<Own["asked"]>, { config, leader, now }: State): boolean {
    if (asked.leader !== leader) return asked.leader === config.id
    return leader === config.id || now < asked.at + this.#patienceTicks
  }

  /** A peer, or this node itself, asks this node's core. */
  askedBy(from: NodeId, asked: MembershipAsked, state: State, door: Door): void {
    const { add, expected, id, isRepeated, remove } = asked
    for (const known of this.#remote.values()) {
      // A message that came twice, or was sent again, is one request.
      if (known.from === from && known.id === id) return
    }
    const ref = door.newRef()
    // Whoever asks for the first time to remove one that is none has made a slip.
    const mayHaveCome = state.role === "Leader" && (isRepeated || add.length > 0)
    const hasCome = mayHaveCome && isSatisfied(state.configuration, asked)
    this.#remote.set(ref, { from, id, add, remove, isSatisfied: hasCome })
    if (hasCome) this.#tellSatisfied(state, door)
    else door.run({ _tag: "ChangeMembership", ref, add, remove, expected })
  }

  /** Whoever waits for what has come about already is told once it cannot be taken back. */
  #tellSatisfied(state: State, door: Door): void {
    const { commit, configuration, role } = state
    const { index } = configuration
    for (const [ref, remote] of this.#remote) {
      if (!remote.isSatisfied) continue
      if (role !== "Leader" || !isSatisfied(configuration, remote)) {
        this.#tell(ref, { _tag: "Unknown" }, state, door)
      } else if (index <= commit) {
        this.#tell(ref, { _tag: "MembershipChanged", index }, state, door)
      }
    }
  }

  /** The core has answered `ref`. False if that was no change of the members. */
  decided(ref: Ref, outcome: Outcome, state: State, door: Door): boolean {
    if (!this.#remote.has(ref)) {
      return outcome._tag === "MembershipChanged" || outcome._tag === "MembershipRefused"
    }
    const decision = decisionOf(outcome, state.configuration.index)
    if (decision !== undefined) this.#tell(ref, decision, state, door)
    return true
  }

  #tell(ref: Ref, outcome: MembershipDecision, state: State, door: Door): void {
    const { from, id } = this.#remote.get(ref)!
    this.#remote.delete(ref)
    const { config, now } = state
    if (from === config.id) this.answered(id, outcome, now)
    else door.send(from, { _tag: "MembershipAnswered", id, outcome })
  }

  /** A leader says what became of an own request. */
  answered(ref: Ref, outcome: MembershipDecision, now: number): void {
    const own = this.#own.get(ref)
    if (own === undefined) return
    switch (outcome._tag) {
      case "MembershipChanged":
        return this.#end(ref, own, outcome)
      case "Unknown":
        own.isInDoubt = true
        return this.#again(own, now)
      case "NotLeader":
        return this.#again(own, now)
      case "MembershipRefused":
        return this.#refused(ref, own, outcome, now)
    }
  }

  #refused(
    ref: Ref,
    own: Own,
    { index, why }: Extract<MembershipDecision, { readonly _tag: "MembershipRefused" }>,
    now: number
  ): void {
    const mayWait = why === "NotReady" || (why === "UnderWay" && own.isInDoubt)
    if (mayWait) return this.#again(own, now)
    // Other members than before, and not those asked for: they may have been, for a while.
    if (own.isInDoubt) return this.#end(ref, own, { _tag: "UnknownOutcome" })
    if (why === "NotExpected" && own.change.expected === undefined) {
      own.expected = index
      return this.#again(own, now)
    }
    this.#end(ref, own, { _tag: "ChangeRefused", why })
  }

  #again(own: Own, now: number): void {
    own.asked = undefined
    this.#heldUntil = now + 1
  }

  #end(ref: Ref, { answer }: Own, outcome: MembershipOutcome): void {
    this.#own.delete(ref)
    answer(outcome)
  }

  /** Answers every request whose deadline has passed. */
  expire(now: number): void {
    for (const [ref, own] of this.#own) if (own.deadlineAt <= now) this.#drop(ref, own, "NoLeader")
  }

  /** The node stops. */
  close(): void {
    for (const [ref, own] of this.#own) this.#drop(ref, own, "Stopping")
  }

  #drop(ref: Ref, own: Own, reason: "NoLeader" | "Stopping"): void {
    const isInDoubt = own.isInDoubt || own.asked !== undefined
    this.#end(ref, own, isInDoubt ? { _tag: "UnknownOutcome" } : { _tag: "Refused", reason })
  }
}

const decisionOf = (outcome: Outcome, index: Index): MembershipDecision | undefined => {
  switch (outcome._tag) {
    case "MembershipChanged":
      return outcome
    case "MembershipRefused":
      return { ...outcome, index }
    // Who leads is not said: the receiver hears that from the leader itself.
    case "NotLeader":
    case "Unknown":
      return { _tag: outcome._tag }
    default:
      return undefined
  }
}

/** Whether the members are as they were asked for, or become so by themselves. */
const isSatisfied = (
  configuration: Configuration,
  { add, remove }: Pick<Change, "add" | "remove">
): boolean => {
  const { addresses, learners, leaving, voters } = configuration
  const stays = (id: NodeId): boolean =>
    !leaving.includes(id) && (voters.includes(id) || learners.includes(id))
  // Where somebody is added it is enough that it has begun.
  const isGone = (id: NodeId): boolean =>
    add.length > 0 ? !stays(id) : !Configurations.isMember(configuration, id)
  return add.every(({ address, id }) => stays(id) && addresses[id] === address) &&
    remove.every(isGone)
}

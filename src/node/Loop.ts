/**
 * One turn of a node: take everything that has arrived, step the core with each, and then do what
 * it asked for, batched: one write to disk, one payload to each peer, answers by plain call.
 * Everything here is synchronous; NodeProgram.ts calls it whenever something has arrived, in every
 * world alike.
 */
import type { Action, Outcome, Write } from "../raft/Action.js"
import type { Event, NodeId, ProposeItem, Ref, Tick } from "../raft/Event.js"
import * as Raft from "../raft/Raft.js"
import type { State } from "../raft/State.js"
import * as PeerMessage from "../wire/PeerMessage.js"
import type { Applier } from "./Applier.js"
import type { Forwarded } from "./Forwarded.js"
import type { Input, Note } from "./Input.js"
import type { Door as MembershipDoor, Memberships } from "./Memberships.js"
import type { Outbox } from "./Outbox.js"
import type { Peers } from "./Peers.js"
import { Proposed } from "./Proposed.js"
import type { Reads } from "./Reads.js"
import { SnapshotRequests } from "./SnapshotRequests.js"
import type { SnapshotWorker } from "./SnapshotWorker.js"
import type { Elapsed } from "./Ticker.js"
import type { Door as TransferDoor, Transfers } from "./Transfers.js"
import type { Upkeep } from "./Upkeep.js"
import type { Writes } from "./Writes.js"

/** Commands sent in one turn: what is left goes with the next. */
export const BATCH_BYTES = 8 << 20

export interface Parts {
  readonly applier: Applier
  readonly writes: Writes
  readonly reads: Reads
  readonly forwarded: Forwarded
  readonly transfers: Transfers
  readonly memberships: Memberships
  readonly peers: Peers
  readonly outbox: Outbox
  readonly upkeep: Upkeep
  /** Hands a batch to the disk writer, which reports `Persisted`. */
  readonly persist: (writes: ReadonlyArray<Write>) => void
  readonly snapshots: Pick<SnapshotWorker, "offer" | "take">
  /** Puts an input into the node's own inbox. */
  readonly offer: (input: Input) => void
  /** The first ref to use; every later one is greater. */
  readonly firstRef: Ref
  readonly requestTimeoutTicks: number
}

export class Loop {
  readonly #parts: Parts
  #state: State
  #persists: Array<Write> = []
  #notes: Array<Note> = []
  /** Each is told about once. */
  readonly #notUnderstood = new Set<NodeId>()
  #nextRef: Ref
  readonly #proposed = new Proposed()
  readonly #snapshotRequests = new SnapshotRequests()
  /** The leader and term under which writes were last sent: under another they are sent again. */
  #sentTo = ""
  /** In ticks: after a refusal nothing is tried again before the next tick. */
  #writesHeldUntil = 0
  #readsHeldUntil = 0
  #oldestSent: number | undefined
  #resendAt = 0

  /** For whoever asks the core on its own account. */
  readonly #door: TransferDoor & MembershipDoor = {
    run: (event) => this.#run(event),
    send: (to, message) => this.#parts.outbox.add(to, message),
    newRef: () => this.#nextRef++
  }

  constructor(state: State, parts: Parts) {
    this.#parts = parts
    this.#state = state
    this.#nextRef = parts.firstRef
  }

  get state(): State {
    return this.#state
  }

  /** Requests that wait for an answer. */
  get pending(): number {
    const { memberships, reads, transfers, writes } = this.#parts
    return writes.pending + reads.pending + transfers.pending + memberships.pending
  }

  /** Whether others can do without this node: somebody else leads, or it has tried long enough. */
  get mayLeave(): boolean {
    return this.#parts.transfers.mayLeave(this.#state)
  }

  /** When it has to have a turn although nothing arrives. */
  get ticksUntilDue(): number {
    const ticks = Raft.ticksUntilDue(this.#state)
    return this.#state.role === "Leader"
      ? Math.min(ticks, this.#parts.upkeep.ticksUntilDue)
      : ticks
  }

  /** Questions to the core of what may be read that it has not answered. */
  get questions(): number {
    return this.#parts.reads.questions
  }

  takeNotes(): ReadonlyArray<Note> {
    const taken = this.#notes
    this.#notes = []
    return taken
  }

  turn(inputs: Iterable<Input>, { heldUp, ticks }: Elapsed): void {
    if (heldUp) this.#advance({ _tag: "Tick", count: ticks, heldUp })
    else if (ticks > 0) this.#advance({ _tag: "Tick", count: ticks })
    for (const input of inputs) this.#take(input)
    this.#serveReads()
    this.#parts.transfers.turn(this.#state, this.#door)
    this.#parts.memberships.turn(this.#state, this.#door)
    this.#sendWrites()
    this.#parts.peers.turn(this.#state)
    this.#parts.outbox.flush()
    if (this.#persists.length === 0) return
    this.#parts.persist(this.#persists)
    this.#persists = []
  }

  /** Answers whatever is still waiting, `inputs` included; nothing is taken on after this. */
  close(inputs: Iterable<Input>): void {
    for (const input of inputs) {
      if ("answer" in input) input.answer({ _tag: "Refused", reason: "Stopping" })
    }
    this.#parts.writes.close()
    this.#parts.reads.close()
    this.#parts.transfers.close()
    this.#parts.memberships.close()
    this.#snapshotRequests.close()
  }

  #advance(tick: Tick): void {
    this.#run(tick)
    const { memberships, reads, requestTimeoutTicks, transfers, writes } = this.#parts
    const { now } = this.#state
    for (const requests of [writes, reads, transfers, memberships]) requests.expire(now)
    // A forwarded write may be lost without a trace; a write that does not move is sent again.
    if (writes.oldestSent === undefined || writes.oldestSent !== this.#oldestSent) {
      this.#oldestSent = writes.oldestSent
    } else if (now >= this.#resendAt) {
      writes.resendAll()
    } else {
      return
    }
    this.#resendAt = now + Math.ceil(requestTimeoutTicks / 4)
  }

  #take(input: Input): void {
    const { memberships, reads, requestTimeoutTicks, transfers, writes } = this.#parts
    const deadlineAt = this.#state.now + requestTimeoutTicks
    switch (input._tag) {
      case "Payload":
        return this.#receive(input.from, input.payload)
      case "Unreachable":
        if (input.peer === this.#state.leader) writes.resendAll()
        return this.#run({ _tag: "PeerUnreachable", peer: input.peer })
      case "Write":
        return writes.add(input.command, input.answer, deadlineAt)
      case "Read":
        return reads.add(input.answer, deadlineAt, input.mode)
      case "Transfer":
        return transfers.add(this.#nextRef++, input.to, input.answer, deadlineAt)
      case "Snapshot": {
        const ref = this.#nextRef++
        this.#snapshotRequests.add(ref, input.answer)
        return this.#run({ _tag: "WantSnapshot", ref })
      }
      case "ChangeMembers":
        return memberships.add(this.#nextRef++, input.change, input.answer, deadlineAt)
      case "ChunkRead":
        return this.#parts.outbox.add(input.to, input.message)
      case "Leave":
        return transfers.leave(this.#state)
      case "Wake":
        return
      default:
        return this.#run(input)
    }
  }

  #receive(from: NodeId, payload: Uint8Array): void {
    const messages = PeerMessage.decode(payload)
    if (messages === undefined) return this.#ignore(from)
    for (const message of messages) {
      if (message._tag === "Forward") {
        if (!this.#parts.forwarded.add(from, message.proposals)) {
          this.#parts.outbox.add(from, { _tag: "ForwardRefused", reason: "Overloaded" })
        }
      } else if (message._tag === "ForwardRefused") {
        this.#forwardRefused(from)
      } else if (message._tag === "TransferAsked") {
        this.#parts.transfers.askedBy(from, message, this.#door)
      } else if (message._tag === "TransferAnswered") {
        this.#parts.transfers.answered(message.id, message.outcome, this.#state.now)
      } else if (message._tag === "MembershipAsked") {
        this.#parts.memberships.askedBy(from, message, this.#state, this.#door)
      } else if (message._tag === "MembershipAnswered") {
        this.#parts.memberships.answered(message.id, message.outcome, this.#state.now)
      } else {
        this.#run({ _tag: "Receive", from, message })
      }
    }
  }

  /** A former leader's word is late: what it refuses was sent to the next one already. */
  #forwardRefused(from: NodeId): void {
    const { leader, now } = this.#state
    if (leader !== undefined && leader !== from) return
    this.#parts.writes.resendAll()
    this.#writesHeldUntil = now + 1
  }

  /** As if it had been lost; it arrived as it was sent, so nothing but a newer version sends it. */
  #ignore(from: NodeId): void {
    if (this.#notUnderstood.has(from)) return
    this.#notUnderstood.add(from)
    this.#notes.push({ _tag: "NotUnderstood", from })
  }

  #run(event: Event): void {
    const [state, actions] = Raft.step(this.#state, event)
    this.#state = state
    for (const action of actions) this.#perform(action)
  }

  #perform(action: Action): void {
    switch (action._tag) {
      case "Persist":
      case "InstallSnapshot":
      case "Compact":
        this.#persists.push(action)
        return
      case "TakeSnapshot":
        return this.#parts.snapshots.take(action)
      case "RestoreSnapshot":
      case "SendChunk":
      case "StoreChunk":
        return this.#parts.snapshots.offer(action)
      case "Send":
        return this.#parts.outbox.add(action.to, action.message)
      case "Apply": {
        this.#parts.applier.apply(action.entries)
        const index = action.entries[action.entries.length - 1]?.index ?? 0
        // By way of the inbox: a node that is far behind lets others have a turn in between.
        return this.#parts.offer({ _tag: "Applied", index })
      }
      case "Reply":
        return this.#reply(action.ref, action.outcome)
      case "Observe":
        this.#notes.push(action.observation)
        return
    }
  }

  /** A committed write is answered where it is applied, with its answer; see Applier.ts. */
  #reply(ref: Ref, outcome: Outcome): void {
    if (outcome._tag === "Readable") return this.#parts.reads.confirmed(ref)
    if (this.#snapshotRequests.decided(ref, outcome)) return
    if (this.#parts.memberships.decided(ref, outcome, this.#state, this.#door)) return
    if (this.#parts.transfers.decided(ref, outcome, this.#state.now, this.#door)) return
    if (outcome._tag === "Committed" || outcome._tag === "Unknown") {
      return this.#proposed.settled(ref)
    }
    const origin = this.#proposed.refused(ref)
    if (origin === undefined) {
      this.#parts.reads.refused(ref)
      this.#readsHeldUntil = this.#state.now + 1
    } else if (origin.from === undefined) {
      this.#parts.writes.resendFrom(origin.position.sequence)
      this.#writesHeldUntil = this.#state.now + 1
    } else if (outcome._tag === "NotLeader" || outcome._tag === "Overloaded") {
      this.#parts.outbox.add(origin.from, { _tag: "ForwardRefused", reason: outcome._tag })
    }
  }

  #serveReads(): void {
    const { reads } = this.#parts
    for (const mode of ["linearizable", "lease"] as const) {
      if (!reads.canAsk(mode) || this.#state.leader === undefined) continue
      if (this.#state.now < this.#readsHeldUntil) return
      const ref = this.#nextRef++
      reads.ask(ref, mode)
      this.#run({ _tag: "Read", ref, mode })
    }
  }

  #sendWrites(): void {
    const { leader, now, role, term } = this.#state
    const { forwarded, outbox, writes } = this.#parts
    if (leader === undefined || now < this.#writesHeldUntil) return
    const to = `${leader} ${term}`
    if (to !== this.#sentTo) writes.resendAll()
    this.#sentTo = to
    if (role === "Leader") return this.#propose()
    for (const from of new Set(forwarded.takeAll().map((waiting) => waiting.from))) {
      outbox.add(from, { _tag: "ForwardRefused", reason: "NotLeader" })
    }
    if (!writes.hasUnsent) return
    outbox.add(leader, { _tag: "Forward", proposals: writes.takeUnsent(BATCH_BYTES) })
    if (writes.hasUnsent) this.#parts.offer({ _tag: "Wake" })
  }

  /** While a write is on its way to the disk, what arrives gathers for the next batch. */
  #propose(): void {
    const { applier, forwarded, outbox, requestTimeoutTicks, upkeep, writes } = this.#parts
    const { log, now, term, transfer, writes: underWay } = this.#state
    // What arrives while leadership is handed over is the next leader's.
    if (underWay.length > 0 || transfer !== undefined) return
    if (!this.#proposed.leads(term, () => applier.lookAhead(log))) return
    const incomplete = new Set<NodeId>()
    const admit = (
      items: Array<ProposeItem>,
      from: NodeId | undefined,
      bytes: Uint8Array
    ): void => {
      const ref = this.#nextRef++
      const verdict = this.#proposed.admit(ref, from, bytes)
      if (verdict === "Apply") items.push({ ref, bytes })
      else if (verdict === "Gap" && from !== undefined) incomplete.add(from)
    }
    const arrived: Array<ProposeItem> = []
    for (const { from, proposal } of forwarded.takeAll()) admit(arrived, from, proposal)
    for (const from of incomplete) outbox.add(from, { _tag: "ForwardRefused", reason: "Gap" })
    // What only comes again changes nothing: of that the log would have the time told for ever.
    const tellings = upkeep.next(arrived.length > 0 || writes.hasUnsent)
    for (const { command, told } of tellings.toReversed()) {
      writes.addFirst(command, told, now + requestTimeoutTicks)
    }
    const items: Array<ProposeItem> = []
    for (const bytes of writes.takeUnsent(BATCH_BYTES)) admit(items, undefined, bytes)
    for (const item of arrived) items.push(item)
    if (items.length > 0) this.#run({ _tag: "Propose", items })
  }
}

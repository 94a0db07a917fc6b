/**
 * Committed entries become state: each passes the session table, which is part of the replicated
 * state, and then the state machine. What it says about this node's own session goes back to the
 * writes.
 */
import * as Session from "../kv/Session.js"
import type { Entry, Plain } from "../raft/Entry.js"
import type { Index } from "../raft/EntryId.js"
import type { Log } from "../raft/Log.js"
import type { StateMachine } from "../service/StateMachine.js"
import * as Proposal from "../wire/Proposal.js"
import type { SessionId, Writes } from "./Writes.js"

const nothing = new Uint8Array(0)

/** The parts of a snapshot, until `return`. */
export interface Walk extends IterableIterator<Uint8Array, undefined> {
  readonly return: () => IteratorResult<Uint8Array, undefined>
}

export class Applier {
  readonly #machine: StateMachine["Type"]
  readonly #own: SessionId
  readonly #writes: Writes
  #sessions = Session.make()
  /** The last entry that is part of the state. */
  #applied: Index = 0

  constructor(machine: StateMachine["Type"], own: SessionId, writes: Writes) {
    this.#machine = machine
    this.#own = own
    this.#writes = writes
  }

  apply(entries: ReadonlyArray<Entry>): void {
    for (const entry of entries) {
      if (entry.kind === "Command") this.#applyCommand(entry)
      this.#applied = entry.index
    }
  }

  /**
   * The session table as it will be when all of `log` is applied. Undefined while the state is
   * being replaced by that of a snapshot which the log begins after.
   */
  lookAhead(log: Log): Session.Table | undefined {
    if (this.#applied < log.base.index) return undefined
    const ahead = Session.copy(this.#sessions)
    for (let index = this.#applied + 1; index <= log.last; index++) {
      const entry = log.at(index)
      const proposal = entry?.kind === "Command" ? Proposal.decode(entry.bytes) : undefined
      if (proposal !== undefined) Session.admit(ahead, proposal)
    }
    return ahead
  }

  /** All of the replicated state as it is now: the sessions, then the machine's parts. */
  snapshot(index: Index): Walk {
    const sessions = Session.encode(this.#sessions)
    const parts = this.#machine.snapshot(index)[Symbol.iterator]()
    let isFirst = true
    return {
      [Symbol.iterator]() {
        return this
      },
      next: () => {
        if (!isFirst) {
          const { done, value } = parts.next()
          return done === true ? { done, value: undefined } : { done: false, value }
        }
        isFirst = false
        return { done: false, value: sessions }
      },
      return: () => {
        parts.return?.()
        return { done: true, value: undefined }
      }
    }
  }

  /** The state is replaced when it is done, all at once. */
  restore(index: Index) {
    const machine = this.#machine.restore(index)
    const addSlice = machine.addSlice ??
      ((bytes: Uint8Array, from: number, to: number) => machine.add(bytes.subarray(from, to)))
    let sessions: Session.Table | undefined
    return {
      addSlice: (bytes: Uint8Array, from: number, to: number): void => {
        if (sessions === undefined) sessions = Session.decode(bytes.subarray(from, to))
        else addSlice(bytes, from, to)
      },
      done: (): void => {
        machine.done()
        this.#sessions = sessions ?? Session.make()
        this.#applied = index
        const { client, epoch } = this.#own
        this.#writes.covered(Session.lastOf(this.#sessions, client, epoch))
      }
    }
  }

  #applyCommand({ bytes, index }: Plain): void {
    const proposal = Proposal.decode(bytes)
    if (proposal === undefined) return // the same bytes are passed over on every node
    const { client, command, epoch, sequence } = proposal
    if (Session.admit(this.#sessions, proposal) !== "Apply") return
    const answer = command === undefined ? nothing : this.#machine.apply(command, index)
    const isOwn = client === this.#own.client && epoch === this.#own.epoch
    if (isOwn) this.#writes.applied(sequence, index, answer)
  }
}

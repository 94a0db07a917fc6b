/**
 * Committed entries become state: each passes the session table, which is part of the replicated
 * state, and then the state machine. What it says about this node's own session goes back to the
 * writes.
 */
import * as Session from "../kv/Session.js"
import type { Entry } from "../raft/Entry.js"
import type { StateMachine } from "../service/StateMachine.js"
import * as Proposal from "../wire/Proposal.js"
import type { SessionId, Writes } from "./Writes.js"

const nothing = new Uint8Array(0)

export class Applier {
  readonly #machine: StateMachine["Type"]
  readonly #own: SessionId
  readonly #writes: Writes
  readonly #sessions = Session.make()

  constructor(machine: StateMachine["Type"], own: SessionId, writes: Writes) {
    this.#machine = machine
    this.#own = own
    this.#writes = writes
  }

  apply(entries: ReadonlyArray<Entry>): void {
    for (const entry of entries) {
      if (entry.kind === "Command") this.#applyCommand(entry)
    }
  }

  #applyCommand({ bytes, index }: Entry): void {
    const proposal = Proposal.decode(bytes)
    if (proposal === undefined) return // the same bytes are passed over on every node
    const { client, command, epoch, sequence } = proposal
    const verdict = Session.admit(this.#sessions, proposal)
    const isOwn = client === this.#own.client && epoch === this.#own.epoch
    if (verdict === "Apply") {
      const answer = command === undefined ? nothing : this.#machine.apply(command, index)
      if (isOwn) this.#writes.applied(sequence, index, answer)
    } else if (verdict === "Gap" && isOwn) {
      this.#writes.resendAll()
    }
  }
}

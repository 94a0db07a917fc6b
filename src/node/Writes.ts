/**
 * The writes of this node's own clients, from the call to the answer. A write first waits without a
 * number; once there is somebody to send it to it gets the next number of the node's session and is
 * resent, whoever leads, until it is seen applied here. Numbers are applied in order and once
 * (kv/Session.ts), so resending is always safe and writes never overtake each other.
 *
 * A write whose deadline passes while it waits was never sent and is refused; one that was sent has
 * an unknown outcome, and its number goes on as a skip.
 */
import * as Proposal from "../wire/Proposal.js"
import type { WriteOutcome } from "./Node.js"
import { Numbered } from "./Numbered.js"

/** Writes without an answer, beyond which a node refuses more. */
export const PENDING_WRITES = 65_536
/** Their commands' bytes. */
export const PENDING_BYTES = 64 << 20

export type Answer = (outcome: WriteOutcome) => void

interface Waiting {
  readonly command: Uint8Array
  readonly answer: Answer
  /** In ticks. */
  readonly deadlineAt: number
}

interface Sent {
  readonly sequence: number
  proposal: Uint8Array
  /** Undefined once the client has been told that the outcome is unknown. */
  answer: Answer | undefined
  readonly deadlineAt: number
  readonly bytes: number
}

export interface SessionId {
  readonly client: string
  readonly epoch: number
}

export class Writes {
  readonly #session: SessionId
  #waiting: Array<Waiting> = []
  /** By sequence: contiguous from `#first` up to `#nextSequence`, exclusive. */
  readonly #sent = new Numbered<Sent>()
  #first = 1
  #nextSequence = 1
  /** The sequence to send next; those before it are on their way. */
  #cursor = 1
  #bytes = 0

  constructor(session: SessionId) {
    this.#session = session
  }

  get pending(): number {
    return this.#waiting.length + this.#sent.size
  }

  /** Whether some write waits to be sent, for the first time or again. */
  get hasUnsent(): boolean {
    return this.#waiting.length > 0 || this.#cursor < this.#nextSequence
  }

  /** The sequence of the oldest write that was sent and not yet applied. */
  get oldestSent(): number | undefined {
    return this.#first < this.#nextSequence ? this.#first : undefined
  }

  add(command: Uint8Array, answer: Answer, deadlineAt: number): void {
    if (this.pending >= PENDING_WRITES || this.#bytes + command.length > PENDING_BYTES) {
      return answer({ _tag: "Refused", reason: "Overloaded" })
    }
    this.#bytes += command.length
    this.#waiting.push({ command, answer, deadlineAt })
  }

  /** Before all that waits. The node's own, so it is never too much. */
  addFirst(command: Uint8Array, answer: Answer, deadlineAt: number): void {
    this.#bytes += command.length
    this.#waiting.unshift({ command, answer, deadlineAt })
  }

  /** The proposals to send now, in order: about `limitBytes`, at least one if there is one. */
  takeUnsent(limitBytes: number): ReadonlyArray<Uint8Array> {
    const unsent: Array<Uint8Array> = []
    let bytes = 0
    while (this.hasUnsent && bytes < limitBytes) {
      if (this.#cursor === this.#nextSequence) this.#number()
      const write = this.#sent.get(this.#cursor)
      if (write === undefined) break
      unsent.push(write.proposal)
      bytes += write.proposal.length
      this.#cursor += 1
    }
    return unsent
  }

  /** Gives the oldest waiting write its place in the session. */
  #number(): void {
    const write = this.#waiting.shift()
    if (write === undefined) return
    const { answer, command, deadlineAt } = write
    const sequence = this.#nextSequence++
    const proposal = Proposal.encode({ ...this.#session, sequence, command })
    this.#sent.add(sequence, { sequence, proposal, answer, deadlineAt, bytes: command.length })
  }

  /** What was sent from `sequence` on has not arrived, or may not have. */
  resendFrom(sequence: number): void {
    this.#cursor = Math.max(this.#first, Math.min(this.#cursor, sequence))
  }

  resendAll(): void {
    this.resendFrom(0)
  }

  /** The command numbered `sequence` was applied here, at `index`, by whichever of its copies. */
  applied(sequence: number, index: number, answer: Uint8Array): void {
    const write = sequence === this.#first ? this.#sent.take(sequence) : undefined
    if (write === undefined) {
      // The session lets numbers through in order, and nobody else uses this session.
      throw new Error(`applied write ${sequence}, expected ${this.#first}`)
    }
    this.#first += 1
    this.#cursor = Math.max(this.#cursor, this.#first)
    this.#bytes -= write.bytes
    write.answer?.({ _tag: "Done", answer, index })
  }

  /**
   * A snapshot took the place of the entries with all up to `sequence`: they were applied, and what
   * they were answered is not known here.
   */
  covered(sequence: number): void {
    while (this.#first <= sequence) {
      const write = this.#sent.take(this.#first)
      if (write === undefined) return
      this.#first += 1
      this.#bytes -= write.bytes
      write.answer?.({ _tag: "UnknownOutcome" })
    }
    this.#cursor = Math.max(this.#cursor, this.#first)
  }

  /** Answers every write whose deadline has passed. */
  expire(now: number): void {
    while ((this.#waiting[0]?.deadlineAt ?? Infinity) <= now) {
      this.#refuse(this.#waiting.shift(), "NoLeader")
    }
    for (const write of this.#sent.values()) {
      if (write.deadlineAt > now) break
      this.#abandon(write)
    }
  }

  /** The node stops: everybody gets the answer that is true now. */
  close(): void {
    for (const write of this.#waiting) this.#refuse(write, "Stopping")
    this.#waiting = []
    for (const write of this.#sent.values()) this.#abandon(write)
  }

  #refuse(write: Waiting | undefined, reason: "NoLeader" | "Stopping"): void {
    if (write === undefined) return
    this.#bytes -= write.command.length
    write.answer({ _tag: "Refused", reason })
  }

  #abandon(write: Sent): void {
    const { answer, sequence } = write
    if (answer === undefined) return
    write.answer = undefined
    write.proposal = Proposal.encode({ ...this.#session, sequence, command: undefined })
    answer({ _tag: "UnknownOutcome" })
  }
}

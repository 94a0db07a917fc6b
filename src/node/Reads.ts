/**
 * The reads of this node's own clients. Reads of one mode that arrive in one turn share one ref of
 * the core, and so one round of the leader; stale ones need neither. A read has no effect, so one
 * that was refused is simply asked again, until its deadline.
 */
import type { Ref } from "../raft/Event.js"
import type { ReadMode, ReadOutcome } from "./Node.js"

/** Reads without an answer, beyond which a node refuses more. */
export const PENDING_READS = 65_536

export type Answer = (outcome: ReadOutcome) => void

/** Those for which the core is asked. */
type AskedMode = Exclude<ReadMode, "stale">

interface PendingRead {
  readonly answer: Answer
  readonly mode: AskedMode
  /** In ticks. */
  readonly deadlineAt: number
}

const readable: ReadOutcome = { _tag: "Readable" }
const noLeader: ReadOutcome = { _tag: "Refused", reason: "NoLeader" }
const overloaded: ReadOutcome = { _tag: "Refused", reason: "Overloaded" }
const stopping: ReadOutcome = { _tag: "Refused", reason: "Stopping" }

export class Reads {
  #waiting: Array<PendingRead> = []
  readonly #asked = new Map<Ref, ReadonlyArray<PendingRead>>()
  #pending = 0

  get pending(): number {
    return this.#pending
  }

  hasWaiting(of: AskedMode): boolean {
    return this.#waiting.some(({ mode }) => mode === of)
  }

  add(answer: Answer, deadlineAt: number, mode: ReadMode = "linearizable"): void {
    if (mode === "stale") return answer(readable)
    if (this.#pending >= PENDING_READS) return answer(overloaded)
    this.#pending += 1
    this.#waiting.push({ answer, mode, deadlineAt })
  }

  /** Everything of this mode that waits is asked for as `ref`. */
  ask(ref: Ref, of: AskedMode): void {
    const rest = this.#waiting.filter(({ mode }) => mode !== of)
    const asked = rest.length === 0
      ? this.#waiting
      : this.#waiting.filter(({ mode }) => mode === of)
    this.#asked.set(ref, asked)
    this.#waiting = rest
  }

  /** The state machine may be read now. */
  confirmed(ref: Ref): void {
    const reads = this.#take(ref)
    this.#pending -= reads.length
    for (const { answer } of reads) answer(readable)
  }

  /** Nothing was read: back to the queue, before those that came later. */
  refused(ref: Ref): void {
    this.#waiting = [...this.#take(ref), ...this.#waiting]
  }

  /**
   * Refuses every read whose deadline has passed. One that the core works on comes back by itself.
   */
  expire(now: number): void {
    const late = this.#waiting.filter(({ deadlineAt }) => deadlineAt <= now)
    if (late.length === 0) return
    this.#waiting = this.#waiting.filter(({ deadlineAt }) => deadlineAt > now)
    this.#pending -= late.length
    for (const { answer } of late) answer(noLeader)
  }

  /** The node stops. */
  close(): void {
    const all = [...this.#waiting, ...[...this.#asked.values()].flat()]
    this.#waiting = []
    this.#asked.clear()
    this.#pending = 0
    for (const { answer } of all) answer(stopping)
  }

  #take(ref: Ref): ReadonlyArray<PendingRead> {
    const reads = this.#asked.get(ref) ?? []
    this.#asked.delete(ref)
    return reads
  }
}

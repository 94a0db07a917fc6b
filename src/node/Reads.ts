/**
 * The reads of this node's own clients. Reads of one mode that arrive in one turn share one ref of
 * the core, and so one round of the leader; stale ones need neither. A read has no effect, so one
 * that was refused is simply asked again, until its deadline.
 */
import type { Ref } from "../raft/Event.js"
import type { ReadMode, ReadOutcome } from "./Node.js"
import { Numbered } from "./Numbered.js"

/** Reads without an answer, beyond which a node refuses more. */
export const PENDING_READS = 65_536

/**
 * Questions to the core without an answer, beyond which new reads wait: a node whose disk hangs has
 * them all granted and can serve none.
 */
export const ASKED_REFS = 1_024

export type Answer = (outcome: ReadOutcome) => void

/** Those for which the core is asked. */
type AskedMode = Exclude<ReadMode, "stale">

interface PendingRead {
  readonly answer: Answer
  readonly mode: AskedMode
  /** In ticks. */
  readonly deadlineAt: number
}

/** One question to the core. */
interface Asked {
  reads: ReadonlyArray<PendingRead>
}

const readable: ReadOutcome = { _tag: "Readable" }
const noLeader: ReadOutcome = { _tag: "Refused", reason: "NoLeader" }
const behind: ReadOutcome = { _tag: "Refused", reason: "Behind" }
const overloaded: ReadOutcome = { _tag: "Refused", reason: "Overloaded" }
const stopping: ReadOutcome = { _tag: "Refused", reason: "Stopping" }

export class Reads {
  #waiting: Array<PendingRead> = []
  readonly #asked = new Numbered<Asked>()
  #pending = 0

  get pending(): number {
    return this.#pending
  }

  /** Refs that the core has neither confirmed nor refused. */
  get questions(): number {
    return this.#asked.size
  }

  /** Whether there is something of this mode to ask for, and room for the question. */
  canAsk(of: AskedMode): boolean {
    return this.#asked.size < ASKED_REFS && this.#waiting.some(({ mode }) => mode === of)
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
    const reads = rest.length === 0
      ? this.#waiting
      : this.#waiting.filter(({ mode }) => mode === of)
    this.#asked.add(ref, { reads })
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
   * Refuses every read whose deadline has passed. What the core is asked for may be granted long
   * before this node has applied as much: a disk that hangs, or a cut in between, takes its time.
   */
  expire(now: number): void {
    const late = this.#waiting.filter(({ deadlineAt }) => deadlineAt <= now)
    if (late.length > 0) this.#waiting = this.#waiting.filter(({ deadlineAt }) => deadlineAt > now)
    this.#refuse(late, this.#asked.size < ASKED_REFS ? noLeader : behind)
    for (const asked of this.#asked.values()) {
      const late = asked.reads.filter(({ deadlineAt }) => deadlineAt <= now)
      if (late.length === 0) continue
      asked.reads = asked.reads.filter(({ deadlineAt }) => deadlineAt > now)
      this.#refuse(late, behind)
    }
  }

  /** The node stops. */
  close(): void {
    const all = [...this.#waiting, ...[...this.#asked.values()].flatMap(({ reads }) => reads)]
    this.#waiting = []
    this.#asked.clear()
    this.#pending = 0
    for (const { answer } of all) answer(stopping)
  }

  #refuse(reads: ReadonlyArray<PendingRead>, outcome: ReadOutcome): void {
    this.#pending -= reads.length
    for (const { answer } of reads) answer(outcome)
  }

  #take(ref: Ref): ReadonlyArray<PendingRead> {
    return this.#asked.take(ref)?.reads ?? []
  }
}

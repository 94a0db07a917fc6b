/**
 * Simulated time: what is still to happen, in the order of its instants. It is the only clock there
 * is; whatever takes time puts an event here and is called when the event comes.
 */
import type { Chooser } from "./Chooser.js"

/** Of events that belong to no node: faults and clients. */
export const NOBODY = -1

export interface Timer {
  readonly atMicros: number
  /** The node it happens to, or `NOBODY`. */
  readonly owner: number
  /** For the trace, in a word or two. */
  readonly why: string
  readonly run: () => void
  /** Order among those of one instant: first come, first served. */
  readonly sequence: number
  isCancelled: boolean
}

/** Events among which one choice is made at most. */
const CANDIDATES_LIMIT = 8

export interface Options {
  readonly granularityMicros: number
  readonly windowMicros: number
}

export class Timeline {
  readonly #heap: Array<Timer> = []
  readonly #options: Options
  readonly #chooser: Chooser
  #nowMicros = 0
  #sequence = 0

  constructor(options: Options, chooser: Chooser) {
    this.#options = options
    this.#chooser = chooser
  }

  get nowMicros(): number {
    return this.#nowMicros
  }

  /** An instant that has passed is now. Never calls `run` before it returns. */
  at(atMicros: number, owner: number, why: string, run: () => void): Timer {
    const { granularityMicros } = this.#options
    const instant = granularityMicros <= 1
      ? atMicros
      : Math.ceil(atMicros / granularityMicros) * granularityMicros
    const sequence = this.#sequence++
    const timer: Timer = {
      atMicros: Math.max(this.#nowMicros, instant),
      owner,
      why,
      run,
      sequence,
      isCancelled: false
    }
    this.#push(timer)
    return timer
  }

  after(micros: number, owner: number, why: string, run: () => void): Timer {
    return this.at(this.#nowMicros + micros, owner, why, run)
  }

  /** The event that comes next; time moves on to it. Undefined when nothing is left to come. */
  next(): Timer | undefined {
    const first = this.#pop()
    if (first === undefined) return undefined
    const chosen = this.#choose(first)
    this.#nowMicros = Math.max(this.#nowMicros, chosen.atMicros)
    return chosen
  }

  /** Of those that come at nearly the same instant, any may be the first. */
  #choose(first: Timer): Timer {
    const until = first.atMicros + this.#options.windowMicros
    if ((this.#heap[0]?.atMicros ?? Infinity) > until) return first
    const candidates = [first]
    while (candidates.length < CANDIDATES_LIMIT) {
      if ((this.#heap[0]?.atMicros ?? Infinity) > until) break
      const timer = this.#pop()
      if (timer === undefined) break
      candidates.push(timer)
    }
    const keys = candidates.map(({ owner }) => owner)
    const [chosen] = candidates.splice(this.#chooser.pick("event", candidates.length, keys), 1)
    for (const other of candidates) this.#push(other)
    return chosen!
  }

  #push(timer: Timer): void {
    const heap = this.#heap
    let at = heap.push(timer) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(timer, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = timer
  }

  /** The first that still counts. */
  #pop(): Timer | undefined {
    while (true) {
      const first = this.#popAny()
      if (first === undefined || !first.isCancelled) return first
    }
  }

  #popAny(): Timer | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    while (true) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1
      if (!isBefore(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }
}

const isBefore = (one: Timer, other: Timer): boolean =>
  one.atMicros < other.atMicros ||
  (one.atMicros === other.atMicros && one.sequence < other.sequence)

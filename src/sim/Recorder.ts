/**
 * What is kept of a run while it runs: a rolling hash of everything that happened, which proves
 * that two runs are the same, and on demand the events themselves.
 */
import type { Checkpoint } from "./Report.js"
import type { TraceEvent } from "./Trace.js"

/** Events between two checkpoints. */
export const CHECKPOINT_EVENTS = 1_024

/** Which events to keep, by how many had happened before. */
export interface Range {
  readonly from: number
  readonly to: number
}

type WithoutBase<Event> = Event extends unknown ? Omit<Event, "number" | "atMicros"> : never

export type Happening = WithoutBase<TraceEvent>

export class Recorder {
  readonly #range: Range | undefined
  readonly #trace: Array<TraceEvent> = []
  readonly #checkpoints: Array<Checkpoint> = []
  #low = 0x811c9dc5
  #high = 0x9dc5811c
  #events = 0

  constructor(range: Range | undefined) {
    this.#range = range
  }

  get events(): number {
    return this.#events
  }

  get trace(): ReadonlyArray<TraceEvent> {
    return this.#trace
  }

  get checkpoints(): ReadonlyArray<Checkpoint> {
    return this.#checkpoints
  }

  /** 16 hex digits. */
  get hash(): string {
    return hex(this.#high) + hex(this.#low)
  }

  /** An event begins. */
  begin(atMicros: number, owner: number): void {
    this.mix(Math.floor(atMicros / 0x1_0000_0000))
    this.mix(atMicros)
    this.mix(owner)
  }

  /** It has ended. */
  end(): void {
    this.#events += 1
    if (this.#events % CHECKPOINT_EVENTS === 0) {
      this.#checkpoints.push({ event: this.#events, hash: this.hash })
    }
  }

  /** Two 32-bit FNV-1a hashes with different multipliers, side by side, a word at a time. */
  mix(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x01000193)
    this.#low ^= this.#low >>> 15
    this.#high = Math.imul(this.#high ^ word, 0x85ebca6b)
    this.#high ^= this.#high >>> 13
  }

  mixBytes(bytes: Uint8Array): void {
    this.mix(bytes.length)
    let word = 0
    for (let at = 0; at < bytes.length; at++) {
      word = (word << 8) | bytes[at]!
      if ((at & 3) === 3) this.mix(word)
    }
    this.mix(word)
  }

  /** Whether `add` keeps what happens now: callers build no texts otherwise. */
  get isRecording(): boolean {
    const range = this.#range
    return range !== undefined && this.#events >= range.from && this.#events < range.to
  }

  add(atMicros: number, happening: Happening): void {
    if (!this.isRecording) return
    this.#trace.push({ ...happening, number: this.#trace.length + 1, atMicros } as TraceEvent)
  }
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0")

/**
 * The time of the log: whoever leads tells the state machine, as a write of its own, what time it
 * is by its clock (thesis 6.3 has sessions expire so). It does before the commands that it
 * proposes, which thus apply at about the time at which they came, and when the machine has
 * something due although nothing arrives. Where commands come in a stream it does so now and then:
 * the log would otherwise hold as many times as batches.
 *
 * The clock of a leader may be wrong, and that of the next leader behind it: a machine takes only a
 * later time than it knows.
 */
import type { LogClock } from "../service/StateMachine.js"
import { TICK_MILLIS } from "./Ticker.js"

/** By so much the log may be behind the clock while commands arrive, if nothing is due. */
export const GRAIN_MILLIS = 10

export class LogTime {
  readonly #clock: LogClock | undefined
  /** The wall clock. */
  readonly #now: () => number
  /** The latest that this node has told. */
  #toldMillis = -Infinity
  #isTelling = false

  constructor(clock: LogClock | undefined, now: () => number) {
    this.#clock = clock
    this.#now = now
  }

  /** To be told first, if there is anything to tell. `told` is to be called with its fate. */
  next(hasCommands: boolean): Uint8Array | undefined {
    if (this.#clock === undefined) return undefined
    const now = this.#now()
    const isDue = !this.#isTelling && this.#clock.dueMillis() <= now
    const isStale = hasCommands && now >= this.#toldMillis + GRAIN_MILLIS
    if (now <= this.#toldMillis || (!isStale && !isDue)) return undefined
    const command = this.#clock.tell(now)
    if (command === undefined) return undefined
    this.#toldMillis = now
    this.#isTelling = true
    return command
  }

  readonly told = (): void => {
    this.#isTelling = false
  }

  /** For whoever leads. */
  get ticksUntilDue(): number {
    if (this.#clock === undefined || this.#isTelling) return Infinity
    const millis = this.#clock.dueMillis() - this.#now()
    return millis === Infinity ? Infinity : Math.max(1, Math.ceil(millis / TICK_MILLIS))
  }
}

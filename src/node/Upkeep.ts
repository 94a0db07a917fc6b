/**
 * What whoever leads tells the state machine, by writes of its own before the commands that it
 * proposes, because a log cannot know it: what time it is by its clock (thesis 6.3 has sessions
 * expire so), and whatever else the machine has to be told. Commands thus apply at about the time
 * at which they came, or by as much later as a commit takes. If something is due, it is told
 * although nothing arrives. Where commands come in a stream it is told now and then: the log would
 * otherwise hold as many times as batches.
 *
 * The clock of a leader may be wrong, and that of the next leader behind it: a machine takes only a
 * later time than it knows.
 */
import type { Chore } from "../service/StateMachine.js"
import { TICK_MILLIS } from "./Ticker.js"

/** A command to be proposed first; `told` is to be called once with its fate. */
export interface Telling {
  readonly command: Uint8Array
  readonly told: () => void
}

interface Kept {
  readonly chore: Chore
  /** When this node last told something, by its clock. */
  toldMillis: number
  /** What was told is on its way. */
  isPending: boolean
}

export class Upkeep {
  readonly #all: ReadonlyArray<Kept>
  /** The wall clock. */
  readonly #now: () => number

  constructor(chores: ReadonlyArray<Chore>, now: () => number) {
    this.#all = chores.map((chore) => ({ chore, toldMillis: -Infinity, isPending: false }))
    this.#now = now
  }

  /** What is to be told first, if there is anything to tell. */
  next(hasCommands: boolean): ReadonlyArray<Telling> {
    if (this.#all.length === 0) return []
    const now = this.#now()
    return this.#all.flatMap((kept) => this.#tell(kept, now, hasCommands) ?? [])
  }

  #tell(kept: Kept, now: number, hasCommands: boolean): Telling | undefined {
    const { chore, isPending, toldMillis } = kept
    const isDue = chore.dueMillis() <= now
    const isStale = hasCommands && now >= toldMillis + chore.grainMillis
    // What is told again and again would leave no room in the log for what it is told before.
    if (isPending || (!isStale && !isDue)) return undefined
    const command = chore.tell(now)
    if (command === undefined) return undefined
    kept.toldMillis = now
    kept.isPending = true
    return { command, told: () => void (kept.isPending = false) }
  }

  /** For whoever leads. */
  get ticksUntilDue(): number {
    const idle = this.#all.filter(({ isPending }) => !isPending)
    const millis = Math.min(...idle.map(({ chore }) => chore.dueMillis())) - this.#now()
    return millis === Infinity ? Infinity : Math.max(1, Math.ceil(millis / TICK_MILLIS))
  }
}

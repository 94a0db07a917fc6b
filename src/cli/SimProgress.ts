/**
 * How far a soak is, on the error stream: on a terminal a bar that is rewritten in place, elsewhere
 * a line now and then, so that a log file stays short.
 */
import { Duration, Effect } from "effect"
import type { Scope } from "effect"
import * as SimText from "./SimText.js"

/** What there is of a stream; `process.stderr` is one. */
export interface Terminal {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly write: (text: string) => unknown
}

export interface Position {
  readonly seeds: number
  readonly failed: number
  readonly simulatedMicros: number
  readonly elapsedMillis: number
  /** How much of it is done, from 0 to 1. */
  readonly fraction: number
  /** What `fraction` counts: `37/100` or `2 of 10 min`. */
  readonly text: string
}

const REDRAW = Duration.millis(100)
const LINE = Duration.seconds(10)
/** What is over by then needs no line. */
const FIRST_LINE = Duration.seconds(1)
const DEFAULT_COLUMNS = 80
/** A shorter bar shows nothing, and is left out. */
const BAR_COLUMNS_MIN = 10
const BAR_COLUMNS_MAX = 40
/** To the first column, and nothing on the line. */
const ERASE = "\r\x1b[2K"

const perSecond = ({ elapsedMillis, seeds }: Position): string => {
  const rate = elapsedMillis === 0 ? 0 : 1_000 * seeds / elapsedMillis
  return `${rate < 10 ? rate.toFixed(1) : Math.round(rate)} seeds/s`
}

export const line = (position: Position): string =>
  [
    position.text,
    `${position.failed} failed`,
    perSecond(position),
    SimText.speed(position.simulatedMicros, position.elapsedMillis)
  ].join("  ")

/** One line of at most `columns`. */
export const bar = (position: Position, columns: number): string => {
  const text = line(position)
  const inside = Math.min(columns - text.length - "[] ".length, BAR_COLUMNS_MAX)
  if (inside < BAR_COLUMNS_MIN) return text.slice(0, columns)
  const done = Math.floor(inside * Math.min(1, position.fraction))
  return `[${"#".repeat(done)}${"-".repeat(inside - done)}] ${text}`
}

export interface Progress {
  /** Makes room for something else to be printed. */
  readonly erase: Effect.Effect<void>
}

/** A word on a terminal that replaces itself. */
export const status = (terminal: Terminal) => ({
  show: (text: string): void => {
    if (terminal.isTTY === true) terminal.write(`${ERASE}${text}`)
  },
  erase: Effect.sync(() => {
    if (terminal.isTTY === true) terminal.write(ERASE)
  })
})

/** Shows `position` until the scope closes. */
export const follow = (
  terminal: Terminal,
  position: Effect.Effect<Position>
): Effect.Effect<Progress, never, Scope.Scope> =>
  Effect.gen(function*() {
    const isTerminal = terminal.isTTY === true
    const { erase, show: rewrite } = status(terminal)
    // A full last column would make some terminals begin a new line.
    const draw = Effect.map(position, (at) =>
      rewrite(bar(at, (terminal.columns ?? DEFAULT_COLUMNS) - 1)))
    const print = Effect.map(position, (at) =>
      void terminal.write(`${line(at)}\n`))
    yield* Effect.addFinalizer(() => erase)
    const show = isTerminal
      ? Effect.forever(Effect.zipRight(draw, Effect.sleep(REDRAW)))
      : Effect.delay(Effect.forever(Effect.zipRight(print, Effect.sleep(LINE))), FIRST_LINE)
    yield* Effect.forkScoped(show)
    return { erase }
  })

/**
 * The words and figures of `raftcache sim`.
 */
import type { Summary } from "./SimSeed.js"
import * as SimTally from "./SimTally.js"

/** With thousands apart. */
export const count = (value: number): string => value.toLocaleString("en-US")

const SECOND_MICROS = 1_000_000
const HOUR_SECONDS = 3_600

/** `0 us`, `250 us`, `1.5 ms`, `12.345 s`. */
export const micros = (value: number): string => {
  if (value < 1_000) return `${value} us`
  if (value < SECOND_MICROS) return `${value / 1_000} ms`
  return `${value / SECOND_MICROS} s`
}

/** For people: `12.3 s`, `4 min 5 s`, `3 h 25 min`. */
export const duration = (millis: number): string => {
  const seconds = millis / 1_000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const whole = Math.floor(seconds)
  return whole < HOUR_SECONDS
    ? `${Math.floor(whole / 60)} min ${whole % 60} s`
    : `${count(Math.floor(whole / HOUR_SECONDS))} h ${Math.floor(whole % HOUR_SECONDS / 60)} min`
}

/** How much faster than the world the simulated one runs. */
export const speed = (simulatedMicros: number, wallMillis: number): string =>
  `${count(Math.round(simulatedMicros / 1_000 / Math.max(1, wallMillis)))}x real time`

/** Of a summary with a violation. A defect has no time of its own. */
export const failure = ({ seed, violation }: Summary): string => {
  const { atMicros, event, message, oracle } = violation!
  const where = event === 0 ? "" : ` at ${atMicros / SECOND_MICROS} s, event ${count(event)}`
  return `seed ${seed} failed: ${oracle}${where}: ${message}`
}

/** The same for programs. */
export const failureJson = (summary: Summary, command: string): object => {
  const { atMicros, event, message, oracle } = summary.violation!
  const { events, seed, traceHash } = summary
  const atMs = Math.floor(atMicros / 1_000)
  return { seed, oracle, message, atMs, event, events, traceHash, command }
}

/** `1 seed`, `1,000 seeds`. */
export const plural = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? "" : "s"}`

/** Two columns. */
const table = (rows: ReadonlyArray<readonly [string, string]>): ReadonlyArray<string> => {
  const [left, right] = [0, 1].map((side) => Math.max(0, ...rows.map((row) => row[side]!.length)))
  return rows.map(([name, value]) => `    ${name.padEnd(left!)}  ${value.padStart(right!)}`)
}

/** What people get instead of `--json`. */
export const summary = (
  tally: SimTally.Tally,
  wallMillis: number,
  required: ReadonlyArray<string>
): string => {
  const { ackedWrites, events, failed, seeds, simulatedMicros } = tally
  const never = SimTally.missing(tally, required)
  const marks = SimTally.marks(tally).map(([mark, times]) => [mark, count(times)] as const)
  return [
    `${plural(seeds, "seed")}, ${failed === 0 ? "none" : count(failed)} failed, in ` +
    duration(wallMillis),
    `  simulated  ${duration(simulatedMicros / 1_000)} (${speed(simulatedMicros, wallMillis)})`,
    `  happened   ${plural(events, "event")}, ${plural(ackedWrites, "acknowledged write")}`,
    `  trace hash ${SimTally.traceHash(tally)}`,
    ...(marks.length === 0 ? [] : ["  marks", ...table(marks)]),
    ...(never.length === 0 ? [] : ["  never", ...never.map((mark) => `    ${mark}`)])
  ].join("\n")
}

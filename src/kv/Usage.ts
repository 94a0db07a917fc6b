/**
 * How a key was used, in one small number, as Redis keeps it: when it was last used, or, where the
 * frequency counts, a counter of few bits that grows ever more slowly and decays, and when it last
 * did. Each node counts what it carries out itself, so replicas differ in it: no command's effect
 * may depend on it.
 * https://redis.io/docs/latest/develop/reference/eviction
 */
import type { Draw } from "./Chance.js"
import type { Order } from "./Memory.js"

/** Of seconds, what stays small for the engine. It begins again every 34 years. */
const SECONDS_MASK = 2 ** 30 - 1

/** The counter's bits are the low ones; the minute of its last decay is above. */
const COUNTER_BITS = 8
const COUNTER_MASK = 2 ** COUNTER_BITS - 1
const MINUTES_MASK = 2 ** 16 - 1

/** A new key has some, so that it is not the first to go (Redis's numbers, as are the next). */
const COUNTER_FIRST = 5

/** The next of so many uses counts, times what is counted already. */
const LOG_FACTOR = 10

const secondsOf = (millis: number): number => Math.floor(millis / 1_000) & SECONDS_MASK

const minutesOf = (millis: number): number => Math.floor(millis / 60_000) & MINUTES_MASK

const counted = (counter: number, nowMillis: number): number =>
  minutesOf(nowMillis) << COUNTER_BITS | counter

/** Of a key that is new. */
export const first = (order: Order | undefined, nowMillis: number): number =>
  order === "frequency" ? counted(COUNTER_FIRST, nowMillis) : secondsOf(nowMillis)

/** Of one that is used once more. */
export const next = (
  usage: number,
  order: Order | undefined,
  nowMillis: number,
  draw: Draw
): number => {
  if (order !== "frequency") return secondsOf(nowMillis)
  const counter = frequency(usage, nowMillis)
  const arity = Math.max(0, counter - COUNTER_FIRST) * LOG_FACTOR + 1
  const grows = counter < COUNTER_MASK && (arity === 1 || draw(arity) === 0)
  return counted(grows ? counter + 1 : counter, nowMillis)
}

/** For how long it was not used. */
export const idleSeconds = (usage: number, nowMillis: number): number =>
  (secondsOf(nowMillis) - usage) & SECONDS_MASK

/** The counter, less one for each minute that has passed. */
export const frequency = (usage: number, nowMillis: number): number => {
  const minutes = (minutesOf(nowMillis) - (usage >> COUNTER_BITS)) & MINUTES_MASK
  return Math.max(0, (usage & COUNTER_MASK) - minutes)
}

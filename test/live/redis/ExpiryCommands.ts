/**
 * Requests that concern the moments at which keys expire. None of these moments is near: what is
 * drawn has passed long ago or is a day or more away, so that no reply depends on when it is given.
 */
import { FastCheck as fc } from "effect"
import { anyKey as key, maybe, options, phrase, texts } from "./Grammar.js"
import type { Family, Phrase } from "./Grammar.js"

const DAY_SECONDS = 86_400

/** In the year 2100. No moment that is given and to come is before it, and no duration reaches it. */
export const FIRST_MOMENT_SECONDS = 4_102_444_800

/**
 * Hardly ever the same twice, and never made so by shrinking: of two equal durations, which one
 * ends later depends on the clock.
 */
const duration = fc.noShrink(
  fc.noBias(fc.integer({ min: DAY_SECONDS, max: 20_000 * DAY_SECONDS }))
)

/** Always to come. */
export const secondsAhead = duration.map(String)

const moment = fc.constantFrom(
  FIRST_MOMENT_SECONDS,
  FIRST_MOMENT_SECONDS + 1,
  2 * FIRST_MOMENT_SECONDS
)

/** What no duration and no moment can be, in seconds or in milliseconds. */
const wrong = texts("x", "", "1.5", " 1", "9223372036854775807", "-9223372036854775808")

const mostly = (right: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ arbitrary: right, weight: 5 }, wrong, texts("0", "-1"))

/** Positive, or refused by whatever must set a moment that is to come. */
export const seconds = mostly(secondsAhead)
export const millis = mostly(duration.map((each) => String(1000 * each + 1)))
const momentSeconds = mostly(moment.map(String))
const momentMillis = mostly(moment.map((each) => String(1000 * each + 1)))

/**
 * As SET and GETEX take them. None that has passed: of a key that SET lets expire at once, Redis
 * goes on to count that it is there until somebody looks.
 */
export const settings: ReadonlyArray<Phrase> = [
  phrase("EX", seconds),
  phrase("PX", millis),
  phrase("EXAT", momentSeconds),
  phrase("PXAT", momentMillis),
  phrase("KEEPTTL")
]

const past = texts("1", "1000000000", "-5")

const conditions = maybe(
  phrase("NX"),
  phrase("XX"),
  phrase("GT"),
  phrase("LT"),
  options(phrase("NX"), phrase("XX"), phrase("GT"), phrase("LT"))
)

const orPast = (moment: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ arbitrary: moment, weight: 4 }, past)

export const commands: Family = () => ({
  expire: phrase("EXPIRE", key, seconds, conditions),
  pexpire: phrase("PEXPIRE", key, millis, conditions),
  expireat: phrase("EXPIREAT", key, orPast(momentSeconds), conditions),
  pexpireat: phrase("PEXPIREAT", key, orPast(momentMillis), conditions),
  ttl: phrase("TTL", key),
  pttl: phrase("PTTL", key),
  expiretime: phrase("EXPIRETIME", key),
  pexpiretime: phrase("PEXPIRETIME", key),
  persist: phrase("PERSIST", key)
})

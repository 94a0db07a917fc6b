/**
 * Times in the words of requests: seconds or milliseconds, from the log's time on or since 1970, to
 * the moment that is meant.
 */
import type { Words } from "./Command.js"
import { matches, NOT_AN_INTEGER, SYNTAX_ERROR } from "./DataCommand.js"
import * as Integer from "./Integer.js"

export type Unit = "ex" | "px" | "exat" | "pxat"

const UNITS: ReadonlyArray<Unit> = ["ex", "px", "exat", "pxat"]

/** What the options of a command say about time: nothing, if undefined. */
export type Option =
  | { readonly _tag: "Due"; readonly unit: Unit; readonly word: Uint8Array }
  | { readonly _tag: "Keep" }
  | { readonly _tag: "Persist" }

/**
 * The option at `words[at]`, if it is one about time that may follow `before`; `SYNTAX_ERROR` if it
 * is one that may not; undefined if it is none. Of the same one the last counts.
 */
export const option = (
  words: Words,
  at: number,
  before: Option | undefined,
  flag: "keepttl" | "persist"
): Option | typeof SYNTAX_ERROR | undefined => {
  if (matches(words[at]!, flag)) {
    const tag = flag === "keepttl" ? "Keep" : "Persist"
    return before === undefined || before._tag === tag ? { _tag: tag } : SYNTAX_ERROR
  }
  const unit = UNITS.find((each) => matches(words[at]!, each))
  if (unit === undefined) return undefined
  const word = words[at + 1]
  const mayFollow = before === undefined || (before._tag === "Due" && before.unit === unit)
  return word === undefined || !mayFollow ? SYNTAX_ERROR : { _tag: "Due", unit, word }
}

/**
 * The moment that is meant, in milliseconds since 1970, or the error to answer: it must be later
 * than that.
 */
export const momentOf = (
  { unit, word }: Extract<Option, { readonly _tag: "Due" }>,
  nowMillis: number,
  command: string
): number | string => {
  const value = Integer.parse(word)
  if (value === undefined) return NOT_AN_INTEGER
  const unitMillis = unit === "ex" || unit === "exat" ? SECOND_MILLIS : 1
  const isRelative = unit === "ex" || unit === "px"
  const moment = value > 0 ? after(value, unitMillis, isRelative ? nowMillis : 0) : undefined
  return moment ?? invalid(command)
}

export const SECOND_MILLIS = 1_000

/**
 * So many units after `fromMillis`; undefined if that has no 64 bits, as Redis has it. Moments
 * after the year 287,000 are one and the same, and so are those as long before 1970.
 */
export const after = (
  value: Integer.Integer,
  unitMillis: number,
  fromMillis: number
): number | undefined => {
  const moment = BigInt(value) * BigInt(unitMillis) + BigInt(fromMillis)
  if (BigInt.asIntN(64, moment) !== moment) return undefined
  return Math.max(-MOMENT_LIMIT, Math.min(MOMENT_LIMIT, Number(moment)))
}

const MOMENT_LIMIT = Number.MAX_SAFE_INTEGER

export const invalid = (command: string): string =>
  `ERR invalid expire time in '${command}' command`

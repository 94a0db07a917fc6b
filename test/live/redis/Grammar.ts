/**
 * The words from which requests are drawn: few keys, so that commands meet and types collide, and
 * numbers and texts at the edges of what Redis takes. Each command is described as it is meant;
 * what makes it wrong is done to all alike (`spoilt`).
 */
import { FastCheck as fc } from "effect"
import type { Words } from "./Conversation.js"

export type Phrase = fc.Arbitrary<Words>

/** Whether the server has a command; a subcommand is named as in "object|encoding". */
export type Has = (name: string) => boolean

/** Requests by the name of their command, in lower case, for a server that has these commands. */
export type Family = (has: Has) => Readonly<Record<string, Phrase>>

export const MAX = "9223372036854775807"
export const MIN = "-9223372036854775808"

/** No command is given more keys, pairs or options than this. */
const REPETITIONS_LIMIT = 3

export const texts = (...some: ReadonlyArray<string>): fc.Arbitrary<string> =>
  fc.constantFrom(...some)

const stringKeys = texts("a", "b", "c")
const hashKeys = texts("h", "i")
const otherKeys = texts("a", "h", "", "\u0000\u00ff\r\n", "absent")

/** A key, mostly one that holds what commands on strings expect. */
export const stringKey = fc.oneof({ arbitrary: stringKeys, weight: 5 }, otherKeys)

/** A key, mostly one that holds what commands on hashes expect. */
export const hashKey = fc.oneof({ arbitrary: hashKeys, weight: 5 }, otherKeys)

export const anyKey = fc.oneof(stringKeys, hashKeys, otherKeys)

export const field = texts("f", "g", "n", "", "\u00ff\n")

/** What stands for a whole number of 64 bits, mostly. */
export const integer = fc.oneof(
  { arbitrary: fc.integer({ min: -20, max: 20 }).map(String), weight: 4 },
  texts("0", "1", "-1", MAX, MIN, "9007199254740993", "4294967296"),
  texts("9223372036854775808", "-9223372036854775809", "01", "+1", " 1", "1.5", "-0", "x", "")
)

/** What stands for a number with a fraction, mostly. */
export const float = fc.oneof(
  fc.integer({ min: -2000, max: 2000 }).map((thousandths) => String(thousandths / 1000)),
  integer,
  texts("3.0e3", "1e-5", "-.5", "5.", "0.1", "1e17", "1e400", "inf", "-inf", "nan", "0x10", "1 ")
)

/** Of hashes: with longer results Redis no longer keeps their fields in order. */
export const shortFloat = float.filter((text) => text !== "1e400")

/** Of hashes, too. */
export const shortValue = fc.oneof(
  { arbitrary: integer, weight: 3 },
  float,
  fc.string({ maxLength: 8 }),
  texts("", "foobar", "\u0000\u00ff\r\n", "x".repeat(44), "x".repeat(45))
)

export const value = fc.oneof({ arbitrary: shortValue, weight: 6 }, texts("y".repeat(200)))

/** A place in a text, counted from either end. */
export const offset = fc.oneof(
  { arbitrary: fc.integer({ min: -12, max: 12 }).map(String), weight: 4 },
  integer
)

/** Anything that may be asked for by a pattern. */
export const pattern = texts(
  ..."* ? a* [a-c] [^a] [c-a] h?* \\a ** *b* [ab [] a\\ [\\a] f [a-] [^".split(" "),
  "",
  "\u0000*"
)

/** A name or an option as some write it. */
export const written = (name: string): fc.Arbitrary<string> =>
  fc.nat(5).map((way) => {
    if (way === 1) return name.toLowerCase()
    return way === 2 ? name[0]!.toUpperCase() + name.slice(1).toLowerCase() : name.toUpperCase()
  })

/** The parts in order; a text stands for itself, as some write it. */
export const phrase = (
  ...parts: ReadonlyArray<string | fc.Arbitrary<string> | Phrase>
): Phrase =>
  fc.tuple(
    ...parts.map((part): fc.Arbitrary<string | Words> =>
      typeof part === "string" ? written(part) : part
    )
  ).map((drawn) => drawn.flat())

/** Each of them, once or more often. */
export const some = (part: fc.Arbitrary<string> | Phrase): Phrase =>
  fc.array<string | Words>(part, { minLength: 1, maxLength: REPETITIONS_LIMIT })
    .map((drawn) => drawn.flat())

/** None, some or all of them in any order, also twice and together with what excludes them. */
export const options = (...each: ReadonlyArray<Phrase>): Phrase =>
  each.length === 0
    ? fc.constant([])
    : fc.array(fc.oneof(...each), { maxLength: REPETITIONS_LIMIT }).map((drawn) => drawn.flat())

/** At most one of them. */
export const maybe = (...each: ReadonlyArray<Phrase>): Phrase => fc.oneof(fc.constant([]), ...each)

/** No small number is among them: it could be a duration, and a key expire within the test. */
const misplaced = texts("", "x", "0", "-1", "1.5", "nx", "GET", MAX, MIN, "\u0000\u00ff\r\n")

/** The request, or in one case of ten what somebody made of it who did not read the manual. */
export const spoilt = (request: Phrase): Phrase =>
  fc.oneof(
    { arbitrary: request, weight: 9 },
    fc.tuple(request, fc.nat(), misplaced, fc.constantFrom("cut", "replace", "insert"))
      .map(([words, number, word, how]) => {
        const at = 1 + number % words.length
        if (how === "cut") return words.slice(0, at)
        return words.toSpliced(at, how === "replace" ? 1 : 0, word)
      })
  )

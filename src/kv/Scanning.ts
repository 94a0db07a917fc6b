/**
 * What SCAN and HSCAN share: the cursor, the options, the reply.
 * https://redis.io/docs/latest/commands/scan
 */
import type { Words } from "./Command.js"
import { matches, NOT_AN_INTEGER, SYNTAX_ERROR } from "./DataCommand.js"
import * as Integer from "./Integer.js"
import { PLACES } from "./Keyspace.js"
import * as Latin1 from "./Latin1.js"
import type { Reply } from "./Reply.js"

/** If the request says nothing else. */
const COUNT = 10

/** Looked at in one request, whatever it says: others have to have their turn. */
const COUNT_LIMIT = 10_000

export interface Options {
  readonly count: number
  readonly pattern: string | undefined
  readonly type: Uint8Array | undefined
}

/**
 * What the words from `at` on say, or the error to answer. `type` is an option of its own, if it is
 * one.
 */
export const options = (words: Words, at: number, type?: "type"): Options | string => {
  let count = COUNT
  let pattern: string | undefined
  let wanted: Uint8Array | undefined
  for (let next = at; next < words.length; next += 2) {
    const [name, value] = [words[next]!, words[next + 1]]
    if (value === undefined) return SYNTAX_ERROR
    if (matches(name, "count")) {
      const number = Integer.parse(value)
      if (number === undefined) return NOT_AN_INTEGER
      if (number < 1) return SYNTAX_ERROR
      count = Math.min(COUNT_LIMIT, Number(number))
    } else if (matches(name, "match")) pattern = Latin1.decode(value, 0, value.length)
    else if (type !== undefined && matches(name, type)) wanted = value
    else return SYNTAX_ERROR
  }
  return { count, pattern, type: wanted }
}

export const INVALID_CURSOR = "ERR invalid cursor"

/**
 * A place, of which one that no request was given is as good as any; undefined for what C's
 * `strtoul` does not read to its end, which to C is a zero. Beyond the last place nothing is to be
 * found.
 */
export const cursorOf = (word: Uint8Array): number | undefined => {
  const end = word.indexOf(0)
  const text = Latin1.decode(word, 0, end < 0 ? word.length : end)
  if (text === "") return 0
  if (!/^[+-]?\d{1,20}$/.test(text)) return undefined
  const value = BigInt(text.replace(/^[+-]/, ""))
  if (value >= 2n ** 64n) return undefined
  return Math.min(Number(text.startsWith("-") ? BigInt.asUintN(64, -value) : value), PLACES - 1)
}

export const reply = (reply: Reply, next: number, items: ReadonlyArray<string>): void => {
  reply.array(2)
  reply.text(String(next))
  reply.array(items.length)
  for (const item of items) reply.text(item)
}

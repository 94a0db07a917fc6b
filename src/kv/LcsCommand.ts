/**
 * LCS, the longest common subsequence of two strings: https://redis.io/docs/latest/commands/lcs. As
 * Redis 7.0 has it.
 */
import type { Words } from "./Command.js"
import {
  entriesOf,
  keyAt,
  lookForString,
  matches,
  NOT_AN_INTEGER,
  SYNTAX_ERROR,
  TWO_KEYS
} from "./DataCommand.js"
import type { DataCommand, Run } from "./DataCommand.js"
import * as Integer from "./Integer.js"
import type { Reply } from "./Reply.js"

/** What the table of all prefixes may have: it takes four bytes for each cell, and a turn. */
const CELLS_LIMIT = 4_000_000

const TOO_LONG = "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"
const NO_STRINGS = "ERR The specified keys must contain string values"
const CONTRADICTORY = "ERR If you want both the length and indexes, please just use IDX."

interface Options {
  readonly length: boolean
  readonly indexes: boolean
  readonly matchLengths: boolean
  readonly leastLength: number
}

const optionsOf = (words: Words): Options | string => {
  let [length, indexes, matchLengths, leastLength] = [false, false, false, 0]
  for (let at = 3; at < words.length; at++) {
    const word = words[at]!
    if (matches(word, "idx")) indexes = true
    else if (matches(word, "len")) length = true
    else if (matches(word, "withmatchlen")) matchLengths = true
    else if (matches(word, "minmatchlen") && at + 1 < words.length) {
      const number = Integer.parse(words[++at]!)
      if (number === undefined) return NOT_AN_INTEGER
      leastLength = Math.max(0, Number(number))
    } else return SYNTAX_ERROR
  }
  return length && indexes ? CONTRADICTORY : { length, indexes, matchLengths, leastLength }
}

/** A run that both have: where it ends in each, and how long it is. */
interface Match {
  readonly oneEnd: number
  readonly otherEnd: number
  length: number
}

/** The lengths for all prefixes: row by row, of the first by each length of the second. */
const tableOf = (one: Uint8Array, other: Uint8Array): Uint32Array => {
  const columns = other.length + 1
  const table = new Uint32Array((one.length + 1) * columns)
  for (let row = 1; row <= one.length; row++) {
    for (let column = 1; column <= other.length; column++) {
      const at = row * columns + column
      table[at] = one[row - 1] === other[column - 1]
        ? table[at - columns - 1]! + 1
        : Math.max(table[at - columns]!, table[at - 1]!)
    }
  }
  return table
}

/** From the end to the beginning, as Redis finds them. */
const trace = (one: Uint8Array, other: Uint8Array, table: Uint32Array) => {
  const columns = other.length + 1
  const common = new Uint8Array(table[table.length - 1]!)
  const found: Array<Match> = []
  let [row, column, left] = [one.length, other.length, common.length]
  let current: Match | undefined
  while (row > 0 && column > 0) {
    if (one[row - 1] === other[column - 1]) {
      common[--left] = one[row - 1]!
      const goesOn = current !== undefined && current.oneEnd - current.length === row - 1 &&
        current.otherEnd - current.length === column - 1
      if (goesOn) current!.length++
      else found.push(current = { oneEnd: row - 1, otherEnd: column - 1, length: 1 })
      row--
      column--
    } else if (table[(row - 1) * columns + column]! > table[row * columns + column - 1]!) row--
    else column--
  }
  return { common, found }
}

const replyMatches = (reply: Reply, found: ReadonlyArray<Match>, withLengths: boolean): void => {
  reply.array(found.length)
  for (const { length, oneEnd, otherEnd } of found) {
    reply.array(withLengths ? 3 : 2)
    for (const end of [oneEnd, otherEnd]) {
      reply.array(2)
      reply.integer(end - length + 1)
      reply.integer(end)
    }
    if (withLengths) reply.integer(length)
  }
}

const EMPTY = new Uint8Array(0)

const common: Run = (words, context) => {
  const { reply } = context
  const one = lookForString(context, keyAt(words, 1)) ?? EMPTY
  const other = lookForString(context, keyAt(words, 2)) ?? EMPTY
  if (typeof one === "string" || typeof other === "string") return reply.error(NO_STRINGS)
  const options = optionsOf(words)
  if (typeof options === "string") return reply.error(options)
  if ((one.length + 1) * (other.length + 1) > CELLS_LIMIT) return reply.error(TOO_LONG)
  const table = tableOf(one, other)
  if (options.length) return reply.integer(table[table.length - 1]!)
  const { common, found } = trace(one, other, table)
  if (!options.indexes) return reply.bulk(common)
  reply.map(2)
  reply.text("matches")
  const long = found.filter(({ length }) => length >= options.leastLength)
  replyMatches(reply, long, options.matchLengths)
  reply.text("len")
  reply.integer(common.length)
}

const { read } = entriesOf("string")

export const commands: ReadonlyArray<DataCommand> = [
  read(
    "lcs",
    "key1 key2 [LEN] [IDX] [MINMATCHLEN len] [WITHMATCHLEN]",
    -3,
    "7.0.0",
    common,
    "Finds the longest common subsequence.",
    { flags: ["readonly"], keys: TWO_KEYS }
  )
]

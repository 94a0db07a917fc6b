/**
 * Strings as rows of bits, the most significant of each byte first:
 * https://redis.io/docs/latest/commands/?group=bitmap. As Redis 7.0 has them.
 */
import { VALUE_LIMIT_BYTES } from "./Command.js"
import type { Words } from "./Command.js"
import {
  entriesOf,
  keyAt,
  lookForString,
  matches,
  NOT_AN_INTEGER,
  READS_AND_CHANGES,
  stringOf,
  SYNTAX_ERROR
} from "./DataCommand.js"
import type { DataCommand, Run } from "./DataCommand.js"
import * as Integer from "./Integer.js"

const BAD_OFFSET = "ERR bit offset is not an integer or out of range"
const BAD_BIT = "ERR bit is not an integer or out of range"

/** Below the longest string's end. */
const offsetAt = (words: Words, at: number): number | undefined => {
  const offset = Integer.parse(words[at]!)
  return offset === undefined || offset < 0 || offset >= 8 * VALUE_LIMIT_BYTES
    ? undefined
    : Number(offset)
}

const maskOf = (offset: number): number => 0x80 >> (offset & 7)

const bitOf = (value: Uint8Array | undefined, offset: number): number =>
  ((value?.[offset >> 3] ?? 0) & maskOf(offset)) === 0 ? 0 : 1

const getBit: Run = (words, context) => {
  const { reply } = context
  const offset = offsetAt(words, 2)
  if (offset === undefined) return reply.error(BAD_OFFSET)
  const value = lookForString(context, keyAt(words, 1))
  if (typeof value === "string") reply.error(value)
  else reply.integer(bitOf(value, offset))
}

const setBit: Run = (words, context) => {
  const { index, reply, store } = context
  const offset = offsetAt(words, 2)
  if (offset === undefined) return reply.error(BAD_OFFSET)
  const bit = Integer.parse(words[3]!)
  if (bit !== 0 && bit !== 1) return reply.error(BAD_BIT)
  const key = keyAt(words, 1)
  const before = stringOf(context, key)
  if (typeof before === "string") return reply.error(before)
  const at = offset >> 3
  const value = new Uint8Array(Math.max(at + 1, before?.length ?? 0))
  if (before !== undefined) value.set(before)
  value[at] = bit === 1 ? value[at]! | maskOf(offset) : value[at]! & ~maskOf(offset)
  store.replace(key, value, index)
  const isChanged = before?.length !== value.length || bitOf(before, offset) !== bit
  if (isChanged) store.tell("string", "setbit", key)
  reply.integer(bitOf(before, offset))
}

/** From the first to the last that is meant; undefined where there are none. */
const rangeOf = (
  start: number,
  end: number,
  count: number
): readonly [from: number, to: number] | undefined => {
  const from = Math.max(0, start < 0 ? count + start : start)
  const to = Math.min(count - 1, Math.max(0, end < 0 ? count + end : end))
  return from > to ? undefined : [from, to]
}

const bitsIn = (byte: number): number => {
  let count = 0
  for (let rest = byte; rest > 0; rest &= rest - 1) count++
  return count
}

const BITS = Uint8Array.from({ length: 256 }, (_, byte) => bitsIn(byte))

const count: Run = (words, context) => {
  const { reply } = context
  const value = lookForString(context, keyAt(words, 1))
  if (typeof value === "string") return reply.error(value)
  if (value === undefined) return reply.integer(0)
  if (words.length === 3 || words.length > 5) return reply.error(SYNTAX_ERROR)
  const start = words.length === 2 ? 0 : Integer.parse(words[2]!)
  const end = words.length === 2 ? -1 : Integer.parse(words[3]!)
  if (start === undefined || end === undefined) return reply.error(NOT_AN_INTEGER)
  // As Redis has it, before the unit is looked at.
  if (start < 0 && end < 0 && start > end) return reply.integer(0)
  const byBit = words.length === 5 && matches(words[4]!, "bit")
  if (words.length === 5 && !byBit && !matches(words[4]!, "byte")) return reply.error(SYNTAX_ERROR)
  const unit = byBit ? 1 : 8
  const range = rangeOf(Number(start), Number(end), 8 * value.length / unit)
  if (range === undefined) return reply.integer(0)
  reply.integer(countBits(value, range[0] * unit, (range[1] + 1) * unit))
}

/** Those from the bit `from` to before the bit `to`. */
const countBits = (value: Uint8Array, from: number, to: number): number => {
  let bits = 0
  const [first, last] = [from >> 3, (to - 1) >> 3]
  for (let at = first; at <= last; at++) bits += BITS[value[at]!]!
  const before = value[first]! & ~(0xff >> (from & 7))
  const after = value[last]! & (0x7f >> ((to - 1) & 7))
  return bits - BITS[before]! - BITS[after]!
}

const { read, write } = entriesOf("bitmap")

export const commands: ReadonlyArray<DataCommand> = [
  read("getbit", "key offset", 3, "2.2.0", getBit, "Returns a bit of a string value."),
  read(
    "bitcount",
    "key [start end [BYTE | BIT]]",
    -2,
    "2.6.0",
    count,
    "Counts the bits that are set.",
    { flags: ["readonly"] }
  ),
  write(
    "setbit",
    "key offset value:integer",
    4,
    "2.2.0",
    setBit,
    "Sets or clears a bit of a string value.",
    { flags: ["write", "denyoom"], access: READS_AND_CHANGES }
  )
]

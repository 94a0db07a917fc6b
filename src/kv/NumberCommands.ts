/**
 * The commands that count: INCR and its relatives, https://redis.io/docs/latest/commands/incr. They
 * add to what a string says in decimal.
 */
import {
  entriesOf,
  INFINITE,
  keyAt,
  NOT_A_FLOAT,
  NOT_AN_INTEGER,
  OVERFLOW,
  READS_AND_CHANGES,
  stringOf
} from "./DataCommand.js"
import type { Context, DataCommand, Run } from "./DataCommand.js"
import * as Integer from "./Integer.js"
import type { Key } from "./Key.js"
import * as Latin1 from "./Latin1.js"
import * as LongDouble from "./LongDouble.js"

const increment = (context: Context, key: Key, by: Integer.Integer): void => {
  const { index, reply, store } = context
  const before = stringOf(context, key)
  if (typeof before === "string") return reply.error(before)
  const current = before === undefined ? 0 : Integer.parse(before)
  if (current === undefined) return reply.error(NOT_AN_INTEGER)
  const sum = Integer.add(current, by)
  if (sum === undefined) return reply.error(OVERFLOW)
  store.replace(key, Latin1.encode(String(sum)), index)
  store.tell("string", "incrby", key)
  reply.integer(sum)
}

const incrementBy: Run = (words, context) => {
  const by = Integer.parse(words[2]!)
  if (by === undefined) return context.reply.error(NOT_AN_INTEGER)
  increment(context, keyAt(words, 1), by)
}

const decrementBy: Run = (words, context) => {
  const by = Integer.parse(words[2]!)
  if (by === undefined) return context.reply.error(NOT_AN_INTEGER)
  const opposite = Integer.negate(by)
  if (opposite === undefined) return context.reply.error("ERR decrement would overflow")
  increment(context, keyAt(words, 1), opposite)
}

const incrementByFloat: Run = (words, context) => {
  const { index, reply, store } = context
  const key = keyAt(words, 1)
  const before = stringOf(context, key)
  if (typeof before === "string") return reply.error(before)
  const current = before === undefined ? LongDouble.zero : LongDouble.fromBytes(before)
  const by = LongDouble.fromBytes(words[2]!)
  if (current === undefined || by === undefined) return reply.error(NOT_A_FLOAT)
  const sum = LongDouble.add(current, by)
  if (sum === undefined) return reply.error(INFINITE)
  const value = Latin1.encode(LongDouble.format(sum))
  store.replace(key, value, index)
  store.tell("string", "incrbyfloat", key)
  reply.bulk(value)
}

const step = (by: number): Run => (words, context) => increment(context, keyAt(words, 1), by)

const { write } = entriesOf("string")
const COUNTS = { access: READS_AND_CHANGES } as const

export const commands: ReadonlyArray<DataCommand> = [
  write("incr", "key", 2, "1.0.0", step(1), "Adds one to an integer value.", COUNTS),
  write("decr", "key", 2, "1.0.0", step(-1), "Subtracts one from an integer value.", COUNTS),
  write("incrby", "key increment", 3, "1.0.0", incrementBy, "Adds to an integer value.", COUNTS),
  write(
    "decrby",
    "key decrement",
    3,
    "1.0.0",
    decrementBy,
    "Subtracts from an integer value.",
    COUNTS
  ),
  write(
    "incrbyfloat",
    "key increment:double",
    3,
    "2.6.0",
    incrementByFloat,
    "Adds to a number with a fraction.",
    COUNTS
  )
]

/**
 * The commands on hashes: https://redis.io/docs/latest/commands/?group=hash. Words, options,
 * replies and errors are those of Redis 7.0.
 */
import * as Chance from "./Chance.js"
import { own } from "./Command.js"
import type { Words } from "./Command.js"
import {
  bulkOrNil,
  entriesOf,
  erase,
  hashOf,
  INFINITE,
  keyAt,
  lookForHash,
  LOOKS,
  matches,
  NOT_A_FLOAT,
  NOT_AN_INTEGER,
  OVERFLOW,
  READS_AND_CHANGES,
  SYNTAX_ERROR,
  UNCERTAIN,
  UNORDERED,
  wrongArity
} from "./DataCommand.js"
import type { Context, DataCommand, Run } from "./DataCommand.js"
import { Hash } from "./Hash.js"
import * as Integer from "./Integer.js"
import { placeOf } from "./Keyspace.js"
import * as Latin1 from "./Latin1.js"
import * as LongDouble from "./LongDouble.js"
import * as Pattern from "./Pattern.js"
import * as Scanning from "./Scanning.js"

const NO_FIELDS = new Hash(0)

const fieldAt = (words: Words, at: number): string =>
  Latin1.decode(words[at]!, 0, words[at]!.length)

const withHash =
  (find: typeof hashOf) =>
  (run: (hash: Hash, words: Words, context: Context) => void): Run =>
  (words, context) => {
    const hash = find(context, keyAt(words, 1))
    if (typeof hash === "string") context.reply.error(hash)
    else run(hash ?? NO_FIELDS, words, context)
  }

/**
 * The command that shows the hash, an empty one if the key is absent; other types are refused.
 */
const ofHash = withHash(lookForHash)

/** The same for one that changes it. */
const toHash = withHash(hashOf)

const setFields = (words: Words, { index, store }: Context): number => {
  const key = keyAt(words, 1)
  let added = 0
  store.change(key, index, (hash) => {
    added -= hash.size
    for (let at = 2; at < words.length; at += 2) hash.set(fieldAt(words, at), own(words[at + 1]!))
    added += hash.size
  })
  store.tell("hash", "hset", key)
  return added
}

const isPaired = (words: Words): boolean => words.length % 2 === 0

const set: Run = (words, context) => {
  if (!isPaired(words)) return context.reply.error(wrongArity("hset"))
  toHash(() => context.reply.integer(setFields(words, context)))(words, context)
}

const setMany: Run = (words, context) => {
  if (!isPaired(words)) return context.reply.error(wrongArity("hmset"))
  toHash(() => {
    setFields(words, context)
    context.reply.simple("OK")
  })(words, context)
}

const setIfAbsent = toHash((hash, words, context) => {
  const isThere = hash.has(fieldAt(words, 2))
  if (!isThere) setFields(words, context)
  context.reply.integer(isThere ? 0 : 1)
})

const get = ofHash((hash, words, context) => bulkOrNil(context, hash.get(fieldAt(words, 2))))

const getMany = ofHash((hash, words, context) => {
  context.reply.array(words.length - 2)
  for (let at = 2; at < words.length; at++) bulkOrNil(context, hash.get(fieldAt(words, at)))
})

const getAll = ofHash((hash, _, { reply }) => {
  reply.map(hash.size)
  for (const [field, value] of hash) {
    reply.text(field)
    reply.bulk(value)
  }
})

const fields = ofHash((hash, _, { reply }) => {
  reply.array(hash.size)
  for (const field of hash.keys()) reply.text(field)
})

const values = ofHash((hash, _, { reply }) => {
  reply.array(hash.size)
  for (const value of hash.values()) reply.bulk(value)
})

const size = ofHash((hash, _, { reply }) => reply.integer(hash.size))

const exists = ofHash((hash, words, { reply }) =>
  reply.integer(hash.has(fieldAt(words, 2)) ? 1 : 0)
)

const length = ofHash((hash, words, { reply }) =>
  reply.integer(hash.get(fieldAt(words, 2))?.length ?? 0)
)

const remove = toHash((hash, words, context) => {
  const { index, reply, store } = context
  const wanted = new Set(words.slice(2).map((_, at) => fieldAt(words, at + 2)))
  const there = [...wanted].filter((field) => hash.has(field))
  reply.integer(there.length)
  if (there.length === 0) return
  const key = keyAt(words, 1)
  store.tell("hash", "hdel", key)
  if (there.length === hash.size) return void erase(context, key)
  store.change(key, index, (changed) => {
    for (const field of there) changed.delete(field)
  })
})

const put = (
  words: Words,
  { index, store }: Context,
  value: Uint8Array,
  event: "hincrby" | "hincrbyfloat"
): void => {
  const key = keyAt(words, 1)
  store.change(key, index, (hash) => void hash.set(fieldAt(words, 2), value))
  store.tell("hash", event, key)
}

const incrementBy: Run = (words, context) => {
  const { reply } = context
  const by = Integer.parse(words[3]!)
  if (by === undefined) return reply.error(NOT_AN_INTEGER)
  toHash((hash) => {
    const before = hash.get(fieldAt(words, 2))
    const current = before === undefined ? 0 : Integer.parse(before)
    if (current === undefined) return reply.error("ERR hash value is not an integer")
    const sum = Integer.add(current, by)
    if (sum === undefined) return reply.error(OVERFLOW)
    put(words, context, Latin1.encode(String(sum)), "hincrby")
    reply.integer(sum)
  })(words, context)
}

const incrementByFloat: Run = (words, context) => {
  const { reply } = context
  const by = LongDouble.fromBytes(words[3]!)
  if (by === undefined) return reply.error(NOT_A_FLOAT)
  if (LongDouble.isInfinite(by)) return reply.error("ERR value is NaN or Infinity")
  toHash((hash) => {
    const before = hash.get(fieldAt(words, 2))
    const current = before === undefined ? LongDouble.zero : LongDouble.fromBytes(before)
    if (current === undefined) return reply.error("ERR hash value is not a float")
    const sum = LongDouble.add(current, by)
    if (sum === undefined) return reply.error(INFINITE)
    const value = Latin1.encode(LongDouble.format(sum))
    put(words, context, value, "hincrbyfloat")
    reply.bulk(value)
  })(words, context)
}

/** In the order of their places, as keys are. */
const scan: Run = (words, context) => {
  const cursor = Scanning.cursorOf(words[2]!)
  if (cursor === undefined) return context.reply.error(Scanning.INVALID_CURSOR)
  ofHash((hash, _, { reply }) => {
    if (hash === NO_FIELDS) return Scanning.reply(reply, 0, [])
    const options = Scanning.options(words, 3)
    if (typeof options === "string") return reply.error(options)
    const { count, pattern } = options
    const places = [...hash.keys()].map((field): [number, string] => [placeOf(field), field])
      .filter(([place]) => place >= cursor).sort(([one], [other]) => one - other)
    let end = Math.min(count, places.length)
    while (end > 0 && end < places.length && places[end]![0] === places[end - 1]![0]) end++
    const found = places.slice(0, end).map(([, field]) => field)
      .filter((field) => pattern === undefined || Pattern.isMatch(pattern, field))
    reply.array(2)
    reply.text(String(places[end]?.[0] ?? 0))
    reply.array(2 * found.length)
    for (const field of found) {
      reply.text(field)
      reply.bulk(hash.get(field)!)
    }
  })(words, context)
}

const COUNT_LIMIT = 2n ** 63n - 1n

const COUNT_OUT_OF_RANGE =
  `ERR value is out of range, value must between -${COUNT_LIMIT} and ${COUNT_LIMIT}`
const OUT_OF_RANGE = "ERR value is out of range"

/** With a count below 0 the same field may come several times; else each comes once at most. */
const random: Run = (words, context) => {
  const { draw, reply } = context
  const count = words.length === 2 ? 1 : Integer.parse(words[2]!)
  if (count === undefined) return reply.error(NOT_AN_INTEGER)
  if (count < -COUNT_LIMIT) return reply.error(COUNT_OUT_OF_RANGE)
  const withValues = words.length === 4 && matches(words[3]!, "withvalues")
  if (words.length > 4 || (words.length === 4 && !withValues)) return reply.error(SYNTAX_ERROR)
  const most = COUNT_LIMIT / 2n
  if (withValues && (count < -most || count > most)) return reply.error(OUT_OF_RANGE)
  ofHash((hash) => {
    if (hash.size > 0 && count < -DRAWS_LIMIT) return reply.error(OUT_OF_RANGE)
    const all = [...hash.keys()]
    const next = Chance.from(draw)
    if (words.length === 2) {
      return all.length === 0
        ? reply.nil()
        : reply.text(all[next(all.length)]!)
    }
    const found = count < 0
      ? Array.from({ length: all.length === 0 ? 0 : -Number(count) }, () => all[next(all.length)]!)
      : someOf(all, Number(count), next)
    if (withValues) reply.pairs(found.length)
    else reply.array(found.length)
    for (const field of found) {
      if (withValues) reply.pair()
      reply.text(field)
      if (withValues) reply.bulk(hash.get(field)!)
    }
  })(words, context)
}

/** So often the same fields may be drawn. Redis draws as often as it is told. */
const DRAWS_LIMIT = 1_000_000

/** Each at most once. */
const someOf = (
  all: ReadonlyArray<string>,
  count: number,
  next: Chance.Draw
): ReadonlyArray<string> => {
  if (count >= all.length) return all
  const rest = [...all]
  return Array.from({ length: count }, () => rest.splice(next(rest.length), 1)[0]!)
}

const { read, write } = entriesOf("hash")
const READS = { flags: ["readonly"] } as const
const ALL = { ...READS, tips: UNORDERED } as const
const SOME = { ...READS, tips: UNCERTAIN } as const
const LOOK = { access: LOOKS } as const
const COUNTS = { access: READS_AND_CHANGES } as const
const PAIRS = "key field value [field value ...]"
const SCAN = "key cursor [MATCH pattern] [COUNT count]"

export const commands: ReadonlyArray<DataCommand> = [
  read("hget", "key field", 3, "2.0.0", get, "Returns the value of a field."),
  read("hmget", "key field [field ...]", -3, "2.0.0", getMany, "Returns the values of fields."),
  read("hgetall", "key", 2, "2.0.0", getAll, "Returns all fields and values.", ALL),
  read("hkeys", "key", 2, "2.0.0", fields, "Returns all fields.", ALL),
  read("hvals", "key", 2, "2.0.0", values, "Returns all values.", ALL),
  read("hlen", "key", 2, "2.0.0", size, "Counts the fields.", LOOK),
  read("hexists", "key field", 3, "2.0.0", exists, "Tells whether a field is there.", LOOK),
  read("hstrlen", "key field", 3, "3.2.0", length, "Returns the length of a field's value.", LOOK),
  read("hscan", SCAN, -3, "2.8.0", scan, "Walks all fields, some at a time.", SOME),
  read(
    "hrandfield",
    "key [count [WITHVALUES]]",
    -2,
    "6.2.0",
    random,
    "Returns any fields.",
    SOME
  ),
  write("hset", PAIRS, -4, "2.0.0", set, "Sets fields."),
  write("hmset", PAIRS, -4, "2.0.0", setMany, "Sets fields."),
  write(
    "hsetnx",
    "key field value",
    4,
    "2.0.0",
    setIfAbsent,
    "Sets a field only if it is absent.",
    { access: "RW insert" }
  ),
  write(
    "hincrby",
    "key field increment",
    4,
    "2.0.0",
    incrementBy,
    "Adds to the integer of a field.",
    COUNTS
  ),
  write(
    "hincrbyfloat",
    "key field increment:double",
    4,
    "2.6.0",
    incrementByFloat,
    "Adds to the number of a field.",
    COUNTS
  ),
  write("hdel", "key field [field ...]", -3, "2.0.0", remove, "Deletes fields.", {
    flags: ["write", "fast"],
    access: "RW delete"
  })
]

/**
 * The commands on strings that are no SET (SetCommands.ts) and do not count (NumberCommands.ts):
 * https://redis.io/docs/latest/commands/?group=string. Words, options, replies and errors are those
 * of Redis 7.0.
 */
import { VALUE_LIMIT_BYTES } from "./Command.js"
import type { Words } from "./Command.js"
import {
  ALL_KEYS,
  bulkOrNil,
  entriesOf,
  erase,
  INSERTS,
  keyAt,
  lookForString,
  LOOKS,
  NOT_AN_INTEGER,
  OVERWRITES,
  put,
  READS_AND_CHANGES,
  stringOf,
  SYNTAX_ERROR,
  wrongArity
} from "./DataCommand.js"
import type { Context, DataCommand, Run } from "./DataCommand.js"
import * as Expiry from "./Expiry.js"
import * as Integer from "./Integer.js"
import type { Key } from "./Key.js"

/** The longest array of values in one reply. */
export const REPLY_LIMIT_BYTES = 64 * 1024 * 1024

const REPLY_TOO_LONG = `ERR the values together exceed ${REPLY_LIMIT_BYTES} bytes: ` +
  "ask for fewer keys at once"

export const TOO_LONG = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"

const EMPTY = new Uint8Array(0)

/** Replies the string at `key`. Whether it could. */
const replyString = (context: Context, key: Key): boolean => {
  const value = lookForString(context, key)
  if (typeof value === "string") context.reply.error(value)
  else bulkOrNil(context, value)
  return typeof value !== "string"
}

const get: Run = (words, context) => void replyString(context, keyAt(words, 1))

const getDelete: Run = (words, context) => {
  const key = keyAt(words, 1)
  if (replyString(context, key)) erase(context, key)
}

const getSet: Run = (words, context) => {
  const key = keyAt(words, 1)
  if (replyString(context, key)) put(context, key, words[2]!)
}

const getExpire: Run = (words, context) => {
  const { index, reply, store } = context
  let option: Expiry.Option | undefined
  for (let at = 2; at < words.length; at++) {
    const found = Expiry.option(words, at, option, "persist")
    if (found === undefined || found === SYNTAX_ERROR) return reply.error(SYNTAX_ERROR)
    option = found
    if (option._tag === "Due") at++
  }
  const key = keyAt(words, 1)
  const value = lookForString(context, key)
  if (typeof value === "string") return reply.error(value)
  if (value === undefined) return reply.nil()
  if (option === undefined) return reply.bulk(value)
  const due = option._tag === "Due"
    ? Expiry.momentOf(option, store.timeMillis, "getex")
    : undefined
  if (typeof due === "string") return reply.error(due)
  reply.bulk(value)
  if (option._tag !== "Due" && store.get(key)?.due === undefined) return
  store.put(key, value, index, due)
  if (due === undefined) store.tell("generic", "persist", key)
  else store.tell("generic", due <= store.timeMillis ? "del" : "expire", key)
}

const getMany: Run = (words, context) => {
  const values: Array<Uint8Array | undefined> = []
  let sizeBytes = 0
  for (let at = 1; at < words.length; at++) {
    const value = lookForString(context, keyAt(words, at))
    values.push(typeof value === "string" ? undefined : value)
    sizeBytes += value?.length ?? 0
  }
  if (sizeBytes > REPLY_LIMIT_BYTES) return context.reply.error(REPLY_TOO_LONG)
  context.reply.array(values.length)
  for (const value of values) bulkOrNil(context, value)
}

const putMany = (words: Words, context: Context): void => {
  for (let at = 1; at < words.length; at += 2) put(context, keyAt(words, at), words[at + 1]!)
}

const setMany: Run = (words, context) => {
  if (words.length % 2 === 0) return context.reply.error(wrongArity("mset"))
  putMany(words, context)
  context.reply.simple("OK")
}

const setManyIfAbsent: Run = (words, context) => {
  const { reply, store } = context
  if (words.length % 2 === 0) return reply.error(wrongArity("msetnx"))
  for (let at = 1; at < words.length; at += 2) {
    if (store.get(keyAt(words, at)) !== undefined) return reply.integer(0)
  }
  putMany(words, context)
  reply.integer(1)
}

const append: Run = (words, context) => {
  const { index, reply, store } = context
  const key = keyAt(words, 1)
  const before = stringOf(context, key)
  if (typeof before === "string") return reply.error(before)
  const length = (before?.length ?? 0) + words[2]!.length
  if (length > VALUE_LIMIT_BYTES) return reply.error(TOO_LONG)
  const value = new Uint8Array(length)
  if (before !== undefined) value.set(before)
  value.set(words[2]!, before?.length ?? 0)
  store.replace(key, value, index)
  store.tell("string", "append", key)
  reply.integer(length)
}

const length: Run = (words, context) => {
  const value = lookForString(context, keyAt(words, 1))
  if (typeof value === "string") context.reply.error(value)
  else context.reply.integer(value?.length ?? 0)
}

const getRange: Run = (words, context) => {
  const { reply } = context
  const start = Integer.parse(words[2]!)
  const end = Integer.parse(words[3]!)
  if (start === undefined || end === undefined) return reply.error(NOT_AN_INTEGER)
  const value = lookForString(context, keyAt(words, 1))
  if (typeof value === "string") return reply.error(value)
  reply.bulk(value === undefined ? EMPTY : partOf(value, Number(start), Number(end)))
}

const partOf = (value: Uint8Array, start: number, end: number): Uint8Array => {
  if (start < 0 && end < 0 && start > end) return EMPTY
  const from = Math.max(0, start < 0 ? value.length + start : start)
  const to = Math.min(value.length - 1, Math.max(0, end < 0 ? value.length + end : end))
  return from > to ? EMPTY : value.subarray(from, to + 1)
}

const setRange: Run = (words, context) => {
  const { index, reply, store } = context
  const key = keyAt(words, 1)
  const offset = Integer.parse(words[2]!)
  if (offset === undefined) return reply.error(NOT_AN_INTEGER)
  if (offset < 0) return reply.error("ERR offset is out of range")
  const before = stringOf(context, key)
  if (typeof before === "string") return reply.error(before)
  const part = words[3]!
  if (part.length === 0) return reply.integer(before?.length ?? 0)
  const end = Number(offset) + part.length
  if (end > VALUE_LIMIT_BYTES) return reply.error(TOO_LONG)
  const value = new Uint8Array(Math.max(end, before?.length ?? 0))
  if (before !== undefined) value.set(before)
  value.set(part, Number(offset))
  store.replace(key, value, index)
  store.tell("string", "setrange", key)
  reply.integer(value.length)
}

const { read, write } = entriesOf("string")
const READS = { flags: ["readonly"] } as const
const PAIRS = { flags: ["write", "denyoom"], keys: [1, -1, 2] } as const
const SEVERAL = "key value [key value ...]"
const GETEX = "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | " +
  "PXAT unix-time-milliseconds | PERSIST]"

export const commands: ReadonlyArray<DataCommand> = [
  read("get", "key", 2, "1.0.0", get, "Returns the string value of a key."),
  read("mget", "key [key ...]", -2, "1.0.0", getMany, "Returns the string values of keys.", {
    keys: ALL_KEYS,
    tips: ["request_policy:multi_shard"]
  }),
  read("strlen", "key", 2, "2.2.0", length, "Returns the length of a string value.", {
    access: LOOKS
  }),
  read(
    "getrange",
    "key start end",
    4,
    "2.4.0",
    getRange,
    "Returns a part of a string value.",
    READS
  ),
  read("substr", "key start end", 4, "1.0.0", getRange, "Returns a part of a string value.", READS),
  write("mset", SEVERAL, -3, "1.0.1", setMany, "Sets several keys at once.", {
    ...PAIRS,
    access: OVERWRITES,
    tips: ["request_policy:multi_shard", "response_policy:all_succeeded"]
  }),
  write("msetnx", SEVERAL, -3, "1.0.1", setManyIfAbsent, "Sets several keys if none is there.", {
    ...PAIRS,
    access: INSERTS,
    tips: ["request_policy:multi_shard", "response_policy:agg_min"]
  }),
  write("getset", "key value", 3, "1.0.0", getSet, "Sets a key and returns its value before.", {
    access: READS_AND_CHANGES
  }),
  write("getdel", "key", 2, "6.2.0", getDelete, "Returns a value and deletes its key.", {
    flags: ["write", "fast"],
    access: "RW access delete"
  }),
  write("getex", GETEX, -2, "6.2.0", getExpire, "Returns a value and sets when its key goes.", {
    flags: ["write", "fast"],
    access: READS_AND_CHANGES
  }),
  write("append", "key value", 3, "2.0.0", append, "Appends to a string value.", {
    access: "RW insert"
  }),
  write("setrange", "key offset value", 4, "2.2.0", setRange, "Overwrites a part of a value.", {
    flags: ["write", "denyoom"]
  })
]

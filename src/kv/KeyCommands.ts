/**
 * The commands on keys of any type: https://redis.io/docs/latest/commands/?group=generic. Words,
 * options, replies and errors are those of Redis 7.0.
 */
import type { Words } from "./Command.js"
import {
  ALL_KEYS,
  entriesOf,
  erase,
  INSERTS,
  INT_OUT_OF_RANGE,
  keyAt,
  LOOKS,
  matches,
  NO_KEYS,
  NOT_AN_INTEGER,
  OVERWRITES,
  READS_VALUE,
  SUMMED,
  SYNTAX_ERROR,
  TWO_KEYS,
  UNCERTAIN,
  UNORDERED
} from "./DataCommand.js"
import type { Context, DataCommand, Run } from "./DataCommand.js"
import { Hash } from "./Hash.js"
import * as Integer from "./Integer.js"
import type { Key } from "./Key.js"
import * as Latin1 from "./Latin1.js"
import * as Memory from "./Memory.js"
import * as Pattern from "./Pattern.js"
import * as Scanning from "./Scanning.js"
import type { Store, Stored, Value } from "./Store.js"
import * as Usage from "./Usage.js"

const NO_SUCH_KEY = "ERR no such key"

const remove: Run = (words, context) => {
  let removed = 0
  for (let at = 1; at < words.length; at++) if (erase(context, keyAt(words, at))) removed++
  context.reply.integer(removed)
}

const exists: Run = (words, { reply, store }) => {
  let there = 0
  for (let at = 1; at < words.length; at++) if (store.look(keyAt(words, at)) !== undefined) there++
  reply.integer(there)
}

const touch: Run = (words, { reply, store }) => {
  let there = 0
  for (let at = 1; at < words.length; at++) {
    const key = keyAt(words, at)
    store.use(key)
    if (store.look(key) !== undefined) there++
  }
  reply.integer(there)
}

const typeOf = (value: Value): string => value instanceof Hash ? "hash" : "string"

const type: Run = (words, { reply, store }) => {
  const stored = store.look(keyAt(words, 1))
  reply.simple(stored === undefined ? "none" : typeOf(stored.value))
}

const textOf = (word: Uint8Array): string => Latin1.decode(word, 0, word.length)

/** In the order of their places, the same on every node. */
const keys: Run = (words, { reply, store }) => {
  const pattern = textOf(words[1]!)
  const found = store.keys.scan(0, Infinity).keys.filter((key) =>
    Pattern.isMatch(pattern, key) && store.get(key) !== undefined
  )
  reply.array(found.length)
  for (const key of found) reply.text(key)
}

const scan: Run = (words, { reply, store }) => {
  const cursor = Scanning.cursorOf(words[1]!)
  if (cursor === undefined) return reply.error(Scanning.INVALID_CURSOR)
  const options = Scanning.options(words, 2, "type")
  if (typeof options === "string") return reply.error(options)
  const { count, pattern } = options
  const wanted = options.type === undefined ? undefined : textOf(options.type).toLowerCase()
  const found = store.keys.scan(cursor, count)
  const isWanted = (key: (typeof found.keys)[number]): boolean => {
    const stored = store.get(key)
    return stored !== undefined && (pattern === undefined || Pattern.isMatch(pattern, key)) &&
      (wanted === undefined || wanted === typeOf(stored.value))
  }
  Scanning.reply(reply, found.next, found.keys.filter(isWanted))
}

/** About as likely any: the next from a place on that is drawn. */
const randomKey: Run = (_, { draw, reply, store }) => {
  for (const place of [draw, 0]) {
    for (let from = place, isFirst = true; isFirst || from > 0; isFirst = false) {
      const found = store.keys.scan(from, 1)
      const key = found.keys.find((each) => store.get(each) !== undefined)
      if (key !== undefined) return reply.text(key)
      from = found.next
    }
  }
  reply.nil()
}

/** What was at the other key before is gone. */
const move = (store: Store, to: Key, { due, value }: Stored, index: number): void => {
  store.drop(to)
  store.put(to, value, index, due?.atMillis)
}

const rename = (words: Words, { index, store }: Context): "Renamed" | "Absent" | "Same" => {
  const [from, to] = [keyAt(words, 1), keyAt(words, 2)]
  const stored = store.get(from)
  if (stored === undefined) return "Absent"
  if (from === to) return "Same"
  store.drop(from)
  move(store, to, stored, index)
  store.tell("generic", "rename_from", from)
  store.tell("generic", "rename_to", to)
  return "Renamed"
}

const renameAlways: Run = (words, context) => {
  if (rename(words, context) === "Absent") context.reply.error(NO_SUCH_KEY)
  else context.reply.simple("OK")
}

const renameIfAbsent: Run = (words, context) => {
  const { reply, store } = context
  if (store.get(keyAt(words, 1)) === undefined) return reply.error(NO_SUCH_KEY)
  if (store.get(keyAt(words, 2)) !== undefined) return reply.integer(0)
  reply.integer(rename(words, context) === "Renamed" ? 1 : 0)
}

const copy: Run = (words, { index, reply, store }) => {
  let replaces = false
  for (let at = 3; at < words.length; at++) {
    if (matches(words[at]!, "replace")) {
      replaces = true
    } else if (matches(words[at]!, "db") && at + 1 < words.length) {
      const database = Integer.parse(words[++at]!)
      if (database === undefined) return reply.error(NOT_AN_INTEGER)
      if (Number(database) !== (Number(database) | 0)) return reply.error(INT_OUT_OF_RANGE)
      if (database !== 0) return reply.error("ERR DB index is out of range")
    } else {
      return reply.error(SYNTAX_ERROR)
    }
  }
  const [from, to] = [keyAt(words, 1), keyAt(words, 2)]
  if (from === to) return reply.error("ERR source and destination objects are the same")
  const stored = store.look(from)
  if (stored === undefined || (!replaces && store.get(to) !== undefined)) return reply.integer(0)
  const { value } = stored
  move(store, to, { ...stored, value: value instanceof Hash ? value.copy(index) : value }, index)
  store.tell("generic", "copy_to", to)
  reply.integer(1)
}

const size: Run = (_, { reply, store }) => reply.integer(store.keys.size)

const flush: Run = (words, { reply, store }) => {
  const how = words[1]
  const isKnown = how === undefined || matches(how, "async") || matches(how, "sync")
  if (!isKnown || words.length > 2) return reply.error(SYNTAX_ERROR)
  store.clear()
  reply.simple("OK")
}

/** Longer strings are not kept beside their header (Redis's `OBJ_ENCODING_EMBSTR_SIZE_LIMIT`). */
const EMBEDDED_LIMIT_BYTES = 44

/** A hash of more fields, or with longer words, is a table (Redis's defaults). */
const PACKED_LIMIT_FIELDS = 128
const PACKED_LIMIT_BYTES = 64

/** What Redis would have chosen, for one that came about at once. */
const encodingOf = (value: Value): string => {
  if (value instanceof Uint8Array) {
    if (Integer.parse(value) !== undefined) return "int"
    return value.length <= EMBEDDED_LIMIT_BYTES ? "embstr" : "raw"
  }
  const isPacked = value.size <= PACKED_LIMIT_FIELDS &&
    [...value].every(([field, { length }]) => Math.max(field.length, length) <= PACKED_LIMIT_BYTES)
  return isPacked ? "listpack" : "hashtable"
}

const about = (tell: (stored: Stored, context: Context) => void): Run => (words, context) => {
  const stored = context.store.get(keyAt(words, 2))
  if (stored === undefined) context.reply.nil()
  else tell(stored, context)
}

const SWITCHED = "Please note that when switching between policies at runtime LRU and LFU data " +
  "will take some time to adjust."
const NO_FREQUENCY =
  `ERR An LFU maxmemory policy is not selected, access frequency not tracked. ${SWITCHED}`
const NO_IDLE_TIME = `ERR An LFU maxmemory policy is selected, idle time not tracked. ${SWITCHED}`

/** In a transaction, which is answered alike on all nodes, no node has counted anything. */
const counts = ({ index, store }: Context): boolean =>
  index === 0 && Memory.rules[store.memory.policy].order === "frequency"

const idleTime = ({ usage }: Stored, context: Context): void => {
  const { index, reply, store } = context
  if (counts(context)) reply.error(NO_IDLE_TIME)
  else reply.integer(index === 0 ? Usage.idleSeconds(usage, store.timeMillis) : 0)
}

const frequency = ({ usage }: Stored, context: Context): void => {
  const { reply, store } = context
  if (counts(context)) reply.integer(Usage.frequency(usage, store.timeMillis))
  else reply.error(NO_FREQUENCY)
}

const { read, write } = entriesOf("generic")
const READS = { flags: ["readonly"] } as const
const NO_KEY = { keys: NO_KEYS } as const
const TAKES = { flags: ["write"] } as const
const KEYS = "key [key ...]"
const COUNTED = { keys: ALL_KEYS, access: LOOKS, tips: SUMMED } as const
const DELETED = { keys: ALL_KEYS, access: "RM delete", tips: SUMMED } as const
const SCAN = "cursor [MATCH pattern] [COUNT count] [TYPE type]"
const EVERYWHERE = "request_policy:all_shards"

/** The first key goes, and the second takes its place. */
const renamed = (access: string) =>
  ({ keys: TWO_KEYS, access: ["RW access delete", access] }) as const

/** The whole database is an affair of the server, as Redis groups commands. */
const FLUSH = {
  ...NO_KEY,
  ...TAKES,
  group: "server",
  categories: ["keyspace", "dangerous"],
  tips: [EVERYWHERE, "response_policy:all_succeeded"]
} as const
const FLUSH_MODE = "[ASYNC | SYNC]"

const object = (
  name: string,
  since: string,
  tell: (stored: Stored, context: Context) => void,
  summary: string,
  others: { readonly differs?: string } = {}
): DataCommand =>
  read(`object|${name}`, "key", 3, since, about(tell), summary, {
    flags: ["readonly"],
    keys: [2, 2, 1],
    access: LOOKS,
    tips: UNCERTAIN,
    ...others
  })

export const commands: ReadonlyArray<DataCommand> = [
  write("del", KEYS, -2, "1.0.0", remove, "Deletes keys.", { ...TAKES, ...DELETED }),
  write("unlink", KEYS, -2, "4.0.0", remove, "Deletes keys.", {
    ...DELETED,
    flags: ["write", "fast"]
  }),
  read("exists", KEYS, -2, "1.0.0", exists, "Counts which keys are there.", COUNTED),
  read("touch", KEYS, -2, "3.2.1", touch, "Uses keys, and counts which are there.", COUNTED),
  read("type", "key", 2, "1.0.0", type, "Returns the type of what a key holds.", { access: LOOKS }),
  read("keys", "pattern", 2, "1.0.0", keys, "Returns the keys that match a pattern.", {
    ...NO_KEY,
    ...READS,
    categories: ["keyspace", "dangerous"],
    tips: [EVERYWHERE, ...UNORDERED]
  }),
  read("scan", SCAN, -2, "2.8.0", scan, "Walks all keys, some at a time.", {
    ...NO_KEY,
    ...READS,
    tips: [...UNCERTAIN, "request_policy:special"]
  }),
  read("randomkey", "", 1, "1.0.0", randomKey, "Returns any key.", {
    ...NO_KEY,
    ...READS,
    tips: [EVERYWHERE, ...UNCERTAIN]
  }),
  read("dbsize", "", 1, "1.0.0", size, "Counts the keys.", {
    ...NO_KEY,
    group: "server",
    categories: ["keyspace"],
    tips: [EVERYWHERE, "response_policy:agg_sum"]
  }),
  write("rename", "key newkey", 3, "1.0.0", renameAlways, "Renames a key.", {
    ...TAKES,
    ...renamed(OVERWRITES)
  }),
  write(
    "renamenx",
    "key newkey",
    3,
    "1.0.0",
    renameIfAbsent,
    "Renames a key if the new name is free.",
    { flags: ["write", "fast"], ...renamed(INSERTS) }
  ),
  write(
    "copy",
    "source destination [DB destination-db] [REPLACE]",
    -3,
    "6.2.0",
    copy,
    "Copies what a key holds to another.",
    {
      flags: ["write", "denyoom"],
      keys: TWO_KEYS,
      access: [READS_VALUE, OVERWRITES],
      differs: "There is only database 0."
    }
  ),
  write("flushdb", FLUSH_MODE, -1, "1.0.0", flush, "Deletes all keys.", FLUSH),
  write("flushall", FLUSH_MODE, -1, "1.0.0", flush, "Deletes all keys.", FLUSH),
  object(
    "encoding",
    "2.2.3",
    ({ value }, { reply }) => reply.text(encodingOf(value)),
    "Returns how Redis would keep the value.",
    { differs: "As if it had been set at once." }
  ),
  object("refcount", "2.2.3", (_, { reply }) => reply.integer(1), "Returns 1."),
  object("idletime", "2.2.3", idleTime, "Returns for how many seconds a key was not used.", {
    differs: "By the node that is asked; in a transaction it is 0."
  }),
  object("freq", "4.0.0", frequency, "Returns how often a key is used, as a logarithm.", {
    differs: "By the node that is asked; refused in a transaction."
  })
]

/**
 * The commands that read and write keys. Their words, options and errors are those of Redis 7.0;
 * what Redis has and this cache lacks is refused by name.
 */
import * as Command from "../kv/Command.js"
import * as Integer from "../kv/Integer.js"
import * as Key from "../kv/Key.js"
import * as Store from "../kv/Store.js"
import { matches, NOT_AN_INTEGER, SYNTAX_ERROR, wrongArity } from "./RedisCommand.js"
import type { RedisCommand, Words } from "./RedisCommand.js"

/** The longest array of values in one reply. */
export const REPLY_LIMIT_BYTES = 64 * 1024 * 1024

const ONE_KEY = [1, 1, 1] as const
const ALL_KEYS = [1, -1, 1] as const

const NO_EXPIRY = "ERR expiry is not supported yet, the key would stay forever: " +
  "use SET without EX, PX, EXAT, PXAT and KEEPTTL, and DEL the key when it is due"

const KEY_TOO_LONG = `ERR the key is longer than ${Key.LIMIT_BYTES} bytes: use a shorter one`

const REPLY_TOO_LONG = `ERR the values together exceed ${REPLY_LIMIT_BYTES} bytes: ` +
  "ask for fewer keys at once"

const isTooLong = (key: Uint8Array): boolean => key.length > Key.LIMIT_BYTES

const encodeSet = (words: Words): Uint8Array | string => {
  if (isTooLong(words[1]!)) return KEY_TOO_LONG
  let condition: Command.Condition = "none"
  let get = false
  for (let index = 3; index < words.length; index++) {
    const option = words[index]!
    if (matches(option, "nx") && condition !== "XX") condition = "NX"
    else if (matches(option, "xx") && condition !== "NX") condition = "XX"
    else if (matches(option, "get")) get = true
    else if (isExpiry(option, index + 1 < words.length)) return NO_EXPIRY
    else return SYNTAX_ERROR
  }
  const key = Key.fromBytes(words[1]!)
  return Command.encode({ _tag: "Set", key, value: words[2]!, condition, get })
}

const isExpiry = (option: Uint8Array, hasArgument: boolean): boolean =>
  matches(option, "keepttl") ||
  (hasArgument && ["ex", "px", "exat", "pxat"].some((name) => matches(option, name)))

const encodeSetMany = (words: Words): Uint8Array | string => {
  if (words.length % 2 === 0) return wrongArity("mset")
  const pairs: Array<readonly [Key.Key, Uint8Array]> = []
  for (let index = 1; index < words.length; index += 2) {
    if (isTooLong(words[index]!)) return KEY_TOO_LONG
    pairs.push([Key.fromBytes(words[index]!), words[index + 1]!])
  }
  return Command.encode({ _tag: "SetMany", pairs })
}

const encodeDelete = (words: Words): Uint8Array =>
  Command.encode({ _tag: "Delete", keys: words.slice(1).map(Key.fromBytes) })

const encodeIncrement = (key: Uint8Array, by: Integer.Integer): Uint8Array | string =>
  isTooLong(key)
    ? KEY_TOO_LONG
    : Command.encode({ _tag: "Increment", key: Key.fromBytes(key), by })

const encodeIncrementBy = (words: Words): Uint8Array | string => {
  const by = Integer.parse(words[2]!)
  return by === undefined ? NOT_AN_INTEGER : encodeIncrement(words[1]!, by)
}

const encodeDecrementBy = (words: Words): Uint8Array | string => {
  const by = Integer.parse(words[2]!)
  if (by === undefined) return NOT_AN_INTEGER
  const opposite = Integer.negate(by)
  return opposite === undefined
    ? "ERR decrement would overflow"
    : encodeIncrement(words[1]!, opposite)
}

const encodeFlushAll = (words: Words): Uint8Array | string => {
  const how = words[1]
  const known = how === undefined || matches(how, "async") || matches(how, "sync")
  return known && words.length <= 2 ? Command.encode({ _tag: "FlushAll" }) : SYNTAX_ERROR
}

const valueOf = (store: Store.Store, key: Uint8Array): Uint8Array | undefined =>
  Store.get(store, Key.fromBytes(key))

export const commands: ReadonlyArray<RedisCommand> = [
  {
    kind: "Read",
    name: "get",
    arity: 2,
    flags: ["readonly", "fast"],
    keys: ONE_KEY,
    run: (words, out, _, { store }) => {
      const value = valueOf(store, words[1]!)
      if (value === undefined) out.nil()
      else out.bulk(value)
    }
  },
  {
    kind: "Read",
    name: "mget",
    arity: -2,
    flags: ["readonly", "fast"],
    keys: ALL_KEYS,
    run: (words, out, _, { store }) => {
      const values = words.slice(1).map((word) => valueOf(store, word))
      const sizeBytes = values.reduce((sum, value) => sum + (value?.length ?? 0), 0)
      if (sizeBytes > REPLY_LIMIT_BYTES) return out.error(REPLY_TOO_LONG)
      out.array(values.length)
      for (const value of values) {
        if (value === undefined) out.nil()
        else out.bulk(value)
      }
    }
  },
  {
    kind: "Read",
    name: "exists",
    arity: -2,
    flags: ["readonly", "fast"],
    keys: ALL_KEYS,
    run: (words, out, _, { store }) => {
      const keys = words.slice(1).map(Key.fromBytes)
      out.integer(keys.filter((key) => Store.has(store, key)).length)
    }
  },
  {
    kind: "Read",
    name: "strlen",
    arity: 2,
    flags: ["readonly", "fast"],
    keys: ONE_KEY,
    run: (words, out, _, { store }) => out.integer(valueOf(store, words[1]!)?.length ?? 0)
  },
  {
    kind: "Read",
    name: "dbsize",
    arity: 1,
    flags: ["readonly", "fast"],
    run: (_words, out, _client, { store }) => out.integer(Store.size(store))
  },
  {
    kind: "Write",
    name: "set",
    arity: -3,
    flags: ["write", "denyoom"],
    keys: ONE_KEY,
    encode: encodeSet
  },
  {
    kind: "Write",
    name: "mset",
    arity: -3,
    flags: ["write", "denyoom"],
    keys: [1, -1, 2],
    encode: encodeSetMany
  },
  { kind: "Write", name: "del", arity: -2, flags: ["write"], keys: ALL_KEYS, encode: encodeDelete },
  {
    kind: "Write",
    name: "incr",
    arity: 2,
    flags: ["write", "denyoom", "fast"],
    keys: ONE_KEY,
    encode: (words) => encodeIncrement(words[1]!, 1)
  },
  {
    kind: "Write",
    name: "decr",
    arity: 2,
    flags: ["write", "denyoom", "fast"],
    keys: ONE_KEY,
    encode: (words) => encodeIncrement(words[1]!, -1)
  },
  {
    kind: "Write",
    name: "incrby",
    arity: 3,
    flags: ["write", "denyoom", "fast"],
    keys: ONE_KEY,
    encode: encodeIncrementBy
  },
  {
    kind: "Write",
    name: "decrby",
    arity: 3,
    flags: ["write", "denyoom", "fast"],
    keys: ONE_KEY,
    encode: encodeDecrementBy
  },
  { kind: "Write", name: "flushall", arity: -1, flags: ["write"], encode: encodeFlushAll }
]

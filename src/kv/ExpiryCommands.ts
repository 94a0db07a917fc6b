/**
 * The commands about when keys go: https://redis.io/docs/latest/commands/expire. Words, options,
 * replies and errors are those of Redis 7.0. Now is the log's time, on every node the same.
 */
import type { Words } from "./Command.js"
import { entriesOf, keyAt, matches, NOT_AN_INTEGER, quotable, UNCERTAIN } from "./DataCommand.js"
import type { DataCommand, Run } from "./DataCommand.js"
import * as Expiry from "./Expiry.js"
import * as Integer from "./Integer.js"
import type { Stored } from "./Store.js"

const FLAGS = ["nx", "xx", "gt", "lt"] as const

type Flag = typeof FLAGS[number]

const INCOMPATIBLE = "ERR NX and XX, GT or LT options at the same time are not compatible"
const CONTRADICTORY = "ERR GT and LT options at the same time are not compatible"

/** The flags, or the error to answer. */
const flagsOf = (words: Words): ReadonlySet<Flag> | string => {
  const flags = new Set<Flag>()
  for (const word of words.slice(3)) {
    const flag = FLAGS.find((each) => matches(word, each))
    if (flag === undefined) {
      return `ERR Unsupported option ${quotable(word, word.length)}`
    }
    flags.add(flag)
  }
  if (flags.has("nx") && flags.size > 1) return INCOMPATIBLE
  return flags.has("gt") && flags.has("lt") ? CONTRADICTORY : flags
}

/** What never goes goes later than anything. */
const allows = (flags: ReadonlySet<Flag>, { due }: Stored, moment: number): boolean => {
  const current = due?.atMillis ?? Infinity
  if (flags.has("nx") && due !== undefined) return false
  if (flags.has("xx") && due === undefined) return false
  if (flags.has("gt") && moment <= current) return false
  return !flags.has("lt") || moment < current
}

const expire = (name: string, unitMillis: number, isRelative: boolean): Run => (words, context) => {
  const { index, reply, store } = context
  const flags = flagsOf(words)
  if (typeof flags === "string") return reply.error(flags)
  const value = Integer.parse(words[2]!)
  if (value === undefined) return reply.error(NOT_AN_INTEGER)
  const moment = Expiry.after(value, unitMillis, isRelative ? store.timeMillis : 0)
  if (moment === undefined) return reply.error(Expiry.invalid(name))
  const key = keyAt(words, 1)
  const stored = store.get(key)
  if (stored === undefined || !allows(flags, stored, moment)) return reply.integer(0)
  store.put(key, stored.value, index, moment)
  store.tell("generic", moment <= store.timeMillis ? "del" : "expire", key)
  reply.integer(1)
}

const NO_KEY = -2
const NEVER = -1

/** How long until it goes, or when, in units of so many milliseconds, rounded to the nearest. */
const tell = (unitMillis: number, isRelative: boolean): Run => (words, { reply, store }) => {
  const stored = store.look(keyAt(words, 1))
  if (stored === undefined) return reply.integer(NO_KEY)
  if (stored.due === undefined) return reply.integer(NEVER)
  const millis = stored.due.atMillis - (isRelative ? store.timeMillis : 0)
  reply.integer(Math.floor((millis + (unitMillis >> 1)) / unitMillis))
}

const persist: Run = (words, { index, reply, store }) => {
  const key = keyAt(words, 1)
  const stored = store.get(key)
  if (stored?.due === undefined) return reply.integer(0)
  store.put(key, stored.value, index, undefined)
  store.tell("generic", "persist", key)
  reply.integer(1)
}

const { read, timed, write } = entriesOf("generic")
const FAST = { flags: ["write", "fast"] } as const
const LEFT = { tips: UNCERTAIN } as const
const CONDITION = "[NX | XX | GT | LT]"

export const commands: ReadonlyArray<DataCommand> = [
  write(
    "expire",
    `key seconds ${CONDITION}`,
    -3,
    "1.0.0",
    expire("expire", Expiry.SECOND_MILLIS, true),
    "Lets a key go in seconds.",
    FAST
  ),
  write(
    "pexpire",
    `key milliseconds ${CONDITION}`,
    -3,
    "2.6.0",
    expire("pexpire", 1, true),
    "Lets a key go in milliseconds.",
    FAST
  ),
  write(
    "expireat",
    `key unix-time-seconds ${CONDITION}`,
    -3,
    "1.2.0",
    expire("expireat", 1_000, false),
    "Lets a key go at a time in seconds.",
    FAST
  ),
  write(
    "pexpireat",
    `key unix-time-milliseconds ${CONDITION}`,
    -3,
    "2.6.0",
    expire("pexpireat", 1, false),
    "Lets a key go at a time in milliseconds.",
    FAST
  ),
  write("persist", "key", 2, "2.2.0", persist, "Lets a key stay.", FAST),
  timed(
    "ttl",
    "key",
    2,
    "1.0.0",
    tell(1_000, true),
    "Returns in how many seconds a key goes.",
    LEFT
  ),
  timed(
    "pttl",
    "key",
    2,
    "2.6.0",
    tell(1, true),
    "Returns in how many milliseconds it goes.",
    LEFT
  ),
  read("expiretime", "key", 2, "7.0.0", tell(1_000, false), "Returns when a key goes, in seconds."),
  read(
    "pexpiretime",
    "key",
    2,
    "7.0.0",
    tell(1, false),
    "Returns when a key goes, in milliseconds.",
    { differs: "Moments after the year 287,000 are one and the same." }
  )
]

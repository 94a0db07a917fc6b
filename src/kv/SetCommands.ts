/**
 * SET and its relatives: strings written under a condition or for a time. Words, options, replies
 * and errors are those of Redis 7.0, https://redis.io/docs/latest/commands/set; compare-and-set is
 * that of 8.4.
 */
import type { Words } from "./Command.js"
import {
  bulkOrNil,
  entriesOf,
  equals,
  erase,
  INSERTS,
  keyAt,
  matches,
  OVERWRITES,
  put,
  stringOf,
  SYNTAX_ERROR,
  WRONG_TYPE,
  wrongArity
} from "./DataCommand.js"
import type { DataCommand, Run } from "./DataCommand.js"
import * as Expiry from "./Expiry.js"
import { Hash } from "./Hash.js"
import * as Integer from "./Integer.js"

const NOTHING = new Uint8Array(0)

/** `NX`: only when the key is absent. `XX`: only when it is there. The others compare its value. */
type Condition = "nx" | "xx" | "ifeq" | "ifne"

interface SetOptions {
  readonly condition: Condition | undefined
  readonly operand: Uint8Array
  readonly get: boolean
  readonly expiry: Expiry.Option | undefined
}

const CONDITIONS: ReadonlyArray<Condition> = ["nx", "xx", "ifeq", "ifne"]

const setOptions = (words: Words): SetOptions | undefined => {
  let condition: Condition | undefined
  let operand: Uint8Array = NOTHING
  let get = false
  let expiry: Expiry.Option | undefined
  for (let at = 3; at < words.length; at++) {
    const word = words[at]!
    const named = CONDITIONS.find((each) => matches(word, each))
    if (named !== undefined) {
      const takesOperand = named === "ifeq" || named === "ifne"
      const next = words[at + 1]
      if (condition !== undefined && (condition !== named || takesOperand)) return undefined
      if (takesOperand && next === undefined) return undefined
      condition = named
      if (next !== undefined && takesOperand) {
        operand = next
        at++
      }
    } else if (matches(word, "get")) {
      get = true
    } else {
      const found = Expiry.option(words, at, expiry, "keepttl")
      if (found === undefined || found === SYNTAX_ERROR) return undefined
      expiry = found
      if (expiry._tag === "Due") at++
    }
  }
  return { condition, operand, get, expiry }
}

const set: Run = (words, context) => {
  const { index, reply, store } = context
  const key = keyAt(words, 1)
  if (words.length === 3) {
    put(context, key, words[2]!)
    return reply.simple("OK")
  }
  const options = setOptions(words)
  if (options === undefined) return reply.error(SYNTAX_ERROR)
  const { condition, expiry, operand } = options
  const due = expiry?._tag === "Due"
    ? Expiry.momentOf(expiry, store.timeMillis, "set")
    : undefined
  if (typeof due === "string") return reply.error(due)
  const before = options.get ? store.look(key) : store.get(key)
  const compares = condition === "ifeq" || condition === "ifne"
  if ((options.get || compares) && before?.value instanceof Hash) return reply.error(WRONG_TYPE)
  const holds = condition === undefined ||
    isMet(condition, before?.value as Uint8Array | undefined, operand, before !== undefined)
  if (options.get) bulkOrNil(context, before?.value as Uint8Array | undefined)
  else if (holds) reply.simple("OK")
  else reply.nil()
  if (holds) {
    if (expiry?._tag !== "Keep") return put(context, key, words[2]!, due)
    store.replace(key, words[2]!, index)
    store.tell("string", "set", key)
  }
}

const isMet = (
  condition: Condition,
  value: Uint8Array | undefined,
  operand: Uint8Array,
  isThere: boolean
): boolean => {
  switch (condition) {
    case "nx":
      return !isThere
    case "xx":
      return isThere
    case "ifeq":
      return value !== undefined && equals(value, operand)
    case "ifne":
      return value === undefined || !equals(value, operand)
  }
}

const setIfAbsent: Run = (words, context) => {
  const key = keyAt(words, 1)
  const isThere = context.store.get(key) !== undefined
  if (!isThere) put(context, key, words[2]!)
  context.reply.integer(isThere ? 0 : 1)
}

const setFor = (name: "setex" | "psetex", unit: Expiry.Unit): Run => (words, context) => {
  const { reply, store } = context
  const due = Expiry.momentOf({ _tag: "Due", unit, word: words[2]! }, store.timeMillis, name)
  if (typeof due === "string") return reply.error(due)
  put(context, keyAt(words, 1), words[3]!, due)
  reply.simple("OK")
}

/** Only if the key still has the revision. Answered with `OK`, or with the revision it has. */
const compareAndSet: Run = (words, context) => {
  const { reply, store } = context
  const key = keyAt(words, 1)
  const revision = store.revision(key)
  if (revision !== Integer.parse(words[2]!)) return reply.integer(revision)
  put(context, key, words[3]!)
  reply.simple("OK")
}

const deleteIf: Run = (words, context) => {
  const { reply } = context
  const key = keyAt(words, 1)
  if (words.length === 2) return reply.integer(erase(context, key) ? 1 : 0)
  const condition = CONDITIONS.find((each) => matches(words[2]!, each))
  if (words.length !== 4 || (condition !== "ifeq" && condition !== "ifne")) {
    return reply.error(words.length === 4 ? "ERR Invalid condition" : wrongArity("delex"))
  }
  const value = stringOf(context, key)
  if (typeof value === "string") return reply.error(value)
  const holds = value !== undefined && isMet(condition, value, words[3]!, true)
  reply.integer(holds && erase(context, key) ? 1 : 0)
}

const revision: Run = (words, { reply, store }) => reply.integer(store.revision(keyAt(words, 1)))

const { read, write } = entriesOf("string")
const OVERWRITE = { flags: ["write", "denyoom"], access: OVERWRITES } as const
const SET = "key value [NX | XX | IFEQ comparison | IFNE comparison] [GET] [EX seconds | " +
  "PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]"
const FOR_SECONDS = "key seconds value"
const FOR_MILLISECONDS = "key milliseconds value"

export const commands: ReadonlyArray<DataCommand> = [
  write("set", SET, -3, "1.0.0", set, "Sets the string value of a key.", {
    flags: ["write", "denyoom"],
    access: "RW access update variable_flags",
    differs: "It has IFEQ and IFNE of Redis 8.4."
  }),
  write("setnx", "key value", 3, "1.0.0", setIfAbsent, "Sets a key only if it is absent.", {
    access: INSERTS
  }),
  write(
    "setex",
    FOR_SECONDS,
    4,
    "2.0.0",
    setFor("setex", "ex"),
    "Sets a key for some seconds.",
    OVERWRITE
  ),
  write(
    "psetex",
    FOR_MILLISECONDS,
    4,
    "2.6.0",
    setFor("psetex", "px"),
    "Sets a key for some milliseconds.",
    OVERWRITE
  ),
  write(
    "delex",
    "key [IFEQ comparison | IFNE comparison]",
    -2,
    "8.4.0",
    deleteIf,
    "Deletes a key if it has, or has not, this value.",
    { flags: ["write", "fast"], access: "RW access delete" }
  )
]

/** What Redis does not have, for programs that embed the cache. */
export const ownCommands: ReadonlyArray<DataCommand> = [
  write(
    "cas",
    "key revision value",
    4,
    "0.1.0",
    compareAndSet,
    "Sets a key only if it has this revision."
  ),
  read("revision", "key", 2, "0.1.0", revision, "Returns the revision of a key.")
]

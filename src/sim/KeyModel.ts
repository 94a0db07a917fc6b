/**
 * What the commands on keys of any type should do: a part of the model of the cache
 * (CacheModel.ts).
 */
import * as Answer from "../kv/Answer.js"
import * as KeyPattern from "./KeyPattern.js"
import {
  bulk,
  bulks,
  find,
  integerOf,
  look,
  put,
  remove,
  reply,
  sizeOf,
  truth
} from "./ModelState.js"
import type { Command, Commands, Entry, State, Value } from "./ModelState.js"

const typeOf = (value: Value): string => typeof value === "string" ? "string" : "hash"

const removeAll: Command = ({ state, words }) =>
  Answer.integer(words.filter((key) => remove(state, key)).length)

const countThere: Command = ({ state, words }) =>
  Answer.integer(words.filter((key) => look(state, key) !== undefined).length)

const type: Command = ({ state, words: [key] }) => {
  const entry = look(state, key!)
  return reply((writer) => writer.simple(entry === undefined ? "none" : typeOf(entry.value)))
}

const namesIn = ({ entries }: State): ReadonlyArray<string> => [...entries.keys()]

const keys: Command = ({ state, words: [pattern] }) =>
  bulks(
    KeyPattern.inOrder(namesIn(state)).filter((key) => KeyPattern.isMatch(pattern!, key))
  )

const scan: Command = ({ state, words: [cursor, ...options] }) => {
  const { count, isWanted, type } = KeyPattern.scanOptions(options)
  const { found, next } = KeyPattern.scan(namesIn(state), Number(cursor), count)
  const wanted = found.filter((key) =>
    isWanted(key) && (type === undefined || typeOf(find(state, key)!.value) === type)
  )
  return Answer.array([bulk(String(next)), bulks(wanted)])
}

/** The other key holds the same from now on, whatever it held before. */
const move = (state: State, to: string, entry: Entry): void => {
  state.entries.delete(to)
  put(state, to, entry)
}

const noSuchKey = Answer.error("ERR no such key")

const rename: Command = ({ name, revision, state, words }) => {
  const [from, to] = words as [string, string]
  const entry = find(state, from)
  if (entry === undefined) return noSuchKey
  if (name === "renamenx" && find(state, to) !== undefined) return truth(false)
  if (from !== to) {
    state.entries.delete(from)
    move(state, to, { ...entry, revision })
    state.told.push(`rename_from ${from}`, `rename_to ${to}`)
  }
  return name === "renamenx" ? truth(true) : Answer.ok
}

const copy: Command = ({ revision, state, words }) => {
  const [from, to, replaces] = words as [string, string, string?]
  if (from === to) return Answer.error("ERR source and destination objects are the same")
  const entry = look(state, from)
  if (entry === undefined) return truth(false)
  if (replaces === undefined && find(state, to) !== undefined) return truth(false)
  move(state, to, { ...entry, revision })
  state.told.push(`copy_to ${to}`)
  return truth(true)
}

const clear: Command = ({ state }) => {
  state.entries.clear()
  return Answer.ok
}

const EMBEDDED_LIMIT_BYTES = 44
const PACKED_LIMIT_FIELDS = 128
const PACKED_LIMIT_BYTES = 64

const encodingOf = (value: Value): string => {
  if (typeof value === "string") {
    if (integerOf(value) !== undefined) return "int"
    return value.length > EMBEDDED_LIMIT_BYTES ? "raw" : "embstr"
  }
  const longest = Math.max(...[...value].flat().map(({ length }) => length))
  const isPacked = value.size <= PACKED_LIMIT_FIELDS && longest <= PACKED_LIMIT_BYTES
  return isPacked ? "listpack" : "hashtable"
}

/** Undefined if the key is absent. */
const about =
  (tell: (entry: Entry, key: string) => Uint8Array): Command => ({ state, words: [key] }) => {
    const entry = find(state, key!)
    return entry === undefined ? Answer.nil : tell(entry, key!)
  }

const SECOND_MILLIS = 1_000

const expire: Command = ({ name, revision, state, words }) => {
  const [key, count, ...flags] = words as [string, string, ...Array<string>]
  const entry = find(state, key)
  if (entry === undefined) return truth(false)
  const { dueMillis, value } = entry
  const fromMillis = name.endsWith("at") ? 0 : state.nowMillis
  const moment = fromMillis + Number(count) * (name.startsWith("p") ? 1 : SECOND_MILLIS)
  const isRefused = (flags.includes("nx") && dueMillis !== Infinity) ||
    (flags.includes("xx") && dueMillis === Infinity) ||
    (flags.includes("gt") && moment <= dueMillis) || (flags.includes("lt") && moment >= dueMillis)
  if (isRefused) return truth(false)
  const event = moment <= state.nowMillis ? "del" : "expire"
  put(state, key, { value, revision, dueMillis: moment }, event)
  return truth(true)
}

const persist: Command = ({ revision, state, words: [key] }) => {
  const entry = find(state, key!)
  if (entry === undefined || entry.dueMillis === Infinity) return truth(false)
  put(state, key!, { ...entry, revision, dueMillis: Infinity }, "persist")
  return truth(true)
}

/** How long until the key goes, or when: to the nearest second, or in milliseconds. */
const tellDue: Command = ({ name, state, words: [key] }) => {
  const entry = look(state, key!)
  if (entry === undefined) return Answer.integer(-2)
  if (entry.dueMillis === Infinity) return Answer.integer(-1)
  const millis = entry.dueMillis - (name.endsWith("ttl") ? state.nowMillis : 0)
  return Answer.integer(name.startsWith("p") ? millis : Math.round(millis / SECOND_MILLIS))
}

export const commands: Commands = {
  del: removeAll,
  unlink: removeAll,
  exists: countThere,
  touch: countThere,
  type,
  keys,
  scan,
  randomkey: ({ state }) => bulk(KeyPattern.inOrder(namesIn(state))[0]),
  dbsize: ({ state }) => Answer.integer(state.entries.size),
  rename,
  renamenx: rename,
  copy,
  flushall: clear,
  flushdb: clear,
  "object encoding": about(({ value }) => bulk(encodingOf(value))),
  "object refcount": about(() => Answer.integer(1)),
  "memory usage": about((entry, key) => Answer.integer(sizeOf(key, entry))),
  revision: ({ state, words: [key] }) => Answer.integer(find(state, key!)?.revision ?? 0),
  expire,
  pexpire: expire,
  expireat: expire,
  pexpireat: expire,
  persist,
  ttl: tellDue,
  pttl: tellDue,
  expiretime: tellDue,
  pexpiretime: tellDue
}

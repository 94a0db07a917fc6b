/**
 * What the cache should do, said as plainly as possible: the answers of a finished run are compared
 * with this. It shares the encodings with kv/Machine.ts, the constants of kv/Size.ts, and nothing
 * of the logic, not even the arithmetic, so that the two can only be wrong in the same way by
 * misreading the same sentence. It has the commands that simulated clients use, with the options
 * that they use.
 */
import * as Answer from "../kv/Answer.js"
import * as Command from "../kv/Command.js"
import * as Latin1 from "../kv/Latin1.js"
import * as Size from "../kv/Size.js"
import type { Model } from "./Application.js"

interface Entry {
  readonly value: string | ReadonlyMap<string, string>
  readonly revision: number
  /** Infinity for what stays. */
  readonly dueMillis: number
}

interface State {
  entries: Map<string, Entry>
  nowMillis: number
  limitBytes: number
}

export const make = (): Model => {
  const state: State = { entries: new Map(), nowMillis: 0, limitBytes: 0 }
  return {
    apply: (bytes, index) => {
      const command = Command.decode(bytes)
      switch (command?._tag) {
        case undefined:
          return misunderstood
        case "Time":
          return advance(state, command.millis)
        case "Memory": {
          const { entries } = state
          const evicted = command.evicted.filter(({ key, revision }) =>
            entries.get(key)?.revision === revision && entries.delete(key)
          )
          state.limitBytes = command.limitBytes
          return Answer.integer(evicted.length)
        }
        case "Call":
          if (isFull(state) && GROWING.includes(text(command.words[0]!))) return refused("")
          return call(state, command.words.map(text), index)
        case "Transaction": {
          const { calls, watched } = command
          if (isFull(state) && calls.some(([name]) => GROWING.includes(text(name!)))) {
            return refused("EXECABORT Transaction discarded because of: ")
          }
          const isChanged = watched.some(({ key, revision }) =>
            (state.entries.get(key)?.revision ?? 0) !== revision
          )
          if (isChanged) return noArray
          return Answer.array(calls.map((words) => call(state, words.map(text), index)))
        }
      }
    },
    read: (bytes) => {
      const command = Command.decode(bytes)
      return command?._tag === "Call" ? call(state, command.words.map(text), 0) : misunderstood
    },
    digest: () =>
      JSON.stringify([
        state.nowMillis,
        state.limitBytes,
        ...[...state.entries.keys()].sort().map((key) => {
          const { dueMillis, revision, value } = state.entries.get(key)!
          const held = typeof value === "string" ? value : [...value].sort()
          return [key, revision, String(dueMillis), held]
        })
      ])
  }
}

const misunderstood = Answer.error(
  "ERR command not understood: it comes from a newer version, " +
    "upgrade every node to that version"
)

/** As `EXEC` answers when a key has changed. */
const noArray: Uint8Array = Uint8Array.of(7)

const wrongType = Answer.error("WRONGTYPE Operation against a key holding the wrong kind of value")

/** What a full cache refuses. */
const GROWING: ReadonlyArray<string> = ["set", "mset", "incrby", "cas", "hset"]

const refused = (why: string): Uint8Array =>
  Answer.error(`${why}OOM command not allowed when used memory > 'maxmemory'.`)

const isFull = ({ entries, limitBytes }: State): boolean => {
  let usedBytes = 0
  for (const [key, { dueMillis, value }] of entries) {
    usedBytes += Size.ENTRY_BYTES + key.length + (dueMillis === Infinity ? 0 : Size.DUE_BYTES)
    if (typeof value === "string") usedBytes += Size.VALUE_BYTES + value.length
    else {
      usedBytes += Size.HASH_BYTES
      for (const [field, bytes] of value) {
        usedBytes += Size.FIELD_BYTES + field.length + Size.VALUE_BYTES + bytes.length
      }
    }
  }
  return limitBytes > 0 && usedBytes > limitBytes
}

const text = (bytes: Uint8Array): string => Latin1.decode(bytes, 0, bytes.length)

const bulk = (value: string | undefined): Uint8Array =>
  value === undefined ? Answer.nil : Answer.bulk(Latin1.encode(value))

const advance = (state: State, millis: number): Uint8Array => {
  if (millis > state.nowMillis) state.nowMillis = millis
  for (const [key, { dueMillis }] of state.entries) {
    if (dueMillis <= state.nowMillis) state.entries.delete(key)
  }
  return Answer.ok
}

/** Whether 64 bits with a sign hold it. */
const fits = (value: bigint): boolean => BigInt.asIntN(64, value) === value

const integerOf = (digits: string): bigint | undefined =>
  /^(0|-?[1-9][0-9]{0,18})$/.test(digits) && fits(BigInt(digits)) ? BigInt(digits) : undefined

const set = (state: State, words: ReadonlyArray<string>, revision: number): Uint8Array => {
  const [, key, value, ...options] = words as [string, string, string, ...Array<string>]
  const { entries, nowMillis } = state
  const before = entries.get(key)
  const optionAt = (name: string) => options.indexOf(name)
  const has = (name: string): boolean => optionAt(name) >= 0
  if ((has("get") || has("ifeq")) && typeof before?.value === "object") return wrongType
  const isRefused = (has("nx") && before !== undefined) || (has("xx") && before === undefined) ||
    (has("ifeq") && before?.value !== options[optionAt("ifeq") + 1])
  const stays = has("keepttl") ? before?.dueMillis ?? Infinity : Infinity
  const dueMillis = has("px") ? nowMillis + Number(options[optionAt("px") + 1]) : stays
  if (!isRefused) entries.set(key, { value, revision, dueMillis })
  if (has("get")) return bulk(before?.value as string | undefined)
  return isRefused ? Answer.nil : Answer.ok
}

const count = (
  { entries }: State,
  key: string,
  by: string,
  revision: number
): Uint8Array => {
  const before = entries.get(key)
  if (typeof before?.value === "object") return wrongType
  const current = integerOf(before?.value ?? "0")
  if (current === undefined) return Answer.error("ERR value is not an integer or out of range")
  const sum = current + BigInt(by)
  if (!fits(sum)) return Answer.error("ERR increment or decrement would overflow")
  entries.set(key, { value: String(sum), revision, dueMillis: before?.dueMillis ?? Infinity })
  return Answer.integer(sum)
}

const call = (state: State, words: ReadonlyArray<string>, revision: number): Uint8Array => {
  const { entries, nowMillis } = state
  const [name, key = "", ...rest] = words as [string, ...Array<string>]
  const before = entries.get(key)
  switch (name) {
    case "set":
      return set(state, words, revision)
    case "mset":
      for (let at = 1; at < words.length; at += 2) {
        entries.set(words[at]!, { value: words[at + 1]!, revision, dueMillis: Infinity })
      }
      return Answer.ok
    case "del":
      return Answer.integer(words.slice(1).filter((each) => entries.delete(each)).length)
    case "incrby":
      return count(state, key, rest[0]!, revision)
    case "cas": {
      const actual = before?.revision ?? 0
      if (actual !== Number(rest[0])) return Answer.integer(actual)
      entries.set(key, { value: rest[1]!, revision, dueMillis: Infinity })
      return Answer.ok
    }
    case "pexpire":
    case "persist": {
      const isPersist = name === "persist"
      if (before === undefined || (isPersist && before.dueMillis === Infinity)) {
        return Answer.integer(0)
      }
      const dueMillis = isPersist ? Infinity : nowMillis + Number(rest[0])
      entries.set(key, { ...before, revision, dueMillis })
      return Answer.integer(1)
    }
    case "flushall":
      entries.clear()
      return Answer.ok
    case "hset":
    case "hdel":
    case "hget":
    case "hlen":
      return ofHash(entries, name, key, rest, revision)
    default:
      return look(state, words)
  }
}

const ofHash = (
  entries: Map<string, Entry>,
  name: "hset" | "hdel" | "hget" | "hlen",
  key: string,
  rest: ReadonlyArray<string>,
  revision: number
): Uint8Array => {
  const before = entries.get(key)
  if (typeof before?.value === "string") return wrongType
  const fields = new Map(before?.value ?? [])
  const { size } = fields
  if (name === "hget") return bulk(fields.get(rest[0]!))
  if (name === "hlen") return Answer.integer(size)
  if (name === "hset") {
    for (let at = 0; at < rest.length; at += 2) fields.set(rest[at]!, rest[at + 1]!)
  } else for (const field of rest) fields.delete(field)
  const changed = Math.abs(fields.size - size)
  const dueMillis = before?.dueMillis ?? Infinity
  if (fields.size === 0) entries.delete(key)
  else if (name === "hset" || changed > 0) {
    entries.set(key, { value: fields, revision, dueMillis })
  }
  return Answer.integer(changed)
}

const look = (
  { entries, nowMillis }: State,
  [name, ...keys]: ReadonlyArray<string>
): Uint8Array => {
  const [first] = keys.map((key) => entries.get(key))
  const valueOf = (key: string) => entries.get(key)?.value
  switch (name) {
    case "get":
      return typeof first?.value === "object" ? wrongType : bulk(first?.value)
    case "mget":
      return Answer.array(
        keys.map(valueOf).map((value) => bulk(typeof value === "string" ? value : undefined))
      )
    case "revision":
      return Answer.integer(first?.revision ?? 0)
    case "exists":
      return Answer.integer(keys.filter((key) => entries.has(key)).length)
    case "dbsize":
      return Answer.integer(entries.size)
    case "pttl": {
      const isLasting = first === undefined || first.dueMillis === Infinity
      return Answer.integer(isLasting ? first === undefined ? -2 : -1 : first.dueMillis - nowMillis)
    }
    default:
      return misunderstood
  }
}

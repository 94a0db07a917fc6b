/**
 * What the cache should do, said as plainly as possible: the answers of a finished run, and what
 * was told of its commands, are compared with this. It shares the encodings with kv/Machine.ts, the
 * constants of kv/Size.ts, and nothing of the logic, not even the arithmetic, so that the two can
 * only be wrong in the same way by misreading the same sentence. It has the commands that simulated
 * clients use, with the options that they use.
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
  /** By the last command. */
  told: Array<string>
}

export const make = (): Model => {
  const state: State = { entries: new Map(), nowMillis: 0, limitBytes: 0, told: [] }
  return {
    apply: (bytes, index) => {
      state.told = []
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
          for (const { key } of evicted) state.told.push(`evicted ${key}`)
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
    told: () => state.told.join(", "),
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
  const due = [...state.entries].filter(([, { dueMillis }]) => dueMillis <= state.nowMillis)
    .sort(([one, a], [other, b]) => a.dueMillis - b.dueMillis || (one < other ? -1 : 1))
  for (const [key] of due) {
    state.entries.delete(key)
    state.told.push(`expired ${key}`)
  }
  return Answer.ok
}

const put = ({ entries, told }: State, key: string, entry: Entry, event: string): void => {
  if (!entries.has(key)) told.push(`new ${key}`)
  entries.set(key, entry)
  told.push(`${event} ${key}`)
}

const remove = ({ entries, told }: State, key: string): boolean => {
  if (!entries.delete(key)) return false
  told.push(`del ${key}`)
  return true
}

const look = ({ entries, told }: State, key: string): Entry | undefined => {
  if (!entries.has(key)) told.push(`keymiss ${key}`)
  return entries.get(key)
}

/** Whether 64 bits with a sign hold it. */
const fits = (value: bigint): boolean => BigInt.asIntN(64, value) === value

const integerOf = (digits: string): bigint | undefined =>
  /^(0|-?[1-9][0-9]{0,18})$/.test(digits) && fits(BigInt(digits)) ? BigInt(digits) : undefined

const set = (state: State, words: ReadonlyArray<string>, revision: number): Uint8Array => {
  const [, key, value, ...options] = words as [string, string, string, ...Array<string>]
  const { entries, nowMillis } = state
  const optionAt = (name: string) => options.indexOf(name)
  const has = (name: string): boolean => optionAt(name) >= 0
  const before = has("get") ? look(state, key) : entries.get(key)
  if ((has("get") || has("ifeq")) && typeof before?.value === "object") return wrongType
  const isRefused = (has("nx") && before !== undefined) || (has("xx") && before === undefined) ||
    (has("ifeq") && before?.value !== options[optionAt("ifeq") + 1])
  const stays = has("keepttl") ? before?.dueMillis ?? Infinity : Infinity
  const dueMillis = has("px") ? nowMillis + Number(options[optionAt("px") + 1]) : stays
  if (!isRefused) put(state, key, { value, revision, dueMillis }, "set")
  if (!isRefused && has("px")) state.told.push(`expire ${key}`)
  if (has("get")) return bulk(before?.value as string | undefined)
  return isRefused ? Answer.nil : Answer.ok
}

const count = (state: State, key: string, by: string, revision: number): Uint8Array => {
  const before = state.entries.get(key)
  if (typeof before?.value === "object") return wrongType
  const current = integerOf(before?.value ?? "0")
  if (current === undefined) return Answer.error("ERR value is not an integer or out of range")
  const sum = current + BigInt(by)
  if (!fits(sum)) return Answer.error("ERR increment or decrement would overflow")
  const dueMillis = before?.dueMillis ?? Infinity
  put(state, key, { value: String(sum), revision, dueMillis }, "incrby")
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
        put(state, words[at]!, { value: words[at + 1]!, revision, dueMillis: Infinity }, "set")
      }
      return Answer.ok
    case "del":
      return Answer.integer(words.slice(1).filter((each) => remove(state, each)).length)
    case "incrby":
      return count(state, key, rest[0]!, revision)
    case "cas": {
      const actual = before?.revision ?? 0
      if (actual !== Number(rest[0])) return Answer.integer(actual)
      put(state, key, { value: rest[1]!, revision, dueMillis: Infinity }, "set")
      return Answer.ok
    }
    case "pexpire":
    case "persist": {
      const isPersist = name === "persist"
      if (before === undefined || (isPersist && before.dueMillis === Infinity)) {
        return Answer.integer(0)
      }
      const dueMillis = isPersist ? Infinity : nowMillis + Number(rest[0])
      put(state, key, { ...before, revision, dueMillis }, isPersist ? "persist" : "expire")
      return Answer.integer(1)
    }
    case "flushall":
      entries.clear()
      return Answer.ok
    case "hset":
    case "hdel":
    case "hget":
    case "hlen":
      return ofHash(state, name, key, rest, revision)
    case "publish":
      state.told.push(`${key}: ${rest[0]}`)
      return Answer.integer(0)
    default:
      return show(state, words)
  }
}

const ofHash = (
  state: State,
  name: "hset" | "hdel" | "hget" | "hlen",
  key: string,
  rest: ReadonlyArray<string>,
  revision: number
): Uint8Array => {
  const isRead = name === "hget" || name === "hlen"
  const before = isRead ? look(state, key) : state.entries.get(key)
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
  if (name === "hset" || changed > 0) {
    put(state, key, { value: fields, revision, dueMillis }, name)
  }
  if (fields.size === 0) remove(state, key)
  return Answer.integer(changed)
}

const show = (state: State, [name, ...keys]: ReadonlyArray<string>): Uint8Array => {
  const { entries, nowMillis } = state
  const isTold = name !== "revision" && name !== "dbsize"
  const [first] = keys.map((key) => isTold ? look(state, key) : entries.get(key))
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

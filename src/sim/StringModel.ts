/** What the commands on strings should do: a part of the model of the cache (CacheModel.ts). */
import * as Answer from "../kv/Answer.js"
import {
  bulk,
  bulks,
  find,
  floatSumOf,
  integerOf,
  look,
  notAFloat,
  notAnInteger,
  overflow,
  put,
  remove,
  reply,
  sumOf,
  truth,
  wrongType
} from "./ModelState.js"
import type { Call, Command, Commands, Entry } from "./ModelState.js"

/** A key's string, undefined if the key is absent, before the command. */
type Run = (
  before: string | undefined,
  key: string,
  call: Call,
  entry: Entry | undefined
) => Uint8Array

/** Any other type is refused. */
const onString = (seek: typeof find, run: Run): Command => (call) => {
  const [key] = call.words as [string]
  const entry = seek(call.state, key)
  return typeof entry?.value === "object" ? wrongType : run(entry?.value, key, call, entry)
}

const showing = (run: Run): Command => onString(look, run)

const changing = (run: Run): Command => onString(find, run)

/** Another string, and nothing about when it goes. */
const keep = ({ revision, state }: Call, key: string, value: string, event?: string): void => {
  const dueMillis = find(state, key)?.dueMillis ?? Infinity
  put(state, key, { value, revision, dueMillis }, ...(event === undefined ? [] : [event]))
}

/** Another string, which goes when it is said to. */
const write = ({ revision, state }: Call, key: string, value: string, dueMillis = Infinity) => {
  const expires = dueMillis === Infinity ? [] : ["expire"]
  const expired = dueMillis <= state.nowMillis ? ["expired"] : []
  put(state, key, { value, revision, dueMillis }, "set", ...expires, ...expired)
}

/** The moment that an option and its number name. */
const momentOf = (unit: string, count: string, nowMillis: number): number =>
  Number(count) * (unit.startsWith("ex") ? 1_000 : 1) + (unit.endsWith("at") ? 0 : nowMillis)

const UNITS: ReadonlyArray<string> = ["ex", "px", "exat", "pxat"]

const set: Command = (call) => {
  const { state, words } = call
  const [key, value, ...options] = words as [string, string, ...Array<string>]
  const after = (name: string) => options[options.indexOf(name) + 1]
  const has = (name: string): boolean => options.includes(name)
  const before = has("get") ? look(state, key) : find(state, key)
  const compares = has("ifeq") || has("ifne")
  if ((has("get") || compares) && typeof before?.value === "object") return wrongType
  const isRefused = (has("nx") && before !== undefined) || (has("xx") && before === undefined) ||
    (has("ifeq") && before?.value !== after("ifeq")) ||
    (has("ifne") && before?.value === after("ifne"))
  const unit = UNITS.find(has)
  if (!isRefused) {
    if (has("keepttl")) keep(call, key, value, "set")
    else if (unit === undefined) write(call, key, value)
    else write(call, key, value, momentOf(unit, after(unit)!, state.nowMillis))
  }
  if (has("get")) return bulk(before?.value as string | undefined)
  return isRefused ? Answer.nil : Answer.ok
}

const setFor = (unit: string): Command => (call) => {
  const [key, count, value] = call.words as [string, string, string]
  write(call, key, value, momentOf(unit, count, call.state.nowMillis))
  return Answer.ok
}

const setMany: Command = (call) => {
  for (let at = 0; at < call.words.length; at += 2) {
    write(call, call.words[at]!, call.words[at + 1]!)
  }
  return Answer.ok
}

const setManyIfAbsent: Command = (call) => {
  const isOneThere = call.words.some((key, at) => at % 2 === 0 && call.state.entries.has(key))
  if (!isOneThere) setMany(call)
  return truth(!isOneThere)
}

const setIfAbsent: Command = (call) => {
  const [key, value] = call.words as [string, string]
  const isThere = call.state.entries.has(key)
  if (!isThere) write(call, key, value)
  return truth(!isThere)
}

const compareAndSet: Command = (call) => {
  const [key, revision, value] = call.words as [string, string, string]
  const actual = call.state.entries.get(key)?.revision ?? 0
  if (actual !== Number(revision)) return Answer.integer(actual)
  write(call, key, value)
  return Answer.ok
}

const deleteIf: Command = (call) => {
  const [key, condition, operand] = call.words as [string, string?, string?]
  if (condition === undefined) return truth(remove(call.state, key))
  return changing((before) =>
    truth(
      before !== undefined && (before === operand) === (condition === "ifeq") &&
        remove(call.state, key)
    )
  )(call)
}

const getExpire = showing((before, key, call, entry) => {
  const { revision, state, words: [, unit, count] } = call
  if (entry === undefined || unit === undefined) return bulk(before)
  const { value } = entry
  if (unit !== "persist") {
    const dueMillis = momentOf(unit, count!, state.nowMillis)
    const event = dueMillis <= state.nowMillis ? "del" : "expire"
    put(state, key, { value, revision, dueMillis }, event)
  } else if (entry.dueMillis !== Infinity) {
    put(state, key, { value, revision, dueMillis: Infinity }, "persist")
  }
  return bulk(before)
})

const count = (by: (call: Call) => bigint): Command =>
  changing((before, key, call) => {
    const current = integerOf(before ?? "0")
    if (current === undefined) return notAnInteger
    const sum = sumOf(current, by(call))
    if (sum === undefined) return overflow
    keep(call, key, String(sum), "incrby")
    return Answer.integer(sum)
  })

const addFloat = changing((before, key, call) => {
  const sum = floatSumOf(before ?? "0", call.words[1]!)
  if (sum === undefined) return notAFloat
  keep(call, key, sum, "incrbyfloat")
  return bulk(sum)
})

/** Those characters from `start` to `end`, both included, counted from the end if below 0. */
const partOf = <A>(all: ReadonlyArray<A>, start: number, end: number): ReadonlyArray<A> => {
  if (start < 0 && end < 0 && start > end) return []
  const placeOf = (at: number): number => Math.max(0, at < 0 ? all.length + at : at)
  return all.slice(placeOf(start), placeOf(end) + 1)
}

const getRange = showing((before = "", _, { words: [, start, end] }) =>
  bulk(partOf([...before], Number(start), Number(end)).join(""))
)

const setRange = changing((before = "", key, call) => {
  const [, offset, part] = call.words as [string, string, string]
  if (part === "") return Answer.integer(before.length)
  const at = Number(offset)
  const value = before.slice(0, at).padEnd(at, "\0") + part + before.slice(at + part.length)
  keep(call, key, value, "setrange")
  return Answer.integer(value.length)
})

const append = changing((before = "", key, call) => {
  const value = before + call.words[1]!
  keep(call, key, value, "append")
  return Answer.integer(value.length)
})

const BYTE_BITS = 8

/** The first of each byte is the most significant. */
const bitsOf = (value: string): ReadonlyArray<string> =>
  [...value].flatMap((character) => [
    ...character.charCodeAt(0).toString(2).padStart(BYTE_BITS, "0")
  ])

const fromBits = (bits: ReadonlyArray<string>): string => {
  let value = ""
  for (let at = 0; at < bits.length; at += BYTE_BITS) {
    value += String.fromCharCode(parseInt(bits.slice(at, at + BYTE_BITS).join(""), 2))
  }
  return value
}

const setBit = changing((before = "", key, call) => {
  const [, offset, bit] = call.words as [string, string, string]
  const at = Number(offset)
  const lengthBytes = Math.max(before.length, Math.floor(at / BYTE_BITS) + 1)
  const bits = [...bitsOf(before.padEnd(lengthBytes, "\0"))]
  const was = bits[at]!
  bits[at] = bit
  const value = fromBits(bits)
  keep(call, key, value, value === before ? undefined : "setbit")
  return Answer.integer(Number(was))
})

const countBits = showing((before = "", _, { words: [, start = "0", end = "-1", unit] }) => {
  const bits = bitsOf(before)
  const bytes = Array.from(
    { length: before.length },
    (_, at) => bits.slice(BYTE_BITS * at, BYTE_BITS * (at + 1))
  )
  const part = unit === "bit"
    ? partOf(bits, Number(start), Number(end))
    : partOf(bytes, Number(start), Number(end)).flat()
  return Answer.integer(part.filter((bit) => bit === "1").length)
})

/** Where runs that both strings have end in each, and how long they are; the last first. */
interface Common {
  readonly text: string
  readonly runs: ReadonlyArray<{ readonly ends: readonly [number, number]; length: number }>
}

const commonOf = (one: string, other: string): Common => {
  const lengths = new Map<string, number>()
  const lengthOf = (row: number, column: number): number => lengths.get(`${row} ${column}`) ?? 0
  for (let row = 1; row <= one.length; row++) {
    for (let column = 1; column <= other.length; column++) {
      const length = one[row - 1] === other[column - 1]
        ? lengthOf(row - 1, column - 1) + 1
        : Math.max(lengthOf(row - 1, column), lengthOf(row, column - 1))
      lengths.set(`${row} ${column}`, length)
    }
  }
  let [text, row, column] = ["", one.length, other.length]
  const runs: Array<{ ends: readonly [number, number]; length: number }> = []
  while (row > 0 && column > 0) {
    if (one[row - 1] === other[column - 1]) {
      text = one[row - 1]! + text
      const last = runs.at(-1)
      const isNext = last !== undefined && last.ends[0] - last.length === row - 1 &&
        last.ends[1] - last.length === column - 1
      if (isNext) last.length++
      else runs.push({ ends: [row - 1, column - 1], length: 1 })
      row--
      column--
    } else if (lengthOf(row - 1, column) > lengthOf(row, column - 1)) row--
    else column--
  }
  return { text, runs }
}

const common: Command = ({ state, words: [one, other, ...options] }) => {
  const values = [look(state, one!), look(state, other!)].map((entry) => entry?.value ?? "")
  const [a, b] = values
  if (typeof a !== "string" || typeof b !== "string") {
    return Answer.error("ERR The specified keys must contain string values")
  }
  const { runs, text } = commonOf(a, b)
  if (options.includes("len")) return Answer.integer(text.length)
  if (!options.includes("idx")) return bulk(text)
  const withLengths = options.includes("withmatchlen")
  const least = options.includes("minmatchlen") ? options[options.indexOf("minmatchlen") + 1] : 0
  const matches = runs.filter(({ length }) => length >= Number(least)).map(({ ends, length }) =>
    Answer.array([
      ...ends.map((end) => Answer.array([end - length + 1, end].map(Answer.integer))),
      ...(withLengths ? [Answer.integer(length)] : [])
    ])
  )
  return reply((writer) => {
    writer.map(2)
    writer.text("matches")
    Answer.replay(Answer.array(matches), writer)
    writer.text("len")
    writer.integer(text.length)
  })
}

export const commands: Commands = {
  get: showing(bulk),
  mget: ({ state, words }) =>
    bulks(
      words.map((key) => look(state, key)?.value).map((value) =>
        typeof value === "string" ? value : undefined
      )
    ),
  strlen: showing((before = "") => Answer.integer(before.length)),
  getrange: getRange,
  substr: getRange,
  getbit: showing((before = "", _, { words: [, offset] }) =>
    Answer.integer(Number(bitsOf(before)[Number(offset)] ?? "0"))
  ),
  bitcount: countBits,
  lcs: common,
  set,
  setex: setFor("ex"),
  psetex: setFor("px"),
  setnx: setIfAbsent,
  mset: setMany,
  msetnx: setManyIfAbsent,
  getset: showing((before, key, call) => {
    write(call, key, call.words[1]!)
    return bulk(before)
  }),
  getdel: showing((before, key, { state }) => {
    remove(state, key)
    return bulk(before)
  }),
  getex: getExpire,
  cas: compareAndSet,
  delex: deleteIf,
  append,
  setrange: setRange,
  setbit: setBit,
  incr: count(() => 1n),
  decr: count(() => -1n),
  incrby: count(({ words: [, by] }) => BigInt(by!)),
  decrby: count(({ words: [, by] }) => -BigInt(by!)),
  incrbyfloat: addFloat
}

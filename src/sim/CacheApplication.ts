/**
 * The cache, as simulated clients use it: every kind of command, on few keys, so that operations
 * meet, and with values that name the operation that wrote them, so that an answer tells whose
 * effect it shows.
 */
import * as Answer from "../kv/Answer.js"
import * as Command from "../kv/Command.js"
import * as CommandTable from "../kv/CommandTable.js"
import { NO_KEYS, OUT_OF_MEMORY } from "../kv/DataCommand.js"
import * as Latin1 from "../kv/Latin1.js"
import * as CacheMachine from "../kv/Machine.js"
import * as Memory from "../kv/Memory.js"
import * as Store from "../kv/Store.js"
import type { Application, Draw, Machine, Request } from "./Application.js"
import * as CacheModel from "./CacheModel.js"

const textOf = (bytes: Uint8Array): string => Latin1.decode(bytes, 0, bytes.length)

const machine = (memory: Memory.Settings = Memory.defaults): Machine => {
  const store = new Store.Store()
  store.memory = memory
  let told: Array<string> = []
  store.listeners.add({
    published: ({ channel, payload }) => void told.push(`${textOf(channel)}: ${textOf(payload)}`),
    notified: (_, event, key) => void told.push(`${event} ${key}`)
  })
  return {
    apply: (command, index) => {
      told = []
      return CacheMachine.apply(store, command, index)
    },
    told: () => told.join(", "),
    read: (query) => CacheMachine.read(store, query),
    digest: () => Store.digest(store),
    snapshot: (index) => Store.snapshot(store, index),
    restore: () => Store.restore(store),
    chores: CacheMachine.chores(store)
  }
}

type Make = (id: number, draw: Draw) => Request

type Word = string | Uint8Array

const bytesOf = (...words: ReadonlyArray<Word>): Uint8Array =>
  Command.encodeCall(Command.words(...words))

const write = (...words: ReadonlyArray<Word>): Request => ({
  kind: "write",
  bytes: bytesOf(...words)
})

const query = (...words: ReadonlyArray<string>): Request => ({
  kind: "read",
  bytes: bytesOf(...words)
})

/** Each as often as its weight says, first what 0 draws: the plainest. */
const weighted = <A>(...choices: ReadonlyArray<readonly [weight: number, choice: A]>) => {
  const flat = choices.flatMap(([weight, choice]) => Array.from({ length: weight }, () => choice))
  return (draw: Draw): A => flat[draw(flat.length)]!
}

const drawHotKey = weighted([8, "k1"], [3, "k2"], [2, "k3"], [1, "k4"], [1, "k5"])

const COLD_KEYS = 40

const coldKey = (draw: Draw): string => `cold${1 + draw(COLD_KEYS)}`

const textKey = (draw: Draw): string => draw(8) === 7 ? coldKey(draw) : drawHotKey(draw)

const COUNTERS = 3

const counterKey = (draw: Draw): string => `c${1 + draw(COUNTERS)}`

const HASHES = 2

const hashKey = (draw: Draw): string => `h${1 + draw(HASHES)}`

const anyKey = (draw: Draw): string => {
  const kind = draw(6)
  if (kind === 4) return counterKey(draw)
  return kind === 5 ? hashKey(draw) : textKey(draw)
}

/** From one to three. */
const someKeys = (draw: Draw): ReadonlyArray<string> =>
  Array.from({ length: 1 + draw(3) }, () => anyKey(draw))

const FIELDS = 3

const someField = (draw: Draw): string => `f${1 + draw(FIELDS)}`

/** Milliseconds: from less than an election takes to more than the life of a seed. */
const drawTtl = weighted([4, 50], [4, 300], [3, 2_000], [1, 10_000_000])

/** How many bytes a value has at least, and how many more it may have. */
const drawSize = weighted([52, [0, 1]], [8, [100, 900]], [4, [2_000, 3_001]])

/** What fills it up, and what ends it: zeros at the end are what a torn write leaves, too. */
const drawFilling = weighted([1, [0x2e, 0x2e]], [1, [0, 0]], [1, [0, 0x2e]])

/** Begins with `name`, which no other value of the run does. */
const valueOf = (name: string, draw: Draw): Uint8Array => {
  const [least, spread] = drawSize(draw) as [number, number]
  if (least === 0) return Latin1.encode(name)
  const value = new Uint8Array(least + draw(spread!))
  const [filling, end] = drawFilling(draw) as [number, number]
  value.fill(filling)
  value[value.length - 1] = end
  Latin1.write(`${name} `, value, 0)
  return value
}

const drawCondition = weighted<ReadonlyArray<string>>([6, []], [1, ["nx"]], [1, ["xx"]])

const set: Make = (id, draw) => {
  const condition = drawCondition(draw)
  const get = draw(6) === 5 ? ["get"] : []
  const expiry = draw(4)
  const ttl = expiry === 2 ? ["px", String(drawTtl(draw))] : expiry === 3 ? ["keepttl"] : []
  return write("set", textKey(draw), valueOf(`v${id}`, draw), ...condition, ...get, ...ttl)
}

/** Mostly wrong, since it is guessed what another has written. */
const compare: Make = (id, draw) =>
  write("set", textKey(draw), valueOf(`v${id}`, draw), "ifeq", `v${1 + draw(id)}`)

/** The same key may come twice, so the values differ. */
const setMany: Make = (id, draw) =>
  write(
    "mset",
    ...Array.from({ length: 2 + draw(2) }, (_, nth) => [
      textKey(draw),
      valueOf(`v${id}.${nth}`, draw)
    ]).flat()
  )

/** The last key was never set: it only makes the command another one than all others. */
const remove: Make = (id, draw) => write("del", ...someKeys(draw), `never${id}`)

const increment: Make = (id, draw) => {
  const key = draw(8) === 7 ? anyKey(draw) : counterKey(draw)
  return write("incrby", key, String(draw(4) === 3 ? 0 - id : id))
}

const setField: Make = (id, draw) =>
  write("hset", draw(8) === 7 ? anyKey(draw) : hashKey(draw), someField(draw), `v${id}`)

const removeField: Make = (id, draw) => write("hdel", hashKey(draw), someField(draw), `never${id}`)

/** Hardly any two alike. */
const expire: Make = (id, draw) => write("pexpire", anyKey(draw), String(drawTtl(draw) + id))

const persist: Make = (_, draw) => write("persist", anyKey(draw))

/** It depends on the time, and so it goes through the log. */
const timeLeft: Make = (_, draw) => write("pttl", anyKey(draw))

/** Revisions are guessed: early in a run some guesses are right, later only those of absence. */
const GUESSES = 50

const compareAndSet: Make = (id, draw) => {
  const isNew = draw(2) === 0
  const key = isNew ? coldKey(draw) : anyKey(draw)
  return write("cas", key, String(isNew ? 0 : draw(GUESSES)), valueOf(`v${id}`, draw))
}

/** As a client's `MULTI` and `EXEC`, with keys that it has watched. */
const transact: Make = (id, draw) => {
  const isNew = draw(2) === 0
  const watched = isNew ? coldKey(draw) : anyKey(draw)
  const revision = isNew ? 0 : draw(GUESSES)
  const key = textKey(draw)
  const command: Command.Transaction = {
    _tag: "Transaction",
    watched: draw(3) === 0 ? [] : [{ key: watched as Command.Watched["key"], revision }],
    calls: [
      Command.words("get", key),
      Command.words("set", key, valueOf(`v${id}`, draw)),
      Command.words("incrby", counterKey(draw), String(id)),
      Command.words("publish", CHANNEL, `v${id}`)
    ]
  }
  return { kind: "write", bytes: Command.encode(command) }
}

const CHANNEL = "news"

const drawMake = weighted<Make>(
  [60, set],
  [42, (_, draw) => query("get", anyKey(draw))],
  [18, (_, draw) => query("mget", anyKey(draw), ...someKeys(draw))],
  [10, (_, draw) => query("revision", anyKey(draw))],
  [8, (_, draw) => query("exists", ...someKeys(draw))],
  [6, (_, draw) => query("hget", hashKey(draw), someField(draw))],
  [4, () => query("dbsize")],
  [22, increment],
  [15, compareAndSet],
  [12, remove],
  [10, setMany],
  [10, setField],
  [8, transact],
  [8, expire],
  [4, timeLeft],
  [4, compare],
  [3, removeField],
  [2, persist],
  [1, () => write("flushall")]
)

/** Longer values are cut when they are described. */
const SHOWN_CHARACTERS = 24

const shown = (value: Uint8Array): string => {
  const head = Latin1.decode(value, 0, Math.min(value.length, SHOWN_CHARACTERS))
  const quoted = `"${head.replaceAll(/[^ -~]/g, "·")}`
  return value.length === head.length ? `${quoted}"` : `${quoted}..." of ${value.length} bytes`
}

/** Keys, options and numbers as they are; all else, which are values and fields, quoted. */
const describeWords = (words: Command.Words): string => {
  const [first, last, step] = CommandTable.find(words)?.keys ?? NO_KEYS
  const isKey = (at: number): boolean =>
    first > 0 && at >= first && (last < 0 || at <= last) && (at - first) % step === 0
  return words.map((word, at) => {
    const text = Latin1.decode(word, 0, word.length)
    return at === 0 || isKey(at) || PLAIN.test(text) ? text : shown(word)
  }).join(" ")
}

const PLAIN = /^(nx|xx|get|px|keepttl|ifeq|-?\d{1,20})$/

const describe = ({ bytes }: Request): string => {
  const command = Command.decode(bytes)
  switch (command?._tag) {
    case undefined:
      return `a command of ${bytes.length} bytes that nobody understands`
    case "Time":
      return `it is ${command.millis} ms`
    case "Memory": {
      const evicted = command.evicted.map(({ key }) => key).join(" ")
      return `no more than ${command.limitBytes || "there is"}, without ${evicted || "no key"}`
    }
    case "Call":
      return describeWords(command.words)
    case "Transaction": {
      const watched = command.watched.map(({ key, revision }) => `if ${key} is ${revision} `)
      return `${watched.join("")}exec ${command.calls.map(describeWords).join("; ")}`
    }
  }
}

const describeAnswer = (bytes: Uint8Array): string => describeValue(Answer.read(bytes))

const describeValue = (answer: Answer.Answer): string => {
  switch (answer._tag) {
    case "Nil":
      return "(nil)"
    case "Ok":
      return "OK"
    case "Integer":
      return String(answer.value)
    case "Bulk":
      return shown(answer.value)
    case "Error":
      return `(error) ${answer.message}`
    case "Text":
      return answer.value
    case "List":
      return `[${answer.items.map(describeValue).join(", ")}]`
  }
}

const markOf: Application["markOf"] = (bytes, answer) => {
  const read = Answer.read(answer)
  if (read._tag === "Error") {
    return read.message.includes(OUT_OF_MEMORY) ? "write refused for memory" : undefined
  }
  const isEviction = Command.decode(bytes)?._tag === "Memory"
  return isEviction && read._tag === "Integer" && read.value > 0 ? "key evicted" : undefined
}

export const application: Application = {
  name: "cache",
  machine,
  model: CacheModel.make,
  request: (id, draw) => drawMake(draw)(id, draw),
  describe,
  describeAnswer,
  isOwn: (command) => ["Time", "Memory"].includes(Command.decode(command)?._tag ?? ""),
  markOf
}

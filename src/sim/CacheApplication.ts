/**
 * The cache as what a simulated cluster replicates: the store of kv/ on each node, the model that
 * its answers are compared with, and the words in which stories tell of it.
 */
import * as Answer from "../kv/Answer.js"
import * as Command from "../kv/Command.js"
import * as CommandTable from "../kv/CommandTable.js"
import { NO_KEYS, OUT_OF_MEMORY } from "../kv/DataCommand.js"
import * as Latin1 from "../kv/Latin1.js"
import * as CacheMachine from "../kv/Machine.js"
import * as Memory from "../kv/Memory.js"
import * as Store from "../kv/Store.js"
import type { Application, Machine, Request } from "./Application.js"
import * as CacheModel from "./CacheModel.js"
import * as CacheRequests from "./CacheRequests.js"

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
    adopt: (memory, index) => store.adopt(memory, index),
    chores: CacheMachine.chores(store)
  }
}

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
    return at === 0 || isKey(at) || isPlain(text) ? text : shown(word)
  }).join(" ")
}

const OPTIONS: ReadonlyArray<string> = [
  ..."nx xx gt lt get ex px exat pxat keepttl persist ifeq ifne replace".split(" "),
  ..."len idx withmatchlen minmatchlen match count type withvalues byte bit".split(" "),
  ..."encoding refcount usage".split(" ")
]

const NUMBER = /^-?\d{1,20}(\.\d\d?)?$/

const isPlain = (text: string): boolean => OPTIONS.includes(text) || NUMBER.test(text)

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
  request: CacheRequests.draw,
  describe,
  describeAnswer,
  isOwn: (command) => ["Time", "Memory"].includes(Command.decode(command)?._tag ?? ""),
  markOf
}

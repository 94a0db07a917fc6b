/**
 * The cache, as simulated clients use it: every command, on few keys, so that operations meet, and
 * with values that name the operation that wrote them, so that an answer tells whose effect it
 * shows.
 */
import * as Answer from "../kv/Answer.js"
import * as Command from "../kv/Command.js"
import type * as Key from "../kv/Key.js"
import * as Latin1 from "../kv/Latin1.js"
import * as Store from "../kv/Store.js"
import type { Application, Draw, Machine, Request } from "./Application.js"
import * as CacheModel from "./CacheModel.js"
import * as CacheQuery from "./CacheQuery.js"

const machine = (): Machine => {
  const store = Store.make()
  return {
    apply: (command, index) => Store.apply(store, command, index),
    read: (query) => read(store, CacheQuery.decode(query)),
    digest: () => Store.digest(store),
    snapshot: (index) => Store.snapshot(store, index),
    restore: () => Store.restore(store)
  }
}

const read = (store: Store.Store, { keys, verb }: CacheQuery.Query): Uint8Array => {
  if (verb === "size") return Answer.integer(Store.size(store))
  if (verb === "revision") {
    return CacheQuery.answer(keys.map((key) => Answer.integer(Store.revision(store, key))))
  }
  if (verb === "get") {
    return CacheQuery.answer(keys.map((key) => {
      const value = Store.get(store, key)
      return value === undefined ? Answer.nil : Answer.bulk(value)
    }))
  }
  if (verb !== "exists") return Answer.error("ERR query not understood")
  let count = 0
  for (const key of keys) if (Store.has(store, key)) count++
  return Answer.integer(count)
}

type Make = (id: number, draw: Draw) => Request

const write = (command: Command.Command): Request => ({
  kind: "write",
  bytes: Command.encode(command)
})

const query = (verb: string, ...keys: ReadonlyArray<Key.Key>): Request => ({
  kind: "read",
  bytes: CacheQuery.encode({ verb, keys })
})

/** Each as often as its weight says, first what 0 draws: the plainest. */
const weighted = <A>(...choices: ReadonlyArray<readonly [weight: number, choice: A]>) => {
  const flat = choices.flatMap(([weight, choice]) => Array.from({ length: weight }, () => choice))
  return (draw: Draw): A => flat[draw(flat.length)]!
}

const drawHotKey = weighted([8, "k1"], [3, "k2"], [2, "k3"], [1, "k4"], [1, "k5"])

const COLD_KEYS = 40

const coldKey = (draw: Draw): Key.Key => `cold${1 + draw(COLD_KEYS)}` as Key.Key

const textKey = (draw: Draw): Key.Key => draw(8) === 7 ? coldKey(draw) : drawHotKey(draw) as Key.Key

const COUNTERS = 3

const counterKey = (draw: Draw): Key.Key => `c${1 + draw(COUNTERS)}` as Key.Key

const anyKey = (draw: Draw): Key.Key => draw(5) === 4 ? counterKey(draw) : textKey(draw)

/** From one to three. */
const someKeys = (draw: Draw): ReadonlyArray<Key.Key> =>
  Array.from({ length: 1 + draw(3) }, () => anyKey(draw))

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

const drawCondition = weighted<Command.Condition>([6, "none"], [1, "NX"], [1, "XX"])

const set: Make = (id, draw) => {
  const key = textKey(draw)
  const value = valueOf(`v${id}`, draw)
  const condition = drawCondition(draw)
  return write({ _tag: "Set", key, value, condition, get: draw(6) === 5 })
}

/** The same key may come twice, so the values differ. */
const setMany: Make = (id, draw) =>
  write({
    _tag: "SetMany",
    pairs: Array.from(
      { length: 2 + draw(2) },
      (_, nth) => [textKey(draw), valueOf(`v${id}.${nth}`, draw)] as const
    )
  })

/** The last key was never set: it only makes the command another one than all others. */
const remove: Make = (id, draw) =>
  write({ _tag: "Delete", keys: [...someKeys(draw), `never${id}` as Key.Key] })

const increment: Make = (id, draw) => {
  const key = draw(8) === 7 ? textKey(draw) : counterKey(draw)
  return write({ _tag: "Increment", key, by: draw(4) === 3 ? 0 - id : id })
}

/** Revisions are guessed: early in a run some guesses are right, later only those of absence. */
const GUESSES = 50

const compareAndSet: Make = (id, draw) => {
  const isNew = draw(2) === 0
  const key = isNew ? coldKey(draw) : anyKey(draw)
  const expectedRevision = isNew ? 0 : draw(GUESSES)
  return write({ _tag: "CompareAndSet", key, expectedRevision, value: valueOf(`v${id}`, draw) })
}

const drawMake = weighted<Make>(
  [60, set],
  [42, (_, draw) => query("get", anyKey(draw))],
  [18, (_, draw) => query("get", anyKey(draw), ...someKeys(draw))],
  [10, (_, draw) => query("revision", anyKey(draw))],
  [8, (_, draw) => query("exists", ...someKeys(draw))],
  [4, () => query("size")],
  [22, increment],
  [15, compareAndSet],
  [12, remove],
  [10, setMany],
  [1, () => write({ _tag: "FlushAll" })]
)

/** Longer values are cut when they are described. */
const SHOWN_CHARACTERS = 24

const shown = (value: Uint8Array): string => {
  const head = Latin1.decode(value, 0, Math.min(value.length, SHOWN_CHARACTERS))
  const quoted = `"${head.replaceAll(/[^ -~]/g, "·")}`
  return value.length === head.length ? `${quoted}"` : `${quoted}..." of ${value.length} bytes`
}

const describe = ({ bytes, kind }: Request): string => {
  if (kind === "read") return Latin1.decode(bytes, 0, bytes.length)
  const command = Command.decode(bytes)
  if (command === undefined) return `a command of ${bytes.length} bytes that nobody understands`
  switch (command._tag) {
    case "Set": {
      const condition = command.condition === "none" ? "" : ` ${command.condition.toLowerCase()}`
      const get = command.get ? " get" : ""
      return `set ${command.key} ${shown(command.value)}${condition}${get}`
    }
    case "SetMany":
      return `mset ${command.pairs.map(([key, value]) => `${key} ${shown(value)}`).join(" ")}`
    case "Delete":
      return `del ${command.keys.join(" ")}`
    case "Increment":
      return `incr ${command.key} ${command.by}`
    case "CompareAndSet":
      return `cas ${command.key} ${command.expectedRevision} ${shown(command.value)}`
    case "FlushAll":
      return "flushall"
  }
}

const describeAnswer = (bytes: Uint8Array): string => {
  if (bytes[0] === CacheQuery.KIND_LIST) {
    return `[${CacheQuery.list(bytes).map(describeAnswer).join(", ")}]`
  }
  const answer = Answer.read(bytes)
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
    case "Conflict":
      return `(conflict) revision ${answer.revision}`
  }
}

export const application: Application = {
  name: "cache",
  machine,
  model: CacheModel.make,
  request: (id, draw) => drawMake(draw)(id, draw),
  describe,
  describeAnswer
}

import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Answer from "../../src/kv/Answer.js"
import * as Command from "../../src/kv/Command.js"
import type * as Key from "../../src/kv/Key.js"
import * as Latin1 from "../../src/kv/Latin1.js"
import type { Draw, Request } from "../../src/sim/Application.js"
import { application } from "../../src/sim/CacheApplication.js"
import * as CacheQuery from "../../src/sim/CacheQuery.js"
import * as Chooser from "../../src/sim/Chooser.js"
import { command } from "../kv/arbitraries.js"

const drawFrom = (seed: number): Draw => {
  const strategy = Chooser.random(seed)
  return (arity) => strategy.choose("event", arity)
}

const requests = (seed: number, count: number): ReadonlyArray<Request> => {
  const draw = drawFrom(seed)
  return Array.from({ length: count }, (_, id) => application.request(id, draw))
}

const text = (bytes: Uint8Array): string => Latin1.decode(bytes, 0, bytes.length)

const write = (one: Command.Command): Request => ({ kind: "write", bytes: Command.encode(one) })

const query = (verb: string, ...keys: ReadonlyArray<string>): Request => ({
  kind: "read",
  bytes: CacheQuery.encode({ verb, keys: keys as Array<Key.Key> })
})

const looks = [
  query("get", "a"),
  query("get", "a", "b", "a"),
  query("exists", "a", "a", "b"),
  query("revision", "a", "b", "c"),
  query("size"),
  query("nonsense")
]

const key = "k1" as Key.Key
const value = Latin1.encode("v17")

describe("the model of the cache", () => {
  it.prop("answers as the store does, byte for byte", [
    fc.array(
      fc.oneof(
        { weight: 9, arbitrary: command().map(Command.encode) },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) }
      ),
      { maxLength: 60 }
    )
  ], ([commands]) => {
    const [machine, model] = [application.machine(), application.model()]
    commands.forEach((bytes, index) => {
      assert.deepStrictEqual(model.apply(bytes, index + 1), machine.apply(bytes, index + 1))
      for (const { bytes } of looks) {
        assert.deepStrictEqual(model.read(bytes), machine.read(bytes))
      }
    })
  }, { fastCheck: { numRuns: 300 } })

  it.prop("answers as the store does to what clients ask", [fc.integer()], ([seed]) => {
    const [machine, model] = [application.machine(), application.model()]
    requests(seed, 300).forEach(({ bytes, kind }, index) => {
      const [actual, expected] = [machine, model].map((one) =>
        kind === "read" ? one.read(bytes) : one.apply(bytes, index)
      )
      assert.deepStrictEqual(actual, expected)
    })
  }, { fastCheck: { numRuns: 30 } })

  it.prop("has equal digests for equal contents, and only for those", [
    fc.array(command(), { maxLength: 20 }),
    fc.array(command(), { maxLength: 20 })
  ], ([some, others]) => {
    const digests = (commands: ReadonlyArray<Command.Command>): ReadonlyArray<string> =>
      [application.machine(), application.model()].map((machine) => {
        commands.forEach((one, index) => machine.apply(Command.encode(one), index + 1))
        return machine.digest()
      })
    const [a, b] = [digests(some), digests(others)]
    assert.strictEqual(a[0] === b[0], a[1] === b[1])
  })

  it("has a digest of keys, values and revisions, in whatever order they came to be", () => {
    const digest = (...sets: ReadonlyArray<readonly [name: string, revision: number]>): string => {
      const model = application.model()
      for (const [name, revision] of sets) {
        const set = {
          _tag: "Set",
          key: name as Key.Key,
          value,
          condition: "none",
          get: false
        } as const
        model.apply(Command.encode(set), revision)
      }
      return model.digest()
    }
    assert.strictEqual(digest(["x", 1], ["y", 2]), digest(["y", 2], ["x", 1]))
    assert.notStrictEqual(digest(["x", 1]), digest(["x", 2]))
  })
})

describe("the requests of simulated clients", () => {
  it.prop(
    "are commands and queries, and the only ones with their bytes",
    [fc.integer()],
    ([seed]) => {
      const seen = new Set<string>()
      for (const { bytes, kind } of requests(seed, 500)) {
        if (kind === "read") {
          assert.include(["get", "revision", "exists", "size"], CacheQuery.decode(bytes).verb)
          assert.deepStrictEqual(CacheQuery.encode(CacheQuery.decode(bytes)), bytes)
          continue
        }
        const decoded = Command.decode(bytes)
        assert.isDefined(decoded)
        assert.deepStrictEqual(Command.encode(decoded!), bytes)
        if (decoded!._tag === "FlushAll") continue
        assert.isFalse(seen.has(text(bytes)))
        seen.add(text(bytes))
      }
    },
    { fastCheck: { numRuns: 30 } }
  )

  it.prop("are the same for the same draws", [fc.integer()], ([seed]) => {
    assert.deepStrictEqual(requests(seed, 50), requests(seed, 50))
  }, { fastCheck: { numRuns: 10 } })

  it("are plain small sets of the first key if every draw is 0", () => {
    const plain = [0, 1, 2].map((id) => application.describe(application.request(id, () => 0)))
    assert.deepStrictEqual(plain, [`set k1 "v0"`, `set k1 "v1"`, `set k1 "v2"`])
  })

  it("are sometimes whatever they can be, and reads for two in five", () => {
    const all = requests(1, 20_000)
    const counts = new Map<string, number>()
    const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1)
    for (const { bytes, kind } of all) {
      if (kind === "read") {
        const { keys, verb } = CacheQuery.decode(bytes)
        count(`${verb} of ${keys.length > 1 ? "many" : keys.length}`)
        continue
      }
      const one = Command.decode(bytes)!
      count(one._tag)
      if (one._tag === "Set") {
        count(`Set ${one.condition}${one.get ? " get" : ""}`)
        if (one.value.length > 2_000) count("large")
        if (one.value.at(-1) === 0) count("zeros")
      }
    }
    const conditions = ["none", "NX", "XX"].flatMap((one) => [`Set ${one}`, `Set ${one} get`])
    const commands = ["Set", "SetMany", "Delete", "Increment", "CompareAndSet", "FlushAll"]
    const reads = ["get of 1", "get of many", "exists of 1", "exists of many", "size of 0"]
    for (const what of [...commands, ...conditions, ...reads, "large", "zeros"]) {
      assert.isAbove(counts.get(what) ?? 0, 20, what)
    }
    assert.isBelow(counts.get("FlushAll")!, 200)
    const readCount = all.filter(({ kind }) => kind === "read").length
    assert.closeTo(readCount / all.length, 0.4, 0.02)
  })

  it("meet each other: conditions hold and fail, counters hold numbers and texts", () => {
    const machine = application.machine()
    const seen = new Set<string>()
    requests(2, 5_000).forEach(({ bytes, kind }, index) => {
      if (kind === "read") return
      const answer = Answer.read(machine.apply(bytes, index + 1))
      seen.add(`${Command.decode(bytes)!._tag} ${answer._tag}`)
    })
    for (
      const met of [
        "Set Ok",
        "Set Nil",
        "Set Bulk",
        "Increment Integer",
        "Increment Error",
        "CompareAndSet Ok",
        "CompareAndSet Conflict",
        "Delete Integer"
      ]
    ) assert.include([...seen], met)
  })
})

describe("the words for a request", () => {
  const large = new Uint8Array(600).fill(0x61)

  it.each<readonly [string, Request]>([
    [`set k1 "v17"`, write({ _tag: "Set", key, value, condition: "none", get: false })],
    [`set k1 "v17" nx get`, write({ _tag: "Set", key, value, condition: "NX", get: true })],
    [
      `mset k1 "v17" k1 "aaaaaaaaaaaaaaaaaaaaaaaa..." of 600 bytes`,
      write({ _tag: "SetMany", pairs: [[key, value], [key, large]] })
    ],
    ["del k1 never3", write({ _tag: "Delete", keys: [key, "never3" as Key.Key] })],
    ["incr k1 -4", write({ _tag: "Increment", key, by: -4 })],
    [`cas k1 3 "v17"`, write({ _tag: "CompareAndSet", key, expectedRevision: 3, value })],
    ["flushall", write({ _tag: "FlushAll" })],
    ["a command of 2 bytes that nobody understands", {
      kind: "write",
      bytes: Uint8Array.of(99, 1)
    }],
    ["get k1 k2", query("get", "k1", "k2")],
    ["size", query("size")]
  ])("are %s", (expected, request) => {
    assert.strictEqual(application.describe(request), expected)
  })

  it.each<readonly [string, Uint8Array]>([
    ["(nil)", Answer.nil],
    ["OK", Answer.ok],
    ["12", Answer.integer(12)],
    [`"v17"`, Answer.bulk(value)],
    [`"·a"`, Answer.bulk(Uint8Array.of(0, 0x61))],
    ["(error) ERR no", Answer.error("ERR no")],
    ["(conflict) revision 5", Answer.conflict(5)],
    [`["v17", (nil)]`, CacheQuery.answer([Answer.bulk(value), Answer.nil])]
  ])("of its answer are %s", (expected, answer) => {
    assert.strictEqual(application.describeAnswer(answer), expected)
  })
})

import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Answer from "../../src/kv/Answer.js"
import * as Command from "../../src/kv/Command.js"
import * as CommandTable from "../../src/kv/CommandTable.js"
import type * as Key from "../../src/kv/Key.js"
import * as Latin1 from "../../src/kv/Latin1.js"
import type { Draw, Machine, Request } from "../../src/sim/Application.js"
import { application } from "../../src/sim/CacheApplication.js"
import * as Chooser from "../../src/sim/Chooser.js"
import { EPOCH_MILLIS } from "../../src/sim/SimClock.js"
import { command } from "../kv/arbitraries.js"

const drawFrom = (seed: number): Draw => {
  const strategy = Chooser.random(seed)
  return (arity) => strategy.choose("event", arity)
}

const requests = (seed: number, count: number): ReadonlyArray<Request> => {
  const draw = drawFrom(seed)
  return Array.from({ length: count }, (_, id) => application.request(id, draw))
}

/** What whoever leads says of its own accord: mostly what time it is. */
const leaders = (millis: number, draw: Draw): Request => {
  const command: Command.Command = draw(8) < 7
    ? { _tag: "Time", millis }
    : { _tag: "Memory", limitBytes: draw(3) * 3_000, evicted: [] }
  return { kind: "write", bytes: Command.encode(command) }
}

/** Another replica, which begins with a snapshot of this one. */
const copyOf = (machine: Machine, index: number): Machine => {
  const copy = application.machine()
  const { add, done } = copy.restore(index)
  for (const part of machine.snapshot(index)) add(part)
  done()
  return copy
}

const text = (bytes: Uint8Array): string => Latin1.decode(bytes, 0, bytes.length)

const bytesOf = (...words: ReadonlyArray<string | Uint8Array>): Uint8Array =>
  Command.encodeCall(Command.words(...words))

const write = (...words: ReadonlyArray<string | Uint8Array>): Request => ({
  kind: "write",
  bytes: bytesOf(...words)
})

const query = (...words: ReadonlyArray<string>): Request => ({
  kind: "read",
  bytes: bytesOf(...words)
})

const looks = [
  query("get", "a"),
  query("mget", "a", "b", "a"),
  query("exists", "a", "a", "b"),
  query("revision", "b"),
  query("hget", "a", "f"),
  query("hlen", "a"),
  query("dbsize"),
  query("nonsense")
]

const value = Latin1.encode("v17")

describe("the model of the cache", () => {
  it.prop("answers and tells as the store does, byte for byte", [
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
      assert.strictEqual(model.told?.(), machine.told?.())
      for (const { bytes } of looks) {
        assert.deepStrictEqual(model.read(bytes), machine.read(bytes))
      }
    })
  }, { fastCheck: { numRuns: 300 } })

  it.prop(
    "answers and tells as the store does what clients ask, as time goes and memory is short, and " +
      "after a snapshot",
    [fc.integer()],
    ([seed]) => {
      const model = application.model()
      let machine = application.machine()
      const draw = drawFrom(seed)
      for (let index = 1; index <= 400; index++) {
        if (index % 100 === 0) machine = copyOf(machine, index)
        const { bytes, kind } = index % 5 === 0
          ? leaders(EPOCH_MILLIS + index * 20, draw)
          : application.request(index, draw)
        const [actual, expected] = [machine, model].map((one) =>
          kind === "read" ? one.read(bytes) : one.apply(bytes, index)
        )
        assert.deepStrictEqual(actual, expected, application.describe({ kind, bytes }))
        if (kind === "write") assert.strictEqual(model.told?.(), machine.told?.())
      }
    },
    { fastCheck: { numRuns: Number(process.env["RAFTCACHE_MODEL_RUNS"] ?? 30) } }
  )

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
      for (const [name, revision] of sets) model.apply(bytesOf("set", name, value), revision)
      return model.digest()
    }
    assert.strictEqual(digest(["x", 1], ["y", 2]), digest(["y", 2], ["x", 1]))
    assert.notStrictEqual(digest(["x", 1]), digest(["x", 2]))
  })
})

/** The words of a request; of a transaction, "exec" and how many keys it watches. */
const wordsOf = ({ bytes }: Request): ReadonlyArray<string> => {
  const command = Command.decode(bytes)!
  if (command._tag === "Transaction") return ["exec", String(command.watched.length)]
  return command._tag === "Call" ? command.words.map(text) : [command._tag]
}

describe("the requests of simulated clients", () => {
  /** They have nothing of their own that would tell two of them apart. */
  const repeated = [
    ..."copy decr delex expire expireat flushall flushdb getdel getex incr persist".split(" "),
    ..."pexpire pexpireat pttl rename renamenx set setbit setrange ttl".split(" ")
  ]

  it.prop(
    "are commands and queries, and nearly all the only ones with their bytes",
    [fc.integer()],
    ([seed]) => {
      const seen = new Set<string>()
      for (const request of requests(seed, 500)) {
        const decoded = Command.decode(request.bytes)
        assert.isDefined(decoded)
        assert.deepStrictEqual(Command.encode(decoded!), request.bytes)
        if (request.kind === "read" || repeated.includes(wordsOf(request)[0]!)) continue
        assert.isFalse(seen.has(text(request.bytes)), application.describe(request))
        seen.add(text(request.bytes))
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

  it("are sometimes every command on data, and reads for two in five", () => {
    const all = requests(1, 20_000)
    const counts = new Map<string, number>()
    const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1)
    for (const request of all) {
      const [name, ...words] = wordsOf(request)
      count(name === "object" || name === "memory" ? `${name}|${words[0]}` : name!)
      if (name === "exec") count(`exec ${words[0]}`)
      if (name !== "set") continue
      for (const option of words.slice(2)) if (/^[a-z]+$/.test(option)) count(`set ${option}`)
      if (words[1]!.length > 2_000) count("large")
      if (words[1]!.endsWith("\0")) count("zeros")
    }
    const options = "nx xx get px ex pxat exat keepttl ifeq ifne".split(" ").map((each) =>
      `set ${each}`
    )
    for (const what of [...options, "exec 0", "exec 1", "large", "zeros"]) {
      assert.isAbove(counts.get(what) ?? 0, 8, what)
    }
    const known = CommandTable.all.map(({ name }) => name)
    assert.deepStrictEqual(
      known.filter((name) => counts.get(name) === undefined),
      ["object|idletime", "object|freq"],
      "what only the node itself knows"
    )
    assert.isBelow(counts.get("flushall")!, 200)
    const readCount = all.filter(({ kind }) => kind === "read").length
    assert.closeTo(readCount / all.length, 0.37, 0.02)
  })

  it("meet each other: conditions hold and fail, counters hold numbers and texts", () => {
    const machine = application.machine()
    const seen = new Set<string>()
    requests(2, 5_000).forEach((request, index) => {
      if (request.kind === "read") return
      const answer = Answer.read(machine.apply(request.bytes, index + 1))
      seen.add(`${wordsOf(request)[0]} ${answer._tag}`)
    })
    for (
      const met of [
        "set Ok",
        "set Nil",
        "set Bulk",
        "incrby Integer",
        "incrby Error",
        "cas Ok",
        "cas Integer",
        "del Integer",
        "hset Integer",
        "hset Error",
        "exec List",
        "exec Nil",
        "pexpire Integer"
      ]
    ) assert.include([...seen], met)
  })
})

describe("the words for a request", () => {
  const large = new Uint8Array(600).fill(0x61)

  it.each<readonly [string, Request]>([
    [`set k1 "v17" px 50`, write("set", "k1", value, "px", "50")],
    [
      `mset k1 "v17" k1 "aaaaaaaaaaaaaaaaaaaaaaaa..." of 600 bytes`,
      write("mset", "k1", value, "k1", large)
    ],
    ["flushall", write("flushall")],
    ["it is 12 ms", { kind: "write", bytes: Command.encode({ _tag: "Time", millis: 12 }) }],
    ["if k1 is 3 exec get k1; incrby k2 4", {
      kind: "write",
      bytes: Command.encode({
        _tag: "Transaction",
        watched: [{ key: "k1" as Key.Key, revision: 3 }],
        calls: [Command.words("get", "k1"), Command.words("incrby", "k2", "4")]
      })
    }],
    ["a command of 2 bytes that nobody understands", {
      kind: "write",
      bytes: Uint8Array.of(99, 1)
    }],
    ["mget k1 k2", query("mget", "k1", "k2")]
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
    [`["v17", (nil)]`, Answer.array([Answer.bulk(value), Answer.nil])]
  ])("of its answer are %s", (expected, answer) => {
    assert.strictEqual(application.describeAnswer(answer), expected)
  })
})

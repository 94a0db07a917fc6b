import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Answer from "../../src/kv/Answer.js"
import * as Command from "../../src/kv/Command.js"
import type * as Key from "../../src/kv/Key.js"
import * as Latin1 from "../../src/kv/Latin1.js"
import * as Machine from "../../src/kv/Machine.js"
import * as Store from "../../src/kv/Store.js"
import { command } from "./arbitraries.js"

const key = (name: string): Key.Key => name as Key.Key

type Step = string | number

/** Requests as lines of words, and times in milliseconds, at the indexes 1, 2, 3. */
const encode = (step: Step): Uint8Array =>
  typeof step === "number"
    ? Command.encode({ _tag: "Time", millis: step })
    : Command.encodeCall(Command.words(...step.split(" ")))

const run = (...steps: ReadonlyArray<Step>) => {
  const store = new Store.Store()
  let answer: Answer.Answer | undefined
  steps.forEach((step, at) => {
    answer = Answer.read(Machine.apply(store, encode(step), at + 1))
  })
  return { store, answer }
}

const answer = (...steps: ReadonlyArray<Step>): Answer.Answer | undefined => run(...steps).answer

const bulk = (value: string): Answer.Answer => ({ _tag: "Bulk", value: Latin1.encode(value) })
const integer = (value: number): Answer.Answer => ({ _tag: "Integer", value })
const nil: Answer.Answer = { _tag: "Nil" }

describe("the store", () => {
  it.prop("answers any bytes, and bytes that are no command change nothing", [
    fc.uint8Array({ maxLength: 40 })
  ], ([bytes]) => {
    const { store } = run("set a 1")
    const before = Store.digest(store)
    Machine.apply(store, bytes, 2)
    if (Command.decode(bytes) === undefined) assert.strictEqual(Store.digest(store), before)
  })

  it("sets at an expected revision once, and tells the loser the revision there is", () => {
    assert.deepStrictEqual(answer("cas a 0 1", "cas a 1 2", "cas a 1 3"), integer(2))
    assert.deepStrictEqual(answer("cas a 0 1", "cas a 1 2", "cas a 1 3", "get a"), bulk("2"))
  })

  it("gives a key that was deleted and written again a new revision", () => {
    const { store } = run("set a 1", "del a", "set b 1", "set a 1")
    assert.deepStrictEqual([store.revision(key("a")), store.revision(key("b"))], [4, 3])
  })

  it("does not change when a counter would overflow", () => {
    const { answer, store } = run("set a 9223372036854775807", "incr a")
    assert.deepStrictEqual(answer, {
      _tag: "Error",
      message: "ERR increment or decrement would overflow"
    })
    assert.strictEqual(store.revision(key("a")), 1)
  })

  it("refuses what it does not know and what has too few words, as one entry", () => {
    assert.strictEqual(answer("fly a")?._tag, "Error")
    assert.deepStrictEqual(answer("get"), {
      _tag: "Error",
      message: "ERR wrong number of arguments for 'get' command"
    })
  })
})

describe("time", () => {
  it("is the log's, and never runs back", () => {
    assert.strictEqual(run(5, 3).store.timeMillis, 5)
    assert.deepStrictEqual(answer(1_000, "set a 1 px 50", 1_050, 900, "get a"), nil)
  })

  it("makes a key go exactly when its time has come", () => {
    assert.deepStrictEqual(answer(1_000, "set a 1 px 50", 1_049, "get a"), bulk("1"))
    assert.deepStrictEqual(answer(1_000, "set a 1 px 50", 1_050, "get a"), nil)
    assert.deepStrictEqual(answer(1_000, "set a 1 px 50", 1_050, "exists a"), integer(0))
    assert.strictEqual(run(1_000, "set a 1 px 50", 1_050).store.keys.size, 0)
  })

  it("is told by what is left of it on every node alike", () => {
    assert.deepStrictEqual(answer(1_000, "set a 1 px 50", 1_030, "pttl a"), integer(20))
    assert.deepStrictEqual(answer("set a 1", "pttl a"), integer(-1))
    assert.deepStrictEqual(answer("pttl a"), integer(-2))
  })

  it("takes a key at once that is to go at a moment that has passed", () => {
    assert.deepStrictEqual(answer(1_000, "set a 1", "pexpireat a 999", "exists a"), integer(0))
  })

  it("is kept, given up or set anew by what writes the key", () => {
    assert.deepStrictEqual(answer("set a 1 px 50", "append a 2", "pttl a"), integer(50))
    assert.deepStrictEqual(answer("set a 1 px 50", "set a 2", "pttl a"), integer(-1))
    assert.deepStrictEqual(answer("set a 1 px 50", "set a 2 keepttl", "pttl a"), integer(50))
    assert.deepStrictEqual(answer("set a 1 px 50", "persist a", "pttl a"), integer(-1))
    assert.deepStrictEqual(answer("set a 1 px 50", "rename a b", "pttl b"), integer(50))
  })

  it("removes some of what is due, and shows nothing of the rest", () => {
    const sets = Array.from({ length: Store.REMOVALS_LIMIT + 1 }, (_, at) => `set k${at} v px 10`)
    const { store } = run(...sets, 10)
    assert.strictEqual(store.keys.size, 1)
    assert.isTrue([...store.keys.entries()].every(([each]) => store.get(each) === undefined))
    assert.strictEqual(Machine.dueMillis(store), 10)
    Machine.apply(store, encode(11), 9_999)
    assert.deepStrictEqual([store.keys.size, Machine.dueMillis(store)], [0, Infinity])
  })

  it("is told only what is later than what it knows", () => {
    const { store } = run(5)
    assert.isUndefined(Machine.tell(store, 5))
    assert.deepStrictEqual(Machine.tell(store, 6), encode(6))
  })
})

describe("a transaction", () => {
  const transact = (store: Store.Store, watched: number, ...calls: ReadonlyArray<string>) =>
    Answer.read(Machine.apply(
      store,
      Command.encode({
        _tag: "Transaction",
        watched: [{ key: key("a"), revision: watched }],
        calls: calls.map((each) => Command.words(...each.split(" ")))
      }),
      10
    ))

  it("is carried out as one entry, errors of its parts included", () => {
    const { store } = run("set a 1")
    assert.deepStrictEqual(transact(store, 1, "incr a", "hget a f", "incr a"), {
      _tag: "List",
      items: [
        integer(2),
        {
          _tag: "Error",
          message: "WRONGTYPE Operation against a key holding the wrong kind of value"
        },
        integer(3)
      ]
    })
    assert.strictEqual(store.revision(key("a")), 10)
  })

  it("does nothing if a watched key has changed, though its value be the same", () => {
    const { store } = run("set a 1", "set a 2", "set a 1")
    assert.deepStrictEqual(transact(store, 1, "incr a"), nil)
    assert.strictEqual(store.revision(key("a")), 3)
  })
})

describe("a digest", () => {
  it("does not depend on the order of insertion", () => {
    const digest = (...steps: ReadonlyArray<readonly [step: string, index: number]>): string => {
      const store = new Store.Store()
      for (const [step, index] of steps) Machine.apply(store, encode(step), index)
      return Store.digest(store)
    }
    assert.strictEqual(
      digest(["set a 1", 1], ["hset b f 2 g 3", 2]),
      digest(["hset b g 3 f 2", 2], ["set a 1", 1])
    )
  })

  it("is another for another value, revision, time, or boundary between fields", () => {
    const digests = [
      run(),
      run(1),
      run("set a 1"),
      run("set a 2"),
      run("set b 1"),
      run("set a 1 px 5"),
      run("set b ", "set a 1"),
      run("set a1 "),
      run("hset a 1 2"),
      run("hset a 12 "),
      run("hset a  12")
    ].map(({ store }) => Store.digest(store))
    assert.strictEqual(new Set(digests).size, digests.length)
    assert.match(digests[0]!, /^[0-9a-f]{16}$/)
  })

  it.prop(
    "is the same for the same commands",
    [fc.array(command(), { maxLength: 30 })],
    ([all]) => {
      const digest = (): string => {
        const store = new Store.Store()
        all.forEach((each, at) => Machine.apply(store, Command.encode(each), at + 1))
        return Store.digest(store)
      }
      assert.strictEqual(digest(), digest())
    }
  )
})

describe("an answer", () => {
  it.prop(
    "is read from any bytes without a throw",
    [fc.uint8Array({ maxLength: 12 })],
    ([bytes]) => {
      assert.isString(Answer.read(bytes)._tag)
    }
  )

  it.each([[0], [1], [-7], [2n ** 63n - 1n]])("carries the integer %s", (value) => {
    assert.deepStrictEqual(Answer.read(Answer.integer(value)), { _tag: "Integer", value })
  })
})

import { assert, beforeAll, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { setImmediate } from "node:timers/promises"
import * as Search from "../../src/sim/LinearizabilitySearch.js"
import type { Operation } from "../../src/sim/LinearizabilitySearch.js"
import type { Scenario } from "../../src/sim/Scenario.js"
import * as Simulation from "../../src/sim/Simulation.js"
import { evaluate, specification } from "../chaos/RedisKey.js"
import type { Answer, Words } from "../chaos/RedisKey.js"
import * as Known from "./KnownHistories.js"
import * as WordsApplication from "./WordsApplication.js"

type One = Operation<Words, Answer>

const verdict = (operations: ReadonlyArray<One>, limit?: number): string =>
  Search.check(operations, specification, limit)._tag

const operation = (
  id: number,
  words: string,
  calledAt: number,
  returnedAt?: number,
  answer?: Answer
): One => ({
  id,
  client: id,
  request: words.split(" ") as unknown as Words,
  calledAt,
  returnedAt,
  answer
})

describe("a history", () => {
  it("is linearizable if nothing happened", () => {
    assert.strictEqual(verdict([]), "Linearizable")
  })

  it("is not if a read shows what was overwritten before it was called", () => {
    const writes = [operation(1, "SET k 1", 1, 2, "OK"), operation(2, "SET k 2", 3, 4, "OK")]
    assert.strictEqual(verdict([...writes, operation(3, "GET k", 5, 6, "2")]), "Linearizable")
    assert.strictEqual(verdict([...writes, operation(3, "GET k", 5, 6, "1")]), "Violation")
    assert.strictEqual(verdict([...writes, operation(3, "GET k", 4, 6, "1")]), "Linearizable")
  })

  it("is not if two reads disagree about the order of two writes", () => {
    assert.strictEqual(
      verdict([
        operation(1, "SET k 1", 1, 9, "OK"),
        operation(2, "SET k 2", 2, 10, "OK"),
        operation(3, "GET k", 3, 4, "1"),
        operation(4, "GET k", 5, 6, "2"),
        operation(5, "GET k", 7, 8, "1")
      ]),
      "Violation"
    )
  })

  it("takes what never returned to have effect at any time after its call, once, or never", () => {
    const before = operation(1, "SET k 1", 1, 2, "OK")
    const open = operation(2, "SET k 2", 3)
    const [one, two] = [operation(3, "GET k", 4, 5, "1"), operation(4, "GET k", 6, 7, "2")]
    assert.strictEqual(verdict([before, open, one]), "Linearizable")
    assert.strictEqual(verdict([before, open, one, two]), "Linearizable")
    const again = operation(5, "SET k 3", 8, 9, "OK")
    const twice = operation(6, "GET k", 10, 11, "2")
    assert.strictEqual(verdict([before, open, one, again, twice]), "Linearizable")
    assert.strictEqual(verdict([before, open, one, two, again, twice]), "Violation")
    assert.strictEqual(verdict([operation(4, "GET k", 1, 2, "2"), open]), "Violation")
  })

  it("may need many of those that never returned at one place", () => {
    const open = Array.from({ length: 6 }, (_, at) => operation(at, "INCR k", at))
    const seen = (count: number) => operation(9, "GET k", 10, 11, String(count))
    assert.strictEqual(verdict([...open, seen(6)]), "Linearizable")
    assert.strictEqual(verdict([...open, seen(7)]), "Violation")
  })

  it("is judged key by key", () => {
    const found = Search.check([
      operation(1, "SET k 1", 1, 2, "OK"),
      operation(2, "SET l 2", 1, 2, "OK"),
      operation(3, "GET k", 3, 4, "1"),
      operation(4, "GET l", 3, 4, "1")
    ], specification)
    assert.deepInclude(found, { _tag: "Violation", key: "l" })
  })

  it("is undecided if the search meets its limit, and never judged wrongly", () => {
    const writes = Array.from(
      { length: 12 },
      (_, at) => operation(at, `SET k ${at}`, at, 100, "OK")
    )
    const wrong = [...writes, operation(13, "GET k", 101, 102, "13")]
    assert.strictEqual(verdict(wrong, 100), "Undecided")
    assert.strictEqual(verdict(wrong), "Violation")
  })

  it("may be long", () => {
    assert.strictEqual(verdict(long(200_000)), "Linearizable")
  }, 120_000)

  it("is no less wrong if it is long, and nothing but its end is", () => {
    const history = long(10_000)
    const last = history.findLast(({ request: [verb] }) => verb === "GET")!
    const wrong = history.map((each) => each === last ? { ...each, answer: "never" } : each)
    assert.strictEqual(verdict(wrong), "Violation")
  }, 120_000)
})

/** Of one key and 4 clients; answers as of the calls, all overlapping; some never returned. */
const long = (count: number): ReadonlyArray<One> => {
  let state: Search.State = null
  return Array.from({ length: count }, (_, at) => {
    const words: Words = at % 2 === 0 ? ["SET", "k", `v${at}`] : ["GET", "k"]
    const [after, answer] = evaluate(state, words)
    const isOpen = at % 2_000 === 0
    if (!isOpen || at % 4_000 === 0) state = after
    return {
      id: at,
      client: at % 4,
      request: words,
      calledAt: 10 * at,
      returnedAt: isOpen ? undefined : 10 * at + 35,
      answer: isOpen ? undefined : answer
    }
  })
}

/** Tries every order, and remembers nothing. */
const bruteForce = (operations: ReadonlyArray<One>, state: Search.State = null): boolean =>
  operations.every(({ returnedAt }) => returnedAt === undefined) ||
  operations.some((one) => {
    const others = operations.filter((other) => other !== one)
    if (others.some(({ returnedAt }) => (returnedAt ?? Infinity) < one.calledAt)) return false
    const after = specification.step(state, one.request, one.answer)
    return after !== undefined && bruteForce(others, after)
  })

const assertAsBruteForce = (operations: ReadonlyArray<One>): void => {
  const expected = bruteForce(operations) ? "Linearizable" : "Violation"
  if (verdict(operations) !== expected) {
    assert.strictEqual(verdict(operations), expected, JSON.stringify(operations))
  }
}

type Span = readonly [calledAt: number, returnedAt: number]

/** Every way in which so many operations can overlap: the calls and returns of each, in order. */
const overlaps = (count: number): ReadonlyArray<ReadonlyArray<Span>> => {
  const found: Array<ReadonlyArray<Span>> = []
  const extend = (
    at: number,
    times: ReadonlyArray<readonly [number, number | undefined]>
  ): void => {
    if (at === 2 * count) {
      found.push(times as ReadonlyArray<Span>)
      return
    }
    if (times.length < count) extend(at + 1, [...times, [at, undefined]])
    for (const [which, [calledAt, returnedAt]] of times.entries()) {
      if (returnedAt === undefined) extend(at + 1, times.with(which, [calledAt, at]))
    }
  }
  extend(0, [])
  return found
}

/** What an operation asked and was told; without an answer it never returned. */
type Kind = readonly [words: string, answer?: Answer]

const alphabet: ReadonlyArray<Kind> = [
  ["SET k 1", "OK"],
  ["GET k", "1"],
  ["GET k", null],
  ["DEL k", 1],
  ["SET k 1"],
  ["INCR k", 2],
  ["SET k 2 NX", "OK"],
  ["DEL k"],
  ["INCR k", 1],
  ["INCR k"],
  ["GET k", "2"],
  ["DEL k", 0],
  ["SET k 2 NX", null],
  ["SET k 2 XX GET", "1"],
  ["SET k 1 XX"]
]

const made = (
  kinds: ReadonlyArray<Kind>,
  times: ReadonlyArray<Span>
): ReadonlyArray<One> =>
  kinds.map(([words, answer], at) => {
    const [calledAt, returnedAt] = times[at]!
    return answer === undefined
      ? operation(at, words, calledAt)
      : operation(at, words, calledAt, returnedAt, answer)
  })

/** Their number. */
const everyHistory = async (count: number, kinds: ReadonlyArray<Kind>): Promise<number> => {
  let histories = 0
  const choose = (chosen: ReadonlyArray<Kind>, times: ReadonlyArray<Span>): void => {
    if (chosen.length === count) {
      histories += 1
      return assertAsBruteForce(made(chosen, times))
    }
    for (const kind of kinds) choose([...chosen, kind], times)
  }
  for (const times of overlaps(count)) {
    choose([], times)
    // The test's own runner must hear of it now and then.
    await setImmediate()
  }
  return histories
}

describe("every history", () => {
  it.each([
    [1, alphabet.length, 15],
    [2, alphabet.length, 675],
    [3, alphabet.length, 50_625],
    [4, 5, 65_625],
    [5, 3, 229_635]
  ])(
    "of %i operations of %i kinds is judged as by trying every order",
    async (count, kinds, expected) => {
      assert.strictEqual(await everyHistory(count, alphabet.slice(0, kinds)), expected)
    },
    120_000
  )

  it("of up to 7 operations of all kinds is judged so too, as far as it was drawn", () => {
    const instants = fc.tuple(fc.nat(12), fc.nat(8))
    const one = fc.tuple(fc.constantFrom(...alphabet), instants)
    fc.assert(
      fc.property(fc.array(one, { maxLength: 7 }), (drawn) => {
        const kinds = drawn.map(([kind]) => kind)
        assertAsBruteForce(made(kinds, drawn.map(([, [from, span]]) => [from, from + span])))
      }),
      { seed: 1, numRuns: 20_000 }
    )
  })
})

const LIVES = 11

/** A stale read promises less. */
const withoutStale = (scenario: Scenario): Scenario => ({
  ...scenario,
  operations: scenario.operations.filter(({ reads }) => reads !== "stale")
})

describe("the clients of a simulated cluster", () => {
  const lives: Array<ReadonlyArray<One>> = []

  beforeAll(() => {
    const { application } = WordsApplication
    for (let seed = 1; seed <= LIVES; seed++) {
      const report = Simulation.simulate({
        seed,
        application,
        record: "everything",
        adjust: withoutStale
      })
      assert.isUndefined(report.violation)
      lives.push(WordsApplication.historyOf(report))
    }
  })

  it("see a linearizable history", () => {
    const operations = lives.reduce((sum, { length }) => sum + length, 0)
    assert.isAbove(operations, 20 * LIVES)
    for (const life of lives) assert.strictEqual(verdict(life), "Linearizable")
  })

  it("would not be believed if told anything else, but where trying every order finds one", () => {
    let [refused, rightToo] = [0, 0]
    for (const begun of lives.flatMap(beginnings)) {
      for (const [at, one] of begun.entries()) {
        if (one.answer === undefined) continue
        for (const answer of [null, "OK", 0, 1, "never"]) {
          if (answer === one.answer) continue
          const wrong = begun.with(at, { ...one, answer })
          assertAsBruteForce(wrong)
          if (verdict(wrong) === "Violation") refused += 1
          else rightToo += 1
        }
      }
    }
    assert.isAbove(refused, 500)
    assert.isAbove(rightToo, 0)
  })
})

/** As many of one key as every order can be tried of. */
const BEGINNING = 6

/** Of every key, the history up to when its next operation was called. */
const beginnings = (life: ReadonlyArray<One>): ReadonlyArray<ReadonlyArray<One>> =>
  [...new Set(life.map(({ request: [, key] }) => key))].map((key) => {
    const ofKey = life.filter(({ request }) => request[1] === key)
    const end = ofKey[BEGINNING]?.calledAt ?? Infinity
    return ofKey.slice(0, BEGINNING).map((each) =>
      (each.returnedAt ?? Infinity) < end
        ? each
        : { ...each, returnedAt: undefined, answer: undefined }
    )
  })

/** Those of the etcd histories that are linearizable. */
const LINEARIZABLE = ["002", "005", "007", "018", "025", "031", "038", "045", "048", "049"]

const names = Known.names()
if (names.length === 0) {
  console.warn(`no histories with known verdicts in ${Known.folder}: set RAFTCACHE_FIXTURES`)
}

describe.runIf(names.length > 0)("a history with a known verdict", () => {
  it.each(names.filter((name) => name.startsWith("etcd")))("is judged so: %s", (name) => {
    const isLinearizable = LINEARIZABLE.some((number) => name.includes(number))
    const { _tag } = Search.check(Known.etcd(name), Known.specification(null))
    assert.strictEqual(_tag, isLinearizable ? "Linearizable" : "Violation")
  })

  it.each(names.filter((name) => name.startsWith("kv")))("is judged so: %s", (name) => {
    const { _tag } = Search.check(Known.text(name), Known.specification(""))
    assert.strictEqual(_tag, name.includes("-ok") ? "Linearizable" : "Violation")
  })
})

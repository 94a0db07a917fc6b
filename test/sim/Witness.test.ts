import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Answer from "../../src/kv/Answer.js"
import * as Command from "../../src/kv/Command.js"
import type { Integer } from "../../src/kv/Integer.js"
import * as Latin1 from "../../src/kv/Latin1.js"
import type { Draw, Request } from "../../src/sim/Application.js"
import { application } from "../../src/sim/CacheApplication.js"
import * as Chooser from "../../src/sim/Chooser.js"
import type { Applied, Call, History } from "../../src/sim/History.js"
import * as Witness from "../../src/sim/Witness.js"

const bytesOf = (...words: ReadonlyArray<string>): Uint8Array =>
  Command.encodeCall(Command.words(...words))

const write = (...words: ReadonlyArray<string>): Request => ({
  kind: "write",
  bytes: bytesOf(...words)
})

const set = (value: string): Request => write("set", "k1", value)

const increment = (by: Integer): Request => write("incrby", "c1", String(by))

const flush = write("flushall")

const get: Request = { kind: "read", bytes: bytesOf("get", "k1") }

const bulk = (value: string): Uint8Array => Answer.bulk(Latin1.encode(value))

/** Client 1's, unless another is given. */
const call = (
  id: number,
  request: Request,
  times: readonly [calledAt: number, returnedAt?: number],
  more: Partial<Call> = {}
): Call => ({
  id,
  client: 1,
  request,
  calledAt: times[0],
  outcome: "open",
  returnedAt: times[1],
  answer: undefined,
  index: undefined,
  ...more
})

const done = (
  id: number,
  request: Request,
  times: readonly [calledAt: number, returnedAt: number],
  index: number,
  answer: Uint8Array
): Call => call(id, request, times, { outcome: "done", index, answer })

const applied = (index: number, { bytes }: Request, answer = Answer.ok): Applied => ({
  index,
  command: bytes,
  answer
})

const check = (calls: ReadonlyArray<Call>, log: ReadonlyArray<Applied>) =>
  Witness.check({ calls, applied: log }, application)

const assertBreaks = (
  oracle: Witness.Violation["oracle"],
  message: string,
  calls: ReadonlyArray<Call>,
  log: ReadonlyArray<Applied>
): void => assert.deepStrictEqual(check(calls, log), { oracle, message })

describe("a history", () => {
  it("is believed if nothing happened", () => {
    assert.isUndefined(check([], []))
  })

  it("is believed if reads see what was applied up to their index", () => {
    assert.isUndefined(check([
      done(1, get, [1, 2], 0, Answer.nil),
      done(2, set("a"), [3, 8], 4, Answer.ok),
      done(3, get, [4, 5], 4, bulk("a")),
      done(4, get, [6, 7], 9, bulk("a"))
    ], [applied(4, set("a"))]))
  })

  it("is believed if operations at the same time take effect in either order", () => {
    const log = [applied(1, set("a")), applied(2, set("b"))]
    for (const [a, b] of [[1, 2], [2, 1]] as const) {
      const [first, second] = [set("a"), set("b")]
      assert.isUndefined(check([
        done(1, a === 1 ? first : second, [1, 5], a, Answer.ok),
        done(2, b === 1 ? first : second, [2, 4], b, Answer.ok)
      ], log))
    }
  })

  it("is believed if what nobody heard of again took effect, or did not", () => {
    const calls = [
      call(1, set("a"), [1], { outcome: "unknown" }),
      call(2, set("b"), [2]),
      call(3, set("c"), [3, 4], { outcome: "refused" })
    ]
    assert.isUndefined(check(calls, []))
    assert.isUndefined(check(calls, [applied(5, set("b")), applied(6, set("a"))]))
  })

  it("is believed if one command of several operations is applied once for each", () => {
    const calls = [
      done(1, flush, [1, 2], 1, Answer.ok),
      call(2, flush, [3], { outcome: "unknown" }),
      call(3, flush, [4, 5], { outcome: "refused" })
    ]
    assert.isUndefined(check(calls, [applied(1, flush)]))
    assert.isUndefined(check(calls, [applied(1, flush), applied(2, flush)]))
  })

  it("is believed if a shared command takes effect for one operation long after another's", () => {
    assert.isUndefined(check([
      done(1, flush, [1, 2], 5, Answer.ok),
      done(2, get, [3, 4], 7, Answer.nil),
      call(3, flush, [6], { outcome: "unknown" })
    ], [applied(5, flush), applied(9, flush)]))
  })

  it("is believed if different commands happen to have one hash", () => {
    const [one, other] = [set("v050804"), set("v090000")]
    assert.isUndefined(check([
      done(1, one, [1, 2], 1, Answer.ok),
      call(2, other, [3], { outcome: "unknown" }),
      call(3, one, [4], { outcome: "unknown" })
    ], [applied(1, one), applied(2, other), applied(3, one)]))
    assert.strictEqual(check([call(1, one, [1])], [applied(1, other)])?.oracle, "exactly-once")
  })

  it("that was not recorded whole is the recorder's error", () => {
    assert.throws(
      () => check([call(7, get, [1, 2], { outcome: "done", index: 3 })], []),
      /operation 7 is recorded as done, but not its answer/
    )
  })
})

describe("the order of the log", () => {
  it.each([7, 4])("is broken by index %i after index 7", (index) => {
    assertBreaks(
      "log-order",
      `the command set k1 "b" was applied at index ${index}, ` +
        `after the command set k1 "a" at index 7`,
      [call(1, set("a"), [1]), call(2, set("b"), [2])],
      [applied(7, set("a")), applied(index, set("b"))]
    )
  })
})

describe("exactly once", () => {
  it("is broken by a command that nobody sent", () => {
    assertBreaks(
      "exactly-once",
      `the command set k1 "a" was applied at index 3, although no operation asked for it`,
      [],
      [applied(3, set("a"))]
    )
  })

  it.each(["done", "unknown", "open"] as const)(
    "is broken by an operation, %s, applied twice",
    (outcome) => {
      assertBreaks(
        "exactly-once",
        "operation 1 (client 1, incrby c1 1) was applied twice: at index 3 and at index 5",
        [
          outcome === "done"
            ? done(1, increment(1), [1, 2], 3, Answer.integer(1))
            : call(1, increment(1), [1], { outcome })
        ],
        [
          applied(3, increment(1), Answer.integer(1)),
          applied(5, increment(1), Answer.integer(2))
        ]
      )
    }
  )

  it("is broken by a refused operation that took effect", () => {
    assertBreaks(
      "exactly-once",
      `operation 1 (client 1, set k1 "a") was refused, but applied at index 3`,
      [call(1, set("a"), [1, 2], { outcome: "refused" })],
      [applied(3, set("a"))]
    )
  })

  it("is broken by an answered write that is not in the log", () => {
    assertBreaks(
      "exactly-once",
      `operation 1 (client 1, set k1 "a") was answered as of index 3, where nothing was applied`,
      [done(1, set("a"), [1, 2], 3, Answer.ok)],
      []
    )
  })

  it("is broken by an answered write that is elsewhere in the log", () => {
    assertBreaks(
      "exactly-once",
      `operation 1 (client 1, set k1 "a") was answered as of index 3, ` +
        `where the command set k1 "b" was applied`,
      [done(1, set("a"), [1, 2], 3, Answer.ok), call(2, set("b"), [3])],
      [applied(3, set("b")), applied(4, set("a"))]
    )
  })

  it("is broken by one entry that answers two operations", () => {
    assertBreaks(
      "exactly-once",
      "operation 2 (client 1, flushall) and operation 1 (client 1, flushall) " +
        "were both answered as of index 3",
      [done(1, flush, [1, 2], 3, Answer.ok), done(2, flush, [3, 4], 3, Answer.ok)],
      [applied(3, flush)]
    )
  })

  it("is broken by a shared command applied more often than it was asked for", () => {
    assertBreaks(
      "exactly-once",
      "operation 2 (client 1, flushall) and 1 others with the same command were applied " +
        "3 times, the last time at index 9",
      [
        call(1, flush, [1, 2], { outcome: "refused" }),
        call(2, flush, [3]),
        done(3, flush, [4, 5], 7, Answer.ok)
      ],
      [applied(6, flush), applied(7, flush), applied(9, flush)]
    )
  })
})

describe("linearizability", () => {
  it("is broken by a read that misses a write answered before it was called", () => {
    assertBreaks(
      "linearizable",
      `operation 17 (client 1, get k1) was answered (nil) as of index 40, although ` +
        `operation 9 (client 1, set k1 "v9"), placed at 52, had returned before it was called`,
      [done(9, set("v9"), [1, 2], 52, Answer.ok), done(17, get, [3, 4], 40, Answer.nil)],
      [applied(52, set("v9"))]
    )
  })

  it("is broken by a read that is older than a read answered before it was called", () => {
    const calls = [
      call(1, set("a"), [1]),
      done(2, get, [2, 3], 5, bulk("a")),
      done(3, get, [4, 5], 4, Answer.nil)
    ]
    assert.strictEqual(check(calls, [applied(5, set("a"))])?.oracle, "linearizable")
  })

  it("is broken by a read of a write that was called only later", () => {
    const calls = [done(1, get, [1, 2], 5, bulk("a")), done(2, set("a"), [3, 4], 5, Answer.ok)]
    assert.strictEqual(check(calls, [applied(5, set("a"))])?.oracle, "linearizable")
  })

  it("is broken by a write without an answer that comes before an older answer", () => {
    assertBreaks(
      "linearizable",
      `operation 2 (client 1, set k1 "b") was applied at index 4, although ` +
        `operation 1 (client 1, set k1 "a"), placed at 6, had returned before it was called`,
      [done(1, set("a"), [1, 2], 6, Answer.ok), call(2, set("b"), [3], { outcome: "unknown" })],
      [applied(4, set("b")), applied(6, set("a"))]
    )
  })
})

describe("right answers", () => {
  it("are missed by a read of another value", () => {
    assertBreaks(
      "right-answers",
      `operation 2 (client 1, get k1) was answered "b" as of index 3, ` +
        `where "a" is right (different from byte 1 on)`,
      [done(1, set("a"), [1, 2], 3, Answer.ok), done(2, get, [3, 4], 3, bulk("b"))],
      [applied(3, set("a"))]
    )
  })

  it("are missed by a write that is told something else than its command", () => {
    const calls = [done(1, increment(2), [1, 2], 3, Answer.integer(4))]
    const violation = check(calls, [applied(3, increment(2), Answer.integer(2))])
    assert.match(violation!.message, /^operation 1 .* was answered 4 as of index 3, where 2 is/)
    assert.strictEqual(violation!.oracle, "right-answers")
  })

  it("are not all: what is told of a command must be right, too", () => {
    const told = (events: string) => [{ ...applied(3, set("a")), told: events }]
    assert.isUndefined(check([call(1, set("a"), [1])], told("new k1, set k1")))
    assertBreaks(
      "right-events",
      `of the command set k1 "a" at 3 was told "set k1", where "new k1, set k1" is right`,
      [call(1, set("a"), [1])],
      told("set k1")
    )
  })

  it("are missed by a command whose operation never heard of it, also after the last answer", () => {
    assertBreaks(
      "right-answers",
      "the command incrby c1 2 was answered 3 as of index 3, " +
        "where 2 is right (different from byte 1 on)",
      [call(1, increment(2), [1])],
      [applied(3, increment(2), Answer.integer(3))]
    )
  })

  it("are missed by a shared command whose operation never heard of it", () => {
    const calls = [done(1, flush, [1, 2], 3, Answer.ok), call(2, flush, [3])]
    const log = [applied(3, flush), applied(5, flush, Answer.nil)]
    assert.match(
      check(calls, log)!.message,
      /^the command flushall was answered \(nil\) as of index 5, where OK is right/
    )
  })

  it("are missed by an answer that ends too early", () => {
    const calls = [done(1, set("ab"), [1, 2], 1, Answer.ok), done(2, get, [3, 4], 1, bulk("a"))]
    assert.match(check(calls, [applied(1, set("ab"))])!.message, /different from byte 2 on/)
  })

  it("are missed by an answer that has something after the right one", () => {
    const calls = [done(1, get, [1, 2], 0, Uint8Array.of(...Answer.nil, 0))]
    assert.match(check(calls, [])!.message, /different from byte 1 on/)
  })
})

/**
 * A history that is linearizable because it was made so: operations take effect one after another,
 * each at an instant between its call and its return.
 */
const lived = (seed: number, count: number): History => {
  const strategy = Chooser.random(seed)
  const draw: Draw = (arity) => strategy.choose("event", arity)
  const machine = application.machine()
  const calls: Array<Call> = []
  const log: Array<Applied> = []
  let index = 0
  for (let id = 0; id < count; id++) {
    const request = application.request(id, draw)
    const instant = 1_000 + 10 * id
    const calledAt = instant - draw(60)
    const returnedAt = instant + 1 + draw(60)
    const fate = draw(10)
    if (fate === 9) {
      const outcome = draw(2) === 0 ? "refused" : "unknown"
      calls.push(call(id, request, [calledAt], { outcome }))
      continue
    }
    index += draw(3)
    let answer: Uint8Array
    if (request.kind === "write") {
      answer = machine.apply(request.bytes, ++index)
      log.push({ index, command: request.bytes, answer })
    } else answer = machine.read(request.bytes)
    calls.push(
      fate === 8
        ? call(id, request, [calledAt], { outcome: "unknown" })
        : done(id, request, [calledAt, returnedAt], index, answer)
    )
  }
  calls.sort((a, b) => a.calledAt - b.calledAt)
  return { calls, applied: log }
}

const histories = fc.tuple(fc.integer(), fc.integer({ min: 20, max: 120 }))
  .map(([seed, count]) => lived(seed, count))

/** A history, and a number that chooses what of it to spoil. */
const spoiled = [histories, fc.nat()] as const

/** Whether nobody else has asked for the same, in the same words. */
const isOwn = ({ calls }: History, { bytes }: Request): boolean => {
  const text = Latin1.decode(bytes, 0, bytes.length)
  return calls.filter(({ request }) =>
    Latin1.decode(request.bytes, 0, request.bytes.length) === text
  ).length <= 1
}

const doneWrites = ({ calls }: History): ReadonlyArray<Call> =>
  calls.filter((one) => one.outcome === "done" && one.request.kind === "write")

const choose = <A>(all: ReadonlyArray<A>, number: number): A => {
  fc.pre(all.length > 0)
  return all[number % all.length]!
}

const oracleOf = (history: History): string | undefined =>
  Witness.check(history, application)?.oracle

const without = <A>(all: ReadonlyArray<A>, one: A): ReadonlyArray<A> =>
  all.filter((other) => other !== one)

describe("the witness", () => {
  it.prop("believes every linearizable history", [histories], ([history]) => {
    assert.isUndefined(Witness.check(history, application))
  }, { fastCheck: { numRuns: 200 } })

  it.prop("believes no answer that nothing explains", [...spoiled], ([history, number]) => {
    const one = choose(history.calls.filter(({ outcome }) => outcome === "done"), number)
    const calls = history.calls.map((other) =>
      other === one ? { ...one, answer: bulk("impossible") } : other
    )
    assert.strictEqual(oracleOf({ ...history, calls }), "right-answers")
  })

  it.prop("misses an answered write that was dropped", [...spoiled], ([history, number]) => {
    const { index } = choose(doneWrites(history), number)
    const log = history.applied.filter((one) => one.index !== index)
    assert.strictEqual(oracleOf({ ...history, applied: log }), "exactly-once")
  })

  it.prop("sees that a command was doubled", [...spoiled], ([history, number]) => {
    const own = history.applied.filter((one) =>
      isOwn(history, { kind: "write", bytes: one.command })
    )
    const one = choose(own, number)
    const index = history.applied.at(-1)!.index + 1
    const log = [...history.applied, { ...one, index }]
    assert.strictEqual(oracleOf({ ...history, applied: log }), "exactly-once")
  })

  it.prop("sees that an answered write changed places with the next", [...spoiled], ([
    history,
    number
  ]) => {
    const first = choose(
      doneWrites(history).filter(({ request }) => isOwn(history, request)),
      number
    )
    const at = history.applied.findIndex(({ index }) => index === first.index)
    const [one, other] = [history.applied[at]!, history.applied[at + 1]]
    fc.pre(other !== undefined)
    const swapped = (log: ReadonlyArray<Applied>, a: Applied, b: Applied) => [
      ...log.slice(0, at),
      a,
      b,
      ...log.slice(at + 2)
    ]
    const moved = swapped(
      history.applied,
      { ...other!, index: one.index },
      { ...one, index: other!.index }
    )
    assert.strictEqual(oracleOf({ ...history, applied: moved }), "exactly-once")
    const disordered = swapped(history.applied, other!, one)
    assert.strictEqual(oracleOf({ ...history, applied: disordered }), "log-order")
  })

  it.prop("sees that a refused write took effect", [...spoiled], ([history, number]) => {
    const one = choose(
      doneWrites(history).filter(({ request }) => isOwn(history, request)),
      number
    )
    const refused: Call = { ...one, outcome: "refused", answer: undefined, index: undefined }
    const calls = [...without(history.calls, one), refused]
    assert.strictEqual(oracleOf({ ...history, calls }), "exactly-once")
  })

  it.prop("sees that a read is older than what had returned", [...spoiled], ([history, number]) => {
    const isBehind = (read: Call, write: Call) => write.returnedAt! < read.calledAt
    const reads = history.calls.filter((read) =>
      read.outcome === "done" && read.request.kind === "read" &&
      doneWrites(history).some((one) => isBehind(read, one))
    )
    const read = choose(reads, number)
    const missed = choose(doneWrites(history).filter((one) => isBehind(read, one)), number)
    const calls = history.calls.map((one) =>
      one === read ? { ...read, index: missed.index! - 1 } : one
    )
    assert.strictEqual(oracleOf({ ...history, calls }), "linearizable")
  })

  it.prop("says the same twice", [...spoiled], ([history, number]) => {
    const spoilt = {
      ...history,
      applied: without(history.applied, choose(history.applied, number))
    }
    assert.deepStrictEqual(
      Witness.check(spoilt, application),
      Witness.check(spoilt, application)
    )
  }, { fastCheck: { numRuns: 20 } })
})

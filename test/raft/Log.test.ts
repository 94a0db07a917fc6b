import { assert, describe, it } from "@effect/vitest"
import type { Entry } from "../../src/raft/Entry.js"
import * as Log from "../../src/raft/Log.js"
import { Dice } from "./Dice.js"
import { command, commands, id } from "./Fixtures.js"
import { insist } from "./Insist.js"

const equal = assert.deepStrictEqual

const toArray = (log: Log.Log): ReadonlyArray<Entry> => Log.slice(log, 1, log.last, Infinity)

/** Terms 1 1 3 3 3 6. */
const log = Log.fromEntries(commands(1, 1, 1, 3, 3, 3, 6))

describe("a log", () => {
  it("gives the entries that were appended, and nothing outside of them", () => {
    equal(toArray(log), commands(1, 1, 1, 3, 3, 3, 6))
    for (const index of [0, 7, -1, 0.5, Number.NaN, Infinity]) assert.isUndefined(log.at(index))
  })

  it("knows the term at every position, 0 before the first, none beyond the last", () => {
    equal([0, 1, 3, 6, 7].map((index) => Log.termAt(log, index)), [0, 1, 3, 6, undefined])
    equal([Log.lastId(log), Log.lastId(Log.empty)], [id(6, 6), id(0, 0)])
  })

  it("has an entry when index and term agree, and always the position before the first", () => {
    equal([id(3, 4), id(3, 2), id(6, 7), id(0, 0)].map((at) => Log.has(log, at)), [
      true,
      false,
      false,
      true
    ])
  })

  it("is itself when nothing is appended or dropped", () => {
    assert.strictEqual(log.append([]), log)
    assert.strictEqual(log.truncate(7), log)
  })

  it("may be truncated to nothing and written anew", () => {
    const anew = log.truncate(1).append(commands(1, 9))
    equal([toArray(anew), toArray(log).length], [commands(1, 9), 6])
    equal(log.truncate(0).last, 0)
  })

  it("lets go of its beginning, but knows the term there and all that comes after", () => {
    const rest = log.compact(3)
    equal([rest.base, rest.last, toArray(rest).length], [id(3, 3), 6, 0])
    equal(Log.slice(rest, 4, 6, Infinity), commands(4, 3, 3, 6))
    equal([0, 2, 3, 4, 7].map((index) => Log.termAt(rest, index)), [
      undefined,
      undefined,
      3,
      3,
      undefined
    ])
    equal(toArray(log), commands(1, 1, 1, 3, 3, 3, 6))
    assert.strictEqual(rest.compact(2), rest)
    equal(rest.truncate(1).last, 3)
  })

  it("may begin after an entry that it never had", () => {
    const anew = Log.after(id(4, 2_000))
    equal([Log.lastId(anew), anew.at(2_000), Log.termAt(anew, 2_000)], [id(4, 2_000), undefined, 4])
    const longer = anew.append(commands(2_001, 4, 5))
    equal(Log.slice(longer, 2_001, 2_002, Infinity), commands(2_001, 4, 5))
    equal(longer.compact(2_002).last, 2_002)
  })

  it("cannot agree with a log that ends before its beginning", () => {
    const rest = log.compact(3)
    equal(Log.lastPossibleMatch(rest, id(3, 5)), id(3, 5))
    equal(Log.lastPossibleMatch(rest, id(3, 3)), id(3, 3))
    equal(Log.lastPossibleMatch(rest, id(1, 5)), id(0, 0))
    equal(Log.lastPossibleMatch(rest, id(1, 2)), id(0, 0))
  })

  it("shows older versions nothing of what newer ones append or drop", () => {
    const longer = log.append(commands(7, 6))
    const other = log.append(commands(7, 8))
    const shorter = longer.truncate(3)
    const rewritten = shorter.append(commands(3, 9))
    equal([log, longer, other, shorter, rewritten].map((each) => Log.lastId(each)), [
      id(6, 6),
      id(6, 7),
      id(8, 7),
      id(1, 2),
      id(9, 3)
    ])
    equal(toArray(longer), commands(1, 1, 1, 3, 3, 3, 6, 6))
  })

  it("reads in every version like an array of its own, however the versions grew", () => {
    for (let seed = 0; seed < 12; seed++) {
      const dice = new Dice(seed)
      const versions: Array<{ readonly log: Log.Log; readonly model: ReadonlyArray<Entry> }> = [
        { log: Log.empty, model: [] }
      ]
      for (let i = 0; i < 60; i++) {
        const { log, model } = dice.chance(0.5)
          ? versions[versions.length - 1]!
          : dice.pick(versions)
        // Batches and positions on both sides of a page's end.
        const size = dice.chance(0.5) ? dice.between(1, 3) : dice.between(1, 1100)
        const from = dice.chance(0.5)
          ? model.length - dice.below(3)
          : 1 + dice.below(model.length + 1)
        const added = Array.from(
          { length: size },
          (_, at) => command(i, model.length + 1 + at, seed)
        )
        versions.push(
          dice.chance(0.7)
            ? { log: log.append(added), model: [...model, ...added] }
            : { log: log.truncate(from), model: model.slice(0, Math.max(0, from - 1)) }
        )
      }
      for (const { log, model } of versions) {
        insist(log.last === model.length, "the length", seed)
        insist(model.every((entry, at) => log.at(at + 1) === entry), "the entries", seed)
        insist(log.at(log.last + 1) === undefined, "nothing beyond", seed)
      }
    }
  })
})

describe("a slice of a log", () => {
  it("holds as many entries as fit into its bytes, at least one if there is one", () => {
    const indexes = (from: number, upTo: number, limitBytes: number) =>
      Log.slice(log, from, upTo, limitBytes).map(({ index }) => index)
    equal(indexes(2, 5, Infinity), [2, 3, 4, 5])
    equal(indexes(2, 5, 66), [2, 3]) // a command of one byte counts as 33
    equal(indexes(2, 5, 65), [2])
    equal(indexes(2, 5, 0), [2])
    equal(indexes(5, 99, Infinity), [5, 6])
    equal(indexes(7, 99, Infinity), [])
    equal(indexes(4, 3, Infinity), [])
  })

  it("counts the same bytes as a range", () => {
    equal([Log.rangeBytes(log, 2, 4), Log.rangeBytes(log, 5, 99), Log.rangeBytes(log, 4, 3)], [
      99,
      66,
      0
    ])
  })
})

describe("where another log can at best agree with this one", () => {
  it.each([
    ["at its own end, when that is in this log", id(3, 4), id(3, 4)],
    ["at the end of this log, when it is longer", id(6, 9), id(6, 6)],
    ["before every term newer than its last", id(2, 5), id(1, 2)],
    ["before every term newer than its last, also beyond this log", id(5, 9), id(3, 5)],
    ["at its own end, when this log has an older term there", id(9, 2), id(1, 2)],
    ["nowhere, when all terms here are newer", id(0, 0), id(0, 0)]
  ])("is %s", (_, last, expected) => {
    equal(Log.lastPossibleMatch(log, last), expected)
  })

  it("is nowhere in an empty log", () => {
    equal(Log.lastPossibleMatch(Log.empty, id(5, 9)), id(0, 0))
  })
})

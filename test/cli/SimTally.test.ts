import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as SimSeed from "../../src/cli/SimSeed.js"
import * as SimTally from "../../src/cli/SimTally.js"
import { engineOf } from "./SimFake.js"

const settings: SimSeed.Settings = { nodes: undefined, twice: false }

const tallyOf = (seeds: ReadonlyArray<number>): SimTally.Tally => {
  const engine = engineOf({ failing: { 3: "one", 11: "two" } })
  const tally = SimTally.make()
  for (const seed of seeds) SimTally.add(tally, SimSeed.run(engine, settings, seed))
  return tally
}

const upTo = (last: number): ReadonlyArray<number> =>
  Array.from({ length: last }, (_, at) => at + 1)

describe("the sum of many seeds", () => {
  it("is the same in whatever order they come in", () => {
    const expected = tallyOf(upTo(20))
    fc.assert(fc.property(fc.shuffledSubarray([...upTo(20)], { minLength: 20 }), (seeds) => {
      const tally = tallyOf(seeds)
      assert.strictEqual(SimTally.toJson(tally, 5), SimTally.toJson(expected, 5))
      assert.strictEqual(tally.firstFailure?.seed, 3)
    }))
  })

  it("has another hash for other seeds", () => {
    const hashes = [[1, 2], [1, 3], [2, 3], [1, 2, 3], [1], []].map(tallyOf)
    assert.strictEqual(new Set(hashes.map(SimTally.traceHash)).size, hashes.length)
  })

  it("names its marks in their order, and those that it misses", () => {
    const tally = tallyOf([1, 2])
    assert.deepStrictEqual(SimTally.marks(tally), [["election", 3], ["truncation", 2]])
    assert.deepStrictEqual(SimTally.missing(tally, ["election", "crash"]), ["crash"])
  })
})

import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as DecisionLog from "../../src/sim/DecisionLog.js"

const decision: fc.Arbitrary<DecisionLog.Decision> = fc.record({
  stream: fc.constantFrom(...DecisionLog.streams),
  index: fc.oneof(fc.nat(200), fc.nat(0x7fff_ffff))
})

const decisions = fc.array(decision, { maxLength: 400 })

const withoutZerosAtTheEnd = (all: ReadonlyArray<DecisionLog.Decision>) => {
  const length = all.findLastIndex(({ index }) => index !== 0) + 1
  return all.slice(0, length)
}

describe("a decision log", () => {
  it("returns what was added, in order", () => {
    fc.assert(fc.property(decisions, (all) => {
      const log = DecisionLog.fromDecisions(all)
      assert.strictEqual(log.count, all.length)
      assert.deepStrictEqual(DecisionLog.decisions(log), all)
    }))
  })

  it("returns the choices of each stream apart", () => {
    fc.assert(fc.property(decisions, (all) => {
      const log = DecisionLog.fromDecisions(all)
      for (const stream of DecisionLog.streams) {
        const picks = all.filter((each) => each.stream === stream).map(({ index }) => index)
        assert.deepStrictEqual(DecisionLog.picksOf(log, stream), picks)
      }
    }))
  })

  it("takes two bytes for a small choice", () => {
    const log = DecisionLog.make()
    DecisionLog.add(log, "clock", 127)
    assert.strictEqual(log.sizeBytes, 2)
    DecisionLog.add(log, "clock", 128)
    assert.strictEqual(log.sizeBytes, 5)
  })

  it("is the same after it was a text, but for zeros at its end", () => {
    fc.assert(fc.property(decisions, (all) => {
      const log = DecisionLog.fromText(DecisionLog.toText(DecisionLog.fromDecisions(all)))
      assert.deepStrictEqual(DecisionLog.decisions(log!), withoutZerosAtTheEnd(all))
    }))
  })

  it("is an empty text when all its choices are tame", () => {
    const log = DecisionLog.fromDecisions([{ stream: "disk", index: 0 }])
    assert.strictEqual(DecisionLog.toText(log), "")
    assert.strictEqual(DecisionLog.fromText("")!.count, 0)
  })

  it("is some log, whatever base 64 it is read from", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const text = btoa(String.fromCharCode(...bytes))
      const log = DecisionLog.fromText(text)!
      const all = DecisionLog.decisions(log)
      assert.strictEqual(log.count, all.length)
      for (const { index, stream } of all) {
        assert.isTrue(Number.isInteger(index) && index >= 0)
        assert.include(DecisionLog.streams, stream)
      }
    }))
  })

  it("is not read from any other text", () => {
    for (const text of ["AA", "AAA", "A===", "AA=A", "AAA!", "AA AA==", "-_-_", "ÄAAA"]) {
      assert.isUndefined(DecisionLog.fromText(text), text)
    }
  })
})

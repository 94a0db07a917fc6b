import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Chance from "../../src/kv/Chance.js"
import { Dues } from "../../src/kv/Dues.js"
import type { Due } from "../../src/kv/Dues.js"
import type * as Key from "../../src/kv/Key.js"

describe("dues", () => {
  it.prop(
    "have the earliest first, and by name, whatever was added and taken back",
    [fc.array(fc.oneof(fc.nat(20), fc.constant(undefined)), { maxLength: 80 }), fc.nat()],
    ([steps, number]) => {
      const dues = new Dues()
      const all: Array<Due> = []
      steps.forEach((atMillis, step) => {
        if (atMillis !== undefined) all.push(dues.add(`k${step}` as Key.Key, atMillis))
        else if (all.length > 0) dues.remove(all.splice((number + step) % all.length, 1)[0]!)
        assert.strictEqual(dues.size, all.length)
        const earliest = Math.min(...all.map((due) => due.atMillis))
        assert.strictEqual(dues.first?.atMillis ?? Infinity, earliest)
      })
      const sorted = all.toSorted((one, other) =>
        one.atMillis - other.atMillis || (one.key < other.key ? -1 : 1)
      ).map(({ key }) => key)
      assert.deepStrictEqual([...dues.inOrder()].map(({ key }) => key), sorted)
      const sample = dues.sample(Chance.from(number))
      assert.isTrue(sample === undefined ? all.length === 0 : all.includes(sample))
      assert.deepStrictEqual(
        sorted.map(() => {
          const { first } = dues
          dues.remove(first!)
          return first!.key
        }),
        sorted
      )
    }
  )
})

import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Numbered } from "../../src/node/Numbered.js"

interface Item {
  readonly text: string
}

const item = (number: number): Item => ({ text: `item ${number}` })

type Operation =
  | { readonly _tag: "Add"; readonly step: number }
  | { readonly _tag: "Take"; readonly at: number }

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ _tag: fc.constant("Add" as const), step: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ _tag: fc.constant("Take" as const), at: fc.nat(40) })
)

const collectYoung: () => void = (() => {
  setFlagsFromString("--expose-gc")
  const collect = runInNewContext("gc") as (options: { readonly type: "minor" }) => void
  return () => collect({ type: "minor" })
})()

/** What has outlived some collections of the young. */
const oldBytes = (): number =>
  getHeapSpaceStatistics().find((space) => space.space_name === "old_space")!.space_used_size

describe("what waits by number", () => {
  it("is had and taken by its number, once", () => {
    const waiting = new Numbered<Item>()
    waiting.add(5, item(5))
    waiting.add(9, item(9))
    assert.strictEqual(waiting.get(9)?.text, "item 9")
    assert.deepStrictEqual([waiting.get(4), waiting.get(7), waiting.get(10)], [
      undefined,
      undefined,
      undefined
    ])
    assert.strictEqual(waiting.take(5)?.text, "item 5")
    assert.isUndefined(waiting.take(5))
    assert.strictEqual(waiting.size, 1)
  })

  it.prop(
    "is what a map would hold, the oldest first, whatever is taken",
    [fc.array(operation, { maxLength: 200 })],
    ([operations]) => {
      const waiting = new Numbered<Item>()
      const model = new Map<number, Item>()
      let last = 0
      for (const each of operations) {
        if (each._tag === "Add") {
          last += each.step
          waiting.add(last, item(last))
          model.set(last, item(last))
        } else {
          const number = last - each.at
          assert.deepStrictEqual(waiting.get(number), model.get(number))
          assert.deepStrictEqual(waiting.take(number), model.get(number))
          model.delete(number)
        }
        assert.strictEqual(waiting.size, model.size)
      }
      assert.deepStrictEqual([...waiting.values()], [...model.values()])
      waiting.clear()
      assert.deepStrictEqual([[...waiting.values()], waiting.size], [[], 0])
    }
  )

  it("does not come any more if it is taken while all are gone through", () => {
    const waiting = new Numbered<Item>()
    for (const number of [1, 2, 3]) waiting.add(number, item(number))
    const seen: Array<Item> = []
    for (const each of waiting.values()) {
      seen.push(each)
      waiting.take(2)
    }
    assert.deepStrictEqual(seen, [item(1), item(3)])
  })

  it("is let go of when it is taken, however old that in which it waited", () => {
    const [ITEMS, ITEM_WORDS, WAITING] = [10_000, 128, 10]
    const waiting = new Numbered<ReadonlyArray<number>>()
    const add = (number: number): void => {
      waiting.add(number, new Array<number>(ITEM_WORDS).fill(number))
      waiting.take(number - WAITING)
    }
    add(0)
    // What outlives two collections is old.
    for (let times = 0; times < 2; times++) collectYoung()
    const before = oldBytes()
    for (let number = 1; number <= ITEMS; number++) {
      add(number)
      if (number % (10 * WAITING) === 0) collectYoung()
    }
    // A map holds all of them, until the old are collected too.
    assert.isBelow(oldBytes() - before, ITEMS * ITEM_WORDS * 8 / 4)
  })
})

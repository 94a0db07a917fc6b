import { assert, describe, it } from "@effect/vitest"
import type { Key } from "../../src/kv/Key.js"
import { Tracker } from "../../src/live/Tracker.js"
import { TrackingTable } from "../../src/live/TrackingTable.js"
import { FakeClient } from "./FakeClient.js"

const key = (name: string): Key => name as Key

const WIDE = { keys: 1_000, bytes: 1_000_000 }

const reader = () => {
  const fake = new FakeClient(1)
  return { tracker: new Tracker(fake.client), go: () => fake.go() }
}

/** Adds each key for a reader of its own. */
const addAll = (table: TrackingTable, ...names: ReadonlyArray<string>): void => {
  for (const name of names) table.add(key(name), reader().tracker)
}

describe("the table of who has read what", () => {
  it("has each reader of a key once, and gives them away with the key", () => {
    const table = new TrackingTable(WIDE)
    const [one, other] = [reader().tracker, reader().tracker]
    table.add(key("a"), one)
    table.add(key("a"), other)
    table.add(key("a"), one)
    table.add(key("b"), one)
    assert.deepStrictEqual([table.size, table.items], [2, 3])
    assert.deepStrictEqual([...table.take(key("a"))], [one, other])
    assert.deepStrictEqual([...table.take(key("a"))], [])
    assert.deepStrictEqual([table.size, table.items], [1, 1])
  })

  it("gives up no key within its limits", () => {
    const table = new TrackingTable({ keys: 2, bytes: 4 })
    addAll(table, "aa", "bb")
    assert.isUndefined(table.giveUp())
  })

  it("gives up one key for each that is too many, whatever it has given up before", () => {
    const table = new TrackingTable({ keys: 2, bytes: 1_000 })
    addAll(table, "a", "b")
    for (const name of ["c", "d", "e", "f"]) {
      addAll(table, name)
      const given = table.giveUp()
      assert.strictEqual(given!.readers.size, 1)
      assert.deepStrictEqual([...table.take(given!.key)], [])
      assert.isUndefined(table.giveUp())
      assert.strictEqual(table.size, 2)
    }
  })

  it("gives up what is too many once its limit is lowered, and nothing if there is none", () => {
    const table = new TrackingTable(WIDE)
    addAll(table, "a", "b", "c")
    table.keysLimit = 1
    while (table.giveUp() !== undefined);
    assert.strictEqual(table.size, 1)
    table.keysLimit = 0
    addAll(table, "d", "e")
    assert.isUndefined(table.giveUp())
  })

  it("gives up keys until they are short enough together", () => {
    const table = new TrackingTable({ keys: 1_000, bytes: 10 })
    addAll(table, "a".repeat(5), "b".repeat(5), "c".repeat(6))
    let given = 0
    while (table.giveUp() !== undefined) given++
    assert.deepStrictEqual([given, table.size], [2, 1])
  })

  it("leaves out those who are gone, as often as the readers of a key double in number", () => {
    const table = new TrackingTable(WIDE)
    for (let count = 0; count < 1_000; count++) {
      const { go, tracker } = reader()
      table.add(key("a"), tracker)
      go()
    }
    assert.strictEqual(table.items, table.take(key("a")).size)
    const stays = reader().tracker
    for (let count = 0; count < 100; count++) {
      table.add(key("b"), count === 50 ? stays : reader().tracker)
    }
    assert.isTrue(table.take(key("b")).has(stays))
  })

  it("is empty once it is cleared", () => {
    const table = new TrackingTable({ keys: 1, bytes: 1_000 })
    addAll(table, "a", "b")
    table.clear()
    assert.deepStrictEqual([table.size, table.items], [0, 0])
    assert.isUndefined(table.giveUp())
  })
})

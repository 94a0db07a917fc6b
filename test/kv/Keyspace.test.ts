import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Chance from "../../src/kv/Chance.js"
import type * as Key from "../../src/kv/Key.js"
import { Keyspace } from "../../src/kv/Keyspace.js"

const names = fc.string({ maxLength: 8 }).map((name) => name as Key.Key)

const steps = fc.array(fc.tuple(fc.constantFrom("set", "delete"), names, fc.nat()), {
  maxLength: 100
})

const filled = (count: number): Keyspace<number> => {
  const keys = new Keyspace<number>()
  for (let at = 0; at < count; at++) keys.set(`key:${at}` as Key.Key, at)
  return keys
}

/** Every key that a scan comes to, as often as it does. */
const scanAll = (
  keys: Keyspace<number>,
  count: number,
  between: () => void = () => {}
): ReadonlyArray<Key.Key> => {
  const found: Array<Key.Key> = []
  let place = 0
  do {
    const step = keys.scan(place, count)
    found.push(...step.keys)
    assert.isTrue(step.next === 0 || step.next > place)
    place = step.next
    between()
  } while (place > 0)
  return found
}

describe("the keys", () => {
  it.prop("are held as a map holds them", [steps], ([all]) => {
    const [keys, map] = [new Keyspace<number>(), new Map<Key.Key, number>()]
    for (const [what, name, value] of all) {
      if (what === "set") {
        keys.set(name, value)
        map.set(name, value)
      } else assert.strictEqual(keys.delete(name), map.delete(name))
    }
    assert.strictEqual(keys.size, map.size)
    assert.deepStrictEqual(new Map(keys.entries()), map)
    for (const [name, value] of map) assert.strictEqual(keys.get(name), value)
  })

  it("come in a scan each exactly once while nothing changes, whatever is counted", () => {
    const keys = filled(5_000)
    const all = [...keys.entries()].map(([key]) => key).sort()
    for (const count of [1, 10, 999, 100_000]) {
      assert.deepStrictEqual([...scanAll(keys, count)].sort(), all)
    }
  })

  it("come in a scan exactly once if they are there all the time, whatever else changes", () => {
    const keys = filled(3_000)
    let next = 0
    const found = scanAll(keys, 7, () => {
      keys.set(`new:${next}` as Key.Key, 1)
      keys.delete(`key:${2 * next++}` as Key.Key)
    })
    const odd = found.filter((key) => key.startsWith("key:") && Number(key.slice(4)) % 2 === 1)
    assert.deepStrictEqual([odd.length, new Set(odd).size], [1_500, 1_500])
  })

  it("come in a sample as many as were asked for, or all, each once", () => {
    const draw = Chance.from(1)
    for (const [there, asked, expected] of [[5_000, 5, 5], [3, 5, 3], [40, 40, 40], [0, 5, 0]]) {
      const sample = filled(there!).sample(asked!, draw)
      assert.deepStrictEqual([sample.length, new Set(sample).size], [expected, expected])
    }
  })

  it("come in samples all of them sooner or later, the newest and the oldest alike", () => {
    const keys = filled(20_000)
    const draw = Chance.from(1)
    const seen = new Set<Key.Key>()
    for (let round = 0; round < 40_000; round++) {
      for (const key of keys.sample(5, draw)) seen.add(key)
    }
    assert.isAbove(seen.size, 19_000)
  })

  it("are about as many as was asked for in each step of a scan", () => {
    const keys = filled(5_000)
    for (let place = 0, isFirst = true; isFirst || place > 0; isFirst = false) {
      const { keys: found, next } = keys.scan(place, 10)
      assert.isAtMost(found.length, 12)
      place = next
    }
  })
})

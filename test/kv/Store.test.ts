import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Answer from "../../src/kv/Answer.js"
import * as Command from "../../src/kv/Command.js"
import * as Integer from "../../src/kv/Integer.js"
import type * as Key from "../../src/kv/Key.js"
import * as Latin1 from "../../src/kv/Latin1.js"
import * as Store from "../../src/kv/Store.js"
import { command } from "./arbitraries.js"

const a = "a" as Key.Key
const b = "b" as Key.Key
const text = Latin1.encode

const set = (
  key: Key.Key,
  value: string,
  condition: Command.Condition = "none",
  get = false
): Command.Command => ({ _tag: "Set", key, value: text(value), condition, get })

/** Applies the commands at indexes 1, 2, 3 and returns the store and the last answer. */
const run = (...commands: ReadonlyArray<Command.Command>) => {
  const store = Store.make()
  let answer: Answer.Answer | undefined
  commands.forEach((one, position) => {
    answer = Answer.read(Store.apply(store, Command.encode(one), position + 1))
  })
  return { store, answer }
}

/** The specification, said a second time as plainly as possible. */
const modelApply = (
  model: Map<string, { value: string; revision: number }>,
  one: Command.Command,
  revision: number
): Answer.Answer => {
  const ok = { _tag: "Ok" } as const
  const put = (key: string, value: Uint8Array | string) => {
    const asText = typeof value === "string" ? value : Latin1.decode(value, 0, value.length)
    model.set(key, { value: asText, revision })
  }
  switch (one._tag) {
    case "Set": {
      const before = model.get(one.key)
      const refused = (one.condition === "NX" && before !== undefined) ||
        (one.condition === "XX" && before === undefined)
      if (!refused) put(one.key, one.value)
      if (one.get && before !== undefined) return { _tag: "Bulk", value: text(before.value) }
      return one.get || refused ? { _tag: "Nil" } : ok
    }
    case "SetMany":
      for (const [key, value] of one.pairs) put(key, value)
      return ok
    case "Delete":
      return { _tag: "Integer", value: one.keys.filter((key) => model.delete(key)).length }
    case "Increment": {
      const before = model.get(one.key)?.value ?? "0"
      if (
        !/^(0|-?[1-9][0-9]{0,18})$/.test(before) ||
        BigInt.asIntN(64, BigInt(before)) !== BigInt(before)
      ) {
        return { _tag: "Error", message: "ERR value is not an integer or out of range" }
      }
      const sum = BigInt(before) + BigInt(one.by)
      if (BigInt.asIntN(64, sum) !== sum) {
        return { _tag: "Error", message: "ERR increment or decrement would overflow" }
      }
      put(one.key, String(sum))
      return { _tag: "Integer", value: Integer.parse(text(String(sum)))! }
    }
    case "CompareAndSet": {
      const current = model.get(one.key)?.revision ?? 0
      if (current !== one.expectedRevision) return { _tag: "Conflict", revision: current }
      put(one.key, one.value)
      return ok
    }
    case "FlushAll":
      model.clear()
      return ok
  }
}

describe("the store", () => {
  it.prop("answers and holds what a plain map would", [
    fc.array(command(), { maxLength: 60 })
  ], ([commands]) => {
    const store = Store.make()
    const model = new Map<string, { value: string; revision: number }>()
    commands.forEach((one, position) => {
      const index = position + 1
      expect(Answer.read(Store.apply(store, Command.encode(one), index)))
        .toEqual(modelApply(model, one, index))
    })
    expect(Store.size(store)).toBe(model.size)
    for (const [key, { revision, value }] of model) {
      expect(Store.get(store, key as Key.Key)).toEqual(text(value))
      expect(Store.revision(store, key as Key.Key)).toBe(revision)
      expect(Store.has(store, key as Key.Key)).toBe(true)
    }
  }, { fastCheck: { numRuns: 300 } })

  it.prop("answers any bytes, and bytes that are no command change nothing", [
    fc.uint8Array({ maxLength: 40 })
  ], ([bytes]) => {
    const { store } = run(set(a, "1"))
    const before = Store.digest(store)
    Store.apply(store, bytes, 2)
    if (Command.decode(bytes) === undefined) expect(Store.digest(store)).toBe(before)
  })

  it("sets only an absent key with NX, only a present one with XX", () => {
    expect(run(set(a, "1"), set(a, "2", "NX")).answer).toEqual({ _tag: "Nil" })
    expect(run(set(a, "1", "NX")).answer).toEqual({ _tag: "Ok" })
    expect(run(set(a, "1", "XX")).answer).toEqual({ _tag: "Nil" })
    expect(run(set(a, "1"), set(a, "2", "XX")).answer).toEqual({ _tag: "Ok" })
  })

  it("answers a Set that asks for it with the value before, whether or not it sets", () => {
    const { answer, store } = run(set(a, "1"), set(a, "2", "NX", true))
    expect(answer).toEqual({ _tag: "Bulk", value: text("1") })
    expect(Store.get(store, a)).toEqual(text("1"))
    expect(run(set(a, "1", "none", true)).answer).toEqual({ _tag: "Nil" })
  })

  it("sets at an expected revision once, and tells the loser the revision there is", () => {
    const compare = (expectedRevision: number, value: string): Command.Command => ({
      _tag: "CompareAndSet",
      key: a,
      expectedRevision,
      value: text(value)
    })
    const { answer, store } = run(compare(0, "1"), compare(1, "2"), compare(1, "3"))
    expect(answer).toEqual({ _tag: "Conflict", revision: 2 })
    expect(Store.get(store, a)).toEqual(text("2"))
  })

  it("gives a key that was deleted and written again a new revision", () => {
    const { store } = run(set(a, "1"), { _tag: "Delete", keys: [a] }, set(b, "1"), set(a, "1"))
    expect(Store.revision(store, a)).toBe(4)
    expect(Store.revision(store, b)).toBe(3)
  })

  it("does not change when a counter would overflow", () => {
    const { answer, store } = run(
      set(a, "9223372036854775807"),
      { _tag: "Increment", key: a, by: 1 }
    )
    expect(answer).toEqual({ _tag: "Error", message: "ERR increment or decrement would overflow" })
    expect(Store.revision(store, a)).toBe(1)
  })

  it("has a digest that does not depend on the order of insertion", () => {
    const one = Store.make()
    Store.apply(one, Command.encode(set(a, "1")), 1)
    Store.apply(one, Command.encode(set(b, "2")), 2)
    const other = Store.make()
    Store.apply(other, Command.encode(set(b, "2")), 2)
    Store.apply(other, Command.encode(set(a, "1")), 1)
    expect(Store.digest(one)).toBe(Store.digest(other))
  })

  it("has a digest that a value, a revision or a boundary between fields changes", () => {
    const digests = [
      run(),
      run(set(a, "1")),
      run(set(a, "2")),
      run(set(b, "1")),
      run(set(b, ""), set(a, "1")),
      run(set("a1" as Key.Key, "")),
      run(set("" as Key.Key, "a1"))
    ].map(({ store }) => Store.digest(store))
    expect(new Set(digests).size).toBe(digests.length)
    expect(digests[0]).toMatch(/^[0-9a-f]{16}$/)
  })
})

describe("an answer", () => {
  it.prop(
    "is read from any bytes without a throw",
    [fc.uint8Array({ maxLength: 12 })],
    ([bytes]) => {
      expect(Answer.read(bytes)._tag).toBeTypeOf("string")
    }
  )

  it.each([[0], [1], [-7], [2n ** 63n - 1n]])("carries the integer %s", (value) => {
    expect(Answer.read(Answer.integer(value))).toEqual({ _tag: "Integer", value })
  })
})

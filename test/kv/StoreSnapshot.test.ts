import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Command from "../../src/kv/Command.js"
import * as Machine from "../../src/kv/Machine.js"
import * as Session from "../../src/kv/Session.js"
import * as Store from "../../src/kv/Store.js"
import { command } from "./arbitraries.js"

const restored = (parts: Iterable<Uint8Array>): Store.Store => {
  const store = new Store.Store()
  const { add, done } = Store.restore(store)
  for (const part of parts) add(part)
  done()
  return store
}

const commands = fc.array(command(), { maxLength: 30 })

describe("a snapshot of the store", () => {
  it.prop(
    "shows one moment, whatever is applied while it is walked",
    [commands, commands, fc.array(fc.boolean(), { maxLength: 60 })],
    ([before, after, schedule]) => {
      const store = new Store.Store()
      let index = 0
      for (const each of before) Machine.apply(store, Command.encode(each), ++index)
      const digest = Store.digest(store)
      const walk = Store.snapshot(store, index)
      const parts: Array<Uint8Array> = []
      const rest = [...after]
      for (const applies of schedule) {
        const next = applies ? rest.shift() : undefined
        if (next !== undefined) Machine.apply(store, Command.encode(next), ++index)
        else {
          const { done, value } = walk.next()
          if (done !== true) parts.push(value)
        }
      }
      parts.push(...walk)
      assert.strictEqual(Store.digest(restored(parts)), digest)
      assert.strictEqual(store.walks.size, 0)
    }
  )

  it.each([
    ["expires", "pexpire h 1000", "hset h f 2"],
    ["is renamed", "rename h g", "hset g f 2"]
  ])("shows the fields of a hash as they were when its key %s, and they change then", (
    _,
    written,
    changed
  ) => {
    const store = new Store.Store()
    const apply = (line: string, index: number) =>
      Machine.apply(store, Command.encodeCall(Command.words(...line.split(" "))), index)
    apply("hset h f 1", 1)
    const digest = Store.digest(store)
    const walk = Store.snapshot(store, 1)
    apply(written, 2)
    apply(changed, 3)
    assert.strictEqual(Store.digest(restored(walk)), digest)
  })

  it("may be given up, and keeps nothing then", () => {
    const store = new Store.Store()
    const walk = Store.snapshot(store, 0)
    walk.return()
    assert.strictEqual(store.walks.size, 0)
  })

  it("replaces the state all at once, when all of it is there", () => {
    const key = "k" as never
    const set = Command.encodeCall(Command.words("set", "k", "1"))
    const store = new Store.Store()
    Machine.apply(store, set, 1)
    const parts = [...Store.snapshot(store, 1)]
    Machine.apply(store, set, 2)
    const restoring = Store.restore(store)
    for (const part of parts) restoring.add(part)
    assert.strictEqual(store.revision(key), 2)
    restoring.done()
    assert.strictEqual(store.revision(key), 1)
  })
})

describe("the table of sessions", () => {
  it("comes back as it was, and goes on", () => {
    const table = Session.make()
    const one = { client: "0123456789abcdef", epoch: 3, sequence: 1 }
    const other = { client: "fedcba9876543210", epoch: 2 ** 40, sequence: 1 }
    Session.admit(table, one)
    Session.admit(table, other)
    const again = Session.decode(Session.encode(table))
    assert.deepStrictEqual(again, table)
    assert.strictEqual(Session.admit(again, one), "Duplicate")
    assert.strictEqual(Session.lastOf(again, one.client, 3), 1)
    assert.strictEqual(Session.lastOf(again, one.client, 4), 0)
  })
})

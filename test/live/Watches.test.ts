import { assert, describe, it } from "@effect/vitest"
import * as Command from "../../src/kv/Command.js"
import type { Key } from "../../src/kv/Key.js"
import * as Machine from "../../src/kv/Machine.js"
import * as Store from "../../src/kv/Store.js"
import { Watches } from "../../src/live/Watches.js"

const a = "a" as Key

const open = () => {
  const store = new Store.Store()
  let index = 0
  const apply = (line: string) =>
    Machine.apply(store, Command.encodeCall(Command.words(...line.split(" "))), ++index)
  return { store, apply, watches: new Watches(store) }
}

describe("a key that is watched while it is absent", () => {
  it("has come if it has gone again", () => {
    const { apply, watches } = open()
    const [one, other] = [watches.watch(a), watches.watch(a)]
    apply("set b 1")
    assert.isFalse(one.hasCome)
    apply("set a 1")
    apply("del a")
    assert.isTrue(one.hasCome)
    assert.isTrue(other.hasCome)
  })

  it("has not come if what was due before is removed", () => {
    const { apply, store, watches } = open()
    store.advance(5)
    apply("set a 1 px 10")
    store.timeMillis = 20
    const watched = watches.watch(a)
    assert.strictEqual(watched.revision, 0)
    store.advance(21)
    assert.isFalse(watched.hasCome)
  })

  it.each([
    ["it has come", (apply: (line: string) => void) => apply("set a 1")],
    ["nobody watches it any more", () => {}]
  ])("costs the store nothing once %s", (_, end) => {
    const { apply, store, watches } = open()
    const watched = watches.watch(a)
    assert.strictEqual(store.observers.size, 1)
    end(apply)
    watches.forget(watched)
    watches.forget(watched)
    assert.strictEqual(store.observers.size, 0)
  })

  it("costs nothing if it is there", () => {
    const { apply, store, watches } = open()
    apply("set a 1")
    assert.strictEqual(watches.watch(a).revision, 1)
    assert.strictEqual(store.observers.size, 0)
  })
})

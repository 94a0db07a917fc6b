/** Where the bytes of what was loaded from a snapshot are, and for how long. */
import { assert, describe, it } from "@effect/vitest"
import * as Command from "../../src/kv/Command.js"
import type * as Key from "../../src/kv/Key.js"
import * as Machine from "../../src/kv/Machine.js"
import * as Store from "../../src/kv/Store.js"

const KEYS = 10
const value = (at: number): Uint8Array => new Uint8Array(300).fill(at)

/** One store, as of the entry at `index`, and how to have it carry out those after it. */
const open = (index = 0) => {
  const store = new Store.Store()
  const apply = (...words: ReadonlyArray<string | Uint8Array>): void => {
    Machine.apply(store, Command.encodeCall(Command.words(...words)), ++index)
  }
  const bytesOf = (key: string): Uint8Array => {
    const held = store.get(key as Key.Key)?.value
    if (!(held instanceof Uint8Array)) return assert.fail(`${key} is no string`)
    return held
  }
  /** Passes all keys: what it is given. */
  const walk = (): ReadonlyArray<Uint8Array> =>
    [...Store.snapshot(store, index)].map((part) => part.slice())
  return { store, apply, bytesOf, walk }
}

/** Has the store load these parts from one block of memory, as a file is read: that. */
const load = (store: Store.Store, parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const block = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  const { addSlice, done } = Store.restore(store)
  let at = 0
  for (const part of parts) {
    block.set(part, at)
    addSlice(block, at, at += part.length)
  }
  done()
  return block
}

/** A store that was loaded, and the memory that its values were read into. */
const loaded = () => {
  const before = open()
  for (let at = 0; at < KEYS; at++) before.apply("set", `k${at}`, value(at), "px", "1000")
  const after = open(KEYS)
  const block = load(after.store, before.walk()).buffer
  const inBlock = () =>
    [...after.store.keys.entries()].filter(([key]) => after.bytesOf(key).buffer === block).length
  return { ...after, block, inBlock }
}

describe("strings that were loaded", () => {
  it("share the memory that they were read into, and nothing is copied", () => {
    const { bytesOf, inBlock } = loaded()
    assert.strictEqual(inBlock(), KEYS)
    assert.deepStrictEqual(bytesOf("k7"), value(7))
  })

  it("stay there while most of them are held, however often they are walked", () => {
    const { apply, inBlock, walk } = loaded()
    for (let at = 0; at < 4; at++) apply("set", `k${at}`, "other")
    for (let time = 0; time < 3; time++) walk()
    assert.strictEqual(inBlock(), KEYS - 4)
  })

  it("leave it when a walk has found most of them gone, at the next, as they were", () => {
    const { apply, bytesOf, inBlock, store, walk } = loaded()
    for (let at = 0; at < 6; at++) apply("del", `k${at}`)
    const digest = Store.digest(store)
    walk()
    assert.strictEqual(inBlock(), KEYS - 6)
    const parts = walk()
    assert.strictEqual(inBlock(), 0)
    assert.deepStrictEqual(bytesOf("k7"), value(7))
    assert.strictEqual(store.get("k7" as Key.Key)?.due?.atMillis, 1_000)
    assert.strictEqual(Store.digest(store), digest)
    const copy = open()
    load(copy.store, parts)
    assert.strictEqual(Store.digest(copy.store), digest)
  })

  it("are not taken for gone by a walk that was given up", () => {
    const { inBlock, store, walk } = loaded()
    walk()
    const givenUp = Store.snapshot(store, KEYS)
    for (let part = 0; part < 3; part++) givenUp.next()
    givenUp.return()
    walk()
    walk()
    assert.strictEqual(inBlock(), KEYS)
  })

  it.each([
    ["expire k1 10", "k1"],
    ["persist k1", "k1"],
    ["getex k1 px 10", "k1"],
    ["rename k1 k", "k"],
    ["copy k1 k", "k"]
  ])("leave it when a command holds them anew: %s", (line, key) => {
    const { apply, block, bytesOf } = loaded()
    apply(...line.split(" "))
    assert.notStrictEqual(bytesOf(key).buffer, block)
    assert.deepStrictEqual(bytesOf(key), value(1))
  })
})

/** A store whose commands from the log lie in one block, as they do when a node starts. */
const adopting = (values: ReadonlyArray<Uint8Array>) => {
  const { apply, bytesOf, store, walk } = open(values.length)
  const calls = values.map((value, at) =>
    Command.encodeCall(Command.words("set", `k${at % KEYS}`, value))
  )
  const block = Uint8Array.from(calls.flatMap((call) => [...call]))
  store.adopt([block], values.length)
  let from = 0
  for (const [at, { length }] of calls.entries()) {
    Machine.apply(store, block.subarray(from, from += length), at + 1)
  }
  const inBlock = () =>
    [...store.keys.entries()].filter(([key]) => bytesOf(key).buffer === block.buffer).length
  return { apply, bytesOf, store, walk, inBlock }
}

const many = (count: number) => Array.from({ length: count }, (_, at) => value(at))

describe("strings of the log that a node found when it started", () => {
  it("stay where they were read, short ones too, and take as much as any", () => {
    const { bytesOf, inBlock, store } = adopting([...many(KEYS - 1), Uint8Array.of(1)])
    assert.strictEqual(inBlock(), KEYS)
    assert.deepStrictEqual(bytesOf("k7"), value(7))
    const other = open()
    for (let at = 0; at < KEYS - 1; at++) other.apply("set", `k${at}`, value(at))
    other.apply("set", `k${KEYS - 1}`, Uint8Array.of(1))
    assert.strictEqual(Store.digest(store), Store.digest(other.store))
  })

  it("leave it, as those of a snapshot do, when most of it is gone", () => {
    const { bytesOf, inBlock, walk } = adopting(many(3 * KEYS))
    walk()
    assert.strictEqual(inBlock(), KEYS)
    walk()
    assert.strictEqual(inBlock(), 0)
    assert.deepStrictEqual(bytesOf("k7"), value(2 * KEYS + 7))
  })

  it("leave it when a command that came later holds them anew", () => {
    const { apply, bytesOf, inBlock } = adopting(many(KEYS))
    apply("rename", "k1", "k")
    assert.deepStrictEqual(bytesOf("k"), value(1))
    assert.strictEqual(inBlock(), KEYS - 1)
  })
})

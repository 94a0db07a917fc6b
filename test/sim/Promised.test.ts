import { assert, describe, it } from "@effect/vitest"
import type { Persist } from "../../src/raft/Action.js"
import * as Configurations from "../../src/raft/Configuration.js"
import * as Entry from "../../src/raft/Entry.js"
import * as EntryId from "../../src/raft/EntryId.js"
import type { Recovered } from "../../src/service/Storage.js"
import { Promised, sameBytes } from "../../src/sim/Promised.js"

const write = (changes: Partial<Persist>): Persist => ({
  _tag: "Persist",
  seq: 1,
  hardState: undefined,
  truncateFrom: undefined,
  append: [],
  ...changes
})

const entry = (index: number, term = 1, byte = index): Entry.Entry =>
  Entry.command(term, index, Uint8Array.of(byte))

const found = (
  entries: ReadonlyArray<Entry.Entry>,
  term = 0,
  vote: string | undefined = undefined
): Recovered => ({
  identity: { clusterId: "0123456789abcdef", nodeId: "n1", incarnation: "00000000000000f1" },
  start: 1,
  hardState: { term, vote },
  bootstrap: Configurations.none,
  snapshot: undefined,
  base: EntryId.zero,
  entries,
  memory: []
})

const promised = (...writes: ReadonlyArray<Persist>): Promised => {
  const self = new Promised()
  self.begin(writes)
  self.done()
  return self
}

const two = (): Promised => promised(write({ append: [entry(1), entry(2)] }))

const fine = { wrong: undefined, hadMore: false }

describe("what a disk has promised", () => {
  it("is nothing at first, and all logs agree before the first entry", () => {
    const self = new Promised()
    assert.strictEqual(self.termAt(0), 0)
    assert.isUndefined(self.termAt(1))
    assert.deepStrictEqual(self.hardState, { term: 0, vote: undefined })
    assert.deepStrictEqual(self.recovered(found([])), fine)
  })

  it("is what was written, from when the storage says so and not before", () => {
    const self = new Promised()
    self.begin([write({ append: [entry(1)], hardState: { term: 1, vote: "n2" } })])
    assert.isUndefined(self.termAt(1))
    assert.strictEqual(self.hardState.term, 0)
    self.done()
    assert.strictEqual(self.termAt(1), 1)
    assert.deepStrictEqual(self.hardState, { term: 1, vote: "n2" })
  })

  it("is less after a truncation, then more again, in the order of the writes", () => {
    const self = promised(
      write({ append: [entry(1), entry(2), entry(3)] }),
      write({ truncateFrom: 2, append: [entry(2, 5)] })
    )
    assert.deepStrictEqual([1, 2, 3].map((index) => self.termAt(index)), [1, 5, undefined])
  })

  it("keeps the term and vote that a later write does not mention", () => {
    const self = promised(write({ hardState: { term: 3, vote: "n1" } }), write({}))
    assert.deepStrictEqual(self.hardState, { term: 3, vote: "n1" })
  })
})

describe("a recovery", () => {
  it("is right if it finds exactly what was promised", () => {
    assert.deepStrictEqual(two().recovered(found([entry(1), entry(2)])), fine)
  })

  it.each<readonly [string, Recovered, RegExp]>([
    ["fewer entries", found([entry(1)]), /2 entries were promised, and 1 came back/],
    ["more entries", found([entry(1), entry(2), entry(3)]), /2 entries .* 3 came back/],
    ["an entry of another term", found([entry(1), entry(2, 2)]), /entry 2 came back as another/],
    ["an entry of other bytes", found([entry(1, 1, 9), entry(2)]), /entry 1 came back as another/],
    ["another kind of entry", found([Entry.noop(1, 1), entry(2)]), /entry 1 came back as another/],
    ["another term", found([entry(1), entry(2)], 1), /term 0 .* were promised, and term 1/],
    ["a vote", found([entry(1), entry(2)], 0, "n3"), /vote for nobody .* vote n3 came back/]
  ])("is wrong if it finds %s", (_, recovered, words) => {
    const { hadMore, wrong } = two().recovered(recovered)
    assert.match(wrong!, words)
    assert.isFalse(hadMore)
  })

  const half = (): Promised => {
    const self = two()
    self.begin([write({ append: [entry(3)] }), write({ append: [entry(4)] })])
    return self
  }

  it("may find the write that was on its way, whole, which then counts as promised", () => {
    const self = half()
    const all = found([1, 2, 3, 4].map((index) => entry(index)))
    assert.deepStrictEqual(self.recovered(all), { wrong: undefined, hadMore: true })
    assert.strictEqual(self.termAt(4), 1)
    assert.deepStrictEqual(self.recovered(all), fine)
  })

  it("may not find it, and then it is gone for good", () => {
    const self = half()
    assert.deepStrictEqual(self.recovered(found([entry(1), entry(2)])), fine)
    assert.isUndefined(self.termAt(3))
    assert.isDefined(self.recovered(found([1, 2, 3, 4].map((index) => entry(index)))).wrong)
  })

  it("must not find a part of it", () => {
    assert.match(half().recovered(found([1, 2, 3].map((index) => entry(index)))).wrong!, /3 came/)
  })
})

describe("a disk that is replaced", () => {
  it("holds nothing, and what it held still counts as held once", () => {
    const self = two()
    assert.isTrue(self.hasHeld(2, 1))
    self.forget()
    assert.isTrue(self.isForgotten)
    assert.isUndefined(self.termAt(2))
    assert.isTrue(self.hasHeld(2, 1))
    assert.isFalse(self.hasHeld(2, 2))
    assert.isFalse(self.hasHeld(3, 1))
    assert.deepStrictEqual(self.recovered(found([])), fine)
  })

  it("is judged like a new one, and its first past is the one that counts", () => {
    const self = two()
    self.forget()
    self.begin([write({ append: [entry(1, 7)] })])
    self.done()
    self.forget()
    assert.isTrue(self.hasHeld(1, 1))
    assert.isFalse(self.hasHeld(1, 7))
    assert.isDefined(self.recovered(found([entry(1)])).wrong)
  })
})

describe("bytes", () => {
  it("are the same if all of them are, and there are as many", () => {
    assert.isTrue(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)))
    assert.isFalse(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)))
    assert.isFalse(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1)))
    assert.isFalse(sameBytes(Uint8Array.of(), Uint8Array.of(0)))
  })
})

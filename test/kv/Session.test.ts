import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Session from "../../src/kv/Session.js"

const client = "0123456789abcdef"

const verdicts = (...positions: ReadonlyArray<readonly [epoch: number, sequence: number]>) => {
  const table = Session.make()
  return positions.map(([epoch, sequence]) => Session.admit(table, { client, epoch, sequence }))
}

describe("a session", () => {
  it("applies the numbers of an epoch in turn", () => {
    expect(verdicts([1, 1], [1, 2], [1, 3])).toEqual(["Apply", "Apply", "Apply"])
  })

  it("applies no number twice, however old the copy is", () => {
    expect(verdicts([1, 1], [1, 1], [1, 2], [1, 1])).toEqual([
      "Apply",
      "Duplicate",
      "Apply",
      "Duplicate"
    ])
  })

  it("lets nothing overtake a missing number", () => {
    expect(verdicts([1, 2], [1, 1], [1, 3], [1, 2], [1, 3])).toEqual([
      "Gap",
      "Apply",
      "Gap",
      "Apply",
      "Apply"
    ])
  })

  it("begins anew with a greater epoch, and ends the smaller ones even on a gap", () => {
    expect(verdicts([1, 1], [3, 2], [1, 2], [2, 1], [3, 1])).toEqual([
      "Apply",
      "Gap",
      "Stale",
      "Stale",
      "Apply"
    ])
  })

  it("keeps clients apart", () => {
    const table = Session.make()
    Session.admit(table, { client, epoch: 5, sequence: 1 })
    expect(Session.admit(table, { client: "f".repeat(16), epoch: 1, sequence: 1 })).toBe("Apply")
  })

  it("goes back to before what is withdrawn, in that epoch only", () => {
    const table = Session.make()
    const at = (epoch: number, sequence: number) => ({ client, epoch, sequence })
    for (const sequence of [1, 2, 3]) Session.admit(table, at(1, sequence))
    Session.withdraw(table, at(1, 2))
    Session.withdraw(table, at(1, 3))
    Session.withdraw(table, at(2, 1))
    expect(Session.lastOf(table, client, 1)).toBe(1)
    expect(Session.admit(table, at(1, 2))).toBe("Apply")
  })

  it("has copies that go their own way", () => {
    const table = Session.make()
    Session.admit(table, { client, epoch: 1, sequence: 1 })
    const copy = Session.copy(table)
    Session.admit(copy, { client, epoch: 1, sequence: 2 })
    expect(Session.lastOf(table, client, 1)).toBe(1)
    expect(Session.lastOf(copy, client, 1)).toBe(2)
  })

  const positions = fc.array(fc.record({
    client: fc.constantFrom("a", "b"),
    epoch: fc.integer({ min: 1, max: 3 }),
    sequence: fc.integer({ min: 1, max: 5 })
  }))

  it.prop("whatever arrives, applies 1, 2, 3 of each epoch, epochs in order, each once", [
    positions
  ], ([arrived]) => {
    const table = Session.make()
    const applied = new Map<string, Array<readonly [number, number]>>()
    for (const position of arrived) {
      if (Session.admit(table, position) !== "Apply") continue
      const list = applied.get(position.client) ?? []
      const [epoch, sequence] = list.at(-1) ?? [0, 0]
      expect(position.epoch).toBeGreaterThanOrEqual(epoch)
      expect(position.sequence).toBe(position.epoch === epoch ? sequence + 1 : 1)
      applied.set(position.client, [...list, [position.epoch, position.sequence]])
    }
    expect(table.rows.size).toBe(new Set(arrived.map((position) => position.client)).size)
  }, { fastCheck: { numRuns: 1000 } })
})

import { assert, describe, it } from "@effect/vitest"
import type { State } from "../../src/raft/State.js"
import { Backlog } from "../../src/sim/Backlog.js"

/** Nodes with so much in their logs, and so much of it applied. */
const nodes = (...all: ReadonlyArray<readonly [last: number, applied: number]>) =>
  all.map(([last, applied]) => ({ log: { last }, applied }) as unknown as State)

describe("what a cluster has still to apply", () => {
  it("shrinks as long as less is left than ever", () => {
    const backlog = new Backlog()
    assert.isTrue(backlog.shrinks(nodes([10, 0], [10, 4]), false))
    assert.isTrue(backlog.shrinks(nodes([10, 3], [10, 4]), false))
    assert.isFalse(backlog.shrinks(nodes([10, 3], [10, 4]), false))
  })

  it("counts by the longest log, so that who has nothing yet has all of it to come", () => {
    const backlog = new Backlog()
    assert.isTrue(backlog.shrinks(nodes([10, 10], [2, 2]), false))
    assert.isFalse(backlog.shrinks([...nodes([10, 10]), undefined], false))
  })

  it("does not shrink when the log grows as fast as it is applied, unless it may grow", () => {
    const backlog = new Backlog()
    assert.isTrue(backlog.shrinks(nodes([10, 5]), false))
    assert.isFalse(backlog.shrinks(nodes([20, 15]), false))
    assert.isTrue(backlog.shrinks(nodes([30, 25]), true))
    assert.isFalse(backlog.shrinks(nodes([30, 25]), true))
  })
})

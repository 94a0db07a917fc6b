import { assert, describe, it } from "@effect/vitest"
import type { State } from "../../src/raft/State.js"
import { Backlog } from "../../src/sim/Backlog.js"

/** Nodes with so much in their logs, so much of it applied, and bytes of a snapshot received. */
const nodes = (
  ...all: ReadonlyArray<readonly [last: number, applied: number, received?: number]>
) =>
  all.map(([last, applied, received]) => {
    const incoming = received === undefined ? undefined : { received }
    return { log: { last }, applied, snapshots: { incoming } } as unknown as State
  })

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

  it("shrinks with every byte of a snapshot, and all of them are less than an entry", () => {
    const backlog = new Backlog()
    assert.isTrue(backlog.shrinks(nodes([10, 4]), false))
    assert.isTrue(backlog.shrinks(nodes([10, 4, 1]), false))
    assert.isTrue(backlog.shrinks(nodes([10, 4, 1_000]), false))
    assert.isFalse(backlog.shrinks(nodes([10, 4, 1_000]), false))
    assert.isTrue(backlog.shrinks(nodes([10, 5]), false))
  })

  it("does not shrink when the log grows as fast as it is applied, unless it may grow", () => {
    const backlog = new Backlog()
    assert.isTrue(backlog.shrinks(nodes([10, 5]), false))
    assert.isFalse(backlog.shrinks(nodes([20, 15]), false))
    assert.isTrue(backlog.shrinks(nodes([30, 25]), true))
    assert.isFalse(backlog.shrinks(nodes([30, 25]), true))
  })
})

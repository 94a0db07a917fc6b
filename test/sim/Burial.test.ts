import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, GlobalValue } from "effect"
import * as Simulation from "../../src/sim/Simulation.js"
import * as Scenarios from "./Scenarios.js"

/** Where Effect keeps the fibers that have no parent, until they end. */
const { roots } = GlobalValue.globalValue(
  Symbol.for("effect/FiberScope/Global"),
  () => ({ roots: new Set<unknown>() })
)

describe("Effect's set of fibers without a parent", () => {
  it("is the one that this version of Effect fills", () => {
    const before = roots.size
    const fiber = Effect.runFork(Effect.async<void>(() => {}))
    assert.strictEqual(roots.size, before + 1)
    Effect.runSync(Fiber.interruptFork(fiber))
  })

  it("holds nothing of a simulation that is over, however its processes ended", () => {
    const faults = [0, 1, 2].map((node) =>
      Scenarios.fault(500 + 100 * node, 900, { _tag: "Crash", node, while: "any" })
    )
    const before = new Set(roots)
    const report = Simulation.run(Scenarios.scenario({ faults, safetyMicros: 1_500_000 }))
    assert.isUndefined(report.violation)
    assert.deepStrictEqual([...roots].filter((fiber) => !before.has(fiber)), [])
  })

  it("keeps the fibers of everybody else", () => {
    const fiber = Effect.runFork(Effect.async<void>(() => {}))
    Simulation.run(Scenarios.scenario({ safetyMicros: 600_000 }))
    assert.isTrue(roots.has(fiber))
    Effect.runSync(Fiber.interruptFork(fiber))
  })
})

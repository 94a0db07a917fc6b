/**
 * All nodes stopped and started again, one after the other, while clients go on: none of what they
 * ask may fail, and none of it may be left open.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Simulation from "../../src/sim/Simulation.js"
import * as Scenarios from "./Scenarios.js"

const CLIENTS = 6
const GAP_MILLIS = 20
const DOWN_MILLIS = 700
const STEP_MILLIS = 2_000
const BEGINS_MILLIS = 1_500

const restarted = (nodes: number, seed: number) => {
  const endMillis = BEGINS_MILLIS + nodes * STEP_MILLIS
  const count = endMillis / GAP_MILLIS
  const { trace, violation } = Simulation.run(
    Scenarios.scenario({
      seed,
      nodes,
      schedule: { _tag: "Random" },
      ...Scenarios.network({ delay: { leastMicros: 200, meanMicros: 3_000 } }),
      faults: Array.from({ length: nodes }, (_, node) => {
        const beginsMillis = BEGINS_MILLIS + node * STEP_MILLIS
        return Scenarios.fault(beginsMillis, beginsMillis + DOWN_MILLIS, { _tag: "Stop", node })
      }),
      operations: Array.from({ length: count }, (_, at) =>
        Scenarios.operation(at + 1, {
          client: 1 + at % CLIENTS,
          node: at % nodes,
          atMicros: 1_000 * GAP_MILLIS * at,
          ...at % 3 === 2 ? { request: Scenarios.get } : {}
        })),
      safetyMicros: 1_000 * endMillis
    }),
    { record: "everything" }
  )
  assert.isUndefined(violation, violation?.message)
  const answers = Scenarios.events(trace, "Answered").filter(({ operation }) => operation <= count)
  return { answers, count }
}

describe("a rolling restart", () => {
  it.each([[3, 1], [3, 2], [3, 3], [5, 4], [5, 5]])(
    "of all %i nodes lets no request fail, with seed %i",
    (nodes, seed) => {
      const { answers, count } = restarted(nodes, seed)
      assert.strictEqual(answers.length, count)
      assert.deepStrictEqual(answers.filter(({ outcome }) => outcome !== "done"), [])
    }
  )
})

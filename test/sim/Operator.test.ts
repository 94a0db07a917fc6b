import { assert, describe, it } from "@effect/vitest"
import type { TransferOutcome } from "../../src/node/Node.js"
import type { Host } from "../../src/sim/Host.js"
import { Operator } from "../../src/sim/Operator.js"
import type { Oracles } from "../../src/sim/Oracles.js"
import * as Scenarios from "./Scenarios.js"

/** Two request timeouts and four election timeouts. */
const DEADLINE_MILLIS = 5_200

/** One node that takes a request, and what the oracles say when the time for its answer is over. */
const asked = (
  act: (answer: (outcome: TransferOutcome) => void, host: Record<string, unknown>) => void,
  changes: Partial<Record<string, unknown>> = {}
): string | undefined => {
  const world = Scenarios.world()
  let answer: (outcome: TransferOutcome) => void = () => {}
  const node = {
    transfer: (_: unknown, answered: typeof answer) => {
      answer = answered
    }
  }
  const host = { id: "n1", status: "Running", isPaused: false, pauses: 0, node, ...changes }
  const oracles = { hasLed: (id: string) => id === "n2" }
  const operator = new Operator(world, oracles as unknown as Oracles)
  operator.handOver(host as unknown as Host, "n2")
  act(answer, host)
  Scenarios.advanceTo(world, 1_000 * DEADLINE_MILLIS + 1)
  return world.violation?.oracle
}

describe("an operator who wants another leader", () => {
  it("expects an answer in time of a node that runs", () => {
    assert.strictEqual(asked(() => {}), "answered-in-time")
    assert.isUndefined(asked((answer) => answer({ _tag: "Transferred", to: "n2" })))
  })

  it("expects none of a node that was paused when it was asked, or since, or has died", () => {
    assert.isUndefined(asked(() => {}, { isPaused: true }))
    assert.isUndefined(asked((_, host) => (host["pauses"] = 1)))
    assert.isUndefined(asked((_, host) => (host["node"] = undefined)))
  })

  it("expects one answer only", () => {
    const twice = asked((answer) => {
      answer({ _tag: "Transferred", to: "n2" })
      answer({ _tag: "Transferred", to: "n2" })
    })
    assert.strictEqual(twice, "answered-once")
  })

  it("expects that whoever is said to lead has led", () => {
    const untrue = asked((answer) => answer({ _tag: "Transferred", to: "n3" }))
    assert.strictEqual(untrue, "transfer-true")
  })
})

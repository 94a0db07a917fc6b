/**
 * Wants leadership handed over, of one node or another, and holds the nodes to their answers: each
 * request is answered once, in time, and truly.
 */
import type { TransferOutcome } from "../node/Node.js"
import type { Host } from "./Host.js"
import type { Oracles } from "./Oracles.js"
import { NOBODY } from "./Timeline.js"
import type { World } from "./World.js"

export class Operator {
  readonly #world: World
  readonly #oracles: Oracles

  constructor(world: World, oracles: Oracles) {
    this.#world = world
    this.#oracles = oracles
  }

  /** Asks `host`, if it runs, to have leadership handed to `to`, or to whom the leader chooses. */
  handOver(
    host: Host,
    to: string | undefined,
    decided: (outcome: TransferOutcome) => void = () => {}
  ): void {
    const node = host.status === "Running" ? host.node : undefined
    if (node === undefined) return
    let hasReturned = false
    let hasAnswered = false
    node.transfer(to, (outcome) => {
      if (!hasReturned || hasAnswered) {
        const when = hasAnswered ? "twice" : "before it was asked"
        this.#world.violate("answered-once", `${host.id} has answered a transfer ${when}`)
      }
      hasAnswered = true
      this.#check(host, outcome)
      decided(outcome)
    })
    hasReturned = true
    const { electionTimeoutMillis, requestTimeoutMillis } = this.#world.scenario
    const { isPaused: wasPaused, pauses } = host
    const millis = 2 * requestTimeoutMillis + 4 * electionTimeoutMillis
    this.#world.timeline.after(1_000 * millis, NOBODY, "deadline", () => {
      const hasLived = host.node === node && host.pauses === pauses && !wasPaused
      if (hasAnswered || !hasLived) return
      this.#world.violate("answered-in-time", `${host.id} has not answered a transfer`)
    })
  }

  #check(host: Host, outcome: TransferOutcome): void {
    if (outcome._tag !== "Transferred" || this.#oracles.hasLed(outcome.to)) return
    this.#world.violate(
      "transfer-true",
      `${host.id} says that ${outcome.to} leads, which has never led`
    )
  }
}

/**
 * The network of the second half of a life. It loses, repeats and reorders nothing; but in a third
 * of the lives some messages are lost while the last requests are answered. What is lost then no
 * later request will carry along, so it must be told again without one.
 */
import type { Scenario } from "./Scenario.js"
import { OVERDUE_MICROS } from "./SimNetwork.js"
import type { SimNetwork } from "./SimNetwork.js"
import type { World } from "./World.js"

const DELAY = { leastMicros: 1_000, meanMicros: 0 }

/** Of messages, in the lives that lose any. */
const DROP_PER_MILLE = 150

/** Election timeouts after the last loss in which somebody may yet act on not having heard. */
const AFTERMATH_TIMEOUTS = 3

export class CalmNetwork {
  readonly #world: World
  readonly #network: SimNetwork
  #isLossy = false
  #calmFromMicros = 0

  constructor(world: World, network: SimNetwork) {
    this.#world = world
    this.#network = network
  }

  /** Whether nobody acts any more on what was lost, and nothing comes that was held back. */
  get isCalm(): boolean {
    return !this.#isLossy && this.#world.nowMicros >= this.#calmFromMicros
  }

  begin(): void {
    this.#calmFromMicros = this.#world.nowMicros + OVERDUE_MICROS
    this.#network.setConditions(calmed(this.#world.scenario.network, 0))
  }

  /** The last requests are about to be asked. Whether something is lost from now on. */
  loseSome(): boolean {
    const { chooser, scenario } = this.#world
    this.#isLossy = chooser.pick("process", 3) === 1
    if (this.#isLossy) this.#network.setConditions(calmed(scenario.network, DROP_PER_MILLE))
    return this.#isLossy
  }

  /** They are answered. Whether something was lost until now. */
  loseNoMore(): boolean {
    if (!this.#isLossy) return false
    const { nowMicros, scenario: { electionTimeoutMillis } } = this.#world
    this.#isLossy = false
    this.begin()
    const aftermathMicros = 1_000 * AFTERMATH_TIMEOUTS * electionTimeoutMillis
    this.#calmFromMicros = nowMicros + Math.max(OVERDUE_MICROS, aftermathMicros)
    return true
  }
}

const calmed = (
  conditions: Scenario["network"],
  dropPerMille: number
): Scenario["network"] => ({
  ...conditions,
  delay: DELAY,
  dropPerMille,
  duplicatePerMille: 0,
  reorderPerMille: 0,
  isUnordered: false
})

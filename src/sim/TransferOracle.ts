/**
 * What a leader owes its cluster while it hands over: it takes nothing on, it sends nobody into an
 * election who does not hold all of its log, and it goes on if nothing comes of it.
 */
import * as Log from "../raft/Log.js"
import type { State } from "../raft/State.js"
import type { Promised } from "./Promised.js"
import { nodeId } from "./Scenario.js"
import type { World } from "./World.js"

/** Election timeouts after which a leader that hands over must lead again, or not at all. */
const LIMIT_TIMEOUTS = 2

export class TransferOracle {
  readonly #world: World
  /** By node. */
  readonly #promised: ReadonlyArray<Promised>
  /** By node: since when it hands over, in its ticks. */
  readonly #since = new Map<number, number>()

  constructor(world: World, promised: ReadonlyArray<Promised>) {
    this.#world = world
    this.#promised = promised
  }

  observe(node: number, before: State | undefined, state: State): void {
    const { config, log, now, role, term, transfer } = state
    const isSame = before?.transfer !== undefined && before.transfer === transfer &&
      before.term === term
    if (role !== "Leader" || transfer === undefined) {
      this.#since.delete(node)
      return
    }
    if (!isSame) {
      this.#since.set(node, now)
      this.#checkTarget(node, state)
    } else if (log.last > before.log.last) {
      this.#world.violate(
        "transfer-holds-still",
        `${nodeId(node)} takes entry ${log.last} while it hands term ${term} over to ${transfer.to}`
      )
    }
    const since = this.#since.get(node) ?? now
    // Many ticks may come as one.
    if (before !== undefined && before.now - since > LIMIT_TIMEOUTS * config.electionTimeoutTicks) {
      this.#world.violate(
        "transfer-ends",
        `${nodeId(node)} has handed over to ${transfer.to} for ${now - since} ticks, and still does`
      )
    }
  }

  #checkTarget(node: number, { configuration: { voters }, transfer }: State): void {
    if (transfer === undefined || voters.includes(transfer.to)) return
    this.#world.violate(
      "transfer-to-voter",
      `${nodeId(node)} hands over to ${transfer.to}, which is no voter`
    )
  }

  /** `TimeoutNow` leaves a node in this state. */
  toldToStand(from: number, to: number, state: State | undefined): void {
    // It may have given up, or stepped down, in the same turn.
    if (state?.role !== "Leader" || state.transfer === undefined) return
    // The leader cannot know that a disk, or by a later leader what it held, was replaced since.
    const { hardState, isForgotten } = this.#promised[to]!
    if (isForgotten || hardState.term > state.term) return
    const { log, transfer } = state
    const holds = this.#promised[to]!.termAt(log.last) === Log.termAt(log, log.last)
    if (transfer.to === nodeId(to) && holds) return
    this.#world.violate(
      "transfer-up-to-date",
      `${nodeId(from)} tells ${nodeId(to)} to stand, which does not hold all up to ${log.last}`
    )
  }
}

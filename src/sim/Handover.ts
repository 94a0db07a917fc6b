/**
 * A change of leader that nobody is forced to, in the calm of the second half of a life: an
 * operator wants it, or the leader is asked to stop. In a healthy majority it takes one election,
 * won in the next term: nobody has to wait for an election timeout.
 */
import type { Term } from "../raft/EntryId.js"
import type { Host } from "./Host.js"
import type { Operator } from "./Operator.js"
import type { Oracles } from "./Oracles.js"
import { nodeId } from "./Scenario.js"
import type { World } from "./World.js"

/** Election timeouts within which leadership must have been handed over. */
export const HANDOVER_TIMEOUTS = 20

export interface Parts {
  readonly world: World
  readonly hosts: ReadonlyArray<Host>
  readonly oracles: Oracles
  readonly operator: Operator
  /** The leader among the healthy, if there is one. */
  readonly leader: () => number | undefined
}

export class Handover {
  readonly #parts: Parts
  readonly #isStop: boolean
  #from: number
  #to: number
  #term: Term
  #isAsked = false

  /** `from` leads; `isStop`: it is asked to stop, and the others are a majority without it. */
  constructor(parts: Parts, from: number, to: number, isStop: boolean) {
    this.#parts = parts
    this.#isStop = isStop
    this.#from = from
    this.#to = to
    this.#term = parts.oracles.termOf(from)
    if (isStop) parts.hosts[from]!.stop()
    else this.#ask()
  }

  /** Whether it has come about; a text if it cannot any more. */
  look(): boolean | string {
    const { hosts, leader: leaderNow, oracles } = this.#parts
    const leader = leaderNow()
    const isNext = leader !== undefined && oracles.termOf(leader) === this.#term + 1
    if (this.#isStop) {
      const host = hosts[this.#from]!
      if (host.status !== "Down") return false
      host.start()
      if (isNext && leader !== this.#from) return true
      return `${host.id} has stopped and left no leader of term ${this.#term + 1} behind`
    }
    if (this.#isAsked) return false
    if (isNext && leader === this.#to) return true
    // It may come to nothing even now, as when a late heartbeat has cost the office: again, then.
    if (leader === undefined) return false
    this.#to = leader === this.#to ? this.#from : this.#to
    this.#from = leader
    this.#term = oracles.termOf(leader)
    this.#ask()
    return false
  }

  /** The successor is asked, and asks the leader for it. */
  #ask(): void {
    const { hosts, operator, world } = this.#parts
    this.#isAsked = true
    operator.handOver(hosts[this.#to]!, nodeId(this.#to), ({ _tag }) => {
      this.#isAsked = false
      if (_tag !== "UnknownOutcome") return
      world.violate("liveness", `${hosts[this.#to]!.id} was never told what became of a transfer`)
    })
  }
}

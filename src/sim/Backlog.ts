/**
 * Whether a cluster that has not come to rest is on its way there. A long log may take its time, as
 * long as what is left of it gets shorter: one that grows for ever, and is applied as it grows,
 * comes to no rest. At first it may grow, because nodes send again what does not move.
 */
import type { Index } from "../raft/EntryId.js"
import type { State } from "../raft/State.js"

export class Backlog {
  /** Of the longest log. */
  #last: Index = 0
  #leastBehind = Infinity

  /** Whether less is left than ever; `mayGrow` lets a log that has grown begin to count anew. */
  shrinks(states: ReadonlyArray<State | undefined>, mayGrow: boolean): boolean {
    const last = Math.max(...states.map((state) => state?.log.last ?? 0))
    if (last > this.#last && mayGrow) this.#leastBehind = Infinity
    this.#last = last
    let behind = 0
    for (const state of states) {
      // So much of a snapshot has arrived that every byte counts less than an entry.
      const received = state?.snapshots.incoming?.received ?? 0
      behind += last - (state?.applied ?? 0) - received / (received + 1)
    }
    if (behind >= this.#leastBehind) return false
    this.#leastBehind = behind
    return true
  }
}

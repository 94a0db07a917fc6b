/**
 * What nodes entrust to their storage, and what comes back. It stands between the two: it sees each
 * entry that is ever written, what is promised to be durable, and what is recovered.
 */
import { Effect } from "effect"
import type { Write } from "../raft/Action.js"
import * as Entries from "../raft/Entry.js"
import type { Entry } from "../raft/Entry.js"
import type { Term } from "../raft/EntryId.js"
import type { Storage } from "../service/Storage.js"
import type { Promised } from "./Promised.js"
import { nodeId } from "./Scenario.js"
import type { OnStep, SnapshotOracle } from "./SnapshotOracle.js"
import type { World } from "./World.js"

/** Terms and indexes are small enough to share one number. */
const keyOf = (term: Term, index: number): number => term * 0x1_0000_0000 + index

export class StorageOracle {
  readonly #world: World
  /** By node. */
  readonly #promised: ReadonlyArray<Promised>
  /** Every entry that ever was, by term and index, with the term of the one before it. */
  readonly #entries = new Map<number, { readonly entry: Entry; readonly before: Term }>()

  readonly #snapshots: SnapshotOracle

  constructor(world: World, promised: ReadonlyArray<Promised>, snapshots: SnapshotOracle) {
    this.#world = world
    this.#snapshots = snapshots
    this.#promised = promised
  }

  /** Between the node and its storage: what was recovered, and what is promised. */
  watch(node: number, service: Storage["Type"], onStep: OnStep): Storage["Type"] {
    const promised = this.#promised[node]!
    const { hadMore, wrong } = promised.recovered(service.recovered)
    if (hadMore) this.#world.marks.hit("unacknowledged write survived a crash")
    if (wrong !== undefined) {
      this.#world.violate(
        "durable",
        `${nodeId(node)} came back without what it had promised: ` +
          wrong
      )
    }
    if (service.recovered.snapshot !== undefined) {
      this.#world.marks.hit("node started from a snapshot")
    }
    return {
      recovered: service.recovered,
      releaseLog: service.releaseLog,
      acquaintances: service.acquaintances,
      snapshots: this.#snapshots.watch(node, service, onStep),
      persist: (writes) => {
        const terms = new Map<number, Term>()
        for (const write of writes) this.#written(node, write, terms)
        promised.begin(writes)
        if (promised.isInstalling) onStep("installing")
        return Effect.map(service.persist(writes), () => promised.done())
      }
    }
  }

  /**
   * Two entries of one term and index are one, with all that is before them (log matching). `terms`
   * are those of the entries of the same call so far.
   */
  #written(node: number, write: Write, terms: Map<number, Term>): void {
    if (write._tag !== "Persist") {
      this.#snapshots.begins(node, write)
      terms.set(write.snapshot.id.index, write.snapshot.id.term)
      return
    }
    const { append, truncateFrom } = write
    if (truncateFrom !== undefined) this.#world.marks.hit("entries truncated")
    for (const entry of append) {
      const { index, term } = entry
      const key = keyOf(term, index)
      const before = terms.get(index - 1) ?? this.#promised[node]!.termAt(index - 1) ?? -1
      terms.set(index, term)
      const known = this.#entries.get(key)
      if (known === undefined) {
        this.#entries.set(key, { entry, before })
      } else if (known.before !== before || !Entries.equals(known.entry, entry)) {
        this.#world.violate(
          "log-matching",
          `${nodeId(node)} holds another entry ${index} of term ${term} than somebody else, or ` +
            "another entry before it"
        )
      }
    }
  }
}

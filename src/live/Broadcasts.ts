/**
 * The clients that are told of every key with a prefix, whether they have read it or not. What
 * changes in one turn of the node is told together; the batch of a prefix is shared by all its
 * clients, so that a change costs the same for one of them or for a thousand.
 */
import type { Key } from "../kv/Key.js"
import type { Batch, Change, Tracker } from "./Tracker.js"

interface Group {
  readonly trackers: Set<Tracker>
  /** A closed one is replaced at the next change. */
  batch: Batch
}

export class Broadcasts {
  readonly #groups = new Map<Key, Group>()

  /** How many prefixes somebody is told of. */
  get size(): number {
    return this.#groups.size
  }

  join(tracker: Tracker, prefix: Key): void {
    const group = this.#groups.get(prefix)
    if (group === undefined) {
      const batch: Batch = { notices: [], isClosed: true }
      this.#groups.set(prefix, { trackers: new Set([tracker]), batch })
    } else {
      group.trackers.add(tracker)
      // What is in it already was before its time, and of what comes it has to be told.
      group.batch.isClosed = true
    }
  }

  leave(tracker: Tracker, prefix: Key): void {
    const group = this.#groups.get(prefix)
    group?.trackers.delete(tracker)
    if (group?.trackers.size === 0) this.#groups.delete(prefix)
  }

  touched(key: Key, change: Change): void {
    for (const [prefix, group] of this.#groups) {
      if (!key.startsWith(prefix)) continue
      if (group.batch.isClosed) {
        group.batch = { notices: [], isClosed: false }
        for (const tracker of group.trackers) tracker.add(group.batch)
      }
      group.batch.notices.push({ key, change })
    }
  }
}

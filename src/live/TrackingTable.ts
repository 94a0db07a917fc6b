/**
 * Which clients have read which keys, so that each of them can be told of the next change. A key
 * leaves the table when it changes, with all who have read it: who wants to hear of it again reads
 * it again (https://redis.io/docs/latest/develop/reference/client-side-caching).
 *
 * It is bounded: beyond its limits keys are given up, each as if it had changed. A client that is
 * gone stays where it is until the key changes, but as often as a key's readers double in number
 * those who are gone are left out, so that at most every other one of them is.
 */
import type { Key } from "../kv/Key.js"
import { Keyspace } from "../kv/Keyspace.js"
import type { Tracker } from "./Tracker.js"

export interface Limits {
  readonly keys: number
  /** Of the keys together. */
  readonly bytes: number
}

/** So many keys are what Redis keeps by default. */
export const LIMITS: Limits = { keys: 1_000_000, bytes: 256 * 1024 * 1024 }

/** A key that was given up, and who had read it. */
export interface GivenUp {
  readonly key: Key
  readonly readers: ReadonlySet<Tracker>
}

const nobody: ReadonlySet<Tracker> = new Set()

export class TrackingTable {
  readonly #bytesLimit: number
  /** So many keys are kept; any number if it is 0. */
  keysLimit: number
  #rows = new Keyspace<Set<Tracker>>()
  /** From which keys are given up, round and round. */
  #walk = this.#rows.entries()
  #bytes = 0
  #items = 0

  constructor(limits: Limits) {
    this.#bytesLimit = limits.bytes
    this.keysLimit = limits.keys
  }

  /** How many keys it has. */
  get size(): number {
    return this.#rows.size
  }

  /** How many clients have read each key, in all. */
  get items(): number {
    return this.#items
  }

  add(key: Key, tracker: Tracker): void {
    const row = this.#rows.get(key) ?? this.#begin(key)
    if (row.has(tracker)) return
    row.add(tracker)
    this.#items++
    if (Number.isInteger(Math.log2(row.size))) this.#sweep(row)
  }

  /** Those who have read the key since it was last taken. */
  take(key: Key): ReadonlySet<Tracker> {
    const row = this.#rows.get(key)
    if (row === undefined) return nobody
    this.#rows.delete(key)
    this.#bytes -= key.length
    this.#items -= row.size
    return row
  }

  /** One key, if there are more than the limits allow. */
  giveUp(): GivenUp | undefined {
    const isWide = this.keysLimit === 0 || this.size <= this.keysLimit
    if (isWide && this.#bytes <= this.#bytesLimit) return undefined
    let next = this.#walk.next()
    if (next.done === true) {
      this.#walk = this.#rows.entries()
      next = this.#walk.next()
    }
    const [key] = next.value as [Key, Set<Tracker>]
    return { key, readers: this.take(key) }
  }

  clear(): void {
    this.#rows = new Keyspace()
    this.#walk = this.#rows.entries()
    this.#bytes = 0
    this.#items = 0
  }

  #begin(key: Key): Set<Tracker> {
    const row = new Set<Tracker>()
    this.#rows.set(key, row)
    this.#bytes += key.length
    return row
  }

  #sweep(row: Set<Tracker>): void {
    for (const tracker of row) {
      if (tracker.client.isGone() && row.delete(tracker)) this.#items--
    }
  }
}

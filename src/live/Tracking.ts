/**
 * Tells clients that what they have read has changed, so that they can keep it meanwhile: the
 * server's part of client-side caching, as Redis has it
 * (https://redis.io/docs/latest/develop/reference/client-side-caching).
 *
 * It is each node's own affair. A client reads the store of the node that it is connected to, all
 * changes come to that store by the log, and nothing of this is replicated. One rule makes it safe:
 * a client never hears of a change before the reply of a read that could not show it yet, because
 * it would keep that reply for ever. What a read shows is remembered when its reply is written, and
 * what changes afterwards is told in a later turn of the connection. A read that the log carries
 * shows what was there at its own index, while its reply is written later; what has changed in
 * between is told right behind the reply.
 */
import type { Key } from "../kv/Key.js"
import type { Observer, Store } from "../kv/Store.js"
import { Broadcasts } from "./Broadcasts.js"
import type { Client } from "./ConnectedClient.js"
import * as Settings from "./Settings.js"
import type { Setting } from "./Settings.js"
import { single, Tracker } from "./Tracker.js"
import type { Change, Mode } from "./Tracker.js"
import { LIMITS, TrackingTable } from "./TrackingTable.js"
import type { TransactionReads } from "./TransactionReads.js"

const unknown = (): Change => ({ index: Infinity, writer: undefined })

export class Tracking implements Observer {
  readonly #store: Store
  readonly #table: TrackingTable
  readonly #broadcasts = new Broadcasts()
  /** Those that have ever said CLIENT TRACKING ON and are still there. */
  readonly #trackers = new Set<Tracker>()
  /** What is being carried out. */
  #change = unknown()
  /** Whether that has changed anything. */
  #isChanging = false
  /** The last that has. */
  #lastChange = unknown()

  constructor(store: Store, limits = LIMITS) {
    this.#store = store
    this.#table = new TrackingTable(limits)
  }

  /** Keys beyond a limit that is lowered go with the next one that is read. */
  readonly setting: Setting = Settings.integer(
    "tracking-table-max-keys",
    { least: 0, most: Settings.INTEGER_MAX },
    () => this.#table.keysLimit,
    (keys) => {
      this.#table.keysLimit = keys
    }
  )

  /** How many clients are told of something. */
  get clients(): number {
    return [...this.#trackers].filter(({ mode }) => mode !== undefined).length
  }

  /** How many keys are remembered. */
  get keys(): number {
    return this.#table.size
  }

  /** How many clients each of them is remembered for, in all. */
  get items(): number {
    return this.#table.items
  }

  get prefixes(): number {
    return this.#broadcasts.size
  }

  /** From now on the client is told; its prefixes are added to those that it has. */
  start(client: Client, mode: Mode): void {
    if (this.#trackers.size === 0) {
      this.#store.observers.add(this)
      // Nobody knows what has changed before.
      this.#isChanging = true
    }
    const tracker = client.tracker ??= new Tracker(client)
    this.#trackers.add(tracker)
    for (const prefix of mode.prefixes ?? []) this.#broadcasts.join(tracker, prefix)
    const prefixes = mode.prefixes && new Set([...tracker.mode?.prefixes ?? [], ...mode.prefixes])
    tracker.mode = { ...mode, prefixes }
    tracker.isBroken = false
  }

  /** The client is told nothing any more. */
  stop({ tracker }: Client): void {
    if (tracker === undefined) return
    for (const prefix of tracker.mode?.prefixes ?? []) this.#broadcasts.leave(tracker, prefix)
    tracker.mode = undefined
    tracker.isCachingSaid = false
    tracker.isBroken = false
  }

  /** The client is gone. */
  leave(client: Client): void {
    this.stop(client)
    if (client.tracker === undefined) return
    this.#trackers.delete(client.tracker)
    if (this.#trackers.size > 0) return
    this.#store.observers.delete(this)
    this.#table.clear()
  }

  /** The client has read these keys, as they are now. */
  read({ tracker }: Client, keys: ReadonlyArray<Key>): void {
    if (tracker === undefined) return
    for (const key of keys) if (tracker.mayKeep(key)) this.#remember(tracker, key)
  }

  /** The client has read these keys as they were at `index` of the log. */
  readAt({ tracker }: Client, keys: Iterable<Key>, index: number): void {
    if (tracker === undefined) return
    for (const key of keys) if (tracker.mayKeep(key)) this.#rememberAt(tracker, key, index)
  }

  /** The client was told what its transaction at `index` of the log has read. */
  readIn({ tracker }: Client, { overwritten, read }: TransactionReads, index: number): void {
    if (tracker === undefined) return
    for (const key of read) this.#rememberAt(tracker, key, index)
    for (const key of overwritten) {
      if (this.#isKnownSince(key, index - 1)) this.#rememberAt(tracker, key, index)
      else if (tracker.isReader) tracker.add(single({ key, change: { index, writer: tracker } }))
    }
  }

  /** What was carried out last, at `index`, the client has asked for. Said before anything else. */
  wrote({ tracker }: Client, index: number): void {
    if (this.#lastChange.index === index) this.#lastChange.writer = tracker
  }

  readonly touched = (key: Key): void => {
    this.#isChanging = true
    const change = this.#change
    for (const tracker of this.#table.take(key)) {
      if (tracker.isReader) tracker.add(single({ key, change }))
    }
    this.#broadcasts.touched(key, change)
  }

  readonly cleared = (): void => {
    this.#isChanging = true
    this.#table.clear()
    const batch = single({ key: undefined, change: this.#change })
    for (const tracker of this.#trackers) if (tracker.mode !== undefined) tracker.add(batch)
  }

  readonly applied = (index: number): void => {
    if (!this.#isChanging) return
    this.#isChanging = false
    this.#change.index = index
    this.#lastChange = this.#change
    this.#change = unknown()
  }

  /** Who is told of prefixes hears of the next change anyway. */
  #remember(tracker: Tracker, key: Key): void {
    if (!tracker.isReader) return
    this.#table.add(key, tracker)
    for (let given = this.#table.giveUp(); given !== undefined; given = this.#table.giveUp()) {
      for (const reader of given.readers) {
        if (reader.isReader) reader.add(single({ key: given.key, change: unknown() }))
      }
    }
  }

  #rememberAt(tracker: Tracker, key: Key, index: number): void {
    if (this.#isKnownSince(key, index)) this.#remember(tracker, key)
    else tracker.add(single({ key, change: unknown() }))
  }

  /**
   * Whether the key has not changed after `index`. Of one that is absent nobody knows when it went,
   * so that it counts as changed if anything has.
   */
  #isKnownSince(key: Key, index: number): boolean {
    if (!this.#isChanging && this.#lastChange.index <= index) return true
    const revision = this.#store.revision(key)
    return revision > 0 && revision <= index
  }
}

/**
 * The replicated state: keys, what they hold, the log index that wrote each, and the log's time.
 * The one honest mutable thing below the node: commands change it in place, because a copy for
 * every write would have no reader. It is still a function of the log: the same commands at the
 * same indexes give the same store and the same answers, on every node and after every restart.
 *
 * Time enters through the log alone. A key that is due is gone for everybody as soon as the log's
 * time has reached its own, whatever any clock says; what is left of it is removed then too, some
 * at a time.
 */
import * as Chance from "./Chance.js"
import { own } from "./Command.js"
import type { Watched } from "./Command.js"
import type { Due } from "./Dues.js"
import { Dues } from "./Dues.js"
import type { Class, Listener } from "./Events.js"
import { Hash } from "./Hash.js"
import type { Key } from "./Key.js"
import { Keyspace } from "./Keyspace.js"
import * as Latin1 from "./Latin1.js"
import { Block, LoadedString } from "./LoadedString.js"
import * as Memory from "./Memory.js"
import * as Size from "./Size.js"
import * as StoreSnapshot from "./StoreSnapshot.js"
import * as Usage from "./Usage.js"

/** A string, whose bytes are never written to, or a hash. */
export type Value = Uint8Array | Hash

/** Replaced, never written to, but for what is in a hash, and for `usage`. */
export interface Stored {
  readonly value: Value
  /** The index of the command that wrote it. */
  readonly revision: number
  /** When it is due to go, if ever. */
  readonly due: Due | undefined
  /** How this node has used it: no part of the state. */
  usage: number
}

/**
 * Is told of every change while it is made. It changes nothing itself, and nobody depends on it:
 * what the log says is the same with observers and without.
 */
export interface Observer {
  /** The key holds something else from now on, or nothing. */
  readonly touched: (key: Key) => void
  /** So do all keys, whether they were there or not. */
  readonly cleared: () => void
  /** All that the command at `index` changes was told. */
  readonly applied: (index: number) => void
}

/** So many keys that are due are removed when the time is told; the others the next time. */
export const REMOVALS_LIMIT = 1_000

export class Store {
  keys = new Keyspace<Stored>()
  dues = new Dues()
  /** The log's time: milliseconds since 1970 by the clocks of those who led. It never runs back. */
  timeMillis = 0
  /** What all of it takes, about. */
  usedBytes = 0
  /** What makes it hold more than this is refused; 0 if nothing is. As whoever leads has told. */
  limitBytes = 0
  /** Those that have not ended. */
  readonly walks = new Set<StoreSnapshot.Walk>()
  /** Who is told what happens: nobody in most replicas of a test. */
  readonly listeners = new Set<Listener>()
  /** Who is told what changes. */
  readonly observers = new Set<Observer>()

  // What follows is this node's own, and no part of the state.
  /** For what this node decides if it leads. What is drawn concerns nobody else. */
  readonly draw = Chance.from(0)
  /** Since the node started, or since this was last set. */
  evictedKeys = 0
  /** Where values of the commands up to `index` may stay, until one after it comes. */
  #adopted: { readonly index: number; readonly blocks: ReadonlyMap<unknown, Block> } | undefined
  #memory = Memory.defaults
  #order: Memory.Order | undefined

  get memory(): Memory.Settings {
    return this.#memory
  }

  set memory(settings: Memory.Settings) {
    this.#memory = settings
    this.#order = Memory.rules[settings.policy].order
  }

  /** Whether what makes it hold more is refused. */
  get isFull(): boolean {
    return this.limitBytes > 0 && this.usedBytes > this.limitBytes
  }

  /** What the key holds, unless it was due. */
  get(key: Key): Stored | undefined {
    const stored = this.keys.get(key)
    return stored?.due !== undefined && stored.due.atMillis <= this.timeMillis ? undefined : stored
  }

  /** The same, for somebody who uses it. */
  use(key: Key): Stored | undefined {
    const stored = this.get(key)
    if (stored !== undefined) stored.usage = this.#usedAgain(stored)
    return stored
  }

  /** The same, for a command that shows it: that there is nothing is told. */
  look(key: Key): Stored | undefined {
    const stored = this.get(key)
    if (stored === undefined) this.tell("missed", "keymiss", key)
    return stored
  }

  /** Commands tell what they have done, under the name that Redis has for it. */
  tell(kind: Class, event: string, key: Key): void {
    for (const listener of this.listeners) listener.notified(kind, event, key)
  }

  /** The index of the command that last wrote the key; 0 when it is absent. */
  revision(key: Key): number {
    return this.get(key)?.revision ?? 0
  }

  /**
   * The key holds `value` from now on, until `dueAtMillis` if there is such a time; if that has
   * come already the key is gone. A key that was not there is told of. A value that is a part of
   * something larger, a request or what was loaded, is copied, but for what was adopted.
   */
  put(key: Key, value: Value, revision: number, dueAtMillis: number | undefined): void {
    let isNew: boolean
    if (dueAtMillis !== undefined && dueAtMillis <= this.timeMillis) {
      isNew = !this.drop(key)
    } else {
      const before = this.keys.get(key)
      isNew = before === undefined || this.#letGo(key, before)
      const due = dueAtMillis === undefined ? undefined : this.dues.add(key, dueAtMillis)
      const usage = before === undefined
        ? Usage.first(this.#order, this.timeMillis)
        : this.#usedAgain(before)
      const stored = this.#hold(value, revision, due, usage)
      this.keys.set(key, stored)
      this.usedBytes += Size.ofEntry(key, stored)
      this.#touch(key)
    }
    if (isNew) this.tell("new", "new", key)
  }

  /** Another value, due when the one before was. */
  replace(key: Key, value: Value, revision: number): void {
    this.put(key, value, revision, this.get(key)?.due?.atMillis)
  }

  /**
   * Has the hash that the key holds written to, an empty one if it holds none. It is not to be left
   * empty.
   */
  change(key: Key, revision: number, write: (hash: Hash) => void): void {
    const before = this.get(key)
    let hash = new Hash(revision)
    if (before?.value instanceof Hash) {
      const { value } = before
      const isWalked = [...this.walks].some((walk) => walk.needs(this.keys, value))
      hash = isWalked ? value.copy(revision) : value
      hash.revision = revision
    }
    this.put(key, hash, revision, before?.due?.atMillis)
    const { sizeBytes } = hash
    write(hash)
    this.usedBytes += hash.sizeBytes - sizeBytes
  }

  /** Whether it was there. */
  drop(key: Key): boolean {
    const stored = this.keys.get(key)
    if (stored === undefined) return false
    const wasDue = this.#letGo(key, stored)
    this.keys.delete(key)
    this.#touch(key)
    return !wasDue
  }

  /** Takes the key because more is held than may be, unless it was written since. Whether so. */
  evict({ key, revision }: Watched): boolean {
    if (this.keys.get(key)?.revision !== revision) return false
    if (this.drop(key)) this.tell("evicted", "evicted", key)
    this.evictedKeys++
    return true
  }

  /** Another map, so that nobody who still walks this one has to be given all of it. */
  clear(): void {
    this.keys = new Keyspace()
    this.dues = new Dues()
    this.usedBytes = 0
    this.#cleared()
  }

  /** Values of commands up to `index` that lie in `memory` stay there, as a snapshot's do. */
  adopt(memory: ReadonlyArray<Uint8Array>, index: number): void {
    const blocks = memory.map(({ buffer }) => [buffer, new Block(new Uint8Array(buffer))] as const)
    this.#adopted = { index, blocks: new Map(blocks) }
  }

  /** A snapshot's, which replaces all that the store holds. */
  load(loading: StoreSnapshot.Loading): void {
    this.keys = loading.keys
    this.dues = loading.dues
    this.timeMillis = loading.timeMillis
    this.usedBytes = loading.usedBytes
    this.limitBytes = loading.limitBytes
    this.#cleared()
  }

  /** The log's time is `millis`, unless it is later already; what is due then goes. */
  advance(millis: number): void {
    this.timeMillis = Math.max(this.timeMillis, millis)
    for (let removals = 0; removals < REMOVALS_LIMIT; removals++) {
      const { first } = this.dues
      if (first === undefined || first.atMillis > this.timeMillis) return
      this.drop(first.key)
    }
  }

  #hold(value: Value, revision: number, due: Due | undefined, usage: number): Stored {
    if (this.#adopted !== undefined && revision > this.#adopted.index) this.#adopted = undefined
    if (value instanceof Hash) return { value, revision, due, usage }
    const block = this.#adopted?.blocks.get(value.buffer)
    if (block === undefined) return { value: own(value), revision, due, usage }
    const { byteOffset, length } = value
    return new LoadedString(block, byteOffset, byteOffset + length, { revision, due, usage })
  }

  #usedAgain({ usage }: Stored): number {
    return Usage.next(usage, this.#order, this.timeMillis, this.draw)
  }

  #cleared(): void {
    for (const observer of this.observers) observer.cleared()
  }

  #touch(key: Key): void {
    for (const observer of this.observers) observer.touched(key)
  }

  /** Whether its time had come: then it goes for that, whatever takes its place. */
  #letGo(key: Key, stored: Stored): boolean {
    this.usedBytes -= Size.ofEntry(key, stored)
    for (const walk of this.walks) walk.keep(this.keys, key, stored)
    const { due } = stored
    if (due === undefined) return false
    this.dues.remove(due)
    const isDue = due.atMillis <= this.timeMillis
    if (isDue) this.tell("expired", "expired", key)
    return isDue
  }
}

/**
 * The store as it is now, with every command up to `index` applied, in parts that may be taken
 * while commands go on to change it. End the walk if it is not taken to its end.
 */
export const snapshot = (self: Store, index: number): StoreSnapshot.Walk =>
  new StoreSnapshot.Walk(self, index)

/** Takes the parts of a snapshot; `done` replaces what the store holds by them. */
export const restore = (self: Store) => {
  const loading = new StoreSnapshot.Loading(Memory.rules[self.memory.policy].order)
  return {
    add: (part: Uint8Array): void => loading.add(part, 0, part.length),
    addSlice: (bytes: Uint8Array, from: number, to: number): void => loading.add(bytes, from, to),
    done: (): void => self.load(loading)
  }
}

/**
 * 16 hex digits that two stores share when they hold the same keys, values, times and revisions, in
 * whatever order they came to hold them, and the same limit, and count the same. For comparing
 * replicas in tests; not safe against forgery.
 */
export const digest = (self: Store): string => {
  const hash = { low: 0x811c9dc5, high: 0x9dc5811c }
  mix(hash, Latin1.encode(`${self.timeMillis} ${self.limitBytes} ${self.usedBytes}`))
  for (const [key, { due, revision, value }] of [...self.keys.entries()].sort(byName)) {
    mix(hash, Latin1.encode(`${key.length} ${revision} ${due?.atMillis ?? ""} ${key}`))
    if (value instanceof Uint8Array) mixBytes(hash, value)
    else {
      mix(hash, Latin1.encode(`${value.size}`))
      for (const [field, bytes] of [...value].sort(byName)) {
        mixBytes(hash, Latin1.encode(field))
        mixBytes(hash, bytes)
      }
    }
  }
  return hex(hash.high) + hex(hash.low)
}

const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number =>
  one < other ? -1 : 1

interface Mixed {
  low: number
  high: number
}

/** With the length, so that no two runs of bytes are taken for others. */
const mixBytes = (hash: Mixed, bytes: Uint8Array): void => {
  mix(hash, Latin1.encode(`${bytes.length} `))
  mix(hash, bytes)
}

/** Two 32-bit FNV-1a hashes with different multipliers, side by side. */
const mix = (hash: Mixed, bytes: Uint8Array): void => {
  for (const byte of bytes) {
    hash.low = Math.imul(hash.low ^ byte, 0x01000193)
    hash.high = Math.imul(hash.high ^ byte, 0x85ebca6b)
  }
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0")

/**
 * The replicated state: keys, their values, and the log index that wrote each. The one honest
 * mutable thing below the node: `apply` changes an encapsulated Map in place, because a copy for
 * every write would have no reader. It is still a function of the log: the same commands at the
 * same indexes give the same store and the same answers, on every node and after every restart.
 */
import * as Answer from "./Answer.js"
import * as Command from "./Command.js"
import * as Integer from "./Integer.js"
import type { Key } from "./Key.js"
import * as Latin1 from "./Latin1.js"
import * as StoreSnapshot from "./StoreSnapshot.js"

/** A value and its revision: the index of the command that wrote it. Replaced, never written to. */
export interface Stored {
  readonly value: Uint8Array
  readonly revision: number
}

/** Only `apply` writes to it, and `restore` replaces all of it. */
export interface Store {
  readonly entries: ReadonlyMap<Key, Stored>
  /** Those that have not ended. */
  readonly walks: Set<StoreSnapshot.Walk>
}

export const make = (): Store => ({ entries: new Map(), walks: new Set() })

/**
 * The store as it is now, with every command up to `index` applied, in parts that may be taken
 * while `apply` goes on. End the walk if it is not taken to its end.
 */
export const snapshot = (self: Store, index: number): StoreSnapshot.Walk =>
  new StoreSnapshot.Walk(self, index)

/** Takes the parts of a snapshot; `done` replaces what the store holds by them. */
export const restore = (self: Store) => {
  const loading = new StoreSnapshot.Loading()
  return {
    add: (part: Uint8Array): void => loading.add(part),
    done: (): void => replace(self, loading.entries)
  }
}

const replace = (self: { entries: ReadonlyMap<Key, Stored> }, entries: Map<Key, Stored>): void => {
  self.entries = entries
}

const put = (self: Store, key: Key, stored: Stored): void => {
  keep(self, key)
  const entries = self.entries as Map<Key, Stored>
  entries.set(key, stored)
}

const drop = (self: Store, key: Key): boolean => {
  keep(self, key)
  const entries = self.entries as Map<Key, Stored>
  return entries.delete(key)
}

const keep = ({ entries, walks }: Store, key: Key): void => {
  if (walks.size === 0) return
  const before = entries.get(key)
  if (before !== undefined) { for (const walk of walks) walk.keep(entries, key, before) }
}

/**
 * Applies the command at `index` of the log and returns its answer. Total: what cannot be decoded
 * or carried out is answered with an error and changes nothing. Keeps values that share the bytes'
 * memory, so these must not be written to afterwards.
 */
export const apply = (self: Store, bytes: Uint8Array, index: number): Uint8Array => {
  const command = Command.decode(bytes)
  if (command === undefined) return notUnderstood
  switch (command._tag) {
    case "Set":
      return set(self, command, index)
    case "SetMany":
      for (const [key, value] of command.pairs) put(self, key, { value, revision: index })
      return Answer.ok
    case "Delete": {
      let deleted = 0
      for (const key of command.keys) if (drop(self, key)) deleted++
      return Answer.integer(deleted)
    }
    case "Increment":
      return increment(self, command, index)
    case "CompareAndSet": {
      const { expectedRevision, key, value } = command
      const current = revision(self, key)
      if (current !== expectedRevision) return Answer.conflict(current)
      put(self, key, { value, revision: index })
      return Answer.ok
    }
    case "FlushAll":
      // Another map, so that nobody who still walks this one has to be given all of it.
      replace(self, new Map())
      return Answer.ok
  }
}

const set = (self: Store, command: Command.Set, index: number): Uint8Array => {
  const { condition, key, value } = command
  if (condition === "none" && !command.get) {
    put(self, key, { value, revision: index })
    return Answer.ok
  }
  const before = self.entries.get(key)
  const holds = condition === "none" || (condition === "NX") === (before === undefined)
  if (holds) put(self, key, { value, revision: index })
  if (command.get) return before === undefined ? Answer.nil : Answer.bulk(before.value)
  return holds ? Answer.ok : Answer.nil
}

const increment = (
  self: Store,
  { by, key }: Command.Increment,
  index: number
): Uint8Array => {
  const before = self.entries.get(key)
  const current = before === undefined ? 0 : Integer.parse(before.value)
  if (current === undefined) return notAnInteger
  const sum = Integer.add(current, by)
  if (sum === undefined) return overflow
  put(self, key, { value: Latin1.encode(String(sum)), revision: index })
  return Answer.integer(sum)
}

const notAnInteger = Answer.error("ERR value is not an integer or out of range")
const overflow = Answer.error("ERR increment or decrement would overflow")
const notUnderstood = Answer.error(
  "ERR command not understood: it comes from a newer version, upgrade every node to that version"
)

/** The value's bytes, not to be written to, or undefined when the key is absent. */
export const get = (self: Store, key: Key): Uint8Array | undefined => self.entries.get(key)?.value

export const has = (self: Store, key: Key): boolean => self.entries.has(key)

/** The index of the command that last wrote the key; 0 when it is absent. */
export const revision = (self: Store, key: Key): number => self.entries.get(key)?.revision ?? 0

/** The number of keys. */
export const size = (self: Store): number => self.entries.size

/**
 * 16 hex digits that two stores share when they hold the same keys, values and revisions, in
 * whatever order they came to hold them. For comparing replicas in tests; not safe against forgery.
 */
export const digest = (self: Store): string => {
  const hash = { low: 0x811c9dc5, high: 0x9dc5811c }
  for (const key of [...self.entries.keys()].sort()) {
    const stored = self.entries.get(key)!
    mix(hash, Latin1.encode(`${key.length} ${stored.value.length} ${stored.revision} ${key}`))
    mix(hash, stored.value)
  }
  return hex(hash.high) + hex(hash.low)
}

/** Two 32-bit FNV-1a hashes with different multipliers, side by side. */
const mix = (hash: { low: number; high: number }, bytes: Uint8Array): void => {
  for (const byte of bytes) {
    hash.low = Math.imul(hash.low ^ byte, 0x01000193)
    hash.high = Math.imul(hash.high ^ byte, 0x85ebca6b)
  }
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0")

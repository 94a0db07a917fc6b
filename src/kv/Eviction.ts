/**
 * What whoever leads decides about memory: which keys go when the store holds more than the node is
 * told to hold, and from what size on writes are refused. It is told to all by a command, because
 * replicas may be told to hold different amounts, and have seen keys used at different times.
 *
 * Keys are chosen as Redis chooses them: the best of a few samples, where "best" is what the policy
 * says, and the good ones that were left over are remembered while more are chosen.
 */
import * as Command from "./Command.js"
import type { Key } from "./Key.js"
import * as Memory from "./Memory.js"
import * as Size from "./Size.js"
import type { Store } from "./Store.js"
import * as Usage from "./Usage.js"

/** So many keys go by one command at most: choosing them of a million takes some 20 ms. */
export const EVICTIONS_LIMIT = 1_000

/** Of the names of these keys; one may be longer. Far below what a command may have. */
export const NAMES_LIMIT_BYTES = 256 * 1024

/** More samples than this for one key are no better. */
const SAMPLES_LIMIT = 64

/** Candidates that are remembered (Redis's number). */
const POOL_LIMIT = 16

/** If so many samples in a row show no key that was not seen before, the others are walked to. */
const FRUITLESS_LIMIT = 16

/** By how much the store holds more than this node is told to hold; at most 0 if it does not. */
const excessOf = ({ memory: { limitBytes }, usedBytes }: Store): number =>
  limitBytes === 0 ? 0 : usedBytes - limitBytes

const canEvict = ({ dues, keys, memory: { policy } }: Store): boolean => {
  const { isVolatile, order } = Memory.rules[policy]
  return order !== undefined && (isVolatile ? dues : keys).size > 0
}

/** From what size on writes are to be refused: where nothing may go, or nothing is left to go. */
const limitOf = (store: Store): number => {
  const { limitBytes, policy } = store.memory
  const evicts = Memory.rules[policy].order !== undefined
  return evicts && (excessOf(store) <= 0 || canEvict(store)) ? 0 : limitBytes
}

/** Whether the store holds too much, or goes by another limit than this node would have it. */
export const isDue = (store: Store): boolean =>
  limitOf(store) !== store.limitBytes || (excessOf(store) > 0 && canEvict(store))

/** The command that a leader has to propose, if it has to. */
export const tell = (store: Store): Uint8Array | undefined => {
  if (!isDue(store)) return undefined
  const evicted = choose(store, excessOf(store))
  return Command.encode({ _tag: "Memory", limitBytes: limitOf(store), evicted })
}

/** Enough of the keys to make room for so many bytes, as far as the policy and the limit allow. */
export const choose = (store: Store, wantedBytes: number): ReadonlyArray<Command.Watched> => {
  const chosen: Array<Command.Watched> = []
  let freedBytes = 0
  let namesBytes = 0
  const candidates = candidatesOf(store)
  while (
    freedBytes < wantedBytes && chosen.length < EVICTIONS_LIMIT && namesBytes < NAMES_LIMIT_BYTES
  ) {
    const { done, value: key } = candidates.next()
    if (done === true) break
    const stored = store.keys.get(key)!
    chosen.push({ key, revision: stored.revision })
    freedBytes += Size.ofEntry(key, stored)
    namesBytes += key.length
  }
  return chosen
}

/** Each key once, the first to go first. */
const candidatesOf = (store: Store): Iterator<Key, undefined> => {
  const { order } = Memory.rules[store.memory.policy]
  if (order === undefined) return none()
  return order === "due" ? all(store) : sampled(store, order)
}

function* none(): Generator<Key, undefined> {}

interface Candidate {
  readonly key: Key
  /** The greatest goes first. */
  readonly score: number
}

function* sampled(store: Store, order: Memory.Order): Generator<Key, undefined> {
  const seen = new Set<Key>()
  /** The best last. */
  const pool: Array<Candidate> = []
  for (let fruitless = 0; fruitless < FRUITLESS_LIMIT;) {
    for (const key of sample(store, order)) {
      if (seen.has(key)) continue
      seen.add(key)
      const score = scoreOf(store, order, key)
      const place = pool.findIndex((each) => each.score > score)
      pool.splice(place < 0 ? pool.length : place, 0, { key, score })
    }
    // It may be seen again, and be among the best then.
    if (pool.length > POOL_LIMIT) {
      for (const { key } of pool.splice(0, pool.length - POOL_LIMIT)) seen.delete(key)
    }
    const best = pool.pop()
    fruitless = best === undefined ? fruitless + 1 : 0
    if (best !== undefined) yield best.key
  }
  // Chance does not find the last of a few keys.
  for (const key of all(store)) if (!seen.has(key)) yield key
}

function* all({ dues, keys, memory }: Store): Generator<Key, undefined> {
  if (Memory.rules[memory.policy].isVolatile) { for (const { key } of dues.inOrder()) yield key }
  else for (const [key] of keys.entries()) yield key
}

const sample = ({ draw, dues, keys, memory }: Store, order: Memory.Order): ReadonlyArray<Key> => {
  const count = order === "random" ? 1 : Math.min(SAMPLES_LIMIT, memory.samples)
  if (!Memory.rules[memory.policy].isVolatile) return keys.sample(count, draw)
  return Array.from({ length: dues.size === 0 ? 0 : count }, () => dues.sample(draw)!.key)
}

const scoreOf = ({ keys, timeMillis }: Store, order: Memory.Order, key: Key): number => {
  const { usage } = keys.get(key)!
  if (order === "frequency") return -Usage.frequency(usage, timeMillis)
  return order === "idle" ? Usage.idleSeconds(usage, timeMillis) : 0
}

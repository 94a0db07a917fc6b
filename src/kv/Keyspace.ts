/**
 * All keys, each with what it holds: a map in parts, of which a key's hash says the part. Two
 * things that one Map cannot do: it never stands still to make room for a million keys at once, and
 * it can be walked from any place on, in the order of the hashes, with nothing remembered but the
 * place: a cursor of SCAN means the same on every node, and after any change of the keys.
 */
import type { Draw } from "./Chance.js"
import type { Key } from "./Key.js"

const PART_BITS = 12
const PARTS = 2 ** PART_BITS
const SHIFT = 32 - PART_BITS

/** Places are hashes: from 0 to before this. */
export const PLACES = 2 ** 32

/** FNV-1a, then mixed, so that the high bits are as good as the low ones. */
export const placeOf = (key: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at++) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  }
  return mix(hash)
}

/** What MurmurHash3 ends with. */
export const mix = (word: number): number => {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

export class Keyspace<A> {
  readonly #parts = new Array<Map<Key, A> | undefined>(PARTS).fill(undefined)
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: Key): A | undefined {
    return this.#parts[placeOf(key) >>> SHIFT]?.get(key)
  }

  /** Whether the key is new. */
  set(key: Key, held: A): boolean {
    const part = placeOf(key) >>> SHIFT
    const keys = (this.#parts[part] ??= new Map<Key, A>())
    const before = keys.size
    keys.set(key, held)
    const isNew = keys.size > before
    if (isNew) this.#size++
    return isNew
  }

  delete(key: Key): boolean {
    const isDeleted = this.#parts[placeOf(key) >>> SHIFT]?.delete(key) === true
    if (isDeleted) this.#size--
    return isDeleted
  }

  /** Goes on although keys change: each that was there all the time comes once. */
  *entries(): IterableIterator<[Key, A]> {
    for (let part = 0; part < PARTS; part++) {
      const keys = this.#parts[part]
      if (keys !== undefined) yield* keys
    }
  }

  /**
   * The keys from `place` on, about `count` of them: more only where several share a place. `next`
   * is where to go on, 0 at the end.
   */
  scan(place: number, count: number): { readonly keys: ReadonlyArray<Key>; readonly next: number } {
    const keys: Array<Key> = []
    let last = -1
    for (let part = place >>> SHIFT; part < PARTS; part++) {
      for (const [at, key] of this.#from(part, place)) {
        if (keys.length >= count && at !== last) return { keys, next: at }
        keys.push(key)
        last = at
      }
    }
    return { keys, next: 0 }
  }

  /**
   * So many keys, or as many as there are: of a part that is drawn, and of those after it if it has
   * not enough. They are spread over the part, whose keys are in the order in which they came.
   */
  sample(count: number, draw: Draw): ReadonlyArray<Key> {
    const found: Array<Key> = []
    const first = draw(PARTS)
    for (let step = 0; step < PARTS && found.length < count; step++) {
      const keys = this.#parts[(first + step) % PARTS]
      if (keys !== undefined && keys.size > 0) spread(keys, count - found.length, draw, found)
    }
    return found
  }

  #from(part: number, place: number): ReadonlyArray<readonly [place: number, key: Key]> {
    const found: Array<readonly [number, Key]> = []
    for (const key of this.#parts[part]?.keys() ?? []) {
      const at = placeOf(key)
      if (at >= place) found.push([at, key])
    }
    return found.sort(([one], [other]) => one - other)
  }
}

/** Adds at most `count` of the keys to `found`, as far apart as can be. */
const spread = (
  keys: ReadonlyMap<Key, unknown>,
  count: number,
  draw: Draw,
  found: Array<Key>
): void => {
  if (keys.size <= count) return void found.push(...keys.keys())
  const first = draw(keys.size)
  let at = 0
  let taken = 0
  for (const key of keys.keys()) {
    if (at++ < Math.floor((first + taken * keys.size) / count)) continue
    found.push(key)
    if (++taken === count) return
  }
}

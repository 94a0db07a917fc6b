/**
 * The store as of one moment, walked while commands go on changing it: nothing is copied at once,
 * so that a store of any size never holds up its node. Whoever overwrites or deletes an entry that
 * a walk may not have reached first hands the old one to the walk (Store.ts).
 *
 * Each part is one key: its revision, its length, the key, the value. A key that is changed after
 * the walk has passed it comes twice, both times as it was at the moment.
 */
import type { Key } from "./Key.js"
import * as Latin1 from "./Latin1.js"
import { Slab } from "./Slab.js"
import type { Store, Stored } from "./Store.js"
import * as Words from "./Words.js"

type Entries = ReadonlyMap<Key, Stored>

const LENGTH_AT = Words.INTEGER_BYTES
const KEY_AT = LENGTH_AT + Words.WORD_BYTES

/** Parts are written into pieces of this size, each as short-lived as a part. */
const PARTS_BYTES = 64 * 1024

/** Values that were read together stay in pieces of this size until the last of them goes. */
const VALUES_BYTES = 2 * 1024

/** Ends by itself, or by `return`: until then it keeps what is overwritten. */
export class Walk implements IterableIterator<Uint8Array> {
  readonly #store: Store
  /** The map that was the store's at the moment: one that is cleared gets another. */
  readonly #entries: Entries
  readonly #index: number
  readonly #kept = new Map<Key, Stored>()
  readonly #parts = new Slab(PARTS_BYTES)
  readonly #passing: Iterator<[Key, Stored]>
  #rest: Iterator<[Key, Stored]> | undefined

  /** `index` is that of the last command applied: no later revision belongs to it. */
  constructor(store: Store, index: number) {
    this.#store = store
    this.#entries = store.entries
    this.#index = index
    this.#passing = store.entries.entries()
    store.walks.add(this)
  }

  [Symbol.iterator](): this {
    return this
  }

  /** `key` is about to hold something else than `stored`. */
  keep(entries: Entries, key: Key, stored: Stored): void {
    if (entries === this.#entries && stored.revision <= this.#index) this.#kept.set(key, stored)
  }

  next(): IteratorResult<Uint8Array, undefined> {
    while (this.#rest === undefined) {
      const { done, value } = this.#passing.next()
      if (done === true) break
      const [key, stored] = value
      const was = stored.revision <= this.#index ? stored : this.#kept.get(key)
      this.#kept.delete(key)
      if (was !== undefined) return { done: false, value: this.#encode(key, was) }
    }
    this.#rest ??= this.#kept.entries()
    const { done, value } = this.#rest.next()
    return done === true ? this.return() : { done: false, value: this.#encode(value[0], value[1]) }
  }

  return(): { readonly done: true; readonly value: undefined } {
    this.#store.walks.delete(this)
    this.#kept.clear()
    return { done: true, value: undefined }
  }

  #encode(key: Key, { revision, value }: Stored): Uint8Array {
    const end = KEY_AT + key.length
    const part = this.#parts.take(end + value.length)
    Words.writeInteger(revision, part, 0)
    Words.writeWord(key.length, part, LENGTH_AT)
    Latin1.write(key, part, KEY_AT)
    part.set(value, end)
    return part
  }
}

/** The entries of a store, from their parts. */
export class Loading {
  readonly entries = new Map<Key, Stored>()
  readonly #values = new Slab(VALUES_BYTES)

  /** The checksum of `part` was right, so what it is not is a broken invariant. */
  add(part: Uint8Array): void {
    const revision = Words.readInteger(part, 0)
    const end = KEY_AT + Words.readWord(part, LENGTH_AT)
    // A copy: a value must not keep the whole file in memory.
    const value = this.#values.take(part.length - end)
    value.set(part.subarray(end))
    this.entries.set(Latin1.decode(part, KEY_AT, end) as Key, { value, revision })
  }
}

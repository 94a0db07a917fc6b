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
import type { Store, Stored } from "./Store.js"

type Entries = ReadonlyMap<Key, Stored>

const REVISION_BYTES = 8
const LENGTH_BYTES = 4
const HIGH_WORD = 0x1_0000_0000

/** Ends by itself, or by `return`: until then it keeps what is overwritten. */
export class Walk implements IterableIterator<Uint8Array> {
  readonly #store: Store
  /** The map that was the store's at the moment: one that is cleared gets another. */
  readonly #entries: Entries
  readonly #index: number
  readonly #kept = new Map<Key, Stored>()
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
      if (was !== undefined) return { done: false, value: encode(key, was) }
    }
    this.#rest ??= this.#kept.entries()
    const { done, value } = this.#rest.next()
    return done === true ? this.return() : { done: false, value: encode(value[0], value[1]) }
  }

  return(): { readonly done: true; readonly value: undefined } {
    this.#store.walks.delete(this)
    this.#kept.clear()
    return { done: true, value: undefined }
  }
}

const encode = (key: Key, { revision, value }: Stored): Uint8Array => {
  const bytes = new Uint8Array(REVISION_BYTES + LENGTH_BYTES + key.length + value.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, revision % HIGH_WORD, true)
  view.setUint32(4, Math.floor(revision / HIGH_WORD), true)
  view.setUint32(REVISION_BYTES, key.length, true)
  Latin1.write(key, bytes, REVISION_BYTES + LENGTH_BYTES)
  bytes.set(value, REVISION_BYTES + LENGTH_BYTES + key.length)
  return bytes
}

/** Adds a part to `entries`. Its checksum was right, so what it is not is a broken invariant. */
export const add = (entries: Map<Key, Stored>, part: Uint8Array): void => {
  const view = new DataView(part.buffer, part.byteOffset, part.byteLength)
  const revision = view.getUint32(0, true) + HIGH_WORD * view.getUint32(4, true)
  const from = REVISION_BYTES + LENGTH_BYTES
  const to = from + view.getUint32(REVISION_BYTES, true)
  // A copy: a value must not keep the whole file in memory.
  entries.set(Latin1.decode(part, from, to) as Key, { value: part.slice(to), revision })
}

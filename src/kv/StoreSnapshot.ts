/**
 * The store as of one moment, walked while commands go on changing it: nothing is copied at once,
 * so that a store of any size never holds up its node. Whoever overwrites or deletes an entry that
 * a walk may not have reached first hands the old one to the walk (Store.ts).
 *
 * The first part is the log's time, and the limit to what may be held. Each other is one key: its
 * revision, when it is due, the lengths, the key, then the value, or the fields of a hash. A key
 * that is changed after the walk has passed it comes twice, both times as it was at the moment.
 */
import { Dues } from "./Dues.js"
import { Hash } from "./Hash.js"
import type { Key } from "./Key.js"
import { Keyspace } from "./Keyspace.js"
import * as Latin1 from "./Latin1.js"
import { Block, LoadedString } from "./LoadedString.js"
import type { Order } from "./Memory.js"
import * as Size from "./Size.js"
import { Slab } from "./Slab.js"
import type { Store, Stored } from "./Store.js"
import * as Usage from "./Usage.js"
import * as Words from "./Words.js"

const STRING = 0
const HASH = 1

const LIMIT_AT = Words.INTEGER_BYTES

const REVISION_AT = 1
/** 0 for what is never due. */
const DUE_AT = REVISION_AT + Words.INTEGER_BYTES
const LENGTH_AT = DUE_AT + Words.INTEGER_BYTES
const KEY_AT = LENGTH_AT + Words.WORD_BYTES

/** Parts are written into pieces of this size, each as short-lived as a part. */
const PARTS_BYTES = 64 * 1024

/** Values of fields that were read together stay in pieces of this size until the last goes. */
const FIELDS_BYTES = 2 * 1024

/** Ends by itself, or by `return`: until then it keeps what is overwritten. */
export class Walk implements IterableIterator<Uint8Array> {
  readonly #store: Store
  /** Those that were the store's at the moment: one that is cleared gets others. */
  readonly #keys: Keyspace<Stored>
  readonly #index: number
  #kept = new Keyspace<Stored>()
  readonly #parts = new Slab(PARTS_BYTES)
  readonly #passing: Iterator<[Key, Stored]>
  #rest: Iterator<[Key, Stored]> | undefined
  #head: Uint8Array | undefined
  #hasPassedAll = false

  /** `index` is that of the last command applied: no later revision belongs to it. */
  constructor(store: Store, index: number) {
    this.#store = store
    this.#keys = store.keys
    this.#index = index
    this.#passing = store.keys.entries()
    this.#head = new Uint8Array(LIMIT_AT + Words.INTEGER_BYTES)
    Words.writeInteger(store.timeMillis, this.#head, 0)
    Words.writeInteger(store.limitBytes, this.#head, LIMIT_AT)
    store.walks.add(this)
  }

  [Symbol.iterator](): this {
    return this
  }

  /** Whether what these keys hold, or fields of it, written at `revision`, is of the moment. */
  needs(keys: Keyspace<Stored>, { revision }: { readonly revision: number }): boolean {
    return keys === this.#keys && revision <= this.#index
  }

  /** `key` is about to hold something else than `stored`. */
  keep(keys: Keyspace<Stored>, key: Key, stored: Stored): void {
    if (this.needs(keys, stored)) this.#kept.set(key, stored)
  }

  next(): IteratorResult<Uint8Array, undefined> {
    if (this.#head !== undefined) {
      const value = this.#head
      this.#head = undefined
      return { done: false, value }
    }
    while (this.#rest === undefined) {
      const { done, value } = this.#passing.next()
      if (done === true) break
      const [key, stored] = value
      const was = stored.revision <= this.#index ? stored : this.#takeKept(key)
      if (was === undefined) continue
      const part = this.#encode(key, was)
      if (stored instanceof LoadedString) this.#pass(key, stored, part.length)
      return { done: false, value: part }
    }
    this.#hasPassedAll = true
    this.#rest ??= this.#kept.entries()
    const { done, value } = this.#rest.next()
    return done === true ? this.return() : { done: false, value: this.#encode(value[0], value[1]) }
  }

  #takeKept(key: Key): Stored | undefined {
    const kept = this.#kept.get(key)
    if (kept !== undefined) this.#kept.delete(key)
    return kept
  }

  /** Whether it has come to the end of the keys. */
  get hasPassedAll(): boolean {
    return this.#hasPassedAll
  }

  return(): { readonly done: true; readonly value: undefined } {
    this.#store.walks.delete(this)
    this.#kept = new Keyspace()
    return { done: true, value: undefined }
  }

  #pass(key: Key, stored: LoadedString, partBytes: number): void {
    stored.block.pass(this, partBytes)
    if (stored.block.isMostlyGone) this.#keys.set(key, stored.copy())
  }

  #encode(key: Key, { due, revision, value }: Stored): Uint8Array {
    const isString = value instanceof Uint8Array
    const end = KEY_AT + key.length
    const part = this.#parts.take(end + (isString ? value.length : sizeOf(value)))
    part[0] = isString ? STRING : HASH
    Words.writeInteger(revision, part, REVISION_AT)
    Words.writeInteger(due?.atMillis ?? 0, part, DUE_AT)
    Words.writeWord(key.length, part, LENGTH_AT)
    Latin1.write(key, part, KEY_AT)
    if (isString) part.set(value, end)
    else writeFields(value, part, end)
    return part
  }
}

const FIELD_BYTES = 2 * Words.WORD_BYTES

const sizeOf = (hash: Hash): number => {
  let size = 0
  for (const [field, value] of hash) size += FIELD_BYTES + field.length + value.length
  return size
}

const writeFields = (hash: Hash, part: Uint8Array, from: number): void => {
  let at = from
  for (const [field, value] of hash) {
    Words.writeWord(field.length, part, at)
    Words.writeWord(value.length, part, at + Words.WORD_BYTES)
    at = Latin1.write(field, part, at + FIELD_BYTES)
    part.set(value, at)
    at += value.length
  }
}

/** The contents of a store, from their parts. */
export class Loading {
  readonly keys = new Keyspace<Stored>()
  readonly dues = new Dues()
  timeMillis = 0
  usedBytes = 0
  limitBytes = 0
  readonly #order: Order | undefined
  readonly #fields = new Slab(FIELDS_BYTES)
  #block: Block | undefined
  #isFirst = true

  /** How it has been used elsewhere, no key says: all are as if they were new. */
  constructor(order: Order | undefined) {
    this.#order = order
  }

  /**
   * The part in `bytes` from `from` to before `to`. Their checksum was right, so what they are not
   * is a broken invariant. They are not to be written to any more: values stay there.
   */
  add(bytes: Uint8Array, from: number, to: number): void {
    if (this.#isFirst) {
      this.#isFirst = false
      this.timeMillis = Words.readInteger(bytes, from)
      this.limitBytes = Words.readInteger(bytes, from + LIMIT_AT)
      return
    }
    const revision = Words.readInteger(bytes, from + REVISION_AT)
    const dueAtMillis = Words.readInteger(bytes, from + DUE_AT)
    const valueAt = from + KEY_AT + Words.readWord(bytes, from + LENGTH_AT)
    const key = Latin1.decode(bytes, from + KEY_AT, valueAt) as Key
    // The second time that a key comes it is what it was the first time, and is counted once.
    if (dueAtMillis !== 0 && this.keys.get(key) !== undefined) return
    const due = dueAtMillis === 0 ? undefined : this.dues.add(key, dueAtMillis)
    const state = { revision, due, usage: Usage.first(this.#order, this.timeMillis) }
    const stored = bytes[from] === STRING
      ? new LoadedString(this.#blockOf(bytes), valueAt, to, state)
      : { value: this.#hash(bytes, valueAt, to, revision), ...state }
    if (this.keys.set(key, stored)) this.usedBytes += Size.ofEntry(key, stored)
  }

  #hash(bytes: Uint8Array, from: number, to: number, revision: number): Hash {
    const hash = new Hash(revision)
    for (let at = from; at < to;) {
      const fieldAt = at + FIELD_BYTES
      const valueAt = fieldAt + Words.readWord(bytes, at)
      const end = valueAt + Words.readWord(bytes, at + Words.WORD_BYTES)
      const value = this.#fields.take(end - valueAt)
      value.set(bytes.subarray(valueAt, end))
      hash.set(Latin1.decode(bytes, fieldAt, valueAt), value)
      at = end
    }
    return hash
  }

  /** Parts come where they were read, many in one block. */
  #blockOf(bytes: Uint8Array): Block {
    if (this.#block?.bytes !== bytes) this.#block = new Block(bytes)
    return this.#block
  }
}

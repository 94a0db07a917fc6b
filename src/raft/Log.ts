/**
 * The replicated log as a value: appending or truncating gives a new log and leaves every older one
 * as it was. Entries live in pages that versions share; `last` bounds what a version can see, so
 * sharing cannot be observed. An append costs about as much as a push, a truncation is a smaller
 * `last`. Entries up to `base` are gone: a snapshot stands for them (thesis 5).
 *
 * Invariant: entry `i` has index `i`, terms never fall from one entry to the next.
 */
import type { Entry } from "./Entry.js"
import { sizeBytes } from "./Entry.js"
import type { EntryId, Index, Term } from "./EntryId.js"
import * as EntryIds from "./EntryId.js"

const PAGE_BITS = 10
const PAGE_ENTRIES = 1 << PAGE_BITS

/** Undefined where the entry is gone. */
type Page = Array<Entry | undefined>

/** The pages are private, so that nobody else can see, freeze or write the shared tail. */
export class Log {
  readonly #pages: ReadonlyArray<Page>
  /** The index before the first slot of the first page. */
  readonly #start: Index
  /** The last entry that is gone; zero while there is none. */
  readonly base: EntryId
  /** The index of the last entry, that of `base` when there is none. */
  readonly last: Index

  private constructor(pages: ReadonlyArray<Page>, start: Index, base: EntryId, last: Index) {
    this.#pages = pages
    this.#start = start
    this.base = base
    this.last = last
  }

  static readonly empty: Log = new Log([], 0, EntryIds.zero, 0)

  /** Without entries: the next one comes after `base`. */
  static after(base: EntryId): Log {
    return new Log([], base.index, base, base.index)
  }

  /** The entry at `index`, or undefined outside base.index + 1..last. */
  at(index: Index): Entry | undefined {
    if (!(index >= this.base.index + 1 && index <= this.last)) return undefined
    const slot = index - this.#start - 1
    return this.#pages[slot >> PAGE_BITS]?.[slot & (PAGE_ENTRIES - 1)]
  }

  /** Continues the log; the first of `entries` must have index `last + 1`. */
  append(entries: ReadonlyArray<Entry>): Log {
    if (entries.length === 0) return this
    let pages = this.#pages
    let last = this.last
    for (const entry of entries) {
      const number = (last - this.#start) >> PAGE_BITS
      const slot = (last - this.#start) & (PAGE_ENTRIES - 1)
      const page = pages[number]
      if (page === undefined) {
        pages = [...pages, [entry]]
      } else if (page.length === slot) {
        page.push(entry) // this version ends where the page ends: nobody has written beyond it
      } else {
        // An older version is taking another branch.
        pages = [...pages.slice(0, number), [...page.slice(0, slot), entry]]
      }
      last += 1
    }
    return new Log(pages, this.#start, this.base, last)
  }

  /** Drops every entry at and after `from`, which is after `base`. */
  truncate(from: Index): Log {
    if (from > this.last) return this
    return new Log(this.#pages, this.#start, this.base, Math.max(this.base.index, from - 1))
  }

  /** Lets go of every entry up to `upTo` inclusive, which the log has. */
  compact(upTo: Index): Log {
    const term = this.at(upTo)?.term
    if (term === undefined) return this
    const gone = upTo - this.#start
    const pages = this.#pages.slice(gone >> PAGE_BITS)
    const holes = gone & (PAGE_ENTRIES - 1)
    // A copy: an older version still reads what this one forgets, and memory is let go.
    if (pages[0] !== undefined) pages[0] = [...pages[0]].fill(undefined, 0, holes)
    const start = this.#start + gone - holes
    return new Log(pages, start, EntryIds.make(term, upTo), this.last)
  }
}

export const empty: Log = Log.empty

export const after = (base: EntryId): Log => Log.after(base)

/** The entries continue `base`. */
export const fromEntries = (entries: ReadonlyArray<Entry>, base = EntryIds.zero): Log =>
  Log.after(base).append(entries)

/** The term at `index`, also at the base; undefined where there is no entry or not any more. */
export const termAt = (self: Log, index: Index): Term | undefined =>
  index === self.base.index ? self.base.term : self.at(index)?.term

export const lastId = (self: Log): EntryId => EntryIds.make(termAt(self, self.last) ?? 0, self.last)

export const has = (self: Log, id: EntryId): boolean => termAt(self, id.index) === id.term

/**
 * The entries `from..upTo` inclusive, as many as fit into `limitBytes`, at least one if there is
 * one.
 */
export const slice = (
  self: Log,
  from: Index,
  upTo: Index,
  limitBytes: number
): ReadonlyArray<Entry> => {
  const entries: Array<Entry> = []
  let bytes = 0
  for (let index = from; index <= upTo; index++) {
    const entry = self.at(index)
    if (entry === undefined) break
    bytes += sizeBytes(entry)
    if (bytes > limitBytes && entries.length > 0) break
    entries.push(entry)
  }
  return entries
}

/**
 * The last position at or before `id.index` whose term is not above `id.term`: where a log that
 * ends in `id` can at best agree with this one. Skips whole terms of conflict in one answer. Zero
 * when that is before the base.
 */
export const lastPossibleMatch = (self: Log, id: EntryId): EntryId => {
  let index = Math.min(id.index, self.last)
  while (index >= self.base.index) {
    const term = termAt(self, index) ?? 0
    if (term <= id.term) return EntryIds.make(term, index)
    index -= 1
  }
  return EntryIds.zero
}

/** Bytes of the entries `from..upTo` inclusive, as every limit counts them. */
export const rangeBytes = (self: Log, from: Index, upTo: Index): number => {
  let bytes = 0
  for (let index = from; index <= upTo; index++) {
    const entry = self.at(index)
    if (entry !== undefined) bytes += sizeBytes(entry)
  }
  return bytes
}

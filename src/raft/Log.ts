/**
 * The replicated log as a value: appending or truncating gives a new log and leaves every older one
 * as it was. Entries live in pages that versions share; `last` bounds what a version can see, so
 * sharing cannot be observed. An append costs about as much as a push, a truncation is a smaller
 * `last`.
 *
 * Invariant: entry `i` has index `i`, terms never fall from one entry to the next.
 */
import type { Entry } from "./Entry.js"
import { sizeBytes } from "./Entry.js"
import type { EntryId, Index, Term } from "./EntryId.js"
import * as EntryIds from "./EntryId.js"

const PAGE_BITS = 10
const PAGE_ENTRIES = 1 << PAGE_BITS

type Page = Array<Entry>

/** The pages are private, so that nobody else can see, freeze or write the shared tail. */
export class Log {
  readonly #pages: ReadonlyArray<Page>
  /** The index of the last entry, 0 when there is none. */
  readonly last: Index

  private constructor(pages: ReadonlyArray<Page>, last: Index) {
    this.#pages = pages
    this.last = last
  }

  static readonly empty: Log = new Log([], 0)

  /** The entry at `index`, or undefined outside 1..last. */
  at(index: Index): Entry | undefined {
    if (!(index >= 1 && index <= this.last)) return undefined
    return this.#pages[(index - 1) >> PAGE_BITS]?.[(index - 1) & (PAGE_ENTRIES - 1)]
  }

  /** Continues the log; the first of `entries` must have index `last + 1`. */
  append(entries: ReadonlyArray<Entry>): Log {
    if (entries.length === 0) return this
    let pages = this.#pages
    let last = this.last
    for (const entry of entries) {
      const number = last >> PAGE_BITS
      const slot = last & (PAGE_ENTRIES - 1)
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
    return new Log(pages, last)
  }

  /** Drops every entry at and after `from`. */
  truncate(from: Index): Log {
    return from > this.last ? this : new Log(this.#pages, Math.max(0, from - 1))
  }
}

export const empty: Log = Log.empty

export const fromEntries = (entries: ReadonlyArray<Entry>): Log => Log.empty.append(entries)

/** The term at `index`: 0 before the first entry, undefined where there is no entry. */
export const termAt = (self: Log, index: Index): Term | undefined =>
  index === 0 ? 0 : self.at(index)?.term

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
 * ends in `id` can at best agree with this one. Skips whole terms of conflict in one answer.
 */
export const lastPossibleMatch = (self: Log, id: EntryId): EntryId => {
  let index = Math.min(id.index, self.last)
  while (index > 0) {
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

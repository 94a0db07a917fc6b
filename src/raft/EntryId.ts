/**
 * A position in a replicated log: the term in which an entry was created and its index. The two are
 * never passed as bare numbers in a row, so that they cannot be swapped.
 */

/** A leader's period of office. Integer, 0 before the first election, only grows (thesis 3.3). */
export type Term = number

/** A position in the log. Integer, the first entry is 1; 0 stands for "before the first entry". */
export type Index = number

export interface EntryId {
  readonly term: Term
  readonly index: Index
}

export const make = (term: Term, index: Index): EntryId => ({ term, index })

/** The position before the first entry: every log matches every other there. */
export const zero: EntryId = make(0, 0)

export const equals = (self: EntryId, that: EntryId): boolean =>
  self.term === that.term && self.index === that.index

/**
 * Whether a log ending in `self` is at least as up to date as one ending in `that` (thesis 3.6.1).
 */
export const atLeast = (self: EntryId, that: EntryId): boolean =>
  self.term > that.term || (self.term === that.term && self.index >= that.index)

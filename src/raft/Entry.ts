/**
 * One entry of the replicated log. A `Command` carries bytes that only the state machine
 * understands; a `Noop` is what every leader appends first, so that it can commit everything before
 * it (thesis 3.6.2, 6.4).
 */
import type { Index, Term } from "./EntryId.js"

export type Kind = "Noop" | "Command"

export interface Entry {
  readonly term: Term
  readonly index: Index
  readonly kind: Kind
  /** Never written to after the entry was made. Empty for a `Noop`. */
  readonly bytes: Uint8Array
}

/**
 * What an entry costs in memory, in frames and on disk beyond its bytes; used by every byte limit.
 */
export const OVERHEAD_BYTES = 32

export const sizeBytes = (self: Entry): number => OVERHEAD_BYTES + self.bytes.length

const empty = new Uint8Array(0)

export const noop = (term: Term, index: Index): Entry => ({
  term,
  index,
  kind: "Noop",
  bytes: empty
})

export const command = (term: Term, index: Index, bytes: Uint8Array): Entry => ({
  term,
  index,
  kind: "Command",
  bytes
})

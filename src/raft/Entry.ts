/**
 * One entry of the replicated log. A `Command` carries bytes that only the state machine
 * understands; a `Noop` is what every leader appends first, so that it can commit everything before
 * it (thesis 3.6.2, 6.4); a `Configuration` says who the members are from here on (thesis 4.1).
 */
import type { Configuration } from "./Configuration.js"
import * as Configurations from "./Configuration.js"
import type { Index, Term } from "./EntryId.js"

interface Place {
  readonly term: Term
  readonly index: Index
}

export interface Plain extends Place {
  readonly kind: "Noop" | "Command"
  /** Never written to after the entry was made. Empty for a `Noop`. */
  readonly bytes: Uint8Array
}

export interface Membership extends Place {
  readonly kind: "Configuration"
  /** Its index is the entry's. */
  readonly configuration: Configuration
}

export type Entry = Plain | Membership

export type Kind = Entry["kind"]

/**
 * What an entry costs in memory, in frames and on disk beyond its bytes; used by every byte limit.
 */
export const OVERHEAD_BYTES = 32

export const sizeBytes = (self: Entry): number =>
  OVERHEAD_BYTES + (self.kind === "Configuration"
    ? Configurations.sizeBytes(self.configuration)
    : self.bytes.length)

/** Whether they say the same at the same place. */
export const equals = (self: Entry, that: Entry): boolean => {
  if (self === that) return true
  if (self.term !== that.term || self.index !== that.index) return false
  if (self.kind === "Configuration") {
    return that.kind === "Configuration" &&
      Configurations.equals(self.configuration, that.configuration)
  }
  return that.kind !== "Configuration" && self.kind === that.kind &&
    sameBytes(self.bytes, that.bytes)
}

const sameBytes = (self: Uint8Array, that: Uint8Array): boolean =>
  self === that || (self.length === that.length && self.every((byte, at) => byte === that[at]))

const empty = new Uint8Array(0)

export const noop = (term: Term, index: Index): Plain => ({
  term,
  index,
  kind: "Noop",
  bytes: empty
})

export const command = (term: Term, index: Index, bytes: Uint8Array): Plain => ({
  term,
  index,
  kind: "Command",
  bytes
})

/** Whatever index `configuration` has so far, it is this entry's. */
export const configuration = (
  term: Term,
  index: Index,
  configuration: Configuration
): Membership => ({
  term,
  index,
  kind: "Configuration",
  configuration: { ...configuration, index }
})

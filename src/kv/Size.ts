/**
 * How much memory what the store holds takes, about. It is a function of what is held and of
 * nothing else, so that all replicas count the same. The constants are what `npm run bench:size`
 * finds the engine to need; the memory of the process is more (docs/operations.md, "Memory").
 */
import type { Key } from "./Key.js"
import type { Stored } from "./Store.js"

/** For a key, besides the bytes of its name and its value. */
export const ENTRY_BYTES = 120

/** For a value that is bytes, or that of a field, besides these. */
export const VALUE_BYTES = 215

/** For a hash, besides its fields. */
export const HASH_BYTES = 160

/** For a field, besides the bytes of its name and its value. */
export const FIELD_BYTES = 50

/** For the time at which a key is to go. */
export const DUE_BYTES = 70

export const ofField = (field: string, { length }: Uint8Array): number =>
  FIELD_BYTES + field.length + VALUE_BYTES + length

export const ofEntry = (key: Key, { due, value }: Pick<Stored, "due" | "value">): number =>
  ENTRY_BYTES + key.length + (due === undefined ? 0 : DUE_BYTES) +
  (value instanceof Uint8Array ? VALUE_BYTES + value.length : HASH_BYTES + value.sizeBytes)

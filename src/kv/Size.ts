/**
 * How much memory what the store holds takes, about. It is a function of what is held and of
 * nothing else, so that all replicas count the same. What the constants stand for was measured, a
 * million keys at once (docs/adr/0012-memory.md).
 */
import type { Key } from "./Key.js"
import type { Stored } from "./Store.js"

/** For a key, besides the bytes of its name and its value. */
export const ENTRY_BYTES = 160

/** For bytes in memory of their own, besides these. */
export const BUFFER_BYTES = 200

/** Of so many bytes or fewer, the engine keeps an array in its heap. */
const SMALL_LIMIT_BYTES = 64

/** For such an array, besides its bytes. */
export const SMALL_BYTES = 80

/** For a hash, besides its fields. */
export const HASH_BYTES = 250

/** For a field, besides the bytes of its name and its value. */
export const FIELD_BYTES = 60

/** For the time at which a key is to go. */
export const DUE_BYTES = 80

export const ofBytes = ({ length }: Uint8Array): number =>
  length + (length > SMALL_LIMIT_BYTES ? BUFFER_BYTES : SMALL_BYTES)

export const ofField = (field: string, value: Uint8Array): number =>
  FIELD_BYTES + field.length + ofBytes(value)

export const ofEntry = (key: Key, { due, value }: Pick<Stored, "due" | "value">): number =>
  ENTRY_BYTES + key.length + (due === undefined ? 0 : DUE_BYTES) +
  (value instanceof Uint8Array ? ofBytes(value) : HASH_BYTES + value.sizeBytes)

/**
 * How much memory what the store holds takes, about. It is a function of what is held and of
 * nothing else, so that all replicas count the same. The constants are what `npm run bench:size`
 * finds the engine to need; the memory of the process is more (docs/operations.md, "Memory").
 */
import type { Due } from "./Dues.js"
import type { Key } from "./Key.js"
import { LoadedString } from "./LoadedString.js"
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

const ofKey = (key: Key, due: Due | undefined): number =>
  ENTRY_BYTES + key.length + (due === undefined ? 0 : DUE_BYTES)

export const ofEntry = (key: Key, stored: Pick<Stored, "due" | "value">): number => {
  if (stored instanceof LoadedString) return ofString(key, stored.lengthBytes, stored.due)
  const { due, value } = stored
  return value instanceof Uint8Array
    ? ofString(key, value.length, due)
    : ofKey(key, due) + HASH_BYTES + value.sizeBytes
}

/** A key whose value is so many bytes. */
const ofString = (key: Key, lengthBytes: number, due: Due | undefined): number =>
  ofKey(key, due) + VALUE_BYTES + lengthBytes

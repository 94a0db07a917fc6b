/**
 * A key: any byte string, held as a string of one character for each byte. A Map needs a value it
 * can compare, and the engine hashes a one-byte string once and remembers it; a byte array it would
 * compare by identity. The brand keeps out strings that were never bytes, such as "ключ".
 */
import * as Latin1 from "./Latin1.js"

export type Key = string & { readonly Key: unique symbol }

/** The longest key that may be written. Checked where commands are made, never where they apply. */
export const LIMIT_BYTES = 64 * 1024

export const fromBytes = (bytes: Uint8Array): Key => slice(bytes, 0, bytes.length)

/** The key in `bytes` from `from` up to but not including `to`. */
export const slice = (bytes: Uint8Array, from: number, to: number): Key =>
  Latin1.decode(bytes, from, to) as Key

export const toBytes = (key: Key): Uint8Array => Latin1.encode(key)

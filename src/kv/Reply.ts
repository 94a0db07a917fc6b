/**
 * Where a command puts what it replies, in the terms of RESP3. A connection writes it down in its
 * own version of the protocol; the log's commands are answered in bytes of their own (Answer.ts).
 */
import type { Integer } from "./Integer.js"

export interface Reply {
  /** A status, such as "OK". */
  readonly simple: (text: string) => void
  /** `text` begins with a code word, such as "ERR". */
  readonly error: (text: string) => void
  readonly integer: (value: Integer) => void
  readonly bulk: (value: Uint8Array) => void
  /** A bulk of one byte for each character. */
  readonly text: (value: string) => void
  /** A number with a fraction, written in decimal. */
  readonly double: (text: string) => void
  readonly nil: () => void
  /** Version 2 of the protocol has a nil of its own where an array is expected. */
  readonly nilArray: () => void
  /** The next `count` replies are its items. */
  readonly array: (count: number) => void
  /** The next `count` replies are its members. */
  readonly set: (count: number) => void
  /** The next 2 × `count` replies are its keys and values by turns. */
  readonly map: (count: number) => void
  /** The next 2 × `count` replies are pairs, each begun by `pair`; a flat array in version 2. */
  readonly pairs: (count: number) => void
  readonly pair: () => void
}

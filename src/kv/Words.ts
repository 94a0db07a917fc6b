/**
 * Whole numbers in as many bytes whatever they are, the least significant first, where they stand
 * among other bytes. By hand, because a DataView for each key of a snapshot would cost more than
 * reading it.
 */

/** Of a number from 0 to 2^32 - 1. */
export const WORD_BYTES = 4

/** Of a safe integer from 0 on. */
export const INTEGER_BYTES = 8

const HIGH_WORD = 0x1_0000_0000

export const writeWord = (value: number, target: Uint8Array, at: number): void => {
  target[at] = value
  target[at + 1] = value >>> 8
  target[at + 2] = value >>> 16
  target[at + 3] = value >>> 24
}

export const readWord = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24) >>> 0

export const writeInteger = (value: number, target: Uint8Array, at: number): void => {
  writeWord(value % HIGH_WORD, target, at)
  writeWord(Math.floor(value / HIGH_WORD), target, at + WORD_BYTES)
}

export const readInteger = (bytes: Uint8Array, at: number): number =>
  readWord(bytes, at) + HIGH_WORD * readWord(bytes, at + WORD_BYTES)

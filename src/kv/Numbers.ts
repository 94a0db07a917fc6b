/**
 * Whole numbers in as few bytes as they need, seven bits in each, the least significant first:
 * lengths and counts in commands and answers. A number has one encoding.
 */

/** Where reading has come to. */
export interface Cursor {
  readonly bytes: Uint8Array
  at: number
}

/** How many bytes `value`, a safe integer from 0 on, takes. */
export const sizeOf = (value: number): number => {
  let size = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++
  return size
}

/** Returns where it ends. The caller has made room. */
export const write = (value: number, target: Uint8Array, at: number): number => {
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) target[at++] = 0x80 + rest % 0x80
  target[at++] = rest
  return at
}

/** Undefined when it does not end, is beyond the safe integers or has a shorter encoding. */
export const read = (cursor: Cursor): number | undefined => {
  let value = 0
  for (let unit = 1; unit <= Number.MAX_SAFE_INTEGER; unit *= 0x80) {
    const byte = cursor.bytes[cursor.at++]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * unit
    if (byte < 0x80) {
      return (byte === 0 && unit > 1) || !Number.isSafeInteger(value) ? undefined : value
    }
  }
  return undefined
}

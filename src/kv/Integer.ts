/**
 * The integers that values may hold: 64 bits with a sign, written in decimal, exactly as Redis
 * reads and writes them. A number while it is a safe one, a bigint only beyond, so that a counter
 * costs no bigint arithmetic; every integer has one form.
 */
import * as Latin1 from "./Latin1.js"

export type Integer = number | bigint

const MIN = -(2n ** 63n)
const MAX = 2n ** 63n - 1n

/** "-9223372036854775808" */
const LIMIT_CHARACTERS = 20

/** Up to this many digits are exact in a number, and so is the sum of two. */
const SAFE_DIGITS = 15

const normal = (value: bigint): Integer | undefined => {
  if (value < MIN || value > MAX) return undefined
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/**
 * Reads all of `bytes` from `from` up to but not including `to`; nothing but an optional minus and
 * digits without a leading zero is an integer (Redis's string2ll), and nothing beyond 64 bits.
 */
export const parse = (
  bytes: Uint8Array,
  from = 0,
  to = bytes.length
): Integer | undefined => {
  const length = to - from
  if (length <= 0 || length > LIMIT_CHARACTERS) return undefined
  const negative = bytes[from] === 0x2d
  const start = negative ? from + 1 : from
  if (start === to) return undefined
  if (bytes[start] === 0x30) return length === 1 ? 0 : undefined
  let value = 0
  for (let at = start; at < to; at++) {
    const digit = bytes[at]! - 0x30
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  if (to - start <= SAFE_DIGITS) return negative ? -value : value
  return normal(BigInt(Latin1.decode(bytes, from, to)))
}

/** Undefined when the sum does not fit into 64 bits. */
export const add = (self: Integer, that: Integer): Integer | undefined => {
  if (typeof self === "number" && typeof that === "number") {
    const sum = self + that
    if (Number.isSafeInteger(sum)) return sum
  }
  return normal(BigInt(self) + BigInt(that))
}

/** Undefined for the smallest integer, whose opposite does not fit into 64 bits. */
export const negate = (self: Integer): Integer | undefined =>
  self === 0 ? 0 : typeof self === "number" ? -self : normal(-self)

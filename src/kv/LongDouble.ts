/**
 * Numbers with a fraction as Redis adds them: in the 80-bit format of x86 processors, with 64
 * significant bits, and written with at most 17 digits after the point. In JavaScript's 53 bits the
 * sums would differ from Redis's in digits that it shows. Exact: all of it is done in integers.
 */
import * as Latin1 from "./Latin1.js"

/** `significand` × 2^`exponent`. Zero has exponent 0, and what is infinite has `Infinity`. */
export interface LongDouble {
  readonly significand: bigint
  readonly exponent: number
}

const SIGNIFICANT_BITS = 64

/** Beyond this a value is infinite: 2^16384. */
const EXPONENT_LIMIT = 16_384

/** Digits after the point (Redis's `LD_STR_HUMAN`). */
const FRACTION_DIGITS = 17

/** Longer ones are no numbers (Redis's `MAX_LONG_DOUBLE_CHARS`, with the zero at the end). */
const TEXT_LIMIT = 5 * 1024 - 1

/** A decimal exponent beyond it is infinite or zero in this format, whatever the digits say. */
const DECIMAL_LIMIT = 6_000

export const zero: LongDouble = { significand: 0n, exponent: 0 }

const bitsOf = (value: bigint): number => value.toString(2).length

const absolute = (value: bigint): bigint => value < 0n ? -value : value

/** numerator / denominator, to the nearest whole number, and to the even one of two as near. */
const divide = (numerator: bigint, denominator: bigint): bigint => {
  const quotient = numerator / denominator
  const twice = 2n * (numerator % denominator)
  const isUp = twice > denominator || (twice === denominator && quotient % 2n === 1n)
  return isUp ? quotient + 1n : quotient
}

/** numerator / denominator × 2^exponent in the format; both positive or the first 0. */
const round = (
  isNegative: boolean,
  numerator: bigint,
  denominator: bigint,
  exponent: number
): LongDouble => {
  if (numerator === 0n) return zero
  // So that the quotient has 64 or 65 bits; one too many is rounded away below.
  const shift = SIGNIFICANT_BITS + 1 + bitsOf(denominator) - bitsOf(numerator)
  const scaled = shift > 0 ? numerator << BigInt(shift) : numerator
  const below = shift < 0 ? denominator << BigInt(-shift) : denominator
  const surplus = bitsOf(scaled / below) - SIGNIFICANT_BITS
  const significand = divide(scaled, surplus > 0 ? below << BigInt(surplus) : below)
  return {
    significand: isNegative ? -significand : significand,
    exponent: exponent - shift + Math.max(0, surplus)
  }
}

const INFINITE = /^([+-]?)inf(?:inity)?$/i

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/

const HEXADECIMAL = /^([+-]?)0x([\da-f]*)(?:\.([\da-f]*))?(?:p([+-]?\d+))?$/i

const BITS_OF_DIGIT = 4

const parseHexadecimal = (text: string): LongDouble | undefined => {
  const [, sign, whole = "", fraction = "", exponentText = "0"] = HEXADECIMAL.exec(text) ?? []
  if (sign === undefined || whole + fraction === "" || text.length > TEXT_LIMIT) return undefined
  const exponent = Number(exponentText) - BITS_OF_DIGIT * fraction.length
  const value = round(sign === "-", BigInt(`0x${whole}${fraction}`), 1n, exponent)
  return isFinite(value) ? value : undefined
}

/** Undefined for what is no number (C's `strtold`), and for one that the format cannot hold. */
export const parse = (text: string): LongDouble | undefined => {
  const infinite = INFINITE.exec(text)
  if (infinite !== null) return { significand: infinite[1] === "-" ? -1n : 1n, exponent: Infinity }
  const [, sign, whole = "", fraction = "", exponentText = "0"] = DECIMAL.exec(text) ?? []
  if (sign === undefined) return parseHexadecimal(text)
  if (whole + fraction === "" || text.length > TEXT_LIMIT) return undefined
  const digits = BigInt(whole + fraction)
  const exponent = Number(exponentText) - fraction.length
  if (digits === 0n || exponent < -DECIMAL_LIMIT) return zero
  if (exponent > DECIMAL_LIMIT) return undefined
  const value = exponent >= 0
    ? round(sign === "-", digits * 10n ** BigInt(exponent), 1n, 0)
    : round(sign === "-", digits, 10n ** BigInt(-exponent), 0)
  return isFinite(value) ? value : undefined
}

/** The number that these bytes say in a text. */
export const fromBytes = (bytes: Uint8Array): LongDouble | undefined =>
  parse(Latin1.decode(bytes, 0, bytes.length))

export const isInfinite = ({ exponent }: LongDouble): boolean => exponent === Infinity

const isFinite = ({ exponent, significand }: LongDouble): boolean =>
  bitsOf(absolute(significand)) + exponent <= EXPONENT_LIMIT

/** Undefined if the sum is infinite. */
export const add = (self: LongDouble, that: LongDouble): LongDouble | undefined => {
  if (isInfinite(self) || isInfinite(that)) return undefined
  const exponent = Math.min(self.exponent, that.exponent)
  const sum = (self.significand << BigInt(self.exponent - exponent)) +
    (that.significand << BigInt(that.exponent - exponent))
  const value = round(sum < 0n, absolute(sum), 1n, exponent)
  return isFinite(value) ? value : undefined
}

/** In decimal, without an exponent and without zeros at the end. */
export const format = ({ exponent, significand }: LongDouble): string => {
  const scaled = absolute(significand) * 10n ** BigInt(FRACTION_DIGITS)
  const rounded = exponent >= 0
    ? scaled << BigInt(exponent)
    : divide(scaled, 1n << BigInt(-exponent))
  const digits = String(rounded).padStart(FRACTION_DIGITS + 1, "0")
  const whole = digits.slice(0, -FRACTION_DIGITS)
  const fraction = digits.slice(-FRACTION_DIGITS).replace(/0+$/, "")
  const text = fraction === "" ? whole : `${whole}.${fraction}`
  return significand < 0n && text !== "0" ? `-${text}` : text
}

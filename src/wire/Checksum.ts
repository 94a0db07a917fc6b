/**
 * The CRC-32 of bytes that follow each other, from that of each: whoever knows these need not look
 * at the bytes again. It is the remainder of a polynomial over GF(2), in which every byte that
 * follows multiplies what stands before it by x^8 (`crc32_combine` of zlib, which Node does not
 * hand on).
 */

/** Polynomials are words with the coefficient of x^0 in the highest bit. */
const ONE = 0x8000_0000

/** What remainders are of, without its x^32. */
const GENERATOR = 0xedb8_8320

const WORD_BITS = 32

const multiply = (one: number, other: number): number => {
  let product = 0
  let multiple = other
  for (let power = ONE; power !== 0; power >>>= 1) {
    if ((one & power) !== 0) product ^= multiple
    multiple = (multiple & 1) === 0 ? multiple >>> 1 : (multiple >>> 1) ^ GENERATOR
  }
  return product
}

/** What 2^n bytes multiply by, for each n. */
const factors: Array<number> = [ONE >>> 8]
for (let n = 1; n < WORD_BITS; n++) factors.push(multiply(factors[n - 1]!, factors[n - 1]!))

/** Of bytes whose checksum is `one`, and `lengthBytes` after them, below 2^32, whose is `other`. */
export const combine = (one: number, other: number, lengthBytes: number): number => {
  let moved = one
  for (let n = 0, rest = lengthBytes; rest !== 0; n++, rest >>>= 1) {
    if ((rest & 1) !== 0) moved = multiply(factors[n]!, moved)
  }
  return (moved ^ other) >>> 0
}

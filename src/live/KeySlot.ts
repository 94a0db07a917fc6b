/**
 * The slot that a Redis cluster gives a key: CRC-16 (XMODEM) of it, or of its hash tag, the part
 * between the first "{" and the next "}" if there is one and it is not empty. Here one group of
 * nodes has all slots, so this is for clients that ask.
 */
export const SLOTS = 16_384

const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d

const POLYNOMIAL = 0x1021

/** What a byte in the upper half does to the checksum. */
const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 8
  for (let bit = 0; bit < 8; bit++) {
    value = (value & 0x8000) === 0 ? value << 1 : (value << 1) ^ POLYNOMIAL
  }
  return value
})

export const of = (key: Uint8Array): number => {
  const opening = key.indexOf(OPENING_BRACE)
  const closing = opening < 0 ? -1 : key.indexOf(CLOSING_BRACE, opening)
  const isTagged = closing > opening + 1
  const end = isTagged ? closing : key.length
  let checksum = 0
  for (let at = isTagged ? opening + 1 : 0; at < end; at++) {
    checksum = ((checksum << 8) & 0xffff) ^ TABLE[(checksum >> 8) ^ key[at]!]!
  }
  return checksum % SLOTS
}

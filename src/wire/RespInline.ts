/**
 * A request typed by hand: words on one line, in quotes where they hold spaces. Splits as Redis
 * does (sdssplitargs): in double quotes \n, \r, \t, \b, \a and \xFF are bytes, in single quotes
 * only \' is special, and a closing quote ends its word.
 */

/** The words of a line, or undefined when its quotes are unbalanced. */
export const split = (line: Uint8Array): Array<Uint8Array> | undefined => {
  const words: Array<Uint8Array> = []
  let at = 0
  for (;;) {
    while (isSpace(line[at])) at++
    if (at >= line.length) return words
    const word: Array<number> = []
    at = readWord(line, at, word)
    if (at < 0) return undefined
    words.push(Uint8Array.from(word))
  }
}

const DOUBLE_QUOTE = 0x22
const SINGLE_QUOTE = 0x27
const BACKSLASH = 0x5c

/** Appends the word at `from` to `word` and returns where it ends, or -1. */
const readWord = (line: Uint8Array, from: number, word: Array<number>): number => {
  let quote = 0
  for (let at = from; at < line.length; at++) {
    const byte = line[at]!
    if (quote === 0) {
      if (endsWord(byte)) return at
      if (byte === DOUBLE_QUOTE || byte === SINGLE_QUOTE) quote = byte
      else word.push(byte)
    } else if (byte === quote) {
      return at + 1 === line.length || isSpace(line[at + 1]) ? at + 1 : -1
    } else if (byte === BACKSLASH && quote === DOUBLE_QUOTE && at + 1 < line.length) {
      at = readEscape(line, at + 1, word)
    } else if (byte === BACKSLASH && line[at + 1] === SINGLE_QUOTE) {
      word.push(SINGLE_QUOTE)
      at++
    } else {
      word.push(byte)
    }
  }
  return quote === 0 ? line.length : -1
}

/**
 * Appends what the escape at `at`, after its backslash, stands for; returns its last byte's place.
 */
const readEscape = (line: Uint8Array, at: number, word: Array<number>): number => {
  const byte = line[at]!
  if (byte === 0x78) {
    const high = hexDigit(line[at + 1])
    const low = hexDigit(line[at + 2])
    if (high >= 0 && low >= 0) {
      word.push(high * 16 + low)
      return at + 2
    }
  }
  word.push(ESCAPES.get(byte) ?? byte)
  return at
}

/** n, r, t, b, a */
const ESCAPES: ReadonlyMap<number, number> = new Map([
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
  [0x62, 0x08],
  [0x61, 0x07]
])

const hexDigit = (byte = 0): number => {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** Space, and tab to carriage return. */
const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d)

/** Of the blanks between words, Redis ends an unquoted word only at these. */
const endsWord = (byte: number): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

/**
 * What may arrive on a Redis port, by chance: requests as clients write them, and then whatever a
 * broken client, a bad line or an enemy makes of their bytes. All of it follows from the dice.
 */
import * as Latin1 from "../../src/kv/Latin1.js"
import type { Dice } from "../raft/Dice.js"

const REQUESTS_LIMIT = 4
const ARGUMENTS_LIMIT = 5
const ARGUMENT_LIMIT_BYTES = 12
const MUTATIONS_LIMIT = 4

/** One stream of so many is long, so that lines and values meet the limits of memory. */
const LONG_ONE_IN = 500
const LONG_BYTES = 70_000

/** What the protocol is made of, and what may be taken for it. */
const tokens = [
  ..."\r \n \r\n * $ - + 0 1 9 \" ' \\ \\x4 \u0000 \u00ff".split(" "),
  " ",
  "\r\n\r\n",
  "*0\r\n",
  "*-1\r\n",
  "*1\r\n",
  "*3\r\n",
  "$-1\r\n",
  "$0\r\n\r\n",
  "$3\r\n"
].map(Latin1.encode)

/** Before what will never arrive, or must never be kept. */
export const openings = [
  "*1048576\r\n",
  "*1048577\r\n",
  "*9223372036854775807\r\n",
  "*9223372036854775808\r\n",
  "*1\r\n$8388608\r\n",
  "*1\r\n$8388609\r\n",
  "*2\r\n$16777216\r\n",
  "*1\r\n$536870912\r\n",
  "*1\r\n$536870913\r\n",
  "*1\r\n$99999999999999999999\r\n"
]

const lengths = openings.map(Latin1.encode)

const bytesOf = (dice: Dice, limit: number): Uint8Array =>
  Uint8Array.from({ length: dice.below(limit + 1) }, () => dice.below(256))

const argument = (dice: Dice): Uint8Array =>
  dice.chance(0.3)
    ? dice.pick(tokens)
    : bytesOf(dice, ARGUMENT_LIMIT_BYTES)

const array = (dice: Dice): ReadonlyArray<Uint8Array> => {
  const words = Array.from({ length: dice.between(1, ARGUMENTS_LIMIT) }, () => argument(dice))
  return [
    Latin1.encode(`*${words.length}\r\n`),
    ...words.flatMap((word) => [Latin1.encode(`$${word.length}\r\n`), word, Latin1.encode("\r\n")])
  ]
}

const lines = ["PING\r\n", "set \"a b\" 'c\"d' e\n", "\r\n", "ECHO \"\\x41\\n\"\r\n"].map(
  Latin1.encode
)

export const concat = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const mutate = (dice: Dice, bytes: Uint8Array): Uint8Array => {
  const from = dice.below(bytes.length + 1)
  const to = Math.min(bytes.length, from + dice.below(9))
  const [before, some, after] = [
    bytes.subarray(0, from),
    bytes.subarray(from, to),
    bytes.subarray(to)
  ]
  switch (dice.weighted({ flip: 4, insert: 4, remove: 2, repeat: 2, cut: 1, length: 1 })) {
    case "flip":
      return concat([before, some.map((byte) => byte ^ (1 << dice.below(8))), after])
    case "insert":
      return concat([before, dice.pick(tokens), bytes.subarray(from)])
    case "remove":
      return concat([before, after])
    case "repeat":
      return concat([before, some, some, after])
    case "cut":
      return before
    case "length":
      return concat([before, dice.pick(lengths), bytes.subarray(from)])
  }
}

export const draw = (dice: Dice): Uint8Array => {
  const requests = Array.from(
    { length: dice.between(1, REQUESTS_LIMIT) },
    () => dice.chance(0.25) ? [dice.pick(lines)] : array(dice)
  )
  let bytes = concat(requests.flat())
  for (let left = dice.below(MUTATIONS_LIMIT + 1); left > 0; left--) bytes = mutate(dice, bytes)
  if (dice.below(LONG_ONE_IN) > 0) return bytes
  const at = dice.below(bytes.length + 1)
  const long = new Uint8Array(LONG_BYTES).fill(dice.pick(tokens)[0]!)
  return concat([bytes.subarray(0, at), long, bytes.subarray(at)])
}

/** The same bytes in pieces, some of them without any: views, as a socket gives them. */
export const split = (dice: Dice, bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
  const pieceLimit = dice.pick([1, 3, 10, 100, bytes.length])
  const smallest = Math.max(1, bytes.length >> 10)
  const pieces: Array<Uint8Array> = []
  for (let at = 0; at < bytes.length;) {
    const length = smallest - 1 + dice.below(pieceLimit + 2)
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return pieces
}

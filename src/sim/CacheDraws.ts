/**
 * What the requests of simulated clients are made of (CacheRequests.ts): few keys of each kind,
 * fields, values and times, each drawn, the plainest for 0.
 */
import * as Command from "../kv/Command.js"
import * as Latin1 from "../kv/Latin1.js"
import type { Draw, Request } from "./Application.js"

/** The request numbered `id`. */
export type Make = (id: number, draw: Draw) => Request

type Word = string | Uint8Array

const bytesOf = (words: ReadonlyArray<Word>): Uint8Array =>
  Command.encodeCall(Command.words(...words))

export const write = (...words: ReadonlyArray<Word>): Request => ({
  kind: "write",
  bytes: bytesOf(words)
})

export const query = (...words: ReadonlyArray<string>): Request => ({
  kind: "read",
  bytes: bytesOf(words)
})

/** Each as often as its weight says, first what 0 draws: the plainest. */
export const weighted = <A>(...choices: ReadonlyArray<readonly [weight: number, choice: A]>) => {
  const flat = choices.flatMap(([weight, choice]) => Array.from({ length: weight }, () => choice))
  return (draw: Draw): A => flat[draw(flat.length)]!
}

const drawHotKey = weighted([8, "k1"], [3, "k2"], [2, "k3"], [1, "k4"], [1, "k5"])

const COLD_KEYS = 40

export const coldKey = (draw: Draw): string => `cold${1 + draw(COLD_KEYS)}`

export const textKey = (draw: Draw): string => draw(8) === 7 ? coldKey(draw) : drawHotKey(draw)

const COUNTERS = 3

export const counterKey = (draw: Draw): string => `c${1 + draw(COUNTERS)}`

const HASHES = 2

export const hashKey = (draw: Draw): string => `h${1 + draw(HASHES)}`

export const anyKey = (draw: Draw): string => {
  const kind = draw(6)
  if (kind === 4) return counterKey(draw)
  return kind === 5 ? hashKey(draw) : textKey(draw)
}

/** From one to three. */
export const someKeys = (draw: Draw): ReadonlyArray<string> =>
  Array.from({ length: 1 + draw(3) }, () => anyKey(draw))

const FIELDS = 3

export const someField = (draw: Draw): string => `f${1 + draw(FIELDS)}`

/** Milliseconds: from less than an election takes to more than the life of a seed. */
export const drawTtl = weighted([4, 50], [4, 300], [3, 2_000], [1, 10_000_000])

/** How many bytes a value has at least, and how many more it may have. */
const drawSize = weighted([52, [0, 1]], [8, [100, 900]], [4, [2_000, 3_001]])

/** What fills it up, and what ends it: zeros at the end are what a torn write leaves, too. */
const drawFilling = weighted([1, [0x2e, 0x2e]], [1, [0, 0]], [1, [0, 0x2e]])

/** Begins with `name`, which no other value of the run does. */
export const valueOf = (name: string, draw: Draw): Uint8Array => {
  const [least, spread] = drawSize(draw) as [number, number]
  if (least === 0) return Latin1.encode(name)
  const value = new Uint8Array(least + draw(spread!))
  const [filling, end] = drawFilling(draw) as [number, number]
  value.fill(filling)
  value[value.length - 1] = end
  Latin1.write(`${name} `, value, 0)
  return value
}

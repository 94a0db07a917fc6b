/**
 * Every choice of a run, in order, in a compact form: a byte for the stream and the number chosen,
 * in base 128. It is what makes a failure repeatable whatever else changes, what the shrinker edits
 * and what a replay file holds.
 */
import * as Latin1 from "../kv/Latin1.js"

/**
 * What a choice is about. Replays keep one queue for each, so that a message more or less does not
 * change what the disks do.
 */
export const streams = ["event", "fiber", "network", "disk", "process", "clock"] as const

export type Stream = (typeof streams)[number]

export interface DecisionLog {
  bytes: Uint8Array
  /** How many of `bytes` are written. */
  sizeBytes: number
  /** How many choices there are. */
  count: number
}

export interface Decision {
  readonly stream: Stream
  readonly index: number
}

const FIRST_CAPACITY_BYTES = 1_024
/** A choice is at most a stream and five groups of seven bits. */
const DECISION_BYTES_MAX = 6

export const make = (): DecisionLog => ({
  bytes: new Uint8Array(FIRST_CAPACITY_BYTES),
  sizeBytes: 0,
  count: 0
})

const numberOf = Object.fromEntries(streams.map((stream, at) => [stream, at])) as Readonly<
  Record<Stream, number>
>

export const add = (self: DecisionLog, stream: Stream, index: number): void => {
  if (self.sizeBytes + DECISION_BYTES_MAX > self.bytes.length) {
    const larger = new Uint8Array(2 * self.bytes.length)
    larger.set(self.bytes)
    self.bytes = larger
  }
  self.bytes[self.sizeBytes++] = numberOf[stream]
  let rest = index
  for (; rest >= 0x80; rest >>>= 7) self.bytes[self.sizeBytes++] = 0x80 | (rest & 0x7f)
  self.bytes[self.sizeBytes++] = rest
  self.count += 1
}

export const decisions = (self: DecisionLog): ReadonlyArray<Decision> => {
  const all: Array<Decision> = []
  let at = 0
  while (at < self.sizeBytes) {
    const stream = streams[self.bytes[at++]! % streams.length]!
    let index = 0
    for (let shift = 0; at < self.sizeBytes; shift += 7) {
      const byte = self.bytes[at++]!
      index = (index | ((byte & 0x7f) << shift)) >>> 0
      if (byte < 0x80) break
    }
    all.push({ stream, index })
  }
  return all
}

export const fromDecisions = (all: Iterable<Decision>): DecisionLog => {
  const log = make()
  for (const { index, stream } of all) add(log, stream, index)
  return log
}

export const picksOf = (self: DecisionLog, stream: Stream): ReadonlyArray<number> =>
  decisions(self).filter((decision) => decision.stream === stream).map(({ index }) => index)

/** Base 64, without what the last choices add if they are 0: a replay supplies zeros itself. */
export const toText = (self: DecisionLog): string => {
  const all = [...decisions(self)]
  while (all.at(-1)?.index === 0) all.pop()
  const { bytes, sizeBytes } = fromDecisions(all)
  return btoa(Latin1.decode(bytes, 0, sizeBytes))
}

/** Total: any text that is base 64 reads as some log. Undefined for one that is not. */
export const fromText = (text: string): DecisionLog | undefined => {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  return fromDecisions(decisions({ bytes, sizeBytes: bytes.length, count: 0 }))
}

/**
 * What many seeds add up to. It does not depend on the order in which they came in, and so not on
 * how many threads there were.
 */
import { createHash } from "node:crypto"
import type { Summary } from "./SimSeed.js"

export interface Tally {
  seeds: number
  failed: number
  events: number
  simulatedMicros: number
  ackedWrites: number
  readonly marks: Map<string, number>
  /** By seed. */
  readonly hashes: Map<number, string>
  /** That with the smallest seed. */
  firstFailure: Summary | undefined
}

export const make = (): Tally => ({
  seeds: 0,
  failed: 0,
  events: 0,
  simulatedMicros: 0,
  ackedWrites: 0,
  marks: new Map(),
  hashes: new Map(),
  firstFailure: undefined
})

export const add = (self: Tally, summary: Summary): void => {
  self.seeds += 1
  self.events += summary.events
  self.simulatedMicros += summary.simulatedMicros
  self.ackedWrites += summary.ackedWrites
  for (const [mark, count] of Object.entries(summary.marks)) {
    self.marks.set(mark, (self.marks.get(mark) ?? 0) + count)
  }
  self.hashes.set(summary.seed, summary.traceHash)
  if (summary.violation === undefined) return
  self.failed += 1
  if (summary.seed < (self.firstFailure?.seed ?? Infinity)) self.firstFailure = summary
}

const HASH_DIGITS = 16

/** Of one seed its own; of many the hash of their hashes in the order of the seeds. */
export const traceHash = ({ hashes }: Tally): string => {
  const [only] = hashes.values()
  if (hashes.size === 1 && only !== undefined) return only
  const digest = createHash("sha256")
  for (const seed of [...hashes.keys()].sort((a, b) => a - b)) digest.update(hashes.get(seed)!)
  return digest.digest("hex").slice(0, HASH_DIGITS)
}

/** In the order of their names. */
export const marks = (self: Tally): ReadonlyArray<readonly [mark: string, count: number]> =>
  [...self.marks].filter(([, count]) => count > 0).sort(([a], [b]) => a < b ? -1 : 1)

export const missing = (self: Tally, required: ReadonlyArray<string>): ReadonlyArray<string> =>
  required.filter((mark) => (self.marks.get(mark) ?? 0) === 0)

/** The last line of `--json`. */
export const toJson = (self: Tally, wallMillis: number): string =>
  JSON.stringify({
    seeds: self.seeds,
    failed: self.failed,
    events: self.events,
    simulatedMs: Math.floor(self.simulatedMicros / 1_000),
    wallMs: Math.floor(wallMillis),
    ackedWrites: self.ackedWrites,
    marks: Object.fromEntries(marks(self)),
    traceHash: traceHash(self)
  })

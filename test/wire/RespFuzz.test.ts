/**
 * Whatever bytes arrive, in whatever pieces: they are requests, refused or broken, never a throw,
 * and never more of them in memory than the limits say. RAFTCACHE_FUZZ_STREAMS says how many
 * streams are tried, RAFTCACHE_FUZZ_SEED where to begin.
 */
import { describe, it } from "@effect/vitest"
import { setImmediate } from "node:timers/promises"
import * as Latin1 from "../../src/kv/Latin1.js"
import * as Ddmin from "../../src/sim/Ddmin.js"
import * as Resp from "../../src/wire/Resp.js"
import { Dice } from "../raft/Dice.js"
import { insist } from "../raft/Insist.js"
import * as RespStreams from "./RespStreams.js"

const STREAMS = Number(process.env["RAFTCACHE_FUZZ_STREAMS"] ?? 100_000)
const FIRST_SEED = Number(process.env["RAFTCACHE_FUZZ_SEED"] ?? 1)

const PIECE_BYTES = 64 * 1024

const textOf = (words: ReadonlyArray<Uint8Array>): string =>
  JSON.stringify(words.map((word) => Latin1.decode(word, 0, word.length)))

/** Tells which request was what, and what became of the rest. */
const read = (pieces: ReadonlyArray<Uint8Array>): string => {
  const parser = new Resp.Parser()
  const found: Array<string | ReadonlyArray<Uint8Array>> = []
  let pushedBytes = 0
  for (const piece of pieces) {
    parser.push(piece)
    pushedBytes += piece.length
    let progress = parser.next()
    while (progress === "Request" || progress === "Refused") {
      found.push(progress === "Request" ? parser.request : `refused: ${parser.message}`)
      insist(found.length <= pushedBytes, "a byte at least for each request")
      progress = parser.next()
    }
    if (progress === "Broken") {
      insist(parser.bufferedBytes === 0, "nothing is kept of what is broken")
      found.push(`broken: ${parser.message}`)
      break
    }
    insist(parser.bufferedBytes <= pushedBytes, "nothing is kept twice")
  }
  // Only now: what came later must not have changed them.
  return found.map((each) => typeof each === "string" ? each : textOf(each)).join("\n")
}

const check = (seed: number): void => {
  const dice = new Dice(seed)
  const stream = RespStreams.draw(dice)
  const pieces = RespStreams.split(dice, stream)
  const differs = (pieces: ReadonlyArray<Uint8Array>) =>
    read(pieces) !== read([RespStreams.concat(pieces)])
  if (!differs(pieces)) return
  const least = Ddmin.ddmin(pieces, Infinity, differs)
  const [apart, whole] = [read(least), read([RespStreams.concat(least)])]
  throw new Error(`the pieces ${textOf(least)} are ${apart}, and together ${whole}`)
}

/** `more` again and again, until it must have been refused, and beyond. */
const flood = (opening: string, more: string): void => {
  const piece = Latin1.encode(more.repeat(PIECE_BYTES / more.length))
  const parser = new Resp.Parser()
  parser.push(Latin1.encode(opening))
  for (let bytes = 0; bytes <= Resp.REQUEST_LIMIT_BYTES + PIECE_BYTES; bytes += piece.length) {
    let progress = parser.next()
    while (progress === "Request" || progress === "Refused") progress = parser.next()
    if (progress === "Broken") return
    const isWithin = parser.bufferedBytes <= Resp.REQUEST_LIMIT_BYTES + PIECE_BYTES
    insist(isWithin, "no more is kept than one request may have", opening, more)
    parser.push(piece)
  }
}

/** After so many, the runner may hear how it goes. */
const BATCH_STREAMS = 1_000

describe("any bytes at all", () => {
  it("are read without a throw, and the same in whatever pieces", { timeout: 1e9 }, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + STREAMS; seed++) {
      if (seed % BATCH_STREAMS === 0) await setImmediate()
      try {
        check(seed)
      } catch (cause) {
        const repeat = `RAFTCACHE_FUZZ_SEED=${seed} RAFTCACHE_FUZZ_STREAMS=1`
        throw new Error(`${repeat} repeats it: ${cause}`, { cause })
      }
    }
  })

  it("cost no more memory than one request may, whatever is announced and never ends", () => {
    for (const opening of RespStreams.openings) {
      for (const more of ["1", "\r", `$1000\r\n${"1".repeat(1000)}\r\n`]) flood(opening, more)
    }
  })
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import { crc32 } from "node:zlib"
import * as LogSurvey from "../../src/node/LogSurvey.js"
import * as Configurations from "../../src/raft/Configuration.js"
import * as MemoryDisk from "../../src/sim/MemoryDisk.js"
import { calls, recover, refusal, segments, state, written } from "./LogOnMemory.js"
import * as StorageContract from "./StorageContract.js"

const survey = (disk: MemoryDisk.MemoryDisk, visit: LogSurvey.Visit = () => {}) =>
  Effect.runSync(
    Effect.either(Effect.provide(LogSurvey.make(visit), MemoryDisk.layer(disk)))
  )

const surveyed = (disk: MemoryDisk.MemoryDisk) => Either.getOrThrow(survey(disk))

/** Why there is no survey. */
const why = (disk: MemoryDisk.MemoryDisk): string => {
  const error = Either.getOrThrow(Either.flip(survey(disk)))
  return error._tag === "StorageError" ? error.message : error.reason
}

/** Everything that is on it. */
const contents = (disk: MemoryDisk.MemoryDisk) =>
  MemoryDisk.fileNames(disk).map((file) => [file, MemoryDisk.contents(disk, file)])

describe("a survey of a data folder", () => {
  it.each([
    ["one segment", 10_000],
    ["several segments", 150]
  ])("tells what recovery would recover, and changes nothing: %s", (_, segmentLimitBytes) => {
    const disk = written(calls, { segmentLimitBytes })
    const before = contents(disk)
    const { folder, outcome, segments: found } = surveyed(disk)
    assert.deepStrictEqual(contents(disk), before)
    const sound = Either.getOrThrow(outcome)
    const { entries, hardState } = state(disk)
    const { index, term } = entries.at(-1)!
    assert.deepStrictEqual(sound, {
      configuration: Configurations.bootstrap(["n1", "n2", "n3"], StorageContract.options.members),
      hardState,
      snapshot: undefined,
      baseIndex: 0,
      lastEntry: { index, term },
      torn: undefined
    })
    assert.deepStrictEqual([folder.nodeId, folder.start], ["n1", 1])
    assert.deepStrictEqual(found.map(({ file }) => file), segments(disk))
    assert.isTrue(found.every(({ sizeBytes, soundBytes }) => sizeBytes === soundBytes))
  })

  it("shows every record with its place, one after the other", () => {
    const disk = written(calls, { segmentLimitBytes: 150 })
    const ends = new Map<string, number>()
    const shown: Array<string> = []
    survey(disk, ({ file }, record, offset, sizeBytes) => {
      assert.strictEqual(offset, ends.get(file) ?? 0)
      assert.strictEqual(record._tag, offset === 0 ? "Head" : "Writes")
      ends.set(file, offset + sizeBytes)
      if (record._tag === "Head") return
      for (const write of record.writes) {
        if (write._tag === "Begins") continue
        shown.push(...write.append.map(({ index, term }) => `${index} of ${term}`))
      }
    })
    for (const [file, end] of ends) assert.lengthOf(MemoryDisk.contents(disk, file), end)
    assert.deepStrictEqual(shown, [
      "1 of 1",
      "2 of 1",
      "3 of 1",
      "3 of 2",
      "2 of 3",
      "3 of 3",
      "4 of 3"
    ])
  })

  it("finds any flipped bit where recovery does, and tells what is before it", () => {
    const disk = written(calls, { segmentLimitBytes: 150 })
    for (const file of segments(disk)) {
      const bits = MemoryDisk.contents(disk, file).length * 8
      for (let bit = 0; bit < bits; bit += 37) {
        const spoilt = MemoryDisk.copy(disk)
        MemoryDisk.flipBit(spoilt, file, bit)
        const before = contents(spoilt)
        const { outcome, segments: found } = surveyed(spoilt)
        assert.deepStrictEqual(contents(spoilt), before)
        assert.strictEqual(refusal(outcome).message, refusal(recover(spoilt)).message)
        const { soundBytes } = found.at(-1)!
        assert.include(refusal(outcome).message, `${file}, byte ${soundBytes}: `)
      }
    }
  })

  it("calls a torn last write torn, not damage, and leaves it there", () => {
    const disk = written(calls)
    const [file] = segments(disk)
    const sizeBytes = MemoryDisk.contents(disk, file!).length - 1
    MemoryDisk.cut(disk, file!, sizeBytes)
    const { torn } = Either.getOrThrow(surveyed(disk).outcome)
    assert.isDefined(torn)
    assert.deepStrictEqual([torn.file, torn.sizeBytes], [file, sizeBytes])
    assert.lengthOf(MemoryDisk.contents(disk, file!), sizeBytes)
    assert.strictEqual(Either.getOrThrow(surveyed(disk).outcome).lastEntry.index, 3)
  })

  it("says which part of the log is missing", () => {
    const disk = written(calls, { segmentLimitBytes: 1 })
    const [, second] = segments(disk)
    MemoryDisk.remove(disk, second!)
    assert.include(refusal(surveyed(disk).outcome).message, `${second}: this part of the log is`)
  })

  it("refuses a folder of no node, or in another format", () => {
    const empty = MemoryDisk.make()
    assert.include(why(empty), `it has no file "identity"`)
    assert.isEmpty(contents(empty))
    const line = "{\"format\":3,\"everything\":\"else\"}"
    const checksum = crc32(line).toString(16).padStart(8, "0")
    const later = written(calls)
    MemoryDisk.alter(later, "identity", () => new TextEncoder().encode(`${line}\n${checksum}\n`))
    assert.include(why(later), "identity is in format 3")
  })
})

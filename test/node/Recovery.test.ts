import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import * as Segment from "../../src/node/Segment.js"
import type { Persist } from "../../src/raft/Action.js"
import * as MemoryDisk from "../../src/sim/MemoryDisk.js"
import * as Bytes from "../../src/wire/Bytes.js"
import * as LogFrame from "../../src/wire/LogFrame.js"
import { calls, open, recover, refusal, segments, state, written } from "./LogOnMemory.js"
import { entry, persist, stateAfter } from "./StorageContract.js"

type Calls = ReadonlyArray<ReadonlyArray<Persist>>

/** What was promised after each call: nothing at first. */
const statesOf = (calls: Calls) =>
  [...calls.keys(), calls.length].map((count) => stateAfter(calls.slice(0, count).flat()))

/** How far the log's last file reaches after each call. */
const sizesOf = (calls: Calls, segmentLimitBytes: number) =>
  [...calls.keys(), calls.length].map((count) => {
    const disk = written(calls.slice(0, count), { segmentLimitBytes })
    const files = segments(disk)
    return { files: files.length, size: MemoryDisk.contents(disk, files.at(-1)!).length }
  })

describe("a log cut off at any byte of its last file", () => {
  it.each([
    ["one segment", 10_000],
    ["several segments", 150]
  ])("holds what was called before the cut, and stays so: %s", (_, segmentLimitBytes) => {
    const disk = written(calls, { segmentLimitBytes })
    const sizes = sizesOf(calls, segmentLimitBytes)
    const last = segments(disk).at(-1)!
    const states = statesOf(calls)
    for (let size = 0; size < MemoryDisk.contents(disk, last).length; size++) {
      const cut = MemoryDisk.copy(disk)
      MemoryDisk.cut(cut, last, size)
      if (segments(disk).length === 1 && size < sizes[0]!.size) {
        assert.strictEqual(refusal(recover(cut)).reason, "Corrupt", `at ${size}`)
        assert.lengthOf(MemoryDisk.contents(cut, last), size)
        continue
      }
      const whole = sizes.findLastIndex((each) =>
        each.files < segments(disk).length || each.size <= size
      )
      assert.deepStrictEqual(state(cut), states[whole], `at ${size}`)
      MemoryDisk.crash(cut)
      assert.deepStrictEqual(state(cut), states[whole], `at ${size}, opened again`)
      open(cut, ({ persist }) => persist(calls[whole]!))
      assert.deepStrictEqual(state(cut), states[whole + 1], `at ${size}, gone on`)
    }
  })
})

describe("a log with any bit of it flipped", () => {
  it.each([
    ["one segment", 10_000],
    ["several segments", 150]
  ])("is refused: %s", (_, segmentLimitBytes) => {
    const disk = written(calls, { segmentLimitBytes })
    for (const file of segments(disk)) {
      const bits = MemoryDisk.contents(disk, file).length * 8
      for (let bit = 0; bit < bits; bit++) {
        const spoilt = MemoryDisk.copy(disk)
        MemoryDisk.flipBit(spoilt, file, bit)
        const { message, reason } = refusal(recover(spoilt))
        assert.strictEqual(reason, "Corrupt", `${file}, bit ${bit}`)
        if (bit % 1000 > 0) continue
        assert.match(
          message,
          new RegExp(`^The data folder \\(memory\\) is damaged: ${file}, byte \\d+`)
        )
        assert.include(message, "restore the node from the other members")
        assert.deepStrictEqual(MemoryDisk.contents(spoilt, file).length * 8, bits)
      }
    }
  })

  it("is refused even if its last write holds sectors of zeros", () => {
    const zeros = { ...entry(1, 1, 1), bytes: new Uint8Array(2000) }
    const disk = written([[persist({ append: [zeros] })]])
    const [file] = segments(disk)
    for (let bit = 3; bit < MemoryDisk.contents(disk, file!).length * 8; bit += 101) {
      const spoilt = MemoryDisk.copy(disk)
      MemoryDisk.flipBit(spoilt, file!, bit)
      assert.strictEqual(refusal(recover(spoilt)).reason, "Corrupt", `bit ${bit}`)
    }
  })
})

describe("recovery", () => {
  const large = [persist({ append: [entry(1, 1, 3000)] })]

  it.each([0, 512, 1024, 2560])("drops a last write whose sector at %i was not written", (from) => {
    const disk = written([large])
    const start = Math.max(from, sizesOf([], 10_000)[0]!.size)
    MemoryDisk.alter(disk, segments(disk)[0]!, (bytes) => bytes.fill(0, start, from + 512))
    assert.deepStrictEqual(state(disk), stateAfter([]))
  })

  it("refuses a write with a sector missing if another was acknowledged after it", () => {
    const disk = written([large, [persist({ append: [entry(2, 1, 1)] })]])
    MemoryDisk.alter(disk, segments(disk)[0]!, (bytes) => bytes.fill(0, 512, 1024))
    assert.strictEqual(refusal(recover(disk)).reason, "Corrupt")
  })

  it("refuses a short segment if a later one follows it", () => {
    const disk = written(calls, { segmentLimitBytes: 1 })
    const [first] = segments(disk)
    MemoryDisk.cut(disk, first!, MemoryDisk.contents(disk, first!).length - 1)
    const { message, reason } = refusal(recover(disk))
    assert.strictEqual(reason, "Corrupt")
    assert.include(message, `${first}, byte`)
    assert.include(message, "a later segment follows it")
  })

  it("returns only what is durable, also if the process that wrote it died before its sync", () => {
    const disk = written(calls.slice(0, 3))
    open(disk, ({ persist }) => {
      MemoryDisk.failNext(disk, "sync", "Failed")
      persist(calls[3]!)
    })
    const recovered = state(disk)
    MemoryDisk.crash(disk)
    assert.deepStrictEqual(recovered, stateAfter(calls.slice(0, 4).flat()))
    assert.deepStrictEqual(state(disk), recovered)
  })

  it("makes the cut of a torn write durable before anything follows it", () => {
    const disk = written(calls.slice(0, 3))
    const [file] = segments(disk)
    MemoryDisk.cut(disk, file!, MemoryDisk.contents(disk, file!).length - 1)
    const recovered = state(disk)
    MemoryDisk.crash(disk)
    open(disk, ({ persist }) => persist(calls[3]!.slice(0, 1)))
    assert.deepStrictEqual(recovered, stateAfter(calls.slice(0, 2).flat()))
    assert.deepStrictEqual(state(disk), stateAfter([...calls.slice(0, 2).flat(), calls[3]![0]!]))
  })

  it("refuses a segment in a later format", () => {
    const disk = written(calls, { segmentLimitBytes: 1 })
    const { identity } = Either.getOrThrow(recover(disk))
    const next = Segment.make(identity.incarnation, segments(disk).length, 0)
    const writer = new Bytes.Writer()
    LogFrame.begin(writer)
    writer.raw(Uint8Array.of(1, 7, 0, 0, 0, 42))
    LogFrame.seal(writer, next.salt, 0)
    MemoryDisk.alter(disk, next.file, () => writer.copy())
    const { message, reason } = refusal(recover(disk))
    assert.strictEqual(reason, "Version")
    assert.include(message, `${next.file} is in format 7`)
  })

  it("refuses a segment put in the place of another", () => {
    const disk = written(calls, { segmentLimitBytes: 1 })
    const files = segments(disk)
    const third = MemoryDisk.contents(disk, files[2]!)
    MemoryDisk.alter(disk, files[1]!, () => third)
    assert.strictEqual(refusal(recover(disk)).reason, "Corrupt")
  })
})

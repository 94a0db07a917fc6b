import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Layer } from "effect"
import { crc32 } from "node:zlib"
import * as Segment from "../../src/node/Segment.js"
import * as WriteAheadLog from "../../src/node/WriteAheadLog.js"
import * as EntryId from "../../src/raft/EntryId.js"
import * as Snapshot from "../../src/raft/Snapshot.js"
import { Disk } from "../../src/service/Disk.js"
import type { DiskError } from "../../src/service/Disk.js"
import * as MemoryDisk from "../../src/sim/MemoryDisk.js"
import * as LogFrame from "../../src/wire/LogFrame.js"
import * as LogRecord from "../../src/wire/LogRecord.js"
import { calls, open, recover, refusal, segments, state, written } from "./LogOnMemory.js"
import { contract, entry, persist, stateAfter } from "./StorageContract.js"

contract(
  "the write-ahead log in memory",
  Effect.sync(() => {
    const disk = MemoryDisk.layer(MemoryDisk.make())
    return (options) => Layer.provide(WriteAheadLog.layer(options), disk)
  })
)

contract(
  "the write-ahead log in many small segments",
  Effect.sync(() => {
    const disk = MemoryDisk.layer(MemoryDisk.make())
    return (options) =>
      Layer.provide(WriteAheadLog.layer({ ...options, segmentLimitBytes: 1 }), disk)
  })
)

/** What is asked of the disk from now on. */
const record = (disk: MemoryDisk.MemoryDisk): Array<string> => {
  const operations: Array<string> = []
  disk.fault = (operation, file) => {
    operations.push(operation === "syncDirectory" ? operation : `${operation} ${file}`)
    return undefined
  }
  return operations
}

const use = (
  disk: MemoryDisk.MemoryDisk,
  run: (disk: Disk["Type"]) => Effect.Effect<void, DiskError>
) => Effect.runSync(Effect.provide(Effect.flatMap(Disk, run), MemoryDisk.layer(disk)))

const remove = (disk: MemoryDisk.MemoryDisk, file: string) =>
  use(disk, ({ remove }) => remove(file))

const alterText = (disk: MemoryDisk.MemoryDisk, file: string, change: (text: string) => string) =>
  MemoryDisk.alter(
    disk,
    file,
    (bytes) => new TextEncoder().encode(change(new TextDecoder().decode(bytes)))
  )

describe("persist", () => {
  it("costs one append and one sync, however much it is given", () => {
    const disk = MemoryDisk.make()
    open(disk, ({ persist }) => {
      const operations = record(disk)
      persist(calls.flat())
      assert.deepStrictEqual(operations, ["append 000000000001.log", "sync 000000000001.log"])
      persist([])
      assert.lengthOf(operations, 2)
    })
  })

  it("returns when everything would survive a power cut", () => {
    for (let count = 0; count <= calls.length; count++) {
      const disk = written(calls.slice(0, count))
      MemoryDisk.crash(disk)
      assert.deepStrictEqual(state(disk), stateAfter(calls.slice(0, count).flat()))
    }
  })

  it.each(["append", "sync"] as const)("is refused for ever once an %s has failed", (operation) => {
    const disk = written(calls.slice(0, 2))
    open(disk, ({ persist }) => {
      MemoryDisk.failNext(disk, operation, "Failed")
      const failure = refusal(persist(calls[2]!))
      assert.strictEqual(failure.reason, "Failed")
      const operations = record(disk)
      assert.strictEqual(refusal(persist(calls[2]!)), failure)
      assert.deepStrictEqual(operations, [])
    })
    MemoryDisk.crash(disk)
    assert.deepStrictEqual(state(disk), stateAfter(calls.slice(0, 2).flat()))
  })
})

describe("a segment", () => {
  const rolling = { segmentLimitBytes: 150 }

  it("ends once it has reached its limit, and the log goes on in the next", () => {
    const disk = written(calls, rolling)
    const sizes = segments(disk).map((file) => MemoryDisk.contents(disk, file).length)
    assert.isAbove(sizes.length, 2)
    for (const size of sizes.slice(0, -1)) assert.isAtLeast(size, rolling.segmentLimitBytes)
    assert.deepStrictEqual(state(disk), stateAfter(calls.flat()))
  })

  it("takes a write larger than its limit whole", () => {
    const disk = written([[persist({ append: [entry(1, 1, 5000)] })], [
      persist({ append: [entry(2, 1, 1)] })
    ]], rolling)
    assert.deepStrictEqual(segments(disk), ["000000000001.log", "000000000002.log"])
    const [large] = state(disk).entries
    assert(large?.kind === "Command")
    assert.strictEqual(large.bytes.length, 5000)
  })

  it("is durable, in its folder too, before anything is written to it", () => {
    const disk = written(calls.slice(0, 3))
    const given = { segmentLimitBytes: 1 }
    open(disk, ({ persist }) => {
      const operations = record(disk)
      persist(calls[3]!)
      assert.deepStrictEqual(operations, [
        "append 000000000002.log",
        "sync 000000000002.log",
        "syncDirectory",
        "append 000000000002.log",
        "sync 000000000002.log"
      ])
    }, given)
  })

  it("opens with the hard state, so that older ones are not needed to know the vote", () => {
    const disk = written(calls, { segmentLimitBytes: 1 })
    const { identity } = Either.getOrThrow(recover(disk))
    const last = Segment.make(identity.incarnation, segments(disk).length, 0)
    const frame = LogFrame.read(MemoryDisk.contents(disk, last.file), last.salt, 0)
    assert.strictEqual(frame._tag, "Whole")
    assert.deepStrictEqual(frame._tag === "Whole" && LogRecord.decode(frame.body), {
      _tag: "Head",
      lastIndex: 3,
      hardState: { term: 2, vote: undefined },
      beginning: { base: EntryId.zero, snapshot: Snapshot.none }
    })
  })
})

describe("the write-ahead log", () => {
  it("opens as new, or as it was, after a crash at any moment of its making", () => {
    for (let limit = 0;; limit++) {
      const disk = MemoryDisk.make()
      let count = 0
      disk.fault = () => count++ < limit ? undefined : "Failed"
      const made = recover(disk)
      if (Either.isRight(made)) {
        assert.isAbove(limit, 10)
        return
      }
      for (const keep of [0, 1, 2, 9]) {
        const crashed = MemoryDisk.copy(disk)
        MemoryDisk.crash(crashed, {
          names: (count) => Math.min(count, keep),
          steps: (_, count) => Math.min(count, keep * 10)
        })
        assert.deepStrictEqual(state(crashed), stateAfter([]), `after ${limit} operations`)
      }
    }
  })

  it("refuses a folder of other things, and leaves them alone", () => {
    const disk = MemoryDisk.make()
    use(disk, ({ append }) => append("holiday.jpg", Uint8Array.of(1)))
    const { message, reason } = refusal(recover(disk))
    assert.strictEqual(reason, "Foreign")
    assert.include(message, "holiday.jpg")
    assert.deepStrictEqual(MemoryDisk.fileNames(disk), ["holiday.jpg"])
  })

  it("refuses a log whose identity is gone", () => {
    const disk = written(calls)
    remove(disk, "identity")
    assert.strictEqual(refusal(recover(disk)).reason, "Foreign")
  })

  it("refuses a folder that has lost its log, or a part of it", () => {
    for (const lost of [0, 1, 2]) {
      const disk = written(calls, { segmentLimitBytes: 1 })
      remove(disk, segments(disk)[lost]!)
      const { message, reason } = refusal(recover(disk))
      assert.strictEqual(reason, "Corrupt")
      assert.include(message, "missing")
    }
    const disk = written(calls)
    remove(disk, segments(disk)[0]!)
    assert.strictEqual(refusal(recover(disk)).reason, "Corrupt")
  })

  it("refuses an identity with any bit flipped", () => {
    const disk = written(calls)
    const bits = MemoryDisk.contents(disk, "identity").length * 8
    for (let bit = 0; bit < bits; bit++) {
      const spoilt = MemoryDisk.copy(disk)
      MemoryDisk.flipBit(spoilt, "identity", bit)
      assert.strictEqual(refusal(recover(spoilt)).reason, "Corrupt", `bit ${bit}`)
    }
  })

  it("refuses a folder of a later version, and names both the file and its format", () => {
    const disk = written(calls)
    const line = "{\"format\":3,\"everything\":\"else\"}"
    alterText(disk, "identity", () => `${line}\n${crc32(line).toString(16).padStart(8, "0")}\n`)
    const { message, reason } = refusal(recover(disk))
    assert.strictEqual(reason, "Version")
    assert.include(message, "identity is in format 3")
  })
})

describe("a failing disk is reported with what happened, why it matters and what to do:", () => {
  const message = (reason: DiskError["reason"]) => {
    const disk = written(calls)
    return open(disk, ({ persist }) => {
      MemoryDisk.failNext(disk, "append", reason)
      return refusal(persist(calls[0]!.slice(0, 1)))
    })
  }

  it("no space", () => {
    const { message: text, reason } = message("NoSpace")
    assert.strictEqual(reason, "Full")
    assert.include(text, "No space is left for the data folder (memory)")
    assert.include(text, "nothing it acknowledged is lost")
    assert.include(text, "Free space")
  })

  it("no permission", () => {
    const { message: text, reason } = message("ReadOnly")
    assert.strictEqual(reason, "ReadOnly")
    assert.include(text, "Make it writable")
  })

  it("anything else", () => {
    const { message: text, reason } = message("Failed")
    assert.strictEqual(reason, "Failed")
    assert.include(text, "append of 000000000001.log: in memory")
    assert.include(text, "check the disk")
  })
})

/**
 * A new cluster of what one survivor has, on disks in memory: all of it comes over, and whatever
 * befalls the attempt, the folder is none or the whole.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Layer, Logger, LogLevel } from "effect"
import * as DataFolder from "../../src/node/DataFolder.js"
import * as NewCluster from "../../src/node/NewCluster.js"
import * as WriteAheadLog from "../../src/node/WriteAheadLog.js"
import * as Configurations from "../../src/raft/Configuration.js"
import * as Entry from "../../src/raft/Entry.js"
import * as EntryId from "../../src/raft/EntryId.js"
import { Disk } from "../../src/service/Disk.js"
import { Storage } from "../../src/service/Storage.js"
import type { StorageError } from "../../src/service/Storage.js"
import * as MemoryDisk from "../../src/sim/MemoryDisk.js"
import { entry, options, persist } from "./StorageContract.js"

const self = { id: "n1", address: "10.0.0.1:7101" }

const alone = Configurations.bootstrap(["n1"], { n1: self.address })

const grown: Configurations.Configuration = {
  ...Configurations.bootstrap(["n1", "n2", "n3", "n4"], { ...options.members, n4: "d:1" }),
  index: 4
}

/** Opens the log on `disk` as its node does. */
const using = <A>(
  disk: MemoryDisk.MemoryDisk,
  use: (storage: Storage["Type"]) => Effect.Effect<A, StorageError>
) =>
  Effect.runSync(
    Effect.flatMap(Storage, use).pipe(
      Effect.provide(Layer.provide(WriteAheadLog.layer(options), MemoryDisk.layer(disk))),
      Logger.withMinimumLogLevel(LogLevel.None),
      Effect.either
    )
  )

const parts = [Uint8Array.of(1, 2, 3), new Uint8Array(3_000).fill(7)]

/** A survivor's disk: three voters at first, four since entry 4, entries up to 6 of term 2. */
const survivor = (hasSnapshot: boolean): MemoryDisk.MemoryDisk => {
  const disk = MemoryDisk.make()
  Either.getOrThrow(using(disk, ({ persist: write, snapshots }) =>
    Effect.gen(function*() {
      yield* write([persist({
        hardState: { term: 2, vote: "n2" },
        append: [entry(1, 1, 0), entry(2, 1, 40), entry(3, 2, 9)]
      })])
      if (hasSnapshot) {
        const first = Configurations.bootstrap(["n1", "n2", "n3"], options.members)
        const snapshot = yield* snapshots.save(EntryId.make(1, 2), first, parts)
        yield* write([{ _tag: "Compact", seq: 1, snapshot, upTo: EntryId.make(1, 1) }])
      }
      yield* write([persist({
        append: [Entry.configuration(2, 4, grown), entry(5, 2, 300), entry(6, 2, 2_000)]
      })])
    })))
  return disk
}

const read = (disk: MemoryDisk.MemoryDisk) =>
  Effect.runSync(Effect.provide(NewCluster.read, MemoryDisk.layer(disk)))

/** Makes it of what is on `source`, on `target`. */
const attempt = (source: MemoryDisk.MemoryDisk, target: MemoryDisk.MemoryDisk) =>
  Effect.runSync(
    Effect.gen(function*() {
      const from = yield* Effect.provide(Disk, MemoryDisk.layer(source))
      return yield* NewCluster.make(read(source), from, self)
    }).pipe(Effect.provide(MemoryDisk.layer(target)), Effect.either)
  )

/** What a node finds that starts from it. */
const found = (disk: MemoryDisk.MemoryDisk) =>
  Either.getOrThrow(using(disk, ({ recovered, snapshots }) =>
    Effect.gen(function*() {
      const loaded: Array<Uint8Array> = []
      if (recovered.snapshot !== undefined) {
        yield* snapshots.load(
          recovered.snapshot,
          (bytes, from, to) => void loaded.push(bytes.slice(from, to))
        )
      }
      return { ...recovered, loaded }
    })))

const contents = (disk: MemoryDisk.MemoryDisk) =>
  MemoryDisk.fileNames(disk).map((name) => [name, MemoryDisk.contents(disk, name)])

describe("a new cluster of one survivor", () => {
  it("has all that the survivor had, and this node alone for its members", () => {
    const target = MemoryDisk.make()
    Either.getOrThrow(attempt(survivor(false), target))
    const { bootstrap, entries, hardState, snapshot, start } = found(target)
    assert.deepStrictEqual(entries, [
      entry(1, 1, 0),
      entry(2, 1, 40),
      entry(3, 2, 9),
      Entry.noop(2, 4),
      entry(5, 2, 300),
      entry(6, 2, 2_000)
    ])
    assert.deepStrictEqual(hardState, { term: 2, vote: undefined })
    assert.deepStrictEqual(bootstrap, alone)
    assert.strictEqual(snapshot, undefined)
    assert.strictEqual(start, 1)
  })

  it("has the survivor's snapshot, with this node alone for its members", () => {
    const target = MemoryDisk.make()
    Either.getOrThrow(attempt(survivor(true), target))
    const { base, entries, loaded, snapshot } = found(target)
    assert.deepStrictEqual(base, EntryId.make(1, 2))
    assert.deepStrictEqual(entries.map(({ index }) => index), [3, 4, 5, 6])
    assert.deepStrictEqual(snapshot?.configuration, alone)
    assert.deepStrictEqual(loaded, parts)
  })

  it("is another cluster, and the node another incarnation", () => {
    const source = survivor(true)
    const target = MemoryDisk.make()
    const made = Either.getOrThrow(attempt(source, target))
    const { folder } = read(source)
    assert.strictEqual(made.nodeId, folder.nodeId)
    assert.notStrictEqual(made.clusterId, folder.clusterId)
    assert.notStrictEqual(made.incarnation, folder.incarnation)
  })

  it("leaves the survivor's folder as it is", () => {
    const source = survivor(true)
    const before = contents(source)
    Either.getOrThrow(attempt(source, MemoryDisk.make()))
    assert.deepStrictEqual(contents(source), before)
  })

  it("is told who the members of the old one were, committed or not", () => {
    const { configuration, last } = read(survivor(true))
    assert.deepStrictEqual(configuration, grown)
    assert.deepStrictEqual(last, EntryId.make(2, 6))
  })

  it("is made in no folder that has something in it", () => {
    const source = survivor(false)
    const taken = MemoryDisk.make()
    Either.getOrThrow(attempt(source, taken))
    const again = Either.getOrThrow(Either.flip(attempt(source, taken)))
    assert.include(again.message, "there is something in it already")
    const lost = survivor(false)
    MemoryDisk.alter(lost, "identity", () => new Uint8Array(0))
    const refused = Either.getOrThrow(Either.flip(attempt(source, lost)))
    assert.include(refused.message, "there is something in it already")
  })

  it.each([0, 1])("is none or the whole, wherever it is interrupted: spared %i", (part) => {
    const source = survivor(true)
    for (let operations = 0, hasFailed = true; hasFailed; operations++) {
      const target = MemoryDisk.make()
      let left = operations
      target.fault = () => left-- > 0 ? undefined : "Failed"
      hasFailed = Either.isLeft(attempt(source, target))
      target.fault = () => undefined
      MemoryDisk.crash(target, {
        steps: (_, count) => part * count,
        names: (count) => part * count
      })
      const isMade = MemoryDisk.fileNames(target).includes(DataFolder.FILE)
      if (!hasFailed) assert.isTrue(isMade)
      // Whoever finds it half made begins anew.
      if (!isMade) Either.getOrThrow(attempt(source, target))
      const { bootstrap, entries, loaded } = found(target)
      assert.deepStrictEqual(bootstrap, alone)
      assert.deepStrictEqual(entries.map(({ index }) => index), [3, 4, 5, 6])
      assert.deepStrictEqual(loaded, parts)
    }
  })
})

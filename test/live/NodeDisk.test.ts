import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { statSync } from "node:fs"
import * as FileSystem from "node:fs/promises"
import * as Path from "node:path"
import * as NodeDisk from "../../src/live/NodeDisk.js"
import { Disk } from "../../src/service/Disk.js"
import { Storage } from "../../src/service/Storage.js"
import * as StorageContract from "../node/StorageContract.js"
import * as DiskContract from "../sim/DiskContract.js"
import { temporaryFolder } from "./TemporaryFolder.js"

DiskContract.contract("a folder", Effect.map(temporaryFolder, NodeDisk.layer))

StorageContract.contract(
  "the write-ahead log in a folder",
  Effect.map(temporaryFolder, (folder) => (options) => NodeDisk.layerStorage(folder, options))
)

StorageContract.contract(
  "the write-ahead log in a folder, in many small segments",
  Effect.map(
    temporaryFolder,
    (folder) => (options) => NodeDisk.layerStorage(folder, { ...options, segmentLimitBytes: 1 })
  )
)

const using = <A, E>(folder: string, use: (disk: Disk["Type"]) => Effect.Effect<A, E>) =>
  Effect.provide(Effect.flatMap(Disk, use), NodeDisk.layer(folder))

const isRoot = process.getuid?.() === 0

describe("a folder on disk", () => {
  it.scoped("is made, with those above it, if it is not there", () =>
    Effect.gen(function*() {
      const folder = Path.join(yield* temporaryFolder, "a", "b", "c")
      const files = yield* using(folder, ({ list }) => list)
      assert.deepStrictEqual(files, [])
    }))

  it.scoped("shows its files, not its lock and not the folders in it", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* Effect.promise(() => FileSystem.mkdir(Path.join(folder, "lost+found")))
      yield* Effect.promise(() => FileSystem.writeFile(Path.join(folder, "file"), "text"))
      const { files, inside } = yield* using(
        folder,
        ({ list }) =>
          Effect.all({ files: list, inside: Effect.promise(() => FileSystem.readdir(folder)) })
      )
      assert.deepStrictEqual(files, ["file"])
      assert.lengthOf(inside, 3)
    }))

  it.scoped("takes a large write whole, even if its writer is interrupted", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const bytes = Uint8Array.from({ length: 5_000_000 }, (_, at) => at)
      yield* using(folder, (disk) =>
        Effect.gen(function*() {
          yield* disk.append("a", new Uint8Array(1))
          const writer = yield* Effect.fork(disk.append("a", bytes))
          yield* Effect.yieldNow()
          yield* Fiber.interrupt(writer)
          assert.strictEqual(statSync(Path.join(folder, "a")).size, 1 + bytes.length)
          assert.deepStrictEqual((yield* disk.read("a")).subarray(1), bytes)
        }))
    }))

  it.scoped("is one process's: a second is refused, and told which folder and what to do", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const storage = NodeDisk.layerStorage(folder, StorageContract.options)
      yield* Layer.build(storage)
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Layer.fresh(storage))))
      assert.strictEqual(error.reason, "Locked")
      assert.include(error.message, `The data folder ${folder} is in use`)
      assert.include(error.message, "stop the other")
    }))

  it.scoped("is no file", () =>
    Effect.gen(function*() {
      const file = Path.join(yield* temporaryFolder, "file")
      yield* Effect.promise(() => FileSystem.writeFile(file, "text"))
      const { operation, reason } = yield* Effect.flip(using(file, () => Effect.void))
      assert.deepStrictEqual({ operation, reason }, { operation: "open", reason: "Failed" })
    }))

  it.scoped.skipIf(isRoot)(
    "must be writable (not tried as root, whom nothing is forbidden)",
    () =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        yield* Effect.promise(() => FileSystem.chmod(folder, 0o500))
        const storage = NodeDisk.layerStorage(folder, StorageContract.options)
        const error = yield* Effect.flip(Effect.provide(Effect.asVoid(Storage), storage))
        assert.strictEqual(error.reason, "ReadOnly")
        assert.include(error.message, folder)
      })
  )
})

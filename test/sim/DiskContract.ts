/**
 * What every `Disk` must do, run against each of them. A place is where a disk can be built again
 * and again, as a node is started again and again.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Layer, Scope } from "effect"
import { Disk } from "../../src/service/Disk.js"
import type { DiskError } from "../../src/service/Disk.js"

export type Place = Effect.Effect<Layer.Layer<Disk, DiskError>, never, Scope.Scope>

const bytes = (...values: ReadonlyArray<number>): Uint8Array => Uint8Array.from(values)

const sorted = (files: ReadonlyArray<string>): ReadonlyArray<string> => [...files].sort()

export const contract = (name: string, place: Place): void => {
  const spec = (title: string, run: Effect.Effect<void, DiskError, Disk>) =>
    it.scoped(title, () => Effect.flatMap(place, (layer) => Effect.provide(run, layer)))

  const fails = (reason: DiskError["reason"], run: Effect.Effect<unknown, DiskError, Disk>) =>
    run.pipe(
      Effect.flip,
      Effect.orDieWith(() => "it did not fail"),
      Effect.map((error) => assert.strictEqual(error.reason, reason))
    )

  describe(`${name}, as a disk,`, () => {
    spec(
      "holds nothing at first",
      Effect.gen(function*() {
        const disk = yield* Disk
        assert.deepStrictEqual(yield* disk.list, [])
      })
    )

    spec(
      "adds to the end of a file",
      Effect.gen(function*() {
        const disk = yield* Disk
        yield* disk.append("a", bytes(1, 2))
        yield* disk.append("b", bytes(9))
        yield* disk.append("a", bytes(3))
        yield* disk.sync("a")
        yield* disk.append("a", bytes())
        assert.deepStrictEqual(yield* disk.read("a"), bytes(1, 2, 3))
        assert.deepStrictEqual(sorted(yield* disk.list), ["a", "b"])
      })
    )

    spec(
      "keeps what was written, not what became of the writer's buffer",
      Effect.gen(function*() {
        const disk = yield* Disk
        const buffer = bytes(0, 1, 2, 3)
        yield* disk.append("a", buffer.subarray(1, 3))
        buffer.fill(7)
        const read = yield* disk.read("a")
        yield* disk.append("a", bytes(4))
        assert.deepStrictEqual(read, bytes(1, 2))
      })
    )

    spec(
      "reads a part into the reader's memory, as much as there is",
      Effect.gen(function*() {
        const disk = yield* Disk
        yield* disk.append("a", bytes(1, 2, 3, 4, 5))
        const target = bytes(9, 9, 9)
        assert.strictEqual(yield* disk.readPart("a", 1, target), 3)
        assert.deepStrictEqual(target, bytes(2, 3, 4))
        assert.strictEqual(yield* disk.readPart("a", 4, target), 1)
        assert.deepStrictEqual(target, bytes(5, 3, 4))
        assert.strictEqual(yield* disk.readPart("a", 7, target), 0)
        yield* fails("NotFound", disk.readPart("b", 0, target))
      })
    )

    spec(
      "reads plain bytes, of which a slice is a copy",
      Effect.gen(function*() {
        const disk = yield* Disk
        yield* disk.append("a", bytes(1, 2, 3))
        const read = yield* disk.read("a")
        const slice = read.slice(1)
        read.fill(0)
        assert.deepStrictEqual(slice, bytes(2, 3))
        assert.deepStrictEqual(yield* disk.read("a"), bytes(1, 2, 3))
      })
    )

    spec(
      "cuts a file, which goes on from there",
      Effect.gen(function*() {
        const disk = yield* Disk
        yield* disk.append("a", bytes(1, 2, 3))
        yield* disk.truncate("a", 1)
        yield* disk.append("a", bytes(4))
        yield* disk.sync("a")
        assert.deepStrictEqual(yield* disk.read("a"), bytes(1, 4))
        yield* disk.truncate("a", 0)
        assert.deepStrictEqual(yield* disk.read("a"), bytes())
      })
    )

    spec(
      "replaces one file by another, and goes on with either name",
      Effect.gen(function*() {
        const disk = yield* Disk
        yield* disk.append("a", bytes(1))
        yield* disk.append("b", bytes(2))
        yield* disk.rename("a", "b")
        yield* disk.syncDirectory
        assert.deepStrictEqual(yield* disk.list, ["b"])
        yield* disk.append("b", bytes(3))
        yield* disk.append("a", bytes(4))
        assert.deepStrictEqual(yield* disk.read("b"), bytes(1, 3))
        assert.deepStrictEqual(yield* disk.read("a"), bytes(4))
      })
    )

    spec(
      "forgets a removed file, and begins another of its name",
      Effect.gen(function*() {
        const disk = yield* Disk
        yield* disk.append("a", bytes(1))
        yield* disk.remove("a")
        yield* disk.syncDirectory
        assert.deepStrictEqual(yield* disk.list, [])
        yield* disk.append("a", bytes(2))
        assert.deepStrictEqual(yield* disk.read("a"), bytes(2))
      })
    )

    spec(
      "says that a file is not there",
      Effect.gen(function*() {
        const disk = yield* Disk
        yield* fails("NotFound", disk.read("a"))
        yield* fails("NotFound", disk.sync("a"))
        yield* fails("NotFound", disk.truncate("a", 0))
        yield* fails("NotFound", disk.rename("a", "b"))
        yield* fails("NotFound", disk.remove("a"))
        assert.deepStrictEqual(yield* disk.list, [])
      })
    )

    it.scoped("goes on, when it is opened again, where it ended", () =>
      Effect.gen(function*() {
        const layer = yield* place
        yield* Effect.provide(Effect.flatMap(Disk, (disk) => disk.append("a", bytes(1))), layer)
        const read = Effect.gen(function*() {
          const disk = yield* Disk
          yield* disk.sync("a")
          yield* disk.append("a", bytes(2))
          return yield* disk.read("a")
        })
        assert.deepStrictEqual(yield* Effect.provide(read, layer), bytes(1, 2))
      }))
  })
}

import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Option } from "effect"
import { Disk } from "../../src/service/Disk.js"
import type { DiskError } from "../../src/service/Disk.js"
import * as MemoryDisk from "../../src/sim/MemoryDisk.js"
import { contract } from "./DiskContract.js"

contract("memory", Effect.sync(() => MemoryDisk.layer(MemoryDisk.make())))

const bytes = (...values: ReadonlyArray<number>): Uint8Array => Uint8Array.from(values)

const run = <A>(
  self: MemoryDisk.MemoryDisk,
  use: (disk: Disk["Type"]) => Effect.Effect<A, DiskError>
): A => Effect.runSync(Effect.provide(Effect.flatMap(Disk, use), MemoryDisk.layer(self)))

const append = (self: MemoryDisk.MemoryDisk, file: string, ...values: ReadonlyArray<number>) =>
  run(self, (disk) => disk.append(file, bytes(...values)))

const sync = (self: MemoryDisk.MemoryDisk, file: string) => run(self, (disk) => disk.sync(file))

/** A disk with the durable file "a" of 1, 2, 3. */
const withFile = (): MemoryDisk.MemoryDisk => {
  const self = MemoryDisk.make()
  append(self, "a", 1, 2, 3)
  sync(self, "a")
  run(self, (disk) => disk.syncDirectory)
  return self
}

const all = (_: string, count: number) => count

describe("a crash of a disk in memory", () => {
  it("takes away what was appended since the last sync", () => {
    const self = withFile()
    append(self, "a", 4)
    assert.deepStrictEqual(MemoryDisk.contents(self, "a"), bytes(1, 2, 3, 4))
    MemoryDisk.crash(self)
    assert.deepStrictEqual(MemoryDisk.contents(self, "a"), bytes(1, 2, 3))
  })

  it("spares as much as it is told to, in the order of writing", () => {
    const crashed = (count: number) => {
      const self = withFile()
      append(self, "a", 4)
      run(self, (disk) => disk.truncate("a", 1))
      append(self, "a", 5, 6)
      MemoryDisk.crash(self, { steps: () => count })
      return MemoryDisk.contents(self, "a")
    }
    assert.deepStrictEqual([0, 1, 2, 3, 4].map(crashed), [
      bytes(1, 2, 3),
      bytes(1, 2, 3, 4),
      bytes(1),
      bytes(1, 5),
      bytes(1, 5, 6)
    ])
  })

  it("tells how many steps were pending, in which file", () => {
    const self = withFile()
    append(self, "a", 4, 5)
    run(self, (disk) => disk.truncate("a", 1))
    const asked: Array<readonly [string, number]> = []
    MemoryDisk.crash(self, {
      steps: (file, count) => {
        asked.push([file, count])
        return 0
      }
    })
    assert.deepStrictEqual(asked, [["a", 3]])
  })

  it("takes away a cut that was not synced, and what is written after it stays whole", () => {
    const self = withFile()
    run(self, (disk) => disk.truncate("a", 1))
    append(self, "a", 9)
    MemoryDisk.crash(self)
    assert.deepStrictEqual(MemoryDisk.contents(self, "a"), bytes(1, 2, 3))
  })

  it("takes away a new file if the folder was not synced, though the file was", () => {
    const self = MemoryDisk.make()
    append(self, "a", 1)
    sync(self, "a")
    MemoryDisk.crash(self)
    assert.deepStrictEqual(MemoryDisk.fileNames(self), [])
  })

  it("takes back what was renamed and removed, as far as it is told to", () => {
    const crashed = (count: number) => {
      const self = withFile()
      append(self, "b", 4)
      sync(self, "b")
      run(self, (disk) => disk.rename("b", "a"))
      run(self, (disk) => disk.remove("a"))
      MemoryDisk.crash(self, { names: () => count })
      return MemoryDisk.fileNames(self).map((name) => [name, ...MemoryDisk.contents(self, name)])
    }
    assert.deepStrictEqual([0, 1, 2, 3].map(crashed), [
      [["a", 1, 2, 3]],
      [["a", 1, 2, 3], ["b", 4]],
      [["a", 4]],
      []
    ])
  })

  it("makes what it spared durable", () => {
    const self = MemoryDisk.make()
    append(self, "a", 1)
    MemoryDisk.crash(self, { steps: all, names: (count) => count })
    append(self, "a", 2)
    MemoryDisk.crash(self)
    assert.deepStrictEqual(MemoryDisk.contents(self, "a"), bytes(1))
  })
})

describe("a disk in memory", () => {
  it("has copies that go their own way, with the same things pending", () => {
    const self = withFile()
    append(self, "a", 4)
    append(self, "b", 1)
    const copy = MemoryDisk.copy(self)
    sync(self, "a")
    append(self, "a", 5)
    MemoryDisk.crash(copy, { steps: all })
    assert.deepStrictEqual(MemoryDisk.contents(copy, "a"), bytes(1, 2, 3, 4))
    assert.deepStrictEqual(MemoryDisk.fileNames(copy), ["a"])
    assert.deepStrictEqual(MemoryDisk.contents(self, "a"), bytes(1, 2, 3, 4, 5))
    assert.deepStrictEqual(MemoryDisk.fileNames(self), ["a", "b"])
  })

  it("can be cut and spoilt behind its writer's back", () => {
    const self = withFile()
    MemoryDisk.flipBit(self, "a", 9)
    assert.deepStrictEqual(MemoryDisk.contents(self, "a"), bytes(1, 0, 3))
    MemoryDisk.cut(self, "a", 2)
    MemoryDisk.crash(self)
    assert.deepStrictEqual(MemoryDisk.contents(self, "a"), bytes(1, 0))
  })

  it("fails when it is told to, once, and does nothing then", () => {
    const self = withFile()
    MemoryDisk.failNext(self, "append", "NoSpace")
    sync(self, "a")
    const failed = run(self, (disk) => Effect.either(disk.append("a", bytes(4))))
    assert.deepInclude(Either.getLeft(failed).pipe(Option.getOrThrow), {
      operation: "append",
      file: "a",
      reason: "NoSpace"
    })
    append(self, "a", 4)
    assert.deepStrictEqual(MemoryDisk.contents(self, "a"), bytes(1, 2, 3, 4))
  })
})

import { afterEach, assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Allocator from "../../src/kv/Allocator.js"

const MIB = 1 << 20

const isCounted = ({ buffer }: Uint8Array): boolean => buffer instanceof ArrayBuffer

const countedBytes = (all: ReadonlyArray<Uint8Array>): number =>
  all.filter(isCounted).reduce((sum, { length }) => sum + length, 0)

afterEach(() => Allocator.allow(0))

describe("memory for what there is much of", () => {
  it("is counted by the engine as long as nothing else is allowed", () => {
    const all = Array.from({ length: 100 }, () => Allocator.allocate(1_000))
    assert.isTrue(all.every(isCounted))
  })

  it.prop(
    "is counted in part when garbage is allowed: as much as then makes 64 MiB",
    [fc.array(fc.integer({ min: 65, max: 5_000 }), { minLength: 200, maxLength: 400 })],
    ([lengths]) => {
      Allocator.allow(256 * MIB)
      const all = lengths.map(Allocator.allocate)
      const bytes = lengths.reduce((sum, length) => sum + length, 0)
      assert.closeTo(countedBytes(all), bytes / 4, 10_000)
    }
  )

  it("is on the engine's heap when it is small, and no concern of anybody's", () => {
    Allocator.allow(1024 * MIB)
    const all = Array.from({ length: 100 }, () => Allocator.allocate(Allocator.ON_HEAP_BYTES))
    assert.isTrue(all.every(isCounted))
  })

  it.prop(
    "is zeros, or the bytes that are copied, and nobody else's",
    [fc.uint8Array({ maxLength: 200 })],
    ([bytes]) => {
      Allocator.allow(1024 * MIB)
      assert.deepStrictEqual([...Allocator.allocate(bytes.length)], [...bytes].fill(0))
      const copy = Allocator.copy(bytes)
      assert.deepStrictEqual([...copy], [...bytes])
      const before = [...bytes]
      bytes.fill(7)
      assert.deepStrictEqual([...copy], before)
    }
  )

  it("is not shared for a copy that would take long", () => {
    Allocator.allow(1024 * MIB)
    const copies = Array.from({ length: 10 }, () => Allocator.copy(new Uint8Array(2 * MIB)))
    assert.isTrue(copies.every(isCounted))
  })
})

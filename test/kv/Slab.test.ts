import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { Slab } from "../../src/kv/Slab.js"

const PIECE_BYTES = 64

describe("arrays of one slab", () => {
  it.prop(
    "are as long as asked for, and none is seen through another",
    [fc.array(fc.nat(2 * PIECE_BYTES), { maxLength: 40 })],
    ([lengths]) => {
      const slab = new Slab(PIECE_BYTES)
      const taken = lengths.map((length, at) => {
        const bytes = slab.take(length)
        assert.deepStrictEqual(bytes, new Uint8Array(length))
        return bytes.fill(at + 1)
      })
      for (const [at, bytes] of taken.entries()) {
        assert.deepStrictEqual(bytes, new Uint8Array(lengths[at]!).fill(at + 1))
      }
    }
  )

  it("share a piece of memory, while a large one has its own", () => {
    const slab = new Slab(PIECE_BYTES)
    const [one, large, other] = [slab.take(16), slab.take(17), slab.take(16)]
    assert.strictEqual(one.buffer, other.buffer)
    assert.strictEqual(one.buffer.byteLength, PIECE_BYTES)
    assert.strictEqual(large.buffer.byteLength, 17)
  })
})

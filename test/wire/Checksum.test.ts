import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { crc32 } from "node:zlib"
import * as Checksum from "../../src/wire/Checksum.js"

describe("the checksum of bytes that follow each other", () => {
  it.prop(
    "is that of all of them",
    [fc.uint8Array({ maxLength: 1_000 }), fc.uint8Array({ minLength: 1, maxLength: 1_000 })],
    ([one, other]) => {
      const whole = crc32(Uint8Array.of(...one, ...other))
      assert.strictEqual(Checksum.combine(crc32(one), crc32(other), other.length), whole)
    }
  )

  it("is the first one's if nothing follows", () => {
    assert.strictEqual(Checksum.combine(0xffff_fffe, 0, 0), 0xffff_fffe)
  })

  it.each([16, 20, 24])("is right where 2^%i bytes and some follow", (power) => {
    const other = new Uint8Array(2 ** power + 12_345).fill(7)
    const one = crc32("before")
    assert.strictEqual(Checksum.combine(one, crc32(other), other.length), crc32(other, one))
  })
})

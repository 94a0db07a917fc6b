import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Words from "../../src/kv/Words.js"

const place = fc.nat(3)

describe("a number among other bytes", () => {
  it.prop("of four bytes is read as it was written, the least significant first", [
    fc.nat(2 ** 32 - 1),
    place
  ], ([value, at]) => {
    const bytes = new Uint8Array(at + Words.WORD_BYTES + 1).fill(7)
    Words.writeWord(value, bytes, at)
    assert.strictEqual(Words.readWord(bytes, at), value)
    assert.strictEqual(new DataView(bytes.buffer).getUint32(at, true), value)
    assert.strictEqual(bytes.at(-1), 7)
  })

  it.prop("of eight bytes is read as it was written, the least significant first", [
    fc.maxSafeNat(),
    place
  ], ([value, at]) => {
    const bytes = new Uint8Array(at + Words.INTEGER_BYTES + 1).fill(7)
    Words.writeInteger(value, bytes, at)
    assert.strictEqual(Words.readInteger(bytes, at), value)
    assert.strictEqual(new DataView(bytes.buffer).getBigUint64(at, true), BigInt(value))
    assert.strictEqual(bytes.at(-1), 7)
  })
})

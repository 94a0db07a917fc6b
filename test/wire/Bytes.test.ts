import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Bytes from "../../src/wire/Bytes.js"

const part = fc.oneof(
  fc.record({ kind: fc.constant("u8" as const), value: fc.integer({ min: 0, max: 0xff }) }),
  fc.record({ kind: fc.constant("u32" as const), value: fc.integer({ min: 0, max: 0xffff_ffff }) }),
  fc.record({ kind: fc.constant("integer" as const), value: fc.maxSafeNat() }),
  fc.record({ kind: fc.constant("bytes" as const), value: fc.uint8Array() }),
  fc.record({ kind: fc.constant("string" as const), value: fc.string({ unit: "grapheme" }) })
)
type Part = typeof part extends fc.Arbitrary<infer A> ? A : never

const write = (writer: Bytes.Writer, { kind, value }: Part): void => {
  switch (kind) {
    case "u8":
      return writer.u8(value)
    case "u32":
      return writer.u32(value)
    case "integer":
      return writer.integer(value)
    case "bytes":
      return writer.bytes(value)
    case "string":
      return writer.string(value)
  }
}

const read = (reader: Bytes.Reader, kinds: ReadonlyArray<Part["kind"]>): ReadonlyArray<unknown> =>
  kinds.map((kind) => reader[kind]())

describe("bytes", () => {
  it.prop("come back as they were written", [fc.array(part)], ([parts]) => {
    const writer = new Bytes.Writer(1)
    for (const each of parts) write(writer, each)
    const kinds = parts.map((each) => each.kind)
    assert.deepStrictEqual(
      Bytes.decode(writer.copy(), (reader) => read(reader, kinds)),
      parts.map((each) => each.value)
    )
  })

  it.prop(
    "cut short or with something after them are malformed",
    [fc.array(part, { minLength: 1 }), fc.nat()],
    ([parts, cut]) => {
      const writer = new Bytes.Writer()
      for (const each of parts) write(writer, each)
      const kinds = parts.map((each) => each.kind)
      const whole = writer.copy()
      const decode = (bytes: Uint8Array) => Bytes.decode(bytes, (reader) => read(reader, kinds))
      assert.isUndefined(decode(whole.subarray(0, cut % whole.length)))
      assert.isUndefined(decode(Uint8Array.of(...whole, 0)))
    }
  )

  it("hold whole numbers up to 2^53 - 1 and no others", () => {
    const writer = new Bytes.Writer()
    writer.integer(Number.MAX_SAFE_INTEGER)
    assert.strictEqual(Bytes.decode(writer.copy(), (it) => it.integer()), Number.MAX_SAFE_INTEGER)
    for (const wrong of [-1, 0.5, NaN, 2 ** 53]) {
      assert.throws(() => writer.integer(wrong), RangeError)
    }
    const tooLarge = Uint8Array.of(0, 0, 0, 0, 0, 0, 0x20, 0)
    assert.isUndefined(Bytes.decode(tooLarge, (it) => it.integer()))
  })

  it("are little-endian", () => {
    const writer = new Bytes.Writer()
    writer.u32(0x01020304)
    writer.integer(0x05_0000_0006)
    assert.deepStrictEqual([...writer.written()], [4, 3, 2, 1, 6, 0, 0, 0, 5, 0, 0, 0])
    assert.deepStrictEqual([...writer.written(8)], [5, 0, 0, 0])
  })

  it("that are no text are malformed", () => {
    assert.isUndefined(Bytes.decode(Uint8Array.of(1, 0, 0, 0, 0xff), (it) => it.string()))
  })

  it("cannot make a reader allocate for items that are not there", () => {
    const lie = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1)
    assert.isUndefined(Bytes.decode(lie, (it) => new Array(it.count(1)).fill(it.u8())))
  })

  it("written after a clear replace those before it", () => {
    const writer = new Bytes.Writer()
    writer.u32(7)
    writer.clear()
    writer.raw(Uint8Array.of(1, 2))
    const at = writer.skip(4)
    writer.patchU32(at, 9)
    assert.deepStrictEqual([...writer.copy()], [1, 2, 9, 0, 0, 0])
  })

  it("fail for another reason as what they are", () => {
    assert.throws(() => Bytes.decode(new Uint8Array(0), () => assert.fail("a bug")), "a bug")
  })
})

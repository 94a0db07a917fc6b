import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { crc32 } from "node:zlib"
import * as Bytes from "../../src/wire/Bytes.js"
import * as LogFrame from "../../src/wire/LogFrame.js"

const salt = LogFrame.salt("0123456789abcdef", 1)

const frame = (body: Uint8Array, offset: number, segmentSalt = salt): Uint8Array => {
  const writer = new Bytes.Writer()
  LogFrame.begin(writer)
  writer.raw(body)
  LogFrame.seal(writer, segmentSalt, offset)
  return writer.copy()
}

/** A segment of these bodies, and where each of its frames begins. */
const segment = (bodies: ReadonlyArray<Uint8Array>) => {
  const offsets: Array<number> = []
  const writer = new Bytes.Writer()
  for (const body of bodies) {
    offsets.push(writer.length)
    writer.raw(frame(body, writer.length))
  }
  return { bytes: writer.copy(), offsets }
}

const noise = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => 1 + (at * 31 + seed * 17) % 255)

const zeros = (length: number): Uint8Array => new Uint8Array(length)

const join = (...parts: ReadonlyArray<Uint8Array>): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]))

const tagAt = (bytes: Uint8Array, offset: number) => LogFrame.read(bytes, salt, offset)._tag

const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = bytes.slice()
  copy[bit >> 3] = copy[bit >> 3]! ^ (1 << (bit & 7))
  return copy
}

/**
 * The bytes with some sectors from `from` on never written, `missing` saying which, by one bit
 * each.
 */
const torn = (bytes: Uint8Array, from: number, missing: number): Uint8Array => {
  const copy = bytes.slice()
  const first = Math.floor(from / LogFrame.SECTOR_BYTES)
  for (let at = from; at < copy.length; at++) {
    const sector = Math.floor(at / LogFrame.SECTOR_BYTES) - first
    if ((missing >> sector & 1) === 1) copy[at] = 0
  }
  return copy
}

const body = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc.nat(2000).map((length) => noise(length)),
  fc.tuple(fc.nat(600), fc.nat(1500), fc.nat(600)).map(([one, two, three]) =>
    join(noise(one), zeros(two), noise(three))
  )
)

describe("a frame of the log", () => {
  it.prop(
    "comes back as it was written, and so do those before it",
    [fc.array(body)],
    ([bodies]) => {
      const { bytes } = segment(bodies)
      const found: Array<Uint8Array> = []
      for (let offset = 0; offset < bytes.length;) {
        const read = LogFrame.read(bytes, salt, offset)
        if (read._tag !== "Whole") return assert.fail(`${read._tag} at ${offset}`)
        found.push(read.body)
        offset = read.end
      }
      assert.deepStrictEqual(found, bodies)
    }
  )

  it.prop("knows the checksum of all its bytes from that of its body", [body], ([body]) => {
    const bytes = frame(body, 0)
    assert.strictEqual(LogFrame.checksumOf(bytes), crc32(bytes))
  })

  it("is torn wherever it is cut off", () => {
    const { bytes, offsets } = segment([noise(100), noise(1000)])
    for (let size = offsets[1]!; size < bytes.length; size++) {
      assert.strictEqual(tagAt(bytes.subarray(0, size), offsets[1]!), "Torn", `at ${size}`)
    }
  })

  it.prop(
    "is torn whichever of its sectors were not written",
    [fc.nat(1200), body, fc.integer({ min: 1, max: 0xff })],
    ([before, last, missing]) => {
      const { bytes, offsets } = segment([noise(before), last])
      const read = torn(bytes, offsets[1]!, missing)
      const changed = !read.every((byte, at) => byte === bytes[at])
      assert.strictEqual(tagAt(read, offsets[1]!), changed ? "Torn" : "Whole")
    }
  )

  it.prop(
    "is damaged, not torn, if a bit of it flips, even if it holds sectors of zeros",
    [fc.nat(1200), fc.integer({ min: 2, max: 1500 }), fc.nat(1500), fc.nat()],
    ([before, length, zeroLength, bit]) => {
      const last = join(noise(length), zeros(zeroLength), noise(length, 2))
      const { bytes, offsets } = segment([noise(before), last])
      const flip = offsets[1]! * 8 + bit % ((LogFrame.HEADER_BYTES + last.length) * 8)
      assert.strictEqual(tagAt(flipped(bytes, flip), offsets[1]!), "Damaged")
    }
  )

  it("is damaged if anything follows it, whatever is wrong with it", () => {
    const { bytes, offsets } = segment([noise(1000), noise(1000), noise(30)])
    const [first, second, third] = offsets as [number, number, number]
    for (let bit = 0; bit < second * 8; bit += 7) {
      assert.strictEqual(tagAt(flipped(bytes, bit), first), "Damaged", `bit ${bit}`)
    }
    for (const missing of [1, 2, 3]) {
      const spoilt = join(torn(bytes.subarray(0, second), first, missing), bytes.subarray(second))
      assert.strictEqual(tagAt(spoilt, first), "Damaged", `sectors ${missing}`)
      assert.strictEqual(tagAt(spoilt.subarray(0, third + 5), first), "Damaged", "and a torn one")
    }
  })

  it("is no frame anywhere but in its place", () => {
    const one = frame(noise(600), 0)
    const another = frame(noise(600), 0, LogFrame.salt("0123456789abcdef", 2))
    const stranger = frame(noise(600), 0, LogFrame.salt("fedcba9876543210", 1))
    assert.strictEqual(tagAt(one, 0), "Whole")
    assert.strictEqual(tagAt(join(one, one), one.length), "Damaged")
    assert.strictEqual(tagAt(another, 0), "Damaged")
    assert.strictEqual(tagAt(stranger, 0), "Damaged")
  })

  it("cannot be forged by a client's value inside a torn one", () => {
    const forged = join(frame(noise(10), 0), frame(noise(10), 600, LogFrame.salt("guess", 1)))
    const { bytes, offsets } = segment([noise(10), join(noise(600), forged)])
    assert.strictEqual(tagAt(torn(bytes, offsets[1]!, 1), offsets[1]!), "Torn")
  })
})

import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { crc32 } from "node:zlib"
import * as Frame from "../../src/wire/Frame.js"

const payloads = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 })

const stream = (payloads: ReadonlyArray<Uint8Array>): Uint8Array =>
  new Uint8Array(Buffer.concat(payloads.map(Frame.encode)))

/** What a splitter makes of `bytes` when they arrive in pieces that end at `ends`. */
const split = (
  bytes: Uint8Array,
  ends: ReadonlyArray<number>,
  splitter = new Frame.Splitter()
): { readonly payloads: Array<Uint8Array>; readonly violation: Frame.Violation | undefined } => {
  const payloads: Array<Uint8Array> = []
  let from = 0
  for (const end of [...ends, bytes.length]) {
    const violation = splitter.feed(bytes.subarray(from, end), (it) => void payloads.push(it))
    if (violation !== undefined) return { payloads, violation }
    from = end
  }
  return { payloads, violation: undefined }
}

describe("frames", () => {
  it.prop(
    "come out whole and in order however the stream is cut",
    [payloads, fc.array(fc.nat(), { maxLength: 20 })],
    ([payloads, cuts]) => {
      const bytes = stream(payloads)
      const ends = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b)
      assert.deepStrictEqual(split(bytes, ends), { payloads, violation: undefined })
    }
  )

  it("come out whole when the stream is cut at any two bytes, or at all of them", () => {
    const payloads = [new Uint8Array(0), Uint8Array.of(1, 2, 3), new Uint8Array(9).fill(4)]
    const bytes = stream(payloads)
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second++) {
        assert.deepStrictEqual(split(bytes, [first, second]).payloads, payloads)
      }
    }
    assert.deepStrictEqual(split(bytes, [...bytes.keys()]).payloads, payloads)
  })

  it("consist of length, checksum and payload", () => {
    const payload = Uint8Array.of(5, 6, 7)
    const frame = Frame.encode(payload)
    const view = new DataView(frame.buffer, frame.byteOffset)
    assert.deepStrictEqual(frame.subarray(0, Frame.HEADER_BYTES), Frame.header(payload))
    assert.deepStrictEqual(frame.subarray(Frame.HEADER_BYTES), payload)
    assert.strictEqual(view.getUint32(0, true), 3)
    assert.strictEqual(view.getUint32(4, true), crc32(payload, 0x72616674))
  })

  it("that lie within one piece are not copied", () => {
    const bytes = stream([Uint8Array.of(1), Uint8Array.of(2)])
    for (const payload of split(bytes, []).payloads) {
      assert.strictEqual(payload.buffer, bytes.buffer)
    }
  })

  it("that came in pieces are not changed by what comes later", () => {
    const [first, second] = [new Uint8Array(40).fill(1), new Uint8Array(40).fill(2)]
    assert.deepStrictEqual(split(stream([first, second]), [20, 60]).payloads, [first, second])
  })

  it.prop(
    "with any bit altered never come out as another payload",
    [fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.nat(), fc.nat(7)],
    ([payload, at, bit]) => {
      for (const encode of [Frame.encode, Frame.encodeNote]) {
        const bytes = encode(payload)
        bytes[at % bytes.length]! ^= 1 << bit
        const splitter = new Frame.Splitter()
        splitter.takesNotes = true
        const never = () => assert.fail("nothing comes out")
        splitter.feed(bytes, never, never)
      }
    }
  )

  it("with a wrong checksum are reported, after those before them have come out", () => {
    const bytes = stream([Uint8Array.of(1), Uint8Array.of(2)])
    bytes[bytes.length - 1] = 3
    for (const ends of [[], [bytes.length - 1]]) {
      const result = split(bytes, ends)
      assert.deepStrictEqual(result, { payloads: [Uint8Array.of(1)], violation: "BadChecksum" })
    }
  })

  it("are not found in a run of zeros", () => {
    assert.strictEqual(split(new Uint8Array(64), []).violation, "BadChecksum")
  })

  it("over the limit are reported by their header, before their payload is gathered", () => {
    const bytes = stream([new Uint8Array(11)])
    for (const [part, ends] of [[bytes, []], [bytes.subarray(0, 8), [3]]] as const) {
      assert.strictEqual(split(part, ends, new Frame.Splitter(10)).violation, "FrameTooLong")
    }
    const fits = stream([new Uint8Array(10)])
    assert.isUndefined(split(fits, [9], new Frame.Splitter(10)).violation)
  })

  it("may be longer from the moment the limit is raised, even within one piece", () => {
    const splitter = new Frame.Splitter(2)
    const lengths: Array<number> = []
    const violation = splitter.feed(stream([new Uint8Array(2), new Uint8Array(9)]), (payload) => {
      lengths.push(payload.length)
      splitter.limitBytes = 10
    })
    assert.isUndefined(violation)
    assert.deepStrictEqual(lengths, [2, 9])
  })

  it("of the two kinds are told apart, and notes taken only where there are notes", () => {
    const bytes = new Uint8Array(Buffer.concat([
      Frame.encode(Uint8Array.of(1)),
      Frame.encodeNote(Uint8Array.of(2)),
      Frame.encode(Uint8Array.of(3))
    ]))
    const found: Array<readonly [string, number]> = []
    const feed = (splitter: Frame.Splitter) =>
      splitter.feed(
        bytes,
        (payload) => void found.push(["payload", payload[0]!]),
        (note) => void found.push(["note", note[0]!])
      )
    const splitter = new Frame.Splitter()
    splitter.takesNotes = true
    assert.isUndefined(feed(splitter))
    assert.deepStrictEqual(found.splice(0), [["payload", 1], ["note", 2], ["payload", 3]])
    assert.strictEqual(feed(new Frame.Splitter()), "BadChecksum")
    assert.deepStrictEqual(found, [["payload", 1]])
  })

  it("that are announced but do not arrive take no memory", () => {
    const splitter = new Frame.Splitter()
    const before = process.memoryUsage().arrayBuffers
    splitter.feed(Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 1, 2, 3), () => assert.fail("no frame"))
    assert.isBelow(process.memoryUsage().arrayBuffers - before, Frame.FRAME_LIMIT_BYTES / 2)
  })
})

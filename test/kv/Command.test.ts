import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Command from "../../src/kv/Command.js"
import * as Key from "../../src/kv/Key.js"
import { anyKey, command } from "./arbitraries.js"

describe("a key", () => {
  it.prop(
    "is any byte string and keeps every byte",
    [fc.uint8Array({ maxLength: 100 })],
    ([bytes]) => {
      expect(Key.toBytes(Key.fromBytes(bytes))).toEqual(bytes)
    }
  )
})

describe("a command", () => {
  it.prop("is decoded from its bytes as it was", [command(anyKey)], ([made]) => {
    expect(Command.decode(Command.encode(made))).toEqual(made)
  })

  it.prop("has no second encoding, and any bytes decode or are refused", [
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.tuple(fc.integer({ min: 7, max: 10 }), fc.uint8Array({ maxLength: 20, max: 5 }))
        .map(([kind, rest]) => Uint8Array.of(kind, ...rest))
    )
  ], ([bytes]) => {
    const decoded = Command.decode(bytes)
    if (decoded !== undefined) expect(Command.encode(decoded)).toEqual(bytes)
  }, { fastCheck: { numRuns: 20_000 } })

  it.each<[string, Command.Command, ReadonlyArray<number>]>([
    ["Call", { _tag: "Call", words: Command.words("get", "key") }, [
      7,
      2,
      3,
      103,
      101,
      116,
      3,
      107,
      101,
      121
    ]],
    ["Transaction", {
      _tag: "Transaction",
      watched: [{ key: "key" as Key.Key, revision: 300 }],
      calls: [Command.words("a"), Command.words("b", "")]
    }, [8, 1, 3, 107, 101, 121, 0xac, 2, 1, 1, 97, 2, 1, 98, 0]],
    ["Time", { _tag: "Time", millis: 300 }, [9, 0xac, 2]],
    ["Memory", {
      _tag: "Memory",
      limitBytes: 300,
      evicted: [{ key: "key" as Key.Key, revision: 5 }]
    }, [10, 0xac, 2, 1, 3, 107, 101, 121, 5]]
  ])("keeps the encoding that logs on disk already hold: %s", (_, made, bytes) => {
    expect([...Command.encode(made)]).toEqual(bytes)
  })

  it.each([
    ["nothing", []],
    ["a kind nobody knows", [11]],
    ["a limit without the keys that go", [10, 5]],
    ["more keys that go than there are bytes", [10, 5, 2, 1, 97, 3]],
    ["a kind of a format that no release has written", [1, 0, 1, 97]],
    ["a request without a name", [7, 0]],
    ["fewer words than it says", [7, 2, 1, 97]],
    ["a word longer than the bytes", [7, 1, 5, 97]],
    ["a length that never ends", [7, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]],
    ["a length written longer than need be", [7, 1, 0x80, 0]],
    ["a length beyond the safe integers", [7, 255, 255, 255, 255, 255, 255, 255, 127]],
    ["bytes after the end", [9, 1, 0]],
    ["a watched key without a revision", [8, 1, 1, 97]],
    ["more watched keys than there are bytes", [8, 255, 255, 127]]
  ])("is refused when the bytes hold %s", (_, bytes) => {
    expect(Command.decode(Uint8Array.from(bytes))).toBeUndefined()
  })

  it("holds the largest key and value within the limit of its bytes", () => {
    const key = "k".repeat(Key.LIMIT_BYTES)
    const value = new Uint8Array(Command.VALUE_LIMIT_BYTES)
    expect(Command.encodeCall(Command.words("set", key, value)).length)
      .toBeLessThanOrEqual(Command.LIMIT_BYTES)
  })

  it("keeps the memory of its bytes for a value that fills it, and only then", () => {
    const value = new Uint8Array(1000).fill(7)
    const bytes = Command.encodeCall(Command.words("set", "key", value))
    const frame = new Uint8Array(100_000)
    frame.set(bytes, 500)
    const memoryOf = (source: Uint8Array) => {
      const decoded = Command.decode(source)
      if (decoded?._tag !== "Call") throw new Error("not a call")
      const kept = Command.own(decoded.words[2]!)
      expect(kept).toEqual(value)
      return kept.buffer
    }
    expect(memoryOf(bytes)).toBe(bytes.buffer)
    expect(memoryOf(frame.subarray(500, 500 + bytes.length)).byteLength).toBe(1000)
  })
})

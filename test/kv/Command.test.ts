import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Command from "../../src/kv/Command.js"
import * as Key from "../../src/kv/Key.js"
import { anyKey, command } from "./arbitraries.js"

const key = "key" as Key.Key

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
      fc.tuple(fc.integer({ min: 1, max: 6 }), fc.uint8Array({ maxLength: 20, max: 5 }))
        .map(([kind, rest]) => Uint8Array.of(kind, ...rest))
    )
  ], ([bytes]) => {
    const decoded = Command.decode(bytes)
    if (decoded !== undefined) expect(Command.encode(decoded)).toEqual(bytes)
  }, { fastCheck: { numRuns: 20_000 } })

  it.each<[string, Command.Command, ReadonlyArray<number>]>([
    ["Set", {
      _tag: "Set",
      key,
      value: Uint8Array.of(9, 8),
      condition: "NX",
      get: true
    }, [1, 5, 3, 107, 101, 121, 9, 8]],
    ["SetMany", {
      _tag: "SetMany",
      pairs: [[key, Uint8Array.of(9)]]
    }, [2, 3, 107, 101, 121, 1, 9]],
    ["Delete", { _tag: "Delete", keys: [key] }, [3, 3, 107, 101, 121]],
    ["Increment", { _tag: "Increment", key, by: -12 }, [4, 3, 107, 101, 121, 45, 49, 50]],
    ["CompareAndSet", {
      _tag: "CompareAndSet",
      key,
      expectedRevision: 300,
      value: Uint8Array.of(9)
    }, [5, 0xac, 2, 3, 107, 101, 121, 9]],
    ["FlushAll", { _tag: "FlushAll" }, [6]]
  ])("keeps the encoding that logs on disk already hold: %s", (_, made, bytes) => {
    expect([...Command.encode(made)]).toEqual(bytes)
  })

  it.each([
    ["nothing", []],
    ["a kind nobody knows", [7]],
    ["a condition nobody knows", [1, 3, 0]],
    ["a flag nobody knows", [1, 8, 0]],
    ["a key longer than the bytes", [1, 0, 5, 97]],
    ["a length that never ends", [1, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]],
    ["a length written longer than need be", [1, 0, 0x80, 0]],
    ["a length beyond the safe integers", [5, 255, 255, 255, 255, 255, 255, 255, 127, 0]],
    ["bytes after the end", [6, 0]],
    ["an increment that is no integer", [4, 1, 97, 0x2b, 0x31]]
  ])("is refused when the bytes hold %s", (_, bytes) => {
    expect(Command.decode(Uint8Array.from(bytes))).toBeUndefined()
  })

  it("holds the largest key and value within the limit of its bytes", () => {
    const largest = Command.encode({
      _tag: "Set",
      key: "k".repeat(Key.LIMIT_BYTES) as Key.Key,
      value: new Uint8Array(Command.VALUE_LIMIT_BYTES),
      condition: "none",
      get: false
    })
    expect(largest.length).toBeLessThanOrEqual(Command.LIMIT_BYTES)
  })

  it("keeps the memory of its bytes for a value that fills it, and only then", () => {
    const value = new Uint8Array(1000).fill(7)
    const bytes = Command.encode({ _tag: "Set", key, value, condition: "none", get: false })
    const frame = new Uint8Array(100_000)
    frame.set(bytes, 500)
    const memoryOf = (source: Uint8Array) => {
      const decoded = Command.decode(source)
      if (decoded?._tag !== "Set") throw new Error("not a Set")
      expect(decoded.value).toEqual(value)
      return decoded.value.buffer
    }
    expect(memoryOf(bytes)).toBe(bytes.buffer)
    expect(memoryOf(frame.subarray(500, 500 + bytes.length)).byteLength).toBe(1000)
  })
})

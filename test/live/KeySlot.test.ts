import { describe, expect, it } from "@effect/vitest"
import * as Latin1 from "../../src/kv/Latin1.js"
import * as KeySlot from "../../src/live/KeySlot.js"

const slotOf = (key: string) => KeySlot.of(Latin1.encode(key))

describe("the slot of a key", () => {
  // As Redis 7.0's CLUSTER KEYSLOT says.
  it.each([
    ["", 0],
    ["123456789", 12_739],
    ["foo", 12_182],
    ["somekey", 11_058],
    ["\u00ff\u0000", 1_023]
  ])("%j is %i", (key, slot) => {
    expect(slotOf(key)).toBe(slot)
  })

  it("is that of the hash tag, if there is one and it is not empty", () => {
    expect(slotOf("a{foo}b")).toBe(slotOf("foo"))
    expect(slotOf("{foo}{bar}")).toBe(slotOf("foo"))
    expect(slotOf("foo{{bar}}zap")).toBe(slotOf("{bar"))
    expect(slotOf("foo{}{bar}")).not.toBe(slotOf("bar"))
    expect(slotOf("}foo{")).not.toBe(slotOf("foo"))
    expect(slotOf("{foo")).not.toBe(slotOf("foo"))
  })
})

import { describe, expect, it } from "@effect/vitest"
import * as Integer from "../../src/kv/Integer.js"
import * as Latin1 from "../../src/kv/Latin1.js"
import { int64 } from "./arbitraries.js"

const MIN = -(2n ** 63n)
const MAX = 2n ** 63n - 1n

const parse = (text: string) => Integer.parse(Latin1.encode(text))

const fits = (value: bigint) => (value < MIN || value > MAX ? undefined : value)

describe("an integer", () => {
  it.prop(
    "is read from its decimal text, as a number whenever that is exact",
    [int64],
    ([value]) => {
      const parsed = parse(String(value))
      expect(BigInt(parsed!)).toBe(value)
      expect(typeof parsed === "number").toBe(Number.isSafeInteger(Number(value)))
    }
  )

  it.each([
    ["", "nothing"],
    ["-", "a sign alone"],
    ["-0", "minus zero"],
    ["+1", "a plus"],
    ["01", "a leading zero"],
    [" 1", "a space before"],
    ["1 ", "a space after"],
    ["1.0", "a fraction"],
    ["1e3", "an exponent"],
    ["0x10", "another base"],
    ["9223372036854775808", "one more than fits"],
    ["-9223372036854775809", "one less than fits"],
    ["99999999999999999999", "more digits than fit"]
  ])("is not read from %j: %s", (text) => {
    expect(parse(text)).toBeUndefined()
  })

  it.prop("adds as 64 bits do, and says when the sum does not fit", [int64, int64], ([a, b]) => {
    const sum = Integer.add(parse(String(a))!, parse(String(b))!)
    expect(sum === undefined ? sum : BigInt(sum)).toBe(fits(a + b))
    expect(sum === undefined || sum === parse(String(sum))).toBe(true)
  })

  it.prop("has an opposite unless it is the smallest", [int64], ([value]) => {
    const opposite = Integer.negate(parse(String(value))!)
    expect(opposite === undefined ? opposite : BigInt(opposite)).toBe(fits(-value))
  })
})

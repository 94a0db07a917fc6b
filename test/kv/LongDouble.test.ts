import { assert, describe, it } from "@effect/vitest"
import * as LongDouble from "../../src/kv/LongDouble.js"

const sum = (one: string, other: string): string | undefined => {
  const added = LongDouble.add(LongDouble.parse(one)!, LongDouble.parse(other)!)
  return added && LongDouble.format(added)
}

describe("a long double", () => {
  it.each([
    ["0.1", "0.2", "0.3"],
    ["10.50", "0.1", "10.6"],
    ["5.0e3", "2.0e2", "5200"],
    ["3.0", "1.000000000000000005", "4.00000000000000001"],
    ["1000000.1", "0.2", "1000000.30000000000001137"],
    ["1e17", "0.1", "100000000000000000.1015625"],
    ["-1", "1", "0"],
    ["0x10", "0x1.8p1", "19"],
    ["1", "-1.5", "-0.5"],
    ["1e20", "1", "100000000000000000000"],
    ["0", "1e-18", "0"]
  ])("is added as Redis adds: %s + %s is %s", (one, other, expected) => {
    assert.strictEqual(sum(one, other), expected)
  })

  it.each([
    "",
    " 1",
    "1 ",
    "1e",
    "e1",
    ".",
    "1.2.3",
    "--1",
    "abc",
    "1e99999",
    "9".repeat(5_120),
    "0x",
    "nan"
  ])(
    "is not read from '%s'",
    (text) => {
      assert.isUndefined(LongDouble.parse(text))
    }
  )

  it("has no sum that is infinite", () => {
    assert.isUndefined(sum("1.1e4932", "1.1e4932"))
    assert.isUndefined(sum("-inf", "1"))
  })
})

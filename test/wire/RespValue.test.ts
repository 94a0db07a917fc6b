import { assert, describe, it } from "@effect/vitest"
import * as Latin1 from "../../src/kv/Latin1.js"
import * as RespValue from "../../src/wire/RespValue.js"

const read = (text: string) => RespValue.read(Latin1.encode(text))
const value = (text: string) => {
  const reading = read(text)
  return reading._tag === "Value" ? reading.value : reading._tag
}

describe("a reply", () => {
  it("of every kind is read", () => {
    assert.strictEqual(value("+OK\r\n"), "OK")
    assert.deepStrictEqual(value("-ERR no\r\n"), { _tag: "Refusal", message: "ERR no" })
    assert.strictEqual(value(":-12\r\n"), -12)
    assert.strictEqual(value("$3\r\na\nb\r\n"), "a\nb")
    assert.strictEqual(value("$-1\r\n"), null)
    assert.deepStrictEqual(value("*3\r\n:1\r\n*0\r\n$0\r\n\r\n"), [1, [], ""])
    assert.strictEqual(value("*-1\r\n"), null)
  })

  it("that has not arrived whole is waited for", () => {
    const whole = "*2\r\n$2\r\nab\r\n:7\r\n"
    for (let end = 0; end < whole.length; end++) {
      assert.strictEqual(value(whole.slice(0, end)), "Incomplete")
    }
    assert.deepStrictEqual(value(whole), ["ab", 7])
  })

  it("that is none is refused, however deep", () => {
    for (const text of ["HTTP/1.1 200\r\n", ":x\r\n", "$-2\r\n", "\r\n", "*1\r\n".repeat(99)]) {
      assert.strictEqual(value(text), "Broken")
    }
  })
})

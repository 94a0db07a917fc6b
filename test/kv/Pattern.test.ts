import { assert, describe, it } from "@effect/vitest"
import * as Pattern from "../../src/kv/Pattern.js"

describe("a pattern", () => {
  it.each([
    ["*", ["", "a", "a:b"], []],
    ["**", ["a", "a:b"], [""]],
    ["h?llo", ["hello", "hallo"], ["hllo", "heello"]],
    ["h*llo", ["hllo", "heeeello"], ["hell"]],
    ["h[ae]llo", ["hello", "hallo"], ["hillo"]],
    ["h[^e]llo", ["hallo", "hbllo"], ["hello"]],
    ["h[a-b]llo", ["hallo", "hbllo"], ["hcllo"]],
    ["h[b-a]llo", ["hallo"], ["hcllo"]],
    ["a\\*b", ["a*b"], ["aab", "a\\*b"]],
    ["[\\]]", ["]"], ["\\"]],
    ["user:*:name", ["user:1:name", "user::name", "user:a:name:name"], ["user:1:names"]],
    ["", [""], ["a"]]
  ])("%s matches what Redis matches", (pattern, matched, others) => {
    for (const text of matched) assert.isTrue(Pattern.isMatch(pattern, text), text)
    for (const text of others) assert.isFalse(Pattern.isMatch(pattern, text), text)
  })

  it("that no machine could try to its end matches nothing", () => {
    assert.isFalse(Pattern.isMatch("*a".repeat(30), "a".repeat(100_000)))
  })
})

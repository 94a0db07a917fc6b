import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import * as Members from "../../src/node/Members.js"

describe("a list of members", () => {
  it("reads as id=host:port, separated by commas, addresses of IPv6 in brackets", () => {
    const text = "n1=127.0.0.1:7101,n2=cache.local:7102,n3=[::1]:7103"
    const members = Either.getOrThrow(Members.parse(text))
    assert.deepStrictEqual(members, [
      { id: "n1", host: "127.0.0.1", port: 7101 },
      { id: "n2", host: "cache.local", port: 7102 },
      { id: "n3", host: "::1", port: 7103 }
    ])
    assert.strictEqual(Members.format(members), text)
  })

  it.each([
    ["", `"" is not id=host:port`],
    ["n1", `"n1" is not id=host:port`],
    ["n1=", `"" is not host:port`],
    ["n1=host", `"host" is not host:port`],
    ["n1=:7101", `":7101" is not host:port`],
    ["n1=host:", `"host:" is not host:port`],
    ["n1=host:port", `"host:port" has no port from 0 to 65535`],
    ["n1=host:65536", `"host:65536" has no port from 0 to 65535`],
    ["n1=host:1.5", `"host:1.5" has no port from 0 to 65535`],
    ["n 1=host:1", `"n 1" is no node id: letters, digits, "_", "." and "-", at most 64`],
    [
      "__proto__=host:1",
      `"__proto__" is no node id: letters, digits, "_", "." and "-", at most 64`
    ],
    ["n1=host:1,n1=host:2", "n1 is there twice"],
    ["n1=host:1,n2=host:1", "host:1 is there twice"]
  ])("such as %j is refused: %s", (text, why) => {
    assert.deepStrictEqual(Members.parse(text), Either.left(why))
  })

  it("has at most nine members", () => {
    const of = (count: number): string =>
      Array.from({ length: count }, (_, i) => `n${i}=host:${7000 + i}`).join(",")
    assert.isTrue(Either.isRight(Members.parse(of(9))))
    assert.deepStrictEqual(Members.parse(of(10)), Either.left("10 members are too many: at most 9"))
  })
})

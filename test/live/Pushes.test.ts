import { assert, describe, it } from "@effect/vitest"
import * as Latin1 from "../../src/kv/Latin1.js"
import { Pushes } from "../../src/live/Pushes.js"
import { Writer } from "../../src/wire/RespReply.js"

const make = () => {
  const pushes = new Pushes()
  const out = new Writer()
  return {
    pushes,
    add: (...texts: ReadonlyArray<string>) => {
      for (const text of texts) pushes.add((out) => out.simple(text))
    },
    /** What is said, a word for each. */
    say: (upTo: number) => {
      pushes.say(upTo, out)
      const said = Latin1.decode(out.written(), 0, out.length)
      out.clear(false)
      return said.split("\r\n").filter((line) => line !== "").map((line) => line.slice(1)).join(" ")
    }
  }
}

describe("what a connection is to say unasked", () => {
  it("is said once, in order, as far as is asked", () => {
    const { add, pushes, say } = make()
    add("a", "b", "c")
    assert.deepStrictEqual([say(0), say(2), say(1), say(2)], ["", "a b", "", ""])
    add("d")
    assert.deepStrictEqual([pushes.said, pushes.count], [2, 4])
    assert.deepStrictEqual([say(3), say(Infinity), say(Infinity)], ["c", "d", ""])
  })

  it("keeps its place when all before it is said and forgotten", () => {
    const { add, pushes, say } = make()
    add("a", "b")
    assert.strictEqual(say(Infinity), "a b")
    add("c", "d")
    assert.strictEqual(pushes.count, 4)
    assert.deepStrictEqual([say(2), say(3)], ["", "c"])
  })

  it("waits for the next time if it comes up meanwhile", () => {
    const { pushes, say } = make()
    pushes.add((out) => {
      out.simple("a")
      pushes.add((out) => out.simple("b"))
    })
    assert.deepStrictEqual([say(Infinity), say(Infinity)], ["a", "b"])
  })

  it("is not said any more once it is forgotten", () => {
    const { add, pushes, say } = make()
    add("a", "b")
    assert.strictEqual(say(1), "a")
    pushes.clear()
    add("c")
    assert.deepStrictEqual([pushes.count, say(2)], [2, "c"])
  })
})

import { assert, describe, it } from "@effect/vitest"
import type { ReadOutcome } from "../../src/node/Node.js"
import * as Reads from "../../src/node/Reads.js"

const make = () => {
  const reads = new Reads.Reads()
  const answers: Array<string> = []
  const add = (name: string, deadlineAt = 100): void =>
    reads.add((outcome: ReadOutcome) => {
      answers.push(`${name} ${outcome._tag === "Refused" ? outcome.reason : outcome._tag}`)
    }, deadlineAt)
  return { reads, answers, add }
}

describe("the reads of a node", () => {
  it("that wait together are asked for and answered together", () => {
    const { add, answers, reads } = make()
    add("a")
    add("b")
    reads.ask(1, "linearizable")
    add("c")
    reads.confirmed(1)
    assert.deepStrictEqual(answers, ["a Readable", "b Readable"])
    assert.isTrue(reads.canAsk("linearizable"))
    assert.strictEqual(reads.pending, 1)
  })

  it("that were refused are asked for again, before those that came later", () => {
    const { add, answers, reads } = make()
    add("a")
    reads.ask(1, "linearizable")
    add("b")
    reads.refused(1)
    reads.ask(2, "linearizable")
    reads.confirmed(2)
    assert.deepStrictEqual(answers, ["a Readable", "b Readable"])
  })

  it("are refused when their deadline passes, once", () => {
    const { add, answers, reads } = make()
    add("a", 10)
    add("b", 20)
    reads.expire(10)
    reads.expire(10)
    assert.deepStrictEqual(answers, ["a NoLeader"])
    assert.strictEqual(reads.pending, 1)
  })

  it("are refused when their deadline passes, though they may have been granted", () => {
    const { add, answers, reads } = make()
    add("a", 10)
    add("b", 20)
    reads.ask(1, "linearizable")
    reads.expire(10)
    reads.expire(10)
    assert.deepStrictEqual(answers, ["a Behind"])
    assert.strictEqual(reads.pending, 1)
    assert.strictEqual(reads.questions, 1)
    reads.confirmed(1)
    assert.strictEqual(reads.questions, 0)
    assert.deepStrictEqual(answers, ["a Behind", "b Readable"])
    assert.strictEqual(reads.pending, 0)
  })

  it("are refused each at its own deadline, whichever was asked for again first", () => {
    const { add, answers, reads } = make()
    add("a", 10)
    reads.ask(1, "linearizable")
    add("b", 20)
    reads.ask(2, "linearizable")
    reads.refused(1)
    reads.refused(2)
    reads.ask(3, "linearizable")
    reads.expire(10)
    assert.deepStrictEqual(answers, ["a Behind"])
  })

  it("wait, and are refused in time, when nothing that was asked for can be served", () => {
    const { add, answers, reads } = make()
    for (let ref = 1; ref <= Reads.ASKED_REFS; ref++) {
      add("a", 30)
      assert.isTrue(reads.canAsk("linearizable"))
      reads.ask(ref, "linearizable")
    }
    add("b", 20)
    assert.isFalse(reads.canAsk("linearizable"))
    reads.expire(20)
    assert.deepStrictEqual(answers, ["b Behind"])
  })

  it("ignore an answer to what nobody asks any more", () => {
    const { add, answers, reads } = make()
    add("a")
    reads.ask(1, "linearizable")
    reads.confirmed(1)
    reads.confirmed(1)
    reads.refused(1)
    assert.deepStrictEqual(answers, ["a Readable"])
  })

  it("are refused beyond the number that may wait", () => {
    const { add, answers } = make()
    for (let i = 0; i <= Reads.PENDING_READS; i++) add("a")
    assert.deepStrictEqual(answers, ["a Overloaded"])
  })

  it("all get an answer when the node stops", () => {
    const { add, answers, reads } = make()
    add("a")
    reads.ask(1, "linearizable")
    add("b")
    reads.close()
    reads.confirmed(1)
    assert.deepStrictEqual(answers, ["b Stopping", "a Stopping"])
  })
})

import { assert, describe, it } from "@effect/vitest"
import type { WriteOutcome } from "../../src/node/Node.js"
import * as Writes from "../../src/node/Writes.js"
import * as Proposal from "../../src/wire/Proposal.js"

const session = { client: "00112233445566aa", epoch: 3 }
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const everything = 1 << 30

const make = () => {
  const writes = new Writes.Writes(session)
  const answers: Array<readonly [string, WriteOutcome]> = []
  const add = (text: string, deadlineAt = 100): void =>
    writes.add(bytes(text), (outcome) => answers.push([text, outcome]), deadlineAt)
  /** What is sent now, as `sequence:command`, a skip as `sequence:`. */
  const take = (limit = everything): ReadonlyArray<string> =>
    writes.takeUnsent(limit).map((proposal) => {
      const { command, sequence } = Proposal.decode(proposal) ?? assert.fail("not a proposal")
      return `${sequence}:${new TextDecoder().decode(command)}`
    })
  return { writes, answers, add, take }
}

const done = (index: number): WriteOutcome => ({ _tag: "Done", answer: bytes("ok"), index })

describe("the writes of a node", () => {
  it("are numbered from 1 in the order of their calls, each taken once", () => {
    const { add, take, writes } = make()
    add("a")
    add("b")
    assert.deepStrictEqual(take(), ["1:a", "2:b"])
    add("c")
    assert.deepStrictEqual(take(), ["3:c"])
    assert.deepStrictEqual(take(), [])
    assert.isFalse(writes.hasUnsent)
    assert.strictEqual(writes.pending, 3)
  })

  it("are taken in batches of about the limit, at least one at a time", () => {
    const { add, take } = make()
    for (const text of ["a", "b", "c"]) add(text)
    assert.deepStrictEqual(take(1), ["1:a"])
    assert.deepStrictEqual(take(Proposal.OVERHEAD_BYTES + 2), ["2:b", "3:c"])
  })

  it("are answered when they are applied here", () => {
    const { add, answers, take, writes } = make()
    add("a")
    add("b")
    take()
    writes.applied(1, 7, bytes("ok"))
    assert.deepStrictEqual(answers, [["a", done(7)]])
    assert.strictEqual(writes.oldestSent, 2)
    assert.strictEqual(writes.pending, 1)
  })

  it("are sent again in order from where one was refused, and never behind what is applied", () => {
    const { add, take, writes } = make()
    for (const text of ["a", "b", "c"]) add(text)
    take()
    writes.resendFrom(2)
    assert.deepStrictEqual(take(), ["2:b", "3:c"])
    writes.applied(1, 5, bytes("ok"))
    writes.resendAll()
    assert.deepStrictEqual(take(), ["2:b", "3:c"])
  })

  it("applied from an earlier copy are not sent again", () => {
    const { add, take, writes } = make()
    add("a")
    add("b")
    take()
    writes.resendAll()
    writes.applied(1, 5, bytes("ok"))
    assert.deepStrictEqual(take(), ["2:b"])
  })

  it("are refused when their deadline passes before they were sent: they had no effect", () => {
    const { add, answers, take, writes } = make()
    add("a", 10)
    add("b", 20)
    writes.expire(10)
    assert.deepStrictEqual(answers, [["a", { _tag: "Refused", reason: "NoLeader" }]])
    assert.deepStrictEqual(take(), ["1:b"])
  })

  it("have an unknown outcome when their deadline passes after they were sent, once", () => {
    const { add, answers, take, writes } = make()
    add("a", 10)
    take()
    writes.expire(9)
    assert.deepStrictEqual(answers, [])
    writes.expire(10)
    writes.expire(11)
    writes.applied(1, 4, bytes("ok"))
    assert.deepStrictEqual(answers, [["a", { _tag: "UnknownOutcome" }]])
    assert.strictEqual(writes.pending, 0)
  })

  it("whose client was told so are sent again as skips, so that nothing happens late", () => {
    const { add, take, writes } = make()
    add("a", 10)
    add("b", 90)
    take()
    writes.expire(10)
    writes.resendAll()
    assert.deepStrictEqual(take(), ["1:", "2:b"])
  })

  it("are refused beyond the limit of bytes that wait, and taken again below it", () => {
    const { answers, take, writes } = make()
    const large = new Uint8Array(Writes.PENDING_BYTES)
    const answer = (outcome: WriteOutcome): void => void answers.push(["", outcome])
    writes.add(large, answer, 1)
    writes.add(bytes("a"), answer, 1)
    assert.deepStrictEqual(answers, [["", { _tag: "Refused", reason: "Overloaded" }]])
    take()
    writes.applied(1, 1, bytes("ok"))
    writes.add(bytes("a"), answer, 1)
    assert.strictEqual(writes.pending, 1)
  })

  it("are refused beyond the number that may wait", () => {
    const { add, answers } = make()
    for (let i = 0; i < Writes.PENDING_WRITES; i++) add("a")
    assert.strictEqual(answers.length, 0)
    add("b")
    assert.deepStrictEqual(answers, [["b", { _tag: "Refused", reason: "Overloaded" }]])
  })

  it("all get an answer when the node stops: refused if never sent, unknown otherwise", () => {
    const { add, answers, take, writes } = make()
    add("a")
    take()
    add("b")
    writes.close()
    assert.deepStrictEqual(answers, [
      ["b", { _tag: "Refused", reason: "Stopping" }],
      ["a", { _tag: "UnknownOutcome" }]
    ])
  })

  it("stop the node if one is applied out of turn", () => {
    const { add, take, writes } = make()
    add("a")
    add("b")
    take()
    assert.throws(() => writes.applied(2, 9, bytes("ok")), "applied write 2, expected 1")
  })
})

import { assert, describe, it } from "@effect/vitest"
import * as Contradiction from "../../src/sim/Contradiction.js"
import type { Operation } from "../../src/sim/LinearizabilitySearch.js"
import * as RedisKey from "../chaos/RedisKey.js"
import type { Answer, Words } from "../chaos/RedisKey.js"

const operation = (
  id: number,
  words: string,
  calledAt: number,
  returnedAt?: number,
  answer?: Answer
): Operation<Words, Answer> => ({
  id,
  client: id % 3,
  request: words.split(" ") as unknown as Words,
  calledAt,
  returnedAt,
  answer
})

/** Of a client that works alone. */
const before = Array.from({ length: 40 }, (_, at) =>
  at % 4 === 3
    ? operation(at, "DEL k", 10 * at, 10 * at + 5, 1)
    : operation(at, `SET k v${at}`, 10 * at, 10 * at + 5, "OK"))

const after = [operation(98, "SET k last", 990, 995, "OK"), operation(99, "DEL k", 996)]

const words = {
  request: RedisKey.describe,
  answer: RedisKey.describeAnswer,
  instant: (instant: number) => `at ${instant}`
}

const told = (operations: ReadonlyArray<Operation<Words, Answer>>): string =>
  Contradiction.describe(
    Contradiction.smallest([...before, ...operations, ...after], RedisKey.specification),
    words
  )

describe("a history that is not linearizable", () => {
  it("is told as a lost write and the read that misses it", () => {
    const lost = operation(50, "SET k mine", 500, 510, "OK")
    assert.strictEqual(
      told([operation(52, "GET k", 520, 530, null), lost, operation(51, "SET k open", 505)]),
      [
        "no order of these 2 operations explains their answers, " +
        "whatever the 41 others of the key did in their time:",
        "  operation 50  client 2  called at 500  returned at 510  SET k mine  -> OK",
        "  operation 52  client 1  called at 520  returned at 530  GET k       -> nil"
      ].join("\n")
    )
  })

  it("is told as a read alone if nobody ever wrote what it shows", () => {
    const { operations } = Contradiction.smallest(
      [operation(1, "GET k", 1, 2, "never")],
      RedisKey.specification
    )
    assert.deepStrictEqual(operations.map(({ id }) => id), [1])
    assert.match(told([operation(52, "GET k", 520, 530, "never")]), /^the answer of this operation/)
  })

  it("is told up to the first return that has no explanation", () => {
    const stale = operation(60, "GET k", 600, 610, "v0")
    const worse = operation(61, "GET k", 700, 710, "never")
    const text = told([worse, stale])
    assert.match(text, /v0/)
    assert.notMatch(text, /never/)
  })
})

import { assert, describe, it } from "@effect/vitest"
import * as Search from "../../src/sim/LinearizabilitySearch.js"
import type { Operation, State } from "../../src/sim/LinearizabilitySearch.js"
import { lie } from "./Lie.js"
import { evaluate, specification } from "./RedisKey.js"
import type { Answer, Words } from "./RedisKey.js"

/** Of one client, who writes and reads in turn. */
const history = (): ReadonlyArray<Operation<Words, Answer>> => {
  let state: State = null
  return Array.from({ length: 20 }, (_, id) => {
    const request: Words = id % 2 === 0 ? ["SET", "k0", `v${id}`] : ["GET", "k0"]
    const [after, answer] = evaluate(state, request)
    state = after
    return { id, client: 1, request, calledAt: 2 * id, returnedAt: 2 * id + 1, answer }
  })
}

describe("a false answer", () => {
  it("makes a history that was linearizable one that is not", () => {
    assert.strictEqual(Search.check(history(), specification)._tag, "Linearizable")
    assert.strictEqual(Search.check(lie(history()), specification)._tag, "Violation")
  })

  it("cannot be made of nothing", () => {
    assert.throws(() => lie([]), /nothing to lie about/)
  })
})

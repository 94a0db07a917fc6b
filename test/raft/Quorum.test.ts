import { assert, describe, it } from "@effect/vitest"
import * as Quorum from "../../src/raft/Quorum.js"

const equal = assert.deepStrictEqual

describe("a majority", () => {
  it("is more than half, so that any two share a voter", () => {
    equal([1, 2, 3, 4, 5, 6, 7].map(Quorum.majority), [1, 2, 2, 3, 3, 4, 4])
  })

  it("has reached the highest value that so many have reached at least", () => {
    equal(Quorum.reached([7]), 7)
    equal(Quorum.reached([7, 3]), 3)
    equal(Quorum.reached([3, 9, 5]), 5)
    equal(Quorum.reached([9, 9, 1, 2]), 2)
    equal(Quorum.reached([1, 9, 2, 8, 3]), 3)
    equal(Quorum.reached([10, 9, 100]), 10) // numbers, not texts
  })

  it("is not found in nothing", () => {
    equal(Quorum.reached([]), 0)
  })

  it("leaves the values as they are", () => {
    const values = Object.freeze([1, 3, 2])
    equal([Quorum.reached(values), values], [2, [1, 3, 2]])
  })
})

describe("the result of votes", () => {
  const three = ["n1", "n2", "n3"]
  const four = [...three, "n4"]

  it.each<[Quorum.VoteResult, ReadonlyArray<string>, Record<string, boolean>]>([
    ["Pending", three, {}],
    ["Pending", three, { n1: true }],
    ["Pending", three, { n1: true, n2: false }],
    ["Won", three, { n1: true, n3: true }],
    ["Lost", three, { n1: true, n2: false, n3: false }],
    ["Pending", four, { n1: true, n2: true }],
    ["Won", four, { n1: true, n2: true, n3: true }],
    ["Lost", four, { n1: true, n2: false, n3: false }],
    ["Won", ["n1"], { n1: true }]
  ])("is %s among %j after %j", (result, voters, votes) => {
    equal(Quorum.voteResult(voters, votes), result)
  })

  it("does not count whoever is no voter", () => {
    equal(Quorum.voteResult(three, { n1: true, n8: true, n9: true }), "Pending")
    equal(Quorum.voteResult(three, { n1: true, n8: false, n9: false }), "Pending")
  })
})

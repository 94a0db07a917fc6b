import { assert, describe, it } from "@effect/vitest"
import * as Quorum from "../../src/raft/Quorum.js"

const equal = assert.deepStrictEqual

/** Of voters that have reached these values, each set with voters of its own. */
const reached = (voters: ReadonlyArray<number>, outgoing: ReadonlyArray<number> = []): number =>
  Quorum.reached(
    { voters: voters.map((_, at) => `n${at}`), outgoing: outgoing.map((_, at) => `o${at}`) },
    (voter) => (voter.startsWith("n") ? voters : outgoing)[Number(voter.slice(1))] ?? 0
  )

describe("a majority", () => {
  it("is more than half, so that any two share a voter", () => {
    equal([1, 2, 3, 4, 5, 6, 7].map(Quorum.majority), [1, 2, 2, 3, 3, 4, 4])
  })

  it("has reached the highest value that so many have reached at least", () => {
    equal(reached([7]), 7)
    equal(reached([7, 3]), 3)
    equal(reached([3, 9, 5]), 5)
    equal(reached([9, 9, 1, 2]), 2)
    equal(reached([1, 9, 2, 8, 3]), 3)
    equal(reached([10, 9, 100]), 10) // numbers, not texts
  })

  it("of nobody has reached everything, so that the other of two decides", () => {
    equal(reached([]), Infinity)
    equal(reached([1, 2, 3], []), 2)
  })

  it("is needed of both sets while they are joint, however much one has reached", () => {
    equal(reached([9, 9, 9], [1, 2, 3]), 2)
    equal(reached([1, 2, 3], [9, 9, 9]), 2)
    equal(reached([5, 5, 0, 0], [5, 5, 5]), 0)
  })

  it("counts a voter of both sets in both", () => {
    const values: Record<string, number> = { n1: 7, n2: 5, n3: 1, n4: 0 }
    const joint = { voters: ["n1", "n2", "n4"], outgoing: ["n1", "n2", "n3"] }
    equal(Quorum.reached(joint, (voter) => values[voter] ?? 0), 5)
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
    equal(Quorum.voteResult({ voters, outgoing: [] }, votes), result)
  })

  it.each<[Quorum.VoteResult, Record<string, boolean>]>([
    ["Pending", { n1: true, n2: true }],
    ["Pending", { n3: true, n4: true, n5: true }],
    ["Won", { n2: true, n3: true, n4: true }],
    ["Won", { n1: true, n2: true, n4: true, n5: true }],
    ["Lost", { n1: false, n2: false, n3: true, n4: true, n5: true }],
    ["Lost", { n1: true, n2: true, n3: true, n4: false, n5: false }]
  ])("is %s while n1, n2, n3 give way to n3, n4, n5, after %j", (result, votes) => {
    const joint = { voters: ["n3", "n4", "n5"], outgoing: ["n1", "n2", "n3"] }
    equal(Quorum.voteResult(joint, votes), result)
  })

  it("does not count whoever is no voter", () => {
    const voters = { voters: three, outgoing: [] }
    equal(Quorum.voteResult(voters, { n1: true, n8: true, n9: true }), "Pending")
    equal(Quorum.voteResult(voters, { n1: true, n8: false, n9: false }), "Pending")
  })
})

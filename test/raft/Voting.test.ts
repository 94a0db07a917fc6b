import { assert, describe, it } from "@effect/vitest"
import type { EntryId } from "../../src/raft/EntryId.js"
import * as Raft from "../../src/raft/Raft.js"
import {
  actionsOf,
  becameFollower,
  candidate,
  follower,
  hardState,
  id,
  leader,
  lonely,
  node,
  persist,
  persisted,
  preVoteRequest,
  preVoteResponse,
  receive,
  run,
  send,
  tick,
  TIMEOUT_TICKS,
  voteRequest,
  voteResponse
} from "./Fixtures.js"

const equal = assert.deepStrictEqual

const five = ["n1", "n2", "n3", "n4", "n5"]

describe("a pre-vote", () => {
  it("is given when no leader was heard and the log is up to date, and changes nothing", () => {
    const start = lonely({ term: 1, log: [1] })
    const [state, actions] = run(start, receive("n2", preVoteRequest(1, id(1, 1))))
    equal(actions, [send("n2", preVoteResponse(1, 2))])
    equal(state, start)
  })

  it("is given to several", () => {
    const [state] = run(lonely(), receive("n2", preVoteRequest(0, id(0, 0))))
    equal(actionsOf(state, receive("n3", preVoteRequest(0, id(0, 0)))), [
      send("n3", preVoteResponse(0, 1))
    ])
  })

  it("is given for a term beyond the next, which is not entered", () => {
    const [state, actions] = run(lonely({ term: 1 }), receive("n2", preVoteRequest(7, id(1, 1))))
    equal(actions, [send("n2", preVoteResponse(1, 8))])
    equal(state.term, 1)
  })

  it("is refused while a leader was heard within the shortest election timeout", () => {
    const start = run(follower(), tick(9))[0]
    const ask = receive("n3", preVoteRequest(1, id(1, 5)))
    equal(actionsOf(start, ask), [send("n3", preVoteResponse(1, 2, false))])
    equal(actionsOf(start, tick(1), ask), [send("n3", preVoteResponse(1, 2))])
  })

  it("is refused by a leader", () => {
    equal(actionsOf(leader(), receive("n3", preVoteRequest(1, id(9, 9)))), [
      send("n3", preVoteResponse(1, 2, false))
    ])
  })

  it("is refused, with the newer term, for a term that is already reached", () => {
    equal(actionsOf(lonely({ term: 5 }), receive("n2", preVoteRequest(3, id(9, 9)))), [
      send("n2", preVoteResponse(5, 4, false))
    ])
    equal(actionsOf(lonely({ term: 5 }), receive("n2", preVoteRequest(4, id(9, 9)))), [
      send("n2", preVoteResponse(5, 5, false))
    ])
  })
})

describe("a vote", () => {
  it("is given to the first who asks, and restarts the election timer", () => {
    const start = run(lonely(), tick(4))[0]
    const [state, actions] = run(start, receive("n2", voteRequest(1, id(0, 0))), persisted(1))
    equal(actions, [send("n2", voteResponse(1))])
    equal(Raft.ticksUntilDue(state), TIMEOUT_TICKS)
  })

  it("is given again to the same candidate, and to no other, in this life or the next", () => {
    const voted = run(lonely(), receive("n2", voteRequest(1, id(0, 0))), persisted(1))[0]
    for (const state of [voted, lonely({ term: 1, vote: "n2" })]) {
      equal(actionsOf(state, receive("n2", voteRequest(1, id(0, 0)))), [
        send("n2", voteResponse(1))
      ])
      equal(actionsOf(state, receive("n3", voteRequest(1, id(0, 0)))), [
        send("n3", voteResponse(1, false))
      ])
    }
  })

  it("is given once also to a candidate whose name is empty or looks like a number", () => {
    for (const name of ["", "0"]) {
      const state = lonely({ term: 1, vote: name, voters: ["n1", "n2", name] })
      equal(actionsOf(state, receive("n2", voteRequest(1, id(0, 0)))), [
        send("n2", voteResponse(1, false))
      ])
    }
  })

  it("is not given back by an election that is lost", () => {
    const lost = run(
      candidate({ voters: five }),
      persisted(1),
      ...["n2", "n3", "n4"].map((peer) => receive(peer, voteResponse(1, false)))
    )[0]
    equal([lost.role, lost.vote], ["Follower", "n1"])
    equal(actionsOf(lost, receive("n5", voteRequest(1, id(0, 0)))), [
      send("n5", voteResponse(1, false))
    ])
  })

  it.each<readonly [string, boolean, EntryId]>([
    ["with the same log", true, id(2, 3)],
    ["with a longer log", true, id(2, 4)],
    ["with a shorter log that ends in a newer term", true, id(3, 1)],
    ["with a shorter log", false, id(2, 2)],
    ["with a longer log that ends in an older term", false, id(1, 9)],
    ["with nothing", false, id(0, 0)]
  ])("and a pre-vote: to a candidate %s: %s", (_, granted, last) => {
    const start = lonely({ term: 5, log: [1, 2, 2] })
    equal(actionsOf(start, receive("n2", preVoteRequest(5, last))), [
      send("n2", preVoteResponse(5, 6, granted))
    ])
    equal(actionsOf(start, receive("n2", voteRequest(6, last)), persisted(1)), [
      send("n2", voteResponse(6, granted))
    ])
  })

  it("that is refused does not restart the election timer", () => {
    const start = run(lonely({ term: 1, log: [1], vote: "n2" }), tick(4))[0]
    const refused = [voteRequest(1, id(1, 1)), voteRequest(2, id(0, 0))]
    for (const message of refused) {
      equal(Raft.ticksUntilDue(run(start, receive("n3", message))[0]), 1)
    }
  })

  it("is refused, with the newer term, to a candidate of an older one", () => {
    equal(actionsOf(lonely({ term: 5 }), receive("n2", voteRequest(4, id(1, 9)))), [
      send("n2", voteResponse(5, false))
    ])
  })

  it("is refused, and the newer term not entered, while a leader is heard", () => {
    for (const state of [run(follower(), tick(9))[0], leader(), node({ term: 1 })]) {
      const [after, actions] = run(state, receive("n3", voteRequest(7, id(6, 99))))
      equal(actions, [send("n3", voteResponse(1, false))])
      equal([after.term, after.role], [1, state.role])
    }
  })

  it("is refused in a term in which a leader was heard", () => {
    const start = run(follower(), tick(10))[0]
    equal(actionsOf(start, receive("n3", voteRequest(1, id(0, 0)))), [
      send("n3", voteResponse(1, false))
    ])
  })

  it("ends the preparation of an own election in that term", () => {
    const start = run(node({ term: 1 }), tick(TIMEOUT_TICKS))[0]
    equal(actionsOf(start, receive("n2", voteRequest(1, id(0, 0)))), [
      persist(1, { hardState: hardState(1, "n2") }),
      becameFollower(1, "voted for n2")
    ])
  })

  it("makes a candidate of an older term a follower", () => {
    const start = run(candidate(), persisted(1))[0]
    equal(actionsOf(start, receive("n2", voteRequest(2, id(0, 0)))), [
      persist(2, { hardState: hardState(2, "n2") }),
      becameFollower(2, "n2 is in term 2")
    ])
  })
})

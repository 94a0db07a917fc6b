import { assert, describe, it } from "@effect/vitest"
import type { EntryId } from "../../src/raft/EntryId.js"
import * as Raft from "../../src/raft/Raft.js"
import * as States from "../../src/raft/State.js"
import {
  accepted,
  actionsOf,
  append,
  becameFollower,
  candidate,
  elected,
  follower,
  hardState,
  heartbeatResponse,
  id,
  leader,
  lonely,
  node,
  noop,
  observe,
  persist,
  persisted,
  preVoteRequest,
  preVoteResponse,
  propose,
  receive,
  run,
  send,
  sendAll,
  tick,
  TIMEOUT_TICKS,
  voteRequest,
  voteResponse
} from "./Fixtures.js"

const equal = assert.deepStrictEqual

const four = ["n1", "n2", "n3", "n4"]
const five = ["n1", "n2", "n3", "n4", "n5"]

const becamePreCandidate = (term: number) => observe({ _tag: "BecamePreCandidate", term })
const becameCandidate = (term: number) => observe({ _tag: "BecameCandidate", term })
const becameLeader = (term: number) => observe({ _tag: "BecameLeader", term })

describe("an election", () => {
  it("is prepared when no leader was heard for the election timeout, in no new term yet", () => {
    const [waiting, nothing] = run(node({ term: 2, log: [1, 2] }), tick(TIMEOUT_TICKS - 1))
    equal(nothing, [])
    const [state, actions] = run(waiting, tick(1))
    equal(actions, [becamePreCandidate(2), ...sendAll(preVoteRequest(2, id(2, 2)))])
    equal([state.role, state.term, state.vote], ["PreCandidate", 2, undefined])
  })

  it("begins when a majority would vote: with a new term and an own vote", () => {
    const start = run(node({ term: 2, log: [1, 2] }), tick(TIMEOUT_TICKS))[0]
    const [state, actions] = run(start, receive("n3", preVoteResponse(2, 3)))
    equal(actions, [persist(1, { hardState: hardState(3, "n1") }), becameCandidate(3)])
    equal(actionsOf(state, persisted(1)), sendAll(voteRequest(3, id(2, 2))))
  })

  it("is won by a majority, and the leader sends its no-op at once", () => {
    const start = run(candidate({ term: 2, log: [1, 2] }), persisted(1))[0]
    const [state, actions] = run(start, receive("n2", voteResponse(3)))
    equal(actions, [
      persist(2, { append: [noop(3, 3)] }),
      becameLeader(3),
      ...sendAll(append(3, id(2, 2), [noop(3, 3)]))
    ])
    equal([state.role, state.leader], ["Leader", "n1"])
  })

  it("is won alone by the only voter, as soon as its vote is durable", () => {
    const [state, actions] = run(node({ voters: ["n1"] }), tick(TIMEOUT_TICKS))
    equal(actions, [
      persist(1, { hardState: hardState(1, "n1") }),
      becamePreCandidate(0),
      becameCandidate(1)
    ])
    equal(actionsOf(state, persisted(1)), [persist(2, { append: [noop(1, 1)] }), becameLeader(1)])
  })

  it("takes a majority: three of four, three of five, each counted once", () => {
    for (const voters of [four, five]) {
      const start = run(candidate({ voters }), persisted(1))[0]
      const [state] = run(
        start,
        receive("n2", voteResponse(1)),
        receive("n2", voteResponse(1)),
        receive("n9", voteResponse(1))
      )
      equal(state.role, "Candidate")
      equal(run(state, receive("n4", voteResponse(1)))[0].role, "Leader")
    }
  })

  it("takes a majority of pre-votes as well", () => {
    const start = run(node({ voters: five }), tick(TIMEOUT_TICKS))[0]
    const granted = receive("n2", preVoteResponse(0, 1))
    const [state, nothing] = run(start, granted, granted, receive("n9", preVoteResponse(0, 1)))
    equal(nothing, [])
    equal(run(state, receive("n5", preVoteResponse(0, 1)))[0].role, "Candidate")
  })

  it("counts the candidate's own vote only when that is durable", () => {
    const [state, nothing] = run(candidate(), receive("n2", voteResponse(1)))
    equal([nothing, state.role], [[], "Candidate"])
    equal(run(state, persisted(1))[0].role, "Leader")
  })

  it("counts no vote of another term, and no vote for whoever is no candidate any more", () => {
    const start = run(candidate({ term: 4 }), persisted(1))[0]
    equal(run(start, receive("n2", voteResponse(4)))[0].role, "Candidate")
    const [prepared] = run(start, tick(20))
    equal(prepared.role, "PreCandidate")
    equal(actionsOf(prepared, receive("n2", voteResponse(5))), [])
  })

  it("counts no pre-vote for an earlier campaign", () => {
    const start = run(node({ term: 4 }), tick(TIMEOUT_TICKS))[0]
    equal(actionsOf(start, receive("n2", preVoteResponse(4, 4))), [])
    equal(actionsOf(start, receive("n2", preVoteResponse(3, 5))), [
      persist(1, { hardState: hardState(5, "n1") }),
      becameCandidate(5)
    ])
  })

  it("is lost when a majority refuses, and prepared again after another timeout", () => {
    const start = run(candidate(), persisted(1))[0]
    const [lost, actions] = run(
      start,
      receive("n2", voteResponse(1, false)),
      receive("n3", voteResponse(1, false))
    )
    equal(actions, [becameFollower(1, "election lost")])
    equal(actionsOf(lost, tick(Raft.ticksUntilDue(lost))), [
      becamePreCandidate(1),
      ...sendAll(preVoteRequest(1, id(0, 0)))
    ])
  })

  it("is not begun when a majority refuses a pre-vote", () => {
    const start = run(node({ term: 1 }), tick(TIMEOUT_TICKS))[0]
    const [state, actions] = run(
      start,
      receive("n2", preVoteResponse(1, 2, false)),
      receive("n3", preVoteResponse(1, 2, false))
    )
    equal(actions, [becameFollower(1, "election lost")])
    equal(state.term, 1)
  })

  it("that nobody wins is prepared again, in the same term, after another timeout", () => {
    const start = run(candidate(), persisted(1))[0]
    const [state, actions] = run(start, tick(Raft.ticksUntilDue(start)))
    equal(actions, [becamePreCandidate(1), ...sendAll(preVoteRequest(1, id(0, 0)))])
    equal([state.role, state.term, state.vote], ["PreCandidate", 1, "n1"])
  })

  it("is prepared in the newer term of whoever refuses", () => {
    const start = run(node({ term: 1 }), tick(TIMEOUT_TICKS))[0]
    equal(actionsOf(start, receive("n2", preVoteResponse(5, 2, false))), [
      persist(1, { hardState: hardState(5) }),
      becameFollower(5, "n2 is in term 5")
    ])
  })

  it("is not prepared while the own disk stalls: whoever cannot write cannot be elected", () => {
    const start = run(follower(), receive("n2", append(1, id(0, 0), [noop(1, 1)])))[0]
    const [state, nothing] = run(start, tick(TIMEOUT_TICKS))
    equal([nothing, state.role], [[], "Follower"])
    equal(run(state, persisted(1), tick(20))[0].role, "PreCandidate")
  })

  it("is prepared by no leader", () => {
    equal(actionsOf(leader({ voters: ["n1"] }), tick(1000)), [])
  })
})

describe("election timeouts", () => {
  const drawn = (count: number, seed: number, name: string): ReadonlyArray<number> => {
    const voters = [name, "m2", "m3"]
    const config = { ...node().config, id: name, voters, seed }
    let state = Raft.boot(config, States.nothing)
    return Array.from({ length: count }, () => {
      const due = Raft.ticksUntilDue(state)
      state = run(state, tick(due))[0]
      return due
    })
  }

  it("lie between the configured ticks and twice as many, exclusive", () => {
    const ticks = drawn(500, 1, "n1")
    equal([Math.min(...ticks), Math.max(...ticks)], [10, 19])
  })

  it("differ between the nodes of a cluster, its starts, and from one draw to the next", () => {
    const one = drawn(8, 1, "n1")
    assert.notDeepEqual(one, drawn(8, 1, "n2"))
    assert.notDeepEqual(one, drawn(8, 2, "n1"))
    assert.isAbove(new Set(one).size, 1)
    equal(one, drawn(8, 1, "n1"))
  })
})

describe("a pre-vote", () => {
  it("is given when no leader was heard and the other log is up to date, and changes nothing", () => {
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

describe("a leader steps down", () => {
  it("when its own disk has stalled for an election timeout", () => {
    const start = run(leader(), propose(7), tick(2))[0]
    const alive = [receive("n2", heartbeatResponse(1, 1, 2))]
    const [state] = run(start, ...alive, tick(7))
    equal(state.role, "Leader")
    equal(actionsOf(state, tick(1)), [
      { _tag: "Reply", ref: 7, outcome: { _tag: "Unknown" } },
      becameFollower(1, "own disk stalled")
    ])
  })

  it("not when the disk is only slow", () => {
    const start = run(leader(), propose(7), tick(2), receive("n2", accepted(1, 2, 1)))[0]
    const busy = run(start, tick(4), propose(8), tick(2), persisted(3))[0]
    equal(run(busy, receive("n2", accepted(1, 3, 3)), tick(2))[0].role, "Leader")
  })

  it("when a newer leader comes, and follows it", () => {
    const start = elected({ term: 1, log: [1] })
    const [state] = run(start, receive("n2", append(3, id(2, 2), [noop(3, 3)])))
    equal([state.role, state.log.last, state.leader], ["Follower", 3, "n2"])
  })
})

import { assert, describe, it } from "@effect/vitest"
import type { Event } from "../../src/raft/Event.js"
import * as Raft from "../../src/raft/Raft.js"
import type { State } from "../../src/raft/State.js"
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
  heartbeat,
  heartbeatResponse,
  id,
  leader,
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
  sendAll,
  tick,
  TIMEOUT_TICKS,
  unreachable,
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

describe("a follower that loses the connection to its leader", () => {
  // Timeouts of 10 ticks and more, heartbeats of 2; the leader was heard at tick 0.
  const following = (self: string, ...events: ReadonlyArray<Event>): State => {
    const start = { ...follower({ id: self }), electionDueAt: 19 }
    return run(start, ...events)[0]
  }

  it("waits no longer than a heartbeat beyond the shortest timeout, in turn with the others", () => {
    equal(Raft.ticksUntilDue(following("n1")), 19)
    equal(Raft.ticksUntilDue(following("n1", tick(1), unreachable("n2"))), 11)
    equal(Raft.ticksUntilDue(following("n3", tick(1), unreachable("n2"))), 13)
    equal(following("n1", unreachable("n2"), tick(12)).role, "PreCandidate")
  })

  it("waits no longer than it would have", () => {
    const soon = { ...following("n3"), electionDueAt: 11 }
    equal(Raft.ticksUntilDue(run(soon, unreachable("n2"))[0]), 11)
  })

  it("waits as before once it hears the leader again", () => {
    const state = following("n1", unreachable("n2"), tick(9), receive("n2", heartbeat(1, 1)))
    equal(Raft.ticksUntilDue(state), TIMEOUT_TICKS)
    equal(run(state, tick(TIMEOUT_TICKS - 1))[0].role, "Follower")
  })

  it("does not mind the loss of anybody else", () => {
    equal(Raft.ticksUntilDue(following("n1", unreachable("n3"))), 19)
    equal(Raft.ticksUntilDue(run(node(), unreachable("n2"))[0]), TIMEOUT_TICKS)
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

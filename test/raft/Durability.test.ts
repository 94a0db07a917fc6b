import { assert, describe, it } from "@effect/vitest"
import {
  accepted,
  actionsOf,
  append,
  applied,
  apply,
  becameFollower,
  candidate,
  command,
  commands,
  elected,
  follower,
  hardState,
  heartbeat,
  heartbeatResponse,
  id,
  leader,
  leaderKnown,
  lonely,
  node,
  noop,
  observe,
  persist,
  persisted,
  preVoteRequest,
  preVoteResponse,
  propose,
  read,
  readIndexRefused,
  readIndexRequest,
  receive,
  rejected,
  reply,
  run,
  send,
  sendAll,
  tick,
  TIMEOUT_TICKS,
  voteRequest,
  voteResponse
} from "./Fixtures.js"

const equal = assert.deepStrictEqual

/** In term 2 with its vote given to n2, neither durable yet. */
const voting = () => run(lonely({ term: 1 }), receive("n2", voteRequest(2, id(0, 0))))[0]

/** In term 2, which is not durable yet, because it has refused n2 whose log is shorter. */
const refusing = () =>
  run(lonely({ term: 1, log: [1] }), receive("n2", voteRequest(2, id(0, 0))))[0]

describe("nothing has to be durable", () => {
  it("for an append: a leader sends while its own write is on its way", () => {
    const entry = command(1, 2, 7)
    equal(actionsOf(leader(), propose(7)), [
      persist(3, { append: [entry] }),
      ...sendAll(append(1, id(1, 1), [entry], 1))
    ])
  })

  it("for a heartbeat", () => {
    equal(actionsOf(leader(), propose(7), tick(2)), sendAll(heartbeat(1, 1, 1)))
  })

  it("for a pre-vote request", () => {
    equal(actionsOf(refusing(), tick(5)), [
      observe({ _tag: "BecamePreCandidate", term: 2 }),
      ...sendAll(preVoteRequest(2, id(1, 1)))
    ])
  })

  it("for a pre-vote response", () => {
    equal(actionsOf(voting(), receive("n3", preVoteRequest(2, id(0, 0)))), [
      send("n3", preVoteResponse(2, 3))
    ])
  })

  it("for a question about a read, or its refusal", () => {
    const [state] = run(follower(), receive("n2", append(1, id(0, 0), [command(1, 1)])))
    equal(actionsOf(state, read(9)), [send("n2", readIndexRequest(1, 9))])
    equal(actionsOf(state, receive("n3", readIndexRequest(1, 4))), [
      send("n3", readIndexRefused(1, 4))
    ])
  })
})

describe("a vote request waits", () => {
  it("for the candidate's own term and vote", () => {
    const start = run(node({ term: 3, log: [2] }), tick(TIMEOUT_TICKS))[0]
    const [state, actions] = run(start, receive("n2", preVoteResponse(3, 4)))
    equal(actions, [
      persist(1, { hardState: hardState(4, "n1") }),
      observe({ _tag: "BecameCandidate", term: 4 })
    ])
    equal(actionsOf(state, persisted(1)), sendAll(voteRequest(4, id(2, 1))))
  })

  it("for all that was written before, the log that it advertises included", () => {
    const [state] = run(refusing(), tick(5), receive("n3", preVoteResponse(2, 3)))
    const [partly, nothing] = run(state, persisted(1))
    equal([nothing, partly.votes], [[], {}]) // its own vote does not count yet either
    equal(actionsOf(partly, persisted(2)), sendAll(voteRequest(3, id(1, 1))))
  })
})

describe("a vote response waits", () => {
  it("for the vote when it grants", () => {
    const start = lonely({ term: 1 })
    const [state, actions] = run(start, receive("n2", voteRequest(2, id(0, 0))))
    equal(actions, [persist(1, { hardState: hardState(2, "n2") })])
    equal(actionsOf(state, persisted(1)), [send("n2", voteResponse(2))])
  })

  it("for the vote also when the request is repeated", () => {
    const [state, actions] = run(voting(), receive("n2", voteRequest(2, id(0, 0))))
    equal(actions, [])
    const both = [send("n2", voteResponse(2)), send("n2", voteResponse(2))]
    equal(actionsOf(state, persisted(1)), both)
  })

  it("for the term when it refuses", () => {
    equal(actionsOf(refusing(), persisted(1)), [send("n2", voteResponse(2, false))])
  })
})

describe("an acknowledgement waits", () => {
  it("for the entries it acknowledges", () => {
    const entries = commands(1, 1, 1)
    const [state, actions] = run(follower(), receive("n2", append(1, id(0, 0), entries)))
    equal(actions, [persist(1, { append: entries })])
    equal(actionsOf(state, persisted(1)), [send("n2", accepted(1, 2))])
  })

  it("for no more than them", () => {
    const [state] = run(
      follower(),
      receive("n2", append(1, id(0, 0), commands(1, 1))),
      receive("n2", append(1, id(1, 1), commands(2, 1)))
    )
    const [after, actions] = run(state, persisted(1))
    equal(actions, [send("n2", accepted(1, 1))])
    equal(actionsOf(after, persisted(2)), [send("n2", accepted(1, 2))])
  })

  it("also when the entries are repeated before they are durable", () => {
    const message = receive("n2", append(1, id(0, 0), commands(1, 1)))
    const [state, actions] = run(follower(), message, message)
    equal(actions, [])
    const both = [send("n2", accepted(1, 1)), send("n2", accepted(1, 1))]
    equal(actionsOf(state, persisted(1)), both)
  })

  it("for the term in which it is given", () => {
    const start = follower({ log: [1] })
    const [state, actions] = run(start, receive("n3", append(2, id(1, 1))))
    equal(actions, [
      persist(1, { hardState: hardState(2) }),
      becameFollower(2, "n3 is in term 2"),
      leaderKnown(2, "n3")
    ])
    equal(actionsOf(state, persisted(1)), [send("n3", accepted(2, 1))])
  })

  it("for nothing when all of it is durable", () => {
    const start = follower({ log: [1] })
    equal(actionsOf(start, receive("n2", append(1, id(0, 0), commands(1, 1)))), [
      send("n2", accepted(1, 1))
    ])
  })
})

describe("the term has to be durable", () => {
  it("for the refusal of an append", () => {
    const [state] = run(lonely({ term: 1 }), receive("n2", append(2, id(1, 5))))
    equal(actionsOf(state, persisted(1)), [send("n2", rejected(2, 5, id(0, 0)))])
  })

  it("for the answer to a heartbeat", () => {
    const [state] = run(lonely({ term: 1 }), receive("n2", heartbeat(2, 4)))
    equal(actionsOf(state, persisted(1)), [send("n2", heartbeatResponse(2, 4, 0))])
  })

  it("for an answer to whoever is in an older one", () => {
    const [state, actions] = run(
      voting(),
      receive("n3", append(1, id(1, 5))),
      receive("n3", heartbeat(1, 4))
    )
    equal(actions, [])
    equal(actionsOf(state, persisted(1)), [
      send("n2", voteResponse(2)),
      send("n3", rejected(2, 5, id(0, 0))),
      send("n3", heartbeatResponse(2, 4, 0))
    ])
  })
})

describe("a leader", () => {
  it("counts itself among the holders of an entry when it is durable here", () => {
    const [state, actions] = run(leader(), propose(7), receive("n2", accepted(1, 2)))
    equal(actions, [])
    equal(actionsOf(state, persisted(3)), [
      ...sendAll(append(1, id(1, 2), [], 2)),
      apply(command(1, 2, 7))
    ])
  })

  it("commits without itself what a majority of the others holds, and applies it later", () => {
    const [state, actions] = run(
      leader(),
      propose(7),
      receive("n2", accepted(1, 2)),
      receive("n3", accepted(1, 2))
    )
    equal(actions, sendAll(append(1, id(1, 2), [], 2)))
    equal(actionsOf(state, persisted(3)), [apply(command(1, 2, 7))])
  })

  it("answers a command when it is applied", () => {
    const [state] = run(leader(), propose(7), persisted(3), receive("n2", accepted(1, 2)))
    equal(actionsOf(state, applied(2)), [reply(7, { _tag: "Committed", index: 2 })])
  })
})

describe("an entry is applied", () => {
  it("by a follower when it is committed and durable here", () => {
    const entries = commands(1, 1, 1)
    const [state, actions] = run(follower(), receive("n2", append(1, id(0, 0), entries, 2)))
    equal(actions, [persist(1, { append: entries })])
    equal(actionsOf(state, persisted(1)), [send("n2", accepted(1, 2)), apply(...entries)])
  })

  it("when those before it are", () => {
    const [state, actions] = run(
      follower({ log: [1, 1] }),
      receive("n2", heartbeat(1, 1, 1)),
      receive("n2", heartbeat(1, 2, 2))
    )
    equal(actions, [send("n2", heartbeatResponse(1, 2, 2))])
    equal(actionsOf(state, applied(1)), [apply(command(1, 2))])
  })

  it("together with as many others as the limit allows, and at least one", () => {
    const limits = { ...node().config.limits, applyBytes: 70 } // an entry here is 33
    const [state, actions] = run(
      follower({ log: [1, 1, 1], limits }),
      receive("n2", heartbeat(1, 1, 3))
    )
    equal(actions, [
      send("n2", heartbeatResponse(1, 1, 3)),
      apply(command(1, 1), command(1, 2))
    ])
    const [partly, nothing] = run(state, applied(1))
    equal(nothing, [])
    equal(actionsOf(partly, applied(2)), [apply(command(1, 3))])
    const one = follower({ log: [1, 1], limits: { ...limits, applyBytes: 1 } })
    equal(actionsOf(one, receive("n2", heartbeat(1, 1, 2))).at(-1), apply(command(1, 1)))
  })
})

describe("a write", () => {
  it("carries a truncation, its entries and the hard state together", () => {
    const entries = [noop(3, 2), command(3, 3)]
    const [, actions] = run(
      follower({ term: 2, log: [1, 2, 2] }),
      receive("n3", append(3, id(1, 1), entries))
    )
    equal(actions, [
      persist(1, { hardState: hardState(3), truncateFrom: 2, append: entries }),
      becameFollower(3, "n3 is in term 3"),
      leaderKnown(3, "n3"),
      observe({ _tag: "Truncated", from: 2, to: 3 })
    ])
  })

  it("that ends late does not make an entry durable that was replaced meanwhile", () => {
    const replacement = commands(2, 2)
    const [state, actions] = run(
      follower(),
      receive("n2", append(1, id(0, 0), commands(1, 1, 1, 1))), // write 1
      receive("n3", append(2, id(1, 1), replacement)) // write 2
    )
    equal(
      actions[0],
      persist(2, {
        hardState: hardState(2),
        truncateFrom: 2,
        append: replacement
      })
    )
    const [late, nothing] = run(state, persisted(1))
    equal([nothing, late.stable], [[], 1])
    const [done, answers] = run(late, persisted(2))
    equal([answers, done.stable], [[send("n3", accepted(2, 2))], 2])
  })

  it("that replaces durable entries takes them back until it is durable itself", () => {
    const [state] = run(
      follower({ log: [1, 1, 1] }),
      receive("n3", append(2, id(1, 1), commands(2, 2)))
    )
    equal(state.stable, 1)
    equal(run(state, persisted(1))[0].stable, 2)
  })

  it("may be reported together with those after it, once, and late", () => {
    const [state] = run(
      follower(),
      receive("n2", append(1, id(0, 0), commands(1, 1))),
      receive("n2", append(1, id(1, 1), commands(2, 1)))
    )
    const [done, answers] = run(state, persisted(2))
    equal(answers, [send("n2", accepted(1, 1)), send("n2", accepted(1, 2))])
    for (const seq of [1, 2, 3, 0, Number.NaN]) {
      const [same, nothing] = run(done, persisted(seq))
      equal([nothing, same.stable, same.persistedSeq], [[], 2, 2])
    }
  })
})

describe("a promise that has become pointless is not made", () => {
  it("when its term is over", () => {
    const [state] = run(
      follower(),
      receive("n2", append(1, id(0, 0), commands(1, 1))),
      receive("n3", append(2, id(0, 0)))
    )
    equal(actionsOf(state, persisted(2)), [send("n3", accepted(2, 0))])
  })

  it("when a candidate has given up before it could ask: its log may be another by then", () => {
    const standing = candidate({ term: 1, log: [1, 1] })
    const replacement = commands(2, 2)
    const [state] = run(standing, receive("n2", append(2, id(1, 1), replacement)))
    equal(actionsOf(state, persisted(2)), [send("n2", accepted(2, 2))])
  })

  it("not even by a leader that steps down", () => {
    const [state, actions] = run(elected(), receive("n2", append(2, id(0, 0))))
    equal(actions, [
      persist(3, { hardState: hardState(2) }),
      becameFollower(2, "n2 is in term 2"),
      leaderKnown(2, "n2")
    ])
    equal(actionsOf(state, persisted(3)), [send("n2", accepted(2, 0))])
  })
})

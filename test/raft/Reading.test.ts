import { assert, describe, it } from "@effect/vitest"
import type { State } from "../../src/raft/State.js"
import {
  accepted,
  actionsOf,
  append,
  applied,
  apply,
  becameFollower,
  command,
  elected,
  follower,
  hardState,
  heartbeat,
  heartbeatResponse,
  id,
  leader,
  leaderKnown,
  node,
  noop,
  notLeader,
  observe,
  persist,
  persisted,
  preVoteRequest,
  propose,
  read,
  readIndexGranted,
  readIndexRefused,
  readIndexRequest,
  receive,
  reply,
  run,
  send,
  sendAll,
  tick
} from "./Fixtures.js"

const equal = assert.deepStrictEqual

const readable = (ref: number, index: number) => reply(ref, { _tag: "Readable", index })

describe("a leader's read", () => {
  it("begins a round, and is answered when a majority has answered that round", () => {
    const [state, actions] = run(leader(), read(7))
    equal(actions, sendAll(heartbeat(1, 1, 1)))
    equal(actionsOf(state, receive("n2", heartbeatResponse(1, 1, 1))), [readable(7, 1)])
  })

  it("is confirmed by any answer to a leader's message of that round or a later one", () => {
    const state = run(leader(), read(7), propose(8))[0]
    equal(actionsOf(state, receive("n3", accepted(1, 2, 1))), [readable(7, 1)])
    const later = run(state, tick(2))[0]
    equal(actionsOf(later, receive("n3", heartbeatResponse(1, 2, 2))), [readable(7, 1)])
  })

  it("is not confirmed by an answer to a round that began before it", () => {
    const [state, actions] = run(
      leader(),
      tick(2), // round 1
      read(7), // round 2
      receive("n2", heartbeatResponse(1, 1, 1)),
      receive("n3", heartbeatResponse(1, 1, 1))
    )
    equal(actions, [])
    equal(actionsOf(state, receive("n3", heartbeatResponse(1, 2, 1))), [readable(7, 1)])
  })

  it("waits for the round after the one under way, which it shares with all that come", () => {
    const [state, actions] = run(leader(), read(7), read(8), read(9))
    equal(actions, [])
    const [next, answered] = run(state, receive("n2", heartbeatResponse(1, 1, 1)))
    equal(answered, [readable(7, 1), ...sendAll(heartbeat(1, 2, 1))])
    equal(actionsOf(next, receive("n3", heartbeatResponse(1, 2, 1))), [
      readable(8, 1),
      readable(9, 1)
    ])
  })

  it("is confirmed by a later heartbeat when its own is lost", () => {
    const [state, actions] = run(leader(), read(7), read(8), tick(2))
    equal(actions, sendAll(heartbeat(1, 2, 1)))
    equal(actionsOf(state, receive("n2", heartbeatResponse(1, 2, 1))), [
      readable(7, 1),
      readable(8, 1)
    ])
  })

  it("is confirmed neither twice by one follower nor by an answer to no round", () => {
    const five = leader({ voters: ["n1", "n2", "n3", "n4", "n5"] })
    const answer = receive("n2", heartbeatResponse(1, 1, 1))
    const beyond = receive("n3", heartbeatResponse(1, 99, 1))
    const [state, actions] = run(five, read(7), answer, answer, beyond)
    equal(actions, [])
    equal(actionsOf(state, receive("n3", heartbeatResponse(1, 1, 1))), [readable(7, 1)])
  })

  it("shows what was committed when it came, not what comes later", () => {
    const [state] = run(leader(), read(7), propose(8), persisted(3), receive("n2", accepted(1, 2)))
    equal(actionsOf(state, receive("n2", heartbeatResponse(1, 1, 2))), [readable(7, 1)])
  })

  it("waits until what was committed when it came is applied", () => {
    const [state, actions] = run(
      leader(),
      propose(8),
      persisted(3),
      receive("n2", accepted(1, 2)),
      read(7),
      receive("n2", heartbeatResponse(1, 1, 2))
    )
    equal(actions, [])
    equal(actionsOf(state, applied(2)), [
      reply(8, { _tag: "Committed", index: 2 }),
      readable(7, 2)
    ])
  })

  it("waits for the no-op of its term: before it, the leader's commit index may lag behind", () => {
    const start = elected({ term: 1, log: [1, 1] }) // term 2, no-op at 3, nothing known committed
    const [state, actions] = run(start, read(7), receive("n2", heartbeatResponse(2, 1, 3)))
    equal(actions, [])
    const [committed] = run(state, persisted(2), receive("n2", accepted(2, 3)))
    equal(actionsOf(committed, applied(2)), [])
    equal(actionsOf(committed, applied(3)), [readable(7, 3)])
  })

  it("is refused when the leader steps down before the round is confirmed", () => {
    equal(actionsOf(leader(), read(7), receive("n2", append(2, id(0, 0)))), [
      persist(3, { hardState: hardState(2), truncateFrom: undefined }),
      reply(7, notLeader()),
      becameFollower(2, "n2 is in term 2"),
      leaderKnown(2, "n2")
    ])
  })

  it("is answered alone, by a leader that is the only voter", () => {
    equal(actionsOf(leader({ voters: ["n1"] }), read(7)), [readable(7, 1)])
  })
})

describe("a follower's read", () => {
  const asked = (): State => run(follower({ log: [1] }), read(7))[0]

  it("asks the leader for an index", () => {
    equal(actionsOf(follower(), read(7)), [send("n2", readIndexRequest(1, 7))])
  })

  it("is answered when that index is applied here", () => {
    equal(actionsOf(asked(), receive("n2", readIndexGranted(1, 7, 0))), [readable(7, 0)])
    const [state, actions] = run(asked(), receive("n2", readIndexGranted(1, 7, 1)))
    equal(actions, [])
    equal(actionsOf(state, receive("n2", heartbeat(1, 1, 1)), applied(1)), [readable(7, 1)])
  })

  it("is answered once", () => {
    const grant = receive("n2", readIndexGranted(1, 7, 0))
    equal(actionsOf(asked(), grant, grant), [])
    equal(actionsOf(asked(), grant, receive("n2", readIndexRefused(1, 7))), [])
  })

  it("is refused when no leader is known", () => {
    equal(actionsOf(node(), read(7)), [reply(7, notLeader())])
  })

  it("is refused when the leader refuses", () => {
    equal(actionsOf(asked(), receive("n2", readIndexRefused(1, 7))), [reply(7, notLeader("n2"))])
  })

  it("is refused when no answer comes for an election timeout", () => {
    const start = run(asked(), tick(4), receive("n2", heartbeat(1, 1)), read(8), tick(5))[0]
    const [state, actions] = run(start, tick(1))
    equal(actions, [reply(7, notLeader("n2"))])
    equal(actionsOf(state, receive("n2", heartbeat(1, 2)), tick(4)), [reply(8, notLeader("n2"))])
    equal(actionsOf(state, receive("n2", readIndexGranted(1, 7, 0))), [])
  })

  it("is refused when another leader comes", () => {
    equal(actionsOf(asked(), receive("n3", append(2, id(1, 1)))), [
      persist(1, { hardState: hardState(2) }),
      reply(7, notLeader()),
      becameFollower(2, "n3 is in term 2"),
      leaderKnown(2, "n3")
    ])
  })

  it("is refused when the leader is given up, also if it waits for entries of that leader", () => {
    const campaign = [
      observe({ _tag: "BecamePreCandidate", term: 1 }),
      ...sendAll(preVoteRequest(1, id(1, 1)))
    ]
    const start = run(follower({ log: [1] }), tick(9), read(7))[0]
    equal(actionsOf(start, tick(6)), [reply(7, notLeader()), ...campaign])
    const waiting = run(start, receive("n2", readIndexGranted(1, 7, 5)))[0]
    equal(actionsOf(waiting, tick(6)), [reply(7, notLeader()), ...campaign])
  })

  it("goes on without a leader when all it waits for is committed here", () => {
    const [state, actions] = run(
      follower({ log: [1] }),
      receive("n2", heartbeat(1, 1, 1)),
      tick(9),
      read(7),
      receive("n2", readIndexGranted(1, 7, 1)),
      tick(6)
    )
    equal(actions, [
      observe({ _tag: "BecamePreCandidate", term: 1 }),
      ...sendAll(preVoteRequest(1, id(1, 1)))
    ])
    equal(actionsOf(state, applied(1)), [readable(7, 1)])
  })

  it("is served by the leader like a read of its own", () => {
    const [state, actions] = run(leader(), receive("n2", readIndexRequest(1, 4)))
    equal(actions, sendAll(heartbeat(1, 1, 1)))
    equal(actionsOf(state, receive("n3", heartbeatResponse(1, 1, 1))), [
      send("n2", readIndexGranted(1, 4, 1))
    ])
  })

  it("is refused by whoever does not lead", () => {
    equal(actionsOf(follower(), receive("n3", readIndexRequest(1, 4))), [
      send("n3", readIndexRefused(1, 4))
    ])
  })

  it("is refused by a leader that steps down before the round is confirmed", () => {
    const start = run(leader(), receive("n2", readIndexRequest(1, 4)))[0]
    equal(actionsOf(start, receive("n3", append(2, id(0, 0)))), [
      persist(3, { hardState: hardState(2) }),
      send("n2", readIndexRefused(2, 4)),
      becameFollower(2, "n3 is in term 2"),
      leaderKnown(2, "n3")
    ])
  })
})

describe("a confirmed read that waits for an entry", () => {
  it("is refused when the leader that confirmed it is deposed: the entry may never come", () => {
    const start = run(
      elected({ term: 1, log: [1] }),
      read(7),
      receive("n2", heartbeatResponse(2, 1, 1)) // confirmed at 2, the no-op, which nobody else has
    )[0]
    const [state, actions] = run(
      start,
      receive("n3", append(3, id(0, 0), [command(1, 1), noop(3, 2)], 2))
    )
    equal(actions, [
      persist(3, { hardState: hardState(3), truncateFrom: 2, append: [noop(3, 2)] }),
      reply(7, notLeader()),
      becameFollower(3, "n3 is in term 3"),
      leaderKnown(3, "n3"),
      observe({ _tag: "Truncated", from: 2, to: 2 }),
      apply(command(1, 1))
    ])
    equal(actionsOf(state, persisted(3), applied(1)), [apply(noop(3, 2))])
  })
})

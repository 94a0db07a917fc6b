import { assert, describe, it } from "@effect/vitest"
import type { Entry } from "../../src/raft/Entry.js"
import {
  accepted,
  actionsOf,
  append,
  apply,
  becameFollower,
  candidate,
  command,
  commands,
  follower,
  hardState,
  heartbeat,
  heartbeatResponse,
  id,
  leader,
  leaderKnown,
  node,
  observe,
  persist,
  persisted,
  preVoteRequest,
  receive,
  rejected,
  run,
  send,
  sendAll,
  tick
} from "./Fixtures.js"

const equal = assert.deepStrictEqual

describe("a follower that receives an append", () => {
  it("adds the entries after those it has", () => {
    const entries = commands(3, 1, 1)
    const [state, actions] = run(
      follower({ log: [1, 1] }),
      receive("n2", append(1, id(1, 2), entries))
    )
    equal(actions, [persist(1, { append: entries })])
    equal(state.log.last, 4)
  })

  it("adds only those that it does not have", () => {
    const [, actions] = run(
      follower({ log: [1, 1] }),
      receive("n2", append(1, id(1, 1), commands(2, 1, 1)))
    )
    equal(actions, [persist(1, { append: commands(3, 1) })])
  })

  it("learns who leads, once", () => {
    const [state, actions] = run(node({ term: 1 }), receive("n2", append(1, id(0, 0))))
    equal(actions, [leaderKnown(1, "n2"), send("n2", accepted(1, 0))])
    equal(actionsOf(state, receive("n2", append(1, id(0, 0)))), [send("n2", accepted(1, 0))])
  })

  it("enters the leader's term, and forgets its vote in the older one", () => {
    const start = node({ term: 1, vote: "n3", log: [1] })
    const [state, actions] = run(start, receive("n2", append(4, id(1, 1))))
    equal(actions, [persist(1, { hardState: hardState(4) }), leaderKnown(4, "n2")])
    equal([state.term, state.vote], [4, undefined])
  })

  it("keeps its vote in the leader's own term", () => {
    const [state] = run(node({ term: 1, vote: "n3" }), receive("n2", append(1, id(0, 0))))
    equal(state.vote, "n3")
  })

  it("repeats the round, also when it refuses", () => {
    const start = follower({ log: [1] })
    equal(actionsOf(start, receive("n2", append(1, id(1, 1), [], 0, 7))), [
      send("n2", accepted(1, 1, 7))
    ])
    equal(actionsOf(start, receive("n2", append(1, id(1, 2), [], 0, 8))), [
      send("n2", rejected(1, 2, id(1, 1), 8))
    ])
  })

  it("acknowledges no more than the message has shown to be equal", () => {
    const start = follower({ term: 3, log: [1, 1, 2, 2] })
    equal(actionsOf(start, receive("n2", append(3, id(1, 1), commands(2, 1)))), [
      send("n2", accepted(3, 2))
    ])
  })

  it("remembers the furthest that this leader's messages have shown to be equal", () => {
    const start = run(follower(), receive("n2", append(1, id(0, 0), commands(1, 1, 1))))[0]
    const late = run(start, persisted(1), receive("n2", append(1, id(0, 0), commands(1, 1))))[0]
    equal(actionsOf(late, receive("n2", heartbeat(1, 1))), [
      send("n2", heartbeatResponse(1, 1, 2))
    ])
  })

  it("takes that back where the leader contradicts itself, which no leader does", () => {
    const start = run(
      node({ term: 3 }),
      receive("n2", append(3, id(0, 0), commands(1, 1, 1, 1))),
      receive("n2", append(3, id(1, 1), commands(2, 2), 3))
    )[0]
    equal([start.verifiedTo, start.commit, start.log.last], [2, 2, 2])
  })

  it("ignores it as a leader of the same term: there is no other", () => {
    equal(actionsOf(leader(), receive("n2", append(1, id(0, 0), commands(1, 1), 1))), [])
  })
})

describe("a follower refuses an append whose previous entry it does not have", () => {
  const refusal = (log: ReadonlyArray<number>, prev: ReturnType<typeof id>) =>
    actionsOf(
      follower({ term: 9, log }),
      receive("n2", append(9, prev, commands(prev.index + 1, 9)))
    )

  it("and hints at its last entry when its log is shorter", () => {
    equal(refusal([1, 1], id(1, 5)), [send("n2", rejected(9, 5, id(1, 2)))])
    equal(refusal([], id(1, 5)), [send("n2", rejected(9, 5, id(0, 0)))])
  })

  it("and hints before its whole term when that is newer than the leader's", () => {
    equal(refusal([1, 4, 4, 4], id(2, 4)), [send("n2", rejected(9, 4, id(1, 1)))])
    equal(refusal([4, 4, 4, 4], id(2, 4)), [send("n2", rejected(9, 4, id(0, 0)))])
  })

  it("and hints at the very position when its term there is older than the leader's", () => {
    equal(refusal([1, 1, 2], id(5, 3)), [send("n2", rejected(9, 3, id(2, 3)))])
  })

  it("and changes nothing in its log", () => {
    const start = follower({ term: 9, log: [1, 4] })
    const [state] = run(start, receive("n2", append(9, id(2, 2), commands(3, 9), 5)))
    assert.strictEqual(state.log, start.log)
    equal([state.commit, state.verifiedTo], [start.commit, start.verifiedTo])
  })
})

describe("a follower truncates its log", () => {
  const start = () => follower({ term: 5, log: [1, 2, 2, 2], commit: 1 })
  const receiveFrom = (entries: ReadonlyArray<Entry>) =>
    run(start(), receive("n3", append(6, id(1, 1), entries)))

  it("from the first entry that conflicts", () => {
    const entries = [command(2, 2), ...commands(3, 3, 3)]
    const [state, actions] = receiveFrom(entries)
    equal(actions, [
      persist(1, { hardState: hardState(6), truncateFrom: 3, append: entries.slice(1) }),
      becameFollower(6, "n3 is in term 6"),
      leaderKnown(6, "n3"),
      observe({ _tag: "Truncated", from: 3, to: 4 })
    ])
    equal(state.log.last, 4)
  })

  it("not for an append that merely ends earlier, as one that comes late does", () => {
    const [state, actions] = receiveFrom([command(2, 2)])
    equal(actions, [
      persist(1, { hardState: hardState(6) }),
      becameFollower(6, "n3 is in term 6"),
      leaderKnown(6, "n3")
    ])
    equal(state.log.last, 4)
  })
})

describe("a follower commits", () => {
  it("as far as the leader, and never beyond what it has compared with the leader's log", () => {
    // The entries 3 and 4 are of another leader, and this one's append does not reach them.
    const start = node({ term: 3, log: [1, 1, 2, 2] })
    const [state, actions] = run(start, receive("n2", append(3, id(1, 1), commands(2, 1), 4)))
    equal(actions, [
      leaderKnown(3, "n2"),
      send("n2", accepted(3, 2)),
      apply(command(1, 1), command(1, 2))
    ])
    equal(state.commit, 2)
    const [same, answer] = run(state, receive("n2", heartbeat(3, 1, 4)))
    equal([answer, same.commit], [[send("n2", heartbeatResponse(3, 1, 2))], 2])
  })

  it("as far as a heartbeat says", () => {
    const [state, actions] = run(follower({ log: [1, 1] }), receive("n2", heartbeat(1, 1, 1)))
    equal(actions, [send("n2", heartbeatResponse(1, 1, 2)), apply(command(1, 1))])
    equal(state.commit, 1)
  })

  it("never backwards", () => {
    const start = follower({ log: [1, 1], commit: 2 })
    const late = [receive("n2", append(1, id(1, 2), [], 1)), receive("n2", heartbeat(1, 1, 1))]
    equal(run(start, ...late)[0].commit, 2)
  })

  it("under a new leader no more than before, until that leader's log is compared", () => {
    const start = follower({ log: [1, 1, 1], commit: 1 })
    const [state, actions] = run(start, receive("n3", heartbeat(2, 1, 3)), persisted(1))
    equal(actions, [send("n3", heartbeatResponse(2, 1, 1))])
    equal(state.commit, 1)
  })

  it("what survived a crash anew, when a leader says so: its commit index is not on disk", () => {
    const start = node({ term: 1, log: [1, 1] })
    equal([start.commit, start.applied, start.verifiedTo], [0, 0, 0])
    const [state] = run(start, receive("n2", append(1, id(1, 2), [], 2)))
    equal(state.commit, 2)
  })
})

describe("a late append that begins before what is committed", () => {
  const start = () => follower({ log: [1, 1, 1], commit: 2 })

  it("is acknowledged up to the commit index, even if it ends before", () => {
    equal(actionsOf(start(), receive("n2", append(1, id(0, 0), commands(1, 1)))), [
      send("n2", accepted(1, 2))
    ])
  })

  it("is looked at from there on", () => {
    equal(actionsOf(start(), receive("n2", append(1, id(0, 0), commands(1, 1, 1, 1, 1)))), [
      persist(1, { append: commands(4, 1) })
    ])
  })

  it("is refused when it contradicts what is committed: it is not of this log", () => {
    const foreign = append(4, id(0, 0), commands(1, 1, 3, 3))
    const [state] = run(start(), receive("n3", foreign))
    equal(state.log.last, 3)
    equal(actionsOf(state, persisted(1)), [send("n3", rejected(4, 2, id(1, 2)))])
  })
})

describe("a leader's word", () => {
  const words = [append(1, id(0, 0)), append(1, id(1, 7)), heartbeat(1, 1)]

  it.each(words)("restarts the election timer: $_tag %#", (message) => {
    const [state] = run(follower(), tick(9), receive("n2", message))
    const [waiting, nothing] = run(state, tick(14))
    equal(nothing, [])
    equal(actionsOf(waiting, tick(1)), [
      observe({ _tag: "BecamePreCandidate", term: 1 }),
      ...sendAll(preVoteRequest(1, id(0, 0)))
    ])
  })

  it("makes a candidate of its term a follower", () => {
    const start = run(candidate(), persisted(1))[0]
    equal(actionsOf(start, receive("n2", append(1, id(0, 0)))), [
      becameFollower(1, "n2 leads"),
      leaderKnown(1, "n2"),
      send("n2", accepted(1, 0))
    ])
    equal(actionsOf(start, receive("n2", heartbeat(1, 1))), [
      becameFollower(1, "n2 leads"),
      leaderKnown(1, "n2"),
      send("n2", heartbeatResponse(1, 1, 0))
    ])
  })

  it("of an older term is answered with the newer one, and not obeyed", () => {
    const start = node({ term: 3, log: [1, 2] })
    const [state, actions] = run(
      start,
      receive("n2", append(2, id(1, 1), commands(2, 1), 2, 7))
    )
    equal(actions, [send("n2", rejected(3, 1, id(1, 1), 7))])
    equal([state.log.last, state.commit, state.leader], [2, 0, undefined])
    equal(actionsOf(start, receive("n2", heartbeat(2, 7, 2))), [
      send("n2", heartbeatResponse(3, 7, 0))
    ])
  })

  it("is heard from whomever: who leads may not be in this node's configuration yet", () => {
    const [state] = run(node(), receive("n9", append(1, id(0, 0), commands(1, 1))))
    equal([state.leader, state.log.last], ["n9", 1])
  })

  it("from itself is not heard", () => {
    equal(actionsOf(node(), receive("n1", append(1, id(0, 0), commands(1, 1)))), [])
  })
})

import { assert, describe, it } from "@effect/vitest"
import type { Outcome, TransferFailure } from "../../src/raft/Action.js"
import * as Raft from "../../src/raft/Raft.js"
import {
  accepted,
  actionsOf,
  append,
  becameFollower,
  candidate,
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
  propose,
  receive,
  rejected,
  reply,
  run,
  send,
  sendAll,
  tick,
  TIMEOUT_TICKS,
  timeoutNow,
  transfer,
  transferVoteRequest,
  unreachable,
  voteRequest,
  voteResponse
} from "./Fixtures.js"

const equal = assert.deepStrictEqual

const failed = (why: TransferFailure): Outcome => ({ _tag: "TransferFailed", why })
const begun = (to: string) => observe({ _tag: "TransferBegun", term: 1, to })
const abandoned = (term: number, to: string, why: TransferFailure) =>
  observe({ _tag: "TransferAbandoned", term, to, why })

/** n1 leads term 1; all hold its no-op. */
const leading = leader()

/** n1 has told n2 to stand. */
const handingOver = run(leading, transfer(7, "n2"))[0]

describe("a leader that is to hand over", () => {
  it("tells a target that holds all of its log to stand at once", () => {
    equal(actionsOf(leading, transfer(7, "n2")), [begun("n2"), send("n2", timeoutNow(1))])
  })

  it("first brings a target that is behind up to its log", () => {
    const behind = run(leading, propose(1), persisted(3), receive("n3", accepted(1, 2)))[0]
    const [state, actions] = run(behind, transfer(7, "n2"))
    equal(actions, [begun("n2")])
    const [caughtUp, told] = run(state, receive("n2", accepted(1, 2)))
    equal(told, [send("n2", timeoutNow(1))])
    equal(caughtUp.transfer?.to, "n2")
  })

  it("takes no proposals meanwhile, and says whom to ask", () => {
    equal(actionsOf(handingOver, propose(3, 4)), [
      reply(3, notLeader("n2")),
      reply(4, notLeader("n2"))
    ])
  })

  it("goes on replicating and committing what it has taken", () => {
    const state = run(leading, propose(1), persisted(3), transfer(7, "n2"))[0]
    const [after, actions] = run(state, receive("n3", accepted(1, 2)))
    equal(after.commit, 2)
    equal(actions.at(-1), { _tag: "Apply", entries: [command(1, 2, 1)] })
  })

  it("tells it again when it answers a heartbeat in this term: it has not heard", () => {
    const state = run(handingOver, tick(2))[0]
    equal(actionsOf(state, receive("n2", heartbeatResponse(1, 1, 1))), [send("n2", timeoutNow(1))])
    equal(actionsOf(state, receive("n3", heartbeatResponse(1, 1, 1))), [])
  })

  it("does not tell a target to stand whose log has come back shorter than it was told", () => {
    const probing =
      run(leading, propose(1), persisted(3), receive("n2", rejected(1, 1, id(0, 0))))[0]
    equal(actionsOf(probing, transfer(7, "n2")).map(({ _tag }) => _tag), ["Observe"])
  })

  it("steps down for the target's request, votes for it, and answers when it leads", () => {
    const [voting, actions] = run(
      handingOver,
      receive("n2", transferVoteRequest(2, id(1, 1)))
    )
    equal(actions, [
      persist(3, { hardState: hardState(2, "n2") }),
      becameFollower(1 + 1, "n2 is in term 2")
    ])
    equal(actionsOf(voting, persisted(3)), [send("n2", voteResponse(2))])
    equal(actionsOf(voting, persisted(3), receive("n2", append(2, id(1, 1), [noop(2, 2)]))), [
      persist(4, { append: [noop(2, 2)] }),
      leaderKnown(2, "n2"),
      observe({ _tag: "Transferred", term: 2, to: "n2" }),
      reply(7, { _tag: "Transferred", to: "n2" })
    ])
  })

  it("says so when another one was elected", () => {
    const deposed = run(handingOver, receive("n2", transferVoteRequest(2, id(1, 1))))[0]
    equal(actionsOf(deposed, persisted(3), receive("n3", heartbeat(3, 9))).slice(1, 4), [
      leaderKnown(3, "n3"),
      abandoned(3, "n2", "OtherLeader"),
      reply(7, failed("OtherLeader"))
    ])
  })

  it("gives up after an election timeout and takes proposals again", () => {
    const [waiting] = run(
      handingOver,
      ...[2, 4, 6, 8].flatMap((_, round) => [
        tick(2),
        receive("n3", heartbeatResponse(1, round + 1, 1))
      ])
    )
    equal(Raft.ticksUntilDue(waiting), 2)
    const [after, actions] = run(waiting, tick(2))
    equal(actions.slice(-2), [abandoned(1, "n2", "TimedOut"), reply(7, failed("TimedOut"))])
    equal(after.role, "Leader")
    equal(actionsOf(after, propose(5)).map(({ _tag }) => _tag), ["Persist", "Send", "Send"])
  })

  it("gives up when its connection to the target is lost, not when another's is", () => {
    equal(actionsOf(handingOver, unreachable("n2")), [
      abandoned(1, "n2", "Unreachable"),
      reply(7, failed("Unreachable"))
    ])
    equal(actionsOf(handingOver, unreachable("n3")), [])
  })

  it("waits for word of the next leader no longer than two election timeouts more", () => {
    const deposed = run(handingOver, receive("n2", transferVoteRequest(2, id(1, 1))), persisted(3))
    const [silent, early] = run(deposed[0], tick(29))
    equal(early.some(({ _tag }) => _tag === "Reply"), false)
    equal(actionsOf(silent, tick(1)).slice(-2), [
      abandoned(2, "n2", "TimedOut"),
      reply(7, failed("TimedOut"))
    ])
  })

  it("refuses what makes no sense, and a second transfer", () => {
    equal(actionsOf(leading, transfer(8, "n1")), [reply(8, failed("AlreadyLeads"))])
    equal(actionsOf(leading, transfer(8, "n9")), [reply(8, failed("NoVoter"))])
    equal(actionsOf(handingOver, transfer(8, "n3")), [reply(8, failed("UnderWay"))])
    equal(actionsOf(leader({ voters: ["n1"] }), transfer(8)), [reply(8, failed("NobodyElse"))])
  })

  it("sends whoever asks another node to the leader", () => {
    equal(actionsOf(follower(), transfer(8)), [reply(8, notLeader("n2"))])
    equal(actionsOf(node(), transfer(8, "n1")), [reply(8, notLeader())])
  })
})

describe("a leader that chooses its successor", () => {
  const heard = (n2: number, n3: number) =>
    run(
      leading,
      propose(1),
      persisted(3),
      tick(2),
      ...(n2 > 0 ? [receive("n2", accepted(1, n2, 1))] : []),
      ...(n3 > 0 ? [receive("n3", accepted(1, n3, 1))] : [])
    )[0]
  const chosen = (state: typeof leading) => run(state, transfer(7))[0].transfer?.to

  it("takes the one with the longest log", () => {
    equal(chosen(heard(1, 2)), "n3")
    equal(chosen(heard(2, 1)), "n2")
    equal(chosen(heard(2, 2)), "n2")
  })

  it("takes none that has not answered the last round that a majority has", () => {
    const silent = run(heard(2, 0), tick(2), receive("n3", heartbeatResponse(1, 2, 1)))[0]
    equal(chosen(silent), "n3")
  })

  it("has nobody to choose before anybody answered", () => {
    equal(actionsOf(elected(), transfer(8)), [reply(8, failed("NobodyElse"))])
  })
})

describe("a node that is told to stand", () => {
  const following = follower({ log: [1], commit: 1 })

  it("stands at once, without asking first, and its request says why", () => {
    const [state, actions] = run(following, receive("n2", timeoutNow(1)))
    equal(actions, [
      persist(1, { hardState: hardState(2, "n1") }),
      observe({ _tag: "BecameCandidate", term: 2 })
    ])
    equal(actionsOf(state, persisted(1)), sendAll(transferVoteRequest(2, id(1, 1))))
  })

  it("asks with pre-votes again once that campaign is over", () => {
    const standing = run(following, receive("n2", timeoutNow(1)), persisted(1))[0]
    const again = actionsOf(standing, tick(2 * TIMEOUT_TICKS))
    equal(again.slice(1).map((action) => action._tag === "Send" && action.message._tag), [
      "PreVoteRequest",
      "PreVoteRequest"
    ])
  })

  it("obeys only the leader of its own term", () => {
    equal(actionsOf(following, receive("n3", timeoutNow(1))), [])
    equal(
      actionsOf(run(following, receive("n2", heartbeat(3, 1)))[0], receive("n2", timeoutNow(1))),
      []
    )
    const [newer, actions] = run(following, receive("n3", timeoutNow(2)))
    equal([newer.role, newer.term], ["Follower", 2])
    equal(actions.some(({ _tag }) => _tag === "Send"), false)
  })

  it("does so once, however often it is told", () => {
    const standing = run(following, receive("n2", timeoutNow(1)), persisted(1))[0]
    equal(actionsOf(standing, receive("n2", timeoutNow(1))), [])
  })

  it("does not if it leads, or its disk stalls", () => {
    equal(actionsOf(leading, receive("n2", timeoutNow(1))), [])
    const entry = receive("n2", append(1, id(1, 1), [command(1, 2)]))
    const beats = Array.from({ length: 10 }, (_, i) => [
      tick(1),
      receive("n2", heartbeat(1, i + 1))
    ]).flat()
    const stalled = run(following, entry, ...beats)[0]
    equal(actionsOf(stalled, receive("n2", timeoutNow(1))), [])
  })
})

describe("a voter that hears a leader", () => {
  const following = follower({ log: [1], commit: 1 })

  it("votes for a candidate that the leader told to stand, and for no other", () => {
    const [state, actions] = run(following, receive("n3", transferVoteRequest(2, id(1, 1))))
    equal(actions[0], persist(1, { hardState: hardState(2, "n3") }))
    equal(actionsOf(state, persisted(1)), [send("n3", voteResponse(2))])
    equal(actionsOf(following, receive("n3", voteRequest(2, id(1, 1)))), [
      send("n3", voteResponse(1, false))
    ])
  })

  it("refuses it all the same if its log is behind, or its vote is given", () => {
    const behind = run(following, receive("n3", transferVoteRequest(2, id(0, 0))), persisted(1))
    equal(behind[1], [send("n3", voteResponse(2, false))])
    const voted = run(candidate({ term: 1, log: [1] }), persisted(1))[0]
    equal(actionsOf(voted, receive("n3", transferVoteRequest(2, id(1, 1)))), [
      send("n3", voteResponse(2, false))
    ])
  })
})

/**
 * Figure 2 of the Raft paper (Ongaro and Ousterhout, 2014), a test for each of its sentences and in
 * its words. Where this core does more, the comment says so: it asks for pre-votes before it enters
 * a new term, opens a term with a no-op in place of an empty append, and has a message of its own
 * to say "I still lead".
 */
import { assert, describe, it } from "@effect/vitest"
import type { Entry } from "../../src/raft/Entry.js"
import * as Log from "../../src/raft/Log.js"
import * as Raft from "../../src/raft/Raft.js"
import type { State } from "../../src/raft/State.js"
import * as States from "../../src/raft/State.js"
import {
  accepted,
  actionsOf,
  append,
  applied,
  apply,
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
  lonely,
  node,
  noop,
  persist,
  persisted,
  preVoteResponse,
  propose,
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

const entriesOf = ({ log }: State): ReadonlyArray<Entry> => Log.slice(log, 1, log.last, Infinity)

describe("Figure 2, state", () => {
  it("persistent state is updated on stable storage before responding to RPCs", () => {
    const start = lonely()
    const [asked, actions] = run(start, receive("n2", voteRequest(1, id(0, 0))))
    equal(actions, [persist(1, { hardState: hardState(1, "n2") })])
    equal(actionsOf(asked, persisted(1)), [send("n2", voteResponse(1))])
    const [told, more] = run(follower(), receive("n2", append(1, id(0, 0), commands(1, 1))))
    equal(more, [persist(1, { append: commands(1, 1) })])
    equal(actionsOf(told, persisted(1)), [send("n2", accepted(1, 1))])
  })

  it("currentTerm: latest term server has seen (0 on first boot, increases monotonically)", () => {
    const first = Raft.boot(node().config, States.nothing)
    equal(first.term, 0)
    const [seen] = run(first, receive("n2", heartbeat(7, 1)))
    equal(run(seen, receive("n3", heartbeat(4, 1)))[0].term, 7)
    equal(node({ term: 7 }).term, 7)
  })

  it("votedFor: candidateId that received vote in current term (or null if none)", () => {
    equal([lonely().vote, node({ term: 3, vote: "n2" }).vote], [undefined, "n2"])
    const [voted] = run(lonely(), receive("n2", voteRequest(1, id(0, 0))))
    equal(voted.vote, "n2")
    equal(run(voted, receive("n3", heartbeat(2, 1)))[0].vote, undefined)
  })

  it("log[]: each entry contains command and term; first index is 1", () => {
    const [state] = run(leader({ term: 4 }), propose(9))
    equal(entriesOf(state), [noop(5, 1), command(5, 2, 9)])
  })

  it("commitIndex and lastApplied: initialized to 0, increase monotonically", () => {
    const start = node({ term: 1, log: [1, 1] })
    equal([start.commit, start.applied], [0, 0])
    const [state] = run(start, receive("n2", append(1, id(1, 2), [], 2)), applied(2))
    const [later] = run(state, receive("n2", append(1, id(1, 2), [], 1)), applied(1))
    equal([later.commit, later.applied], [2, 2])
  })

  it("nextIndex[]: reinitialized after election to leader last log index + 1", () => {
    const { progress } = elected({ term: 2, log: [1, 1, 2] })
    equal([progress["n2"]?.next, progress["n3"]?.next], [4, 4])
  })

  it("matchIndex[]: reinitialized after election to 0, increases monotonically", () => {
    const start = elected({ term: 2, log: [1, 1, 2] })
    equal([start.progress["n2"]?.match, start.progress["n3"]?.match], [0, 0])
    const answers = [receive("n2", accepted(3, 4)), receive("n2", accepted(3, 2))]
    equal(run(start, ...answers)[0].progress["n2"]?.match, 4)
  })
})

describe("Figure 2, AppendEntries", () => {
  it("is invoked by leader to replicate log entries, may send more than one for efficiency", () => {
    equal(actionsOf(leader(), propose(7, 8)).slice(1), [
      ...sendAll(append(1, id(1, 1), [command(1, 2, 7), command(1, 3, 8)], 1))
    ])
  })

  it("leaderId: so follower can redirect clients", () => {
    equal(actionsOf(follower(), propose(7)), [
      reply(7, { _tag: "NotLeader", leader: "n2" })
    ])
  })

  it("results, term: currentTerm, for leader to update itself", () => {
    const [state] = run(leader(), receive("n2", rejected(6, 1, id(0, 0))))
    equal([state.term, state.role], [6, "Follower"])
  })

  it("results, success: true if follower contained entry matching prevLogIndex and Term", () => {
    equal(actionsOf(follower({ log: [1] }), receive("n2", append(1, id(1, 1)))), [
      send("n2", accepted(1, 1))
    ])
  })

  it("1. reply false if term < currentTerm", () => {
    const start = node({ term: 5, log: [1] })
    equal(actionsOf(start, receive("n2", append(4, id(1, 1), commands(2, 4)))), [
      send("n2", rejected(5, 1, id(1, 1)))
    ])
  })

  it("2. reply false if log has no entry at prevLogIndex whose term matches prevLogTerm", () => {
    const start = follower({ term: 5, log: [1, 4] })
    equal(actionsOf(start, receive("n2", append(5, id(4, 3)))), [
      send("n2", rejected(5, 3, id(4, 2)))
    ])
    equal(actionsOf(start, receive("n2", append(5, id(2, 2)))), [
      send("n2", rejected(5, 2, id(1, 1)))
    ])
  })

  it("3. if an existing entry conflicts with a new one, delete it and all that follow it", () => {
    const start = node({ term: 5, log: [1, 4, 4, 4] })
    const [state, actions] = run(start, receive("n2", append(5, id(1, 1), commands(2, 5))))
    equal(actions[0], persist(1, { truncateFrom: 2, append: commands(2, 5) }))
    equal(entriesOf(state), [command(1, 1), command(5, 2)])
  })

  it("4. append any new entries not already in the log", () => {
    const start = follower({ log: [1, 1] })
    const [state, actions] = run(start, receive("n2", append(1, id(1, 1), commands(2, 1, 1))))
    equal(actions, [persist(1, { append: commands(3, 1) })])
    equal(entriesOf(state), commands(1, 1, 1, 1))
  })

  it("5. set commitIndex = min(leaderCommit, index of last new entry)", () => {
    const start = node({ term: 5, log: [1, 1, 4, 4] })
    const message = (commit: number) => receive("n2", append(5, id(1, 1), commands(2, 1), commit))
    equal(run(start, message(1))[0].commit, 1)
    equal(run(start, message(9))[0].commit, 2)
  })
})

describe("Figure 2, RequestVote", () => {
  it("results, term: currentTerm, for candidate to update itself", () => {
    const start = run(candidate(), persisted(1))[0]
    const [state] = run(start, receive("n2", voteResponse(6, false)))
    equal([state.term, state.role], [6, "Follower"])
  })

  it("results, voteGranted: true means candidate received vote", () => {
    const start = run(candidate(), persisted(1))[0]
    equal(run(start, receive("n2", voteResponse(1, true)))[0].role, "Leader")
    equal(run(start, receive("n2", voteResponse(1, false)))[0].role, "Candidate")
  })

  it("1. reply false if term < currentTerm", () => {
    equal(actionsOf(lonely({ term: 5 }), receive("n2", voteRequest(4, id(3, 9)))), [
      send("n2", voteResponse(5, false))
    ])
  })

  it("2. if votedFor is null or candidateId, and log is up-to-date, grant vote", () => {
    const grants = (situation: Parameters<typeof lonely>[0], last: ReturnType<typeof id>) => {
      const state = lonely({ term: 3, ...situation })
      const [, [answer]] = run(state, receive("n2", voteRequest(3, last)), persisted(state.seq + 1))
      return answer ?? actionsOf(state, receive("n2", voteRequest(3, last)))[0]
    }
    const granted = send("n2", voteResponse(3, true))
    const refused = send("n2", voteResponse(3, false))
    equal(grants({ log: [1, 2] }, id(2, 2)), granted)
    equal(grants({ log: [1, 2], vote: "n2" }, id(2, 2)), granted)
    equal(grants({ log: [1, 2], vote: "n3" }, id(2, 2)), refused)
    equal(grants({ log: [1, 2] }, id(2, 1)), refused)
    equal(grants({ log: [1, 2] }, id(1, 9)), refused)
    equal(grants({ log: [1, 1] }, id(2, 1)), granted)
  })
})

describe("Figure 2, rules for all servers", () => {
  it("if commitIndex > lastApplied, apply to state machine", () => {
    const start = follower({ log: [1, 1] })
    equal(actionsOf(start, receive("n2", heartbeat(1, 1, 2))).slice(1), [
      apply(...commands(1, 1, 1))
    ])
  })

  it("if RPC request or response contains term T > currentTerm, become follower of T", () => {
    const messages = [
      append(8, id(0, 0)),
      accepted(8, 1),
      rejected(8, 1, id(0, 0)),
      heartbeat(8, 1),
      heartbeatResponse(8, 1, 0),
      voteResponse(8, false),
      preVoteResponse(8, 9, false)
    ]
    // A vote request does so as well, unless a leader is heard (thesis 4.2.3).
    const standing = run(candidate({ term: 1 }), persisted(1), tick(10))[0]
    for (const state of [leader(), standing, follower()]) {
      for (const message of messages) {
        const [after] = run(state, receive("n3", message))
        equal([after.term, after.role], [8, "Follower"], message._tag)
      }
    }
    equal(run(standing, receive("n3", voteRequest(8, id(0, 0))))[0].term, 8)
  })
})

describe("Figure 2, rules for followers", () => {
  it("respond to RPCs from candidates and leaders", () => {
    equal(actionsOf(lonely({ term: 1, vote: "n2" }), receive("n2", voteRequest(1, id(0, 0)))), [
      send("n2", voteResponse(1))
    ])
    equal(actionsOf(follower(), receive("n2", append(1, id(0, 0)))), [send("n2", accepted(1, 0))])
  })

  it("if election timeout elapses without AppendEntries or granting vote, stand", () => {
    // With a pre-vote first: a candidate only if a majority would vote.
    const stands = (state: State): boolean => run(state, tick(1))[0].role === "PreCandidate"
    const late = run(follower(), tick(TIMEOUT_TICKS - 1))[0]
    equal(stands(late), true)
    equal(stands(run(late, receive("n2", append(1, id(0, 0))))[0]), false)
    equal(stands(run(late, receive("n3", voteRequest(2, id(0, 0))))[0]), false)
  })
})

describe("Figure 2, rules for candidates", () => {
  it("on conversion: increment term, vote for self, reset timer, send RequestVote to all", () => {
    const start = run(node({ term: 3, log: [2] }), tick(TIMEOUT_TICKS + 5))[0]
    const [state] = run(start, receive("n2", preVoteResponse(3, 4)))
    equal([state.role, state.term, state.vote], ["Candidate", 4, "n1"])
    assert.isAtLeast(Raft.ticksUntilDue(state), 10)
    equal(actionsOf(state, persisted(1)), sendAll(voteRequest(4, id(2, 1))))
  })

  it("if votes received from majority of servers, become leader", () => {
    const start = run(candidate(), persisted(1))[0]
    equal(run(start, receive("n3", voteResponse(1)))[0].role, "Leader")
  })

  it("if AppendEntries received from new leader, convert to follower", () => {
    const start = run(candidate(), persisted(1))[0]
    const [state] = run(start, receive("n3", append(1, id(0, 0))))
    equal([state.role, state.leader], ["Follower", "n3"])
  })

  it("if election timeout elapses, start new election", () => {
    const start = run(candidate(), persisted(1))[0]
    const [state] = run(start, tick(20), receive("n2", preVoteResponse(1, 2)))
    equal([state.role, state.term], ["Candidate", 2])
  })
})

describe("Figure 2, rules for leaders", () => {
  it("upon election, send initial AppendEntries to each server", () => {
    // With the no-op in it, which the paper adds in section 8.
    const start = run(candidate(), persisted(1))[0]
    const [, actions] = run(start, receive("n2", voteResponse(1)))
    equal(actions.slice(2), sendAll(append(1, id(0, 0), [noop(1, 1)])))
  })

  it("repeat during idle periods to prevent election timeouts", () => {
    equal(actionsOf(leader(), tick(2)), sendAll(heartbeat(1, 1, 1)))
  })

  it("if command received, append to local log, respond after applied to state machine", () => {
    const [state, actions] = run(leader(), propose(7))
    equal(actions[0], persist(3, { append: [command(1, 2, 7)] }))
    const [committed, applying] = run(state, persisted(3), receive("n2", accepted(1, 2)))
    equal(applying.at(-1), apply(command(1, 2, 7)))
    equal(actionsOf(committed, applied(2)), [reply(7, { _tag: "Committed", index: 2 })])
  })

  it("if last log index >= nextIndex, send AppendEntries with entries from nextIndex on", () => {
    const start = run(elected({ term: 1, log: [1, 1] }), propose(9))[0]
    equal(actionsOf(start, receive("n2", accepted(2, 3))), [
      send("n2", append(2, id(2, 3), [command(2, 4, 9)]))
    ])
  })

  it("if successful, update nextIndex and matchIndex for follower", () => {
    const [state] = run(elected({ term: 1, log: [1, 1] }), receive("n2", accepted(2, 3)))
    equal([state.progress["n2"]?.match, state.progress["n2"]?.next], [3, 4])
  })

  it("if AppendEntries fails because of log inconsistency, decrement nextIndex and retry", () => {
    // By as much as the follower's hint allows (section 5.3).
    const start = elected({ term: 2, log: [1, 1, 2] })
    equal(actionsOf(start, receive("n2", rejected(3, 3, id(2, 3)))), [
      send("n2", append(3, id(1, 2), [command(2, 3), noop(3, 4)]))
    ])
  })

  it("if a majority has N > commitIndex and log[N].term == currentTerm, commit N", () => {
    const start = run(elected({ term: 2, log: [1, 1, 2] }), persisted(2))[0]
    equal(run(start, receive("n2", accepted(3, 3)))[0].commit, 0)
    equal(run(start, receive("n2", accepted(3, 4)))[0].commit, 4)
  })
})

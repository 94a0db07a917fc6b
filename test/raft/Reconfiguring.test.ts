/**
 * A change of the members as its leader carries it out (thesis 4). The leader is n1 of n1, n2, n3,
 * in term 1; m1 and m2 are added.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Action, MembershipRefusal } from "../../src/raft/Action.js"
import type { Configuration } from "../../src/raft/Configuration.js"
import type { Index } from "../../src/raft/EntryId.js"
import type { Event, NodeId } from "../../src/raft/Event.js"
import * as Raft from "../../src/raft/Raft.js"
import * as States from "../../src/raft/State.js"
import type { State } from "../../src/raft/State.js"
import {
  accepted,
  actionsOf,
  append,
  applied,
  apply,
  becameFollower,
  change,
  configured,
  counts,
  dismissed,
  heartbeat,
  heartbeatResponse,
  id,
  isCommitted,
  leader,
  members,
  node,
  noop,
  notLeader,
  observe,
  persist,
  persisted,
  preVoteRequest,
  preVoteResponse,
  propose,
  read,
  receive,
  reply,
  run,
  send,
  tick,
  timeoutNow,
  transfer,
  voteRequest,
  voteResponse,
  waiting
} from "./Fixtures.js"

const equal = assert.deepStrictEqual

const refused = (ref: number, why: MembershipRefusal): Action =>
  reply(ref, { _tag: "MembershipRefused", why })

const changed = (ref: number, index: Index): Action =>
  reply(ref, { _tag: "MembershipChanged", index })

const removed = (index: Index): Action => observe({ _tag: "Removed", index })

const leading = leader()

/** This node's log is durable, and these have all of it and have answered the last round. */
const held = (state: State, ...peers: ReadonlyArray<NodeId>): State =>
  run(
    state,
    ...(state.seq > state.persistedSeq ? [persisted(state.seq)] : []),
    ...peers.map((peer) => receive(peer, accepted(state.term, state.log.last, state.round)))
  )[0]

const appliedAll = (state: State): State =>
  state.applying > state.applied ? run(state, applied(state.applying))[0] : state

const rest = (state: State, ...peers: ReadonlyArray<NodeId>): State =>
  appliedAll(held(state, ...peers))

const learning: Configuration = members(2, ["n1", "n2", "n3"], {
  learners: ["m1"],
  addresses: { m1: "m1" }
})

/** m1 is a learner since entry 2, which is committed and applied; nobody has heard of it. */
const begun = rest(run(leading, change(7, { add: ["m1"] }))[0], "n2", "n3")

/** m1 holds all of the log, and answers the next round. */
const caughtUp: ReadonlyArray<Event> = [
  receive("m1", accepted(1, 2, 0)),
  tick(2),
  receive("m1", heartbeatResponse(1, 1, 2))
]

const joint: Configuration = members(3, ["n1", "n2", "n3", "m1"], {
  outgoing: ["n1", "n2", "n3"],
  addresses: { m1: "m1" }
})

/** m1 is about to become a voter: entry 3 is on its way. */
const entered = run(begun, ...caughtUp)[0]

const final: Configuration = members(4, ["n1", "n2", "n3", "m1"], { addresses: { m1: "m1" } })

describe("a node that is added", () => {
  it("is a learner from the moment at which the entry is appended, and is looked for", () => {
    equal(actionsOf(leading, change(7, { add: ["m1"] })), [
      persist(3, { append: [configured(1, learning)] }),
      send("n2", append(1, id(1, 1), [configured(1, learning)], 1)),
      send("n3", append(1, id(1, 1), [configured(1, learning)], 1)),
      send("m1", append(1, id(1, 2), [], 1)),
      counts(learning)
    ])
  })

  it("is so for good once that is committed; who asked hears when it is applied", () => {
    const [state] = run(leading, change(7, { add: ["m1"] }), persisted(3))
    const [committed, actions] = run(state, receive("n2", accepted(1, 2)))
    equal(actions, [
      send("n2", append(1, id(1, 2), [], 2)),
      send("n3", append(1, id(1, 2), [], 2)),
      isCommitted(learning),
      apply(configured(1, learning))
    ])
    equal(actionsOf(committed, applied(2)), [changed(7, 2)])
  })

  it("counts in nothing as a learner", () => {
    const [state] = run(begun, propose(1), persisted(4), receive("m1", accepted(1, 3)))
    equal([state.commit, state.progress["m1"]?.match], [2, 3])
    const [asked] = run(state, read(8), receive("m1", heartbeatResponse(1, 1, 3)))
    equal([asked.reads.length, asked.rounds.length], [1, 1])
    equal(run(state, receive("n2", accepted(1, 3)))[0].commit, 3)
  })

  it("becomes a voter once it holds what the log held when a round began that it answers", () => {
    equal(
      actionsOf(begun, ...caughtUp),
      [
        send("n2", append(1, id(1, 2), [configured(1, joint)], 2, 1)),
        send("n3", append(1, id(1, 2), [configured(1, joint)], 2, 1)),
        send("m1", append(1, id(1, 2), [configured(1, joint)], 2, 1)),
        counts(joint)
      ].toSpliced(0, 0, persist(4, { append: [configured(1, joint)] }))
    )
  })

  it("stays a learner while it is silent, however much it holds", () => {
    const [silent] = run(begun, receive("m1", accepted(1, 2, 0)), tick(2), tick(2), tick(2))
    equal(silent.configuration, learning)
  })

  it("stays a learner while what it holds is older than an election timeout", () => {
    let state = run(begun, receive("m1", accepted(1, 1, 0)))[0]
    for (let ref = 10; ref < 30; ref++) {
      const behind = state.log.last
      state = held(run(state, propose(ref))[0], "n2", "n3")
      for (let ticks = 0; ticks < 5; ticks++) {
        state = run(state, tick(2), receive("m1", accepted(1, behind - 1, state.round)))[0]
        state = held(state, "n2", "n3")
      }
    }
    equal(state.configuration, learning)
  })

  it("waits for all that are added with it", () => {
    const two = rest(run(leading, change(7, { add: ["m1", "m2"] }))[0], "n2", "n3")
    const [one] = run(two, ...caughtUp)
    equal(one.configuration.learners, ["m1", "m2"])
    const both = held(one, "m1", "m2")
    equal([both.configuration.voters, both.configuration.learners], [
      ["n1", "n2", "n3", "m1", "m2"],
      []
    ])
  })

  it("keeps what is known about it, and so do all others", () => {
    const [before] = run(begun, caughtUp[0]!, caughtUp[1]!)
    equal(before.progress["m1"]?.match, 2)
    equal(entered.progress["m1"]?.match, 2)
    equal(entered.progress["n2"]?.match, 2)
    equal(entered.progress["n2"]?.mode, "Replicate")
  })
})

describe("while two sets of voters are joint, an entry", () => {
  const two = rest(run(leading, change(7, { add: ["m1", "m2"], remove: ["n2"] }))[0], "n2", "n3")
  const start = held(run(run(two, ...caughtUp)[0])[0], "m1", "m2")

  it("needs a majority of both", () => {
    equal(start.configuration, {
      ...members(3, ["n1", "n3", "m1", "m2"], { outgoing: ["n1", "n2", "n3"] }),
      addresses: { m1: "m1", m2: "m2" }
    })
    const own = run(start, persisted(start.seq))[0]
    equal(run(own, receive("m1", accepted(1, 3)), receive("m2", accepted(1, 3)))[0].commit, 2)
    equal(run(own, receive("n2", accepted(1, 3)))[0].commit, 2)
    equal(run(own, receive("n2", accepted(1, 3)), receive("m1", accepted(1, 3)))[0].commit, 2)
    equal(run(own, receive("n3", accepted(1, 3)), receive("m1", accepted(1, 3)))[0].commit, 3)
  })

  it("is followed by the new set alone, as soon as it is committed", () => {
    const [state] = run(entered, persisted(4), receive("m1", accepted(1, 3)))
    const actions = actionsOf(state, receive("n2", accepted(1, 3)))
    equal(actions.filter(({ _tag }) => _tag === "Persist" || _tag === "Observe"), [
      persist(5, { append: [configured(1, final)] }),
      counts(final)
    ])
  })

  it("leaves out whoever leaves, but sends it the log", () => {
    const [last] = run(start, persisted(start.seq), receive("n3", accepted(1, 3)))
    const [state, actions] = run(last, receive("m1", accepted(1, 3)))
    equal(state.configuration.voters, ["n1", "n3", "m1", "m2"])
    equal(Object.keys(state.parting), ["n2"])
    assert.include(actions.flatMap((action) => action._tag === "Send" ? [action.to] : []), "n2")
  })
})

describe("a change", () => {
  it.each<[MembershipRefusal, string, Parameters<typeof change>[1]]>([
    ["AlreadyMember", "adds a voter", { add: ["n2"] }],
    ["AlreadyMember", "adds somebody twice", { add: ["m1", "m1"] }],
    ["NotMember", "removes a stranger", { remove: ["n2", "m1"] }],
    ["NotMember", "removes whom it adds", { add: ["m1"], remove: ["m1"] }],
    ["NoVoterLeft", "removes everybody", { remove: ["n1", "n2", "n3"] }],
    ["NotExpected", "expects another configuration", { add: ["m1"], expected: 1 }]
  ])("is refused as %s when it %s", (why, _, what) => {
    equal(run(leading, change(7, what)), [leading, [refused(7, why)]])
  })

  it("may replace everybody at once", () => {
    const [state] = run(leading, change(7, { add: ["m1"], remove: ["n2", "n3"], expected: 0 }))
    equal([state.configuration.learners, state.configuration.leaving], [["m1"], ["n2", "n3"]])
  })

  it("waits until an entry of this term is committed (Ongaro 2015)", () => {
    const [elected] = run(node(), tick(15), receive("n2", preVoteResponse(0, 1)))
    const [fresh] = run(elected, persisted(1), receive("n2", voteResponse(1)))
    equal(actionsOf(fresh, change(7, { add: ["m1"] })), [refused(7, "NotReady")])
  })

  it("waits until the one before is committed", () => {
    const [uncommitted] = run(leading, change(7, { add: ["m1"] }))
    for (const what of [{ add: ["m2"] }, { remove: ["m1"] }, { remove: ["n2"] }]) {
      equal(actionsOf(uncommitted, change(8, what)), [refused(8, "UnderWay")])
    }
  })

  it("waits until the one before is complete", () => {
    for (const state of [begun, entered]) {
      equal(actionsOf(state, change(8, { add: ["m2"] })), [refused(8, "UnderWay")])
      equal(actionsOf(state, change(8, { remove: ["n2"] })), [refused(8, "UnderWay")])
    }
  })

  it("is taken back by removing its learners, with whoever was to leave for them", () => {
    const replacing = rest(run(leading, change(7, { add: ["m1"], remove: ["n3"] }))[0], "n2", "n3")
    const [state, actions] = run(replacing, change(8, { remove: ["m1"] }))
    equal(state.configuration, members(3, ["n1", "n2", "n3"]))
    equal(actions.at(-1), counts(members(3, ["n1", "n2", "n3"])))
    equal(run(held(state, "n2"), applied(3))[1], [changed(8, 3)])
  })

  it("is not taken here while this node does not lead, or hands over", () => {
    equal(actionsOf(node(), change(7, { add: ["m1"] })), [reply(7, notLeader())])
    const [handing] = run(leading, transfer(6, "n3"))
    equal(actionsOf(handing, change(7, { add: ["m1"] })), [reply(7, notLeader("n3"))])
  })

  it("is unknown when leadership is lost before it is answered", () => {
    const [state] = run(leading, change(7, { add: ["m1"] }))
    const actions = actionsOf(state, receive("n2", heartbeat(2, 1)))
    equal(actions.filter(({ _tag }) => _tag === "Reply"), [reply(7, { _tag: "Unknown" })])
  })

  it("stands still while leadership is handed over, and goes on when that has failed", () => {
    const [handing] = run(begun, transfer(8, "n3"), ...caughtUp)
    equal(handing.configuration, learning)
    const [state] = run(handing, tick(8), receive("m1", heartbeatResponse(1, 2, 2)), tick(2))
    equal(state.transfer, undefined)
    equal(held(state, "m1").configuration.index, 3)
  })
})

describe("a removal", () => {
  const out = members(3, ["n1", "n2"])

  it("joins the two sets at once, and is answered when the new one is applied", () => {
    const [state, actions] = run(leading, change(7, { remove: ["n3"] }))
    const first = members(2, ["n1", "n2"], { outgoing: ["n1", "n2", "n3"] })
    equal(actions.filter(({ _tag }) => _tag !== "Send"), [
      persist(3, { append: [configured(1, first)] }),
      counts(first)
    ])
    const second = held(state, "n2")
    equal(second.configuration, out)
    equal(actionsOf(second, applied(2)), [])
    const last = run(second, applied(2), persisted(4), receive("n2", accepted(1, 3)))[0]
    equal(actionsOf(last, applied(3)), [changed(7, 3)])
  })

  it("lets reads go on that waited for whoever is removed", () => {
    // Four voters: n1 and n2 are too few to confirm a read, of n1 and n2 they are all.
    const four = leader({ voters: ["n1", "n2", "n3", "n4"] })
    const [joint] = run(four, change(7, { remove: ["n3", "n4"] }))
    const asked = run(joint, read(8), persisted(3), receive("n2", accepted(1, 2, 1)))[0]
    equal(asked.reads.length, 1)
    const [, actions] = run(asked, receive("n3", accepted(1, 2)))
    assert.deepInclude(actions, counts(members(3, ["n1", "n2"])))
    equal(run(asked, receive("n3", accepted(1, 2)))[0].reads.length, 0)
  })

  /** n3 is left out since entry 3, which is committed. */
  const without = rest(rest(run(leading, change(7, { remove: ["n3"] }))[0], "n2"), "n2")

  it("sends whoever is removed the log, until it holds the configuration without it", () => {
    equal(actionsOf(without, tick(2)), [
      send("n2", heartbeat(1, 1, 3)),
      send("n3", heartbeat(1, 1, 1))
    ])
  })

  it("then tells it that it may end", () => {
    const [told, actions] = run(without, receive("n3", accepted(1, 3)), tick(2))
    equal(actions, [send("n2", heartbeat(1, 1, 3)), send("n3", dismissed(1, 3))])
    equal(Object.keys(told.progress), ["n2", "n3"])
  })

  it("forgets it after ten election timeouts, whatever it holds", () => {
    let state = without
    for (let ticks = 0; ticks < 50; ticks++) state = held(run(state, tick(2))[0], "n2")
    equal([Object.keys(state.progress), state.parting], [["n2"], {}])
    equal(run(state, receive("n3", accepted(1, 3))), [state, []])
  })

  it("that is undone begins from nothing: who comes back may have lost everything", () => {
    const [state] = run(without, receive("n3", accepted(1, 3)), change(8, { add: ["n3"] }))
    equal([state.parting, state.progress["n3"]?.match], [{}, 0])
  })

  it("is believed by whoever it leaves out", () => {
    const log = [configured(1, members(1, ["n2", "n3"]))]
    const state = Raft.boot(node().config, {
      hardState: { term: 1, vote: undefined },
      entries: log
    })
    equal(actionsOf(state, receive("n2", heartbeat(1, 0)), receive("n2", dismissed(1, 1))), [
      removed(1)
    ])
  })

  it("is not believed by a member, or by who does not know of it", () => {
    const [member] = run(node({ term: 1 }), receive("n2", heartbeat(1, 0)))
    equal(actionsOf(member, receive("n2", dismissed(1, 0))), [])
    const [early] = run(
      node({ term: 1, bootstrap: members(0, ["n2", "n3"]) }),
      receive("n2", heartbeat(1, 0))
    )
    equal(actionsOf(early, receive("n2", dismissed(1, 1))), [])
  })
})

describe("a leader that is to leave", () => {
  const without = members(3, ["n2", "n3"])

  /** Entry 2 is joint, entry 3 is without n1; both are durable here. */
  const asked = run(leading, change(7, { remove: ["n1"] }))[0]
  const joined = rest(asked, "n2", "n3")
  const leaving = run(joined, persisted(joined.seq))[0]

  it("leads to the end of the change, without counting itself", () => {
    equal([leaving.role, leaving.configuration, leaving.commit], ["Leader", without, 2])
    equal(run(leaving, receive("n2", accepted(1, 3)))[0].commit, 2)
    equal(rest(leaving, "n2", "n3").commit, 3)
  })

  it("answers, and then hands over to one who stays", () => {
    const [state] = run(leaving, receive("n2", accepted(1, 3)), receive("n3", accepted(1, 3)))
    equal(actionsOf(state, applied(3)), [
      changed(7, 3),
      observe({ _tag: "TransferBegun", term: 1, to: "n2" }),
      send("n2", timeoutNow(1))
    ])
  })

  const handing = rest(leaving, "n2", "n3")

  it("knows that it was removed when its successor leads", () => {
    const actions = actionsOf(handing, receive("n2", append(2, id(1, 3), [noop(2, 4)], 3)))
    equal(actions.filter(({ _tag }) => _tag === "Observe"), [
      becameFollower(2, "n2 is in term 2"),
      observe({ _tag: "LeaderKnown", term: 2, leader: "n2" }),
      observe({ _tag: "Transferred", term: 2, to: "n2" }),
      removed(3)
    ])
  })

  it("leaves all the same if its successor does not take over in time", () => {
    equal(actionsOf(handing, tick(10)).slice(-3), [
      observe({ _tag: "TransferAbandoned", term: 1, to: "n2", why: "TimedOut" }),
      becameFollower(1, "n2 did not take over in time"),
      removed(3)
    ])
  })

  it("does so where nobody could have taken over before, too", () => {
    const alone = leader({ voters: ["n1"] })
    const one = rest(run(alone, change(7, { add: ["m1"], remove: ["n1"] }))[0])
    const two = rest(run(one, ...caughtUp)[0], "m1")
    equal(two.configuration, { ...members(4, ["m1"]), addresses: { m1: "m1" } })
    const three = rest(two, "m1")
    equal([three.role, three.transfer?.to], ["Leader", "m1"])
  })

  it("takes no further change meanwhile", () => {
    const [state] = run(leaving, receive("n2", accepted(1, 3)), receive("n3", accepted(1, 3)))
    equal(actionsOf(state, change(8, { add: ["n1"] })), [refused(8, "UnderWay")])
  })
})

describe("whoever leads next", () => {
  const log = (...configurations: ReadonlyArray<Configuration>) => ({
    hardState: { term: 1, vote: undefined },
    entries: configurations.map((each) => configured(1, each))
  })
  const booted = (...configurations: ReadonlyArray<Configuration>): State =>
    waiting(Raft.boot(node().config, log(...configurations)))
  const elected = (state: State, ...voters: ReadonlyArray<NodeId>): State => {
    const asked = run(
      state,
      tick(15),
      ...voters.map((voter) => receive(voter, preVoteResponse(1, 2)))
    )
    const standing = run(asked[0], persisted(asked[0].seq))[0]
    return run(standing, ...voters.map((voter) => receive(voter, voteResponse(2))))[0]
  }

  const entering = members(1, ["n1", "n2", "m1"], { outgoing: ["n1", "n2", "n3"] })

  it("needs a majority of both sets", () => {
    const granting = [["n3"], ["m1"], ["n2"], ["n3", "m1"]]
    equal(granting.map((voters) => elected(booted(entering), ...voters).role === "Leader"), [
      false,
      false,
      true,
      true
    ])
  })

  it("completes the change, once an entry of its own term is committed", () => {
    const state = elected(booted(entering), "n2")
    const [one] = run(state, persisted(state.seq), receive("n2", accepted(2, 1)))
    equal(one.configuration, entering)
    const [two] = run(one, receive("n2", accepted(2, 2)))
    equal(two.configuration, members(3, ["n1", "n2", "m1"]))
    equal(Object.keys(two.parting), ["n3"])
  })

  it("goes on watching learners", () => {
    const state = elected(booted(members(1, ["n1", "n2", "n3"], { learners: ["m1"] })), "n2")
    const ready = held(state, "n2", "m1")
    equal(ready.configuration.learners, ["m1"])
    equal(held(run(ready, tick(2))[0], "m1").configuration.learners, [])
  })

  it("tells whoever was left out by any change that its log holds", () => {
    const left = members(2, ["n1", "n2", "m1"])
    const state = elected(
      booted(entering, left, members(3, left.voters, { learners: ["m2"] })),
      "n2"
    )
    equal(Object.keys(state.parting), ["n3"])
    const done = held(state, "n2", "n3")
    assert.deepInclude(actionsOf(done, tick(2)), send("n3", dismissed(2, 3)))
  })
})

describe("a node stands for election", () => {
  const stands = (state: State): boolean => run(state, tick(40))[0].role !== "Follower"
  const booted = (...configurations: ReadonlyArray<Configuration>): State =>
    Raft.boot({ ...node().config, bootstrap: members(0, []) }, {
      hardState: { term: 1, vote: undefined },
      entries: configurations.map((each) => configured(1, each))
    })

  it("as a voter of either set", () => {
    equal(stands(booted(members(1, ["n1", "n2"]))), true)
    equal(stands(booted(members(1, ["n2"], { outgoing: ["n1", "n2"] }))), true)
  })

  it("not as a learner, nor as nobody", () => {
    equal(stands(booted(members(1, ["n2"], { learners: ["n1"] }))), false)
    equal(stands(booted(members(1, ["n2"]))), false)
    equal(stands(booted()), false)
  })

  it("although it is left out, if somebody wants its vote who holds less (thesis 4.2.2)", () => {
    const leftOut = booted(members(1, ["n2"], { outgoing: ["n1"] }), members(2, ["n2"]))
    equal(stands(leftOut), false)
    const [asked] = run(leftOut, tick(10), receive("n2", preVoteRequest(1, id(1, 1))))
    const [standing, actions] = run(asked, tick(40))
    equal(standing.role, "PreCandidate")
    assert.deepInclude(actions, send("n2", preVoteRequest(1, id(1, 2))))
  })

  describe("that is a learner by its own log, and without leader", () => {
    const learner = booted(members(1, ["n2", "n3"], { learners: ["n1"] }))
    const asks = (last: Index): Event => receive("n2", preVoteRequest(1, id(last, last)))

    it("if somebody wants its vote who holds less: they cannot elect anybody else", () => {
      const [asked, actions] = run(learner, tick(10), asks(0))
      equal(actions, [send("n2", preVoteResponse(1, 2, false))])
      equal(stands(asked), true)
    })

    it("not if it could give that vote, nor if it hears a leader meanwhile", () => {
      equal(stands(run(learner, tick(10), asks(1))[0]), false)
      equal(stands(run(learner, tick(10), asks(0), receive("n2", heartbeat(1, 0)))[0]), false)
      equal(stands(run(learner, receive("n3", heartbeat(1, 0)), asks(0))[0]), false)
    })

    it("without counting its own vote, and hands over once an entry of its term counts", () => {
      const [pre] = run(learner, tick(10), asks(0), tick(40))
      const answers = ["n2", "n3"].map((voter) => receive(voter, preVoteResponse(1, 2)))
      equal(run(pre, answers[0]!)[0].role, "PreCandidate")
      const [standing] = run(pre, ...answers)
      const votes = ["n2", "n3"].map((voter) => receive(voter, voteResponse(2)))
      const [leads] = run(standing, persisted(standing.seq), ...votes)
      equal([standing.role, leads.role], ["Candidate", "Leader"])
      equal(leads.transfer, undefined)
      equal(rest(leads, "n2", "n3").transfer?.to, "n2")
    })
  })

  it("at once if it is all there is", () => {
    equal(run(booted(members(1, ["n1"])), tick())[0].role, "Candidate")
    equal(stands(run(booted(members(1, ["n2"])), tick())[0]), false)
  })

  it("at a leader's word only then, too", () => {
    const learner = booted(members(1, ["n2"], { learners: ["n1"] }))
    const [state] = run(learner, receive("n2", heartbeat(1, 0)), receive("n2", timeoutNow(1)))
    equal(state.role, "Follower")
  })
})

describe("a vote", () => {
  it("is given by whoever is asked, in whatever role it believes to be (etcd-io/etcd#10998)", () => {
    for (const bootstrap of [members(0, []), members(0, ["n2"]), members(0, ["n2", "n3"])]) {
      const [lonely] = run(Raft.boot({ ...node().config, bootstrap }, States.nothing), tick(10))
      const [, actions] = run(lonely, receive("n9", voteRequest(1, id(0, 0))), persisted(1))
      equal(actions, [send("n9", voteResponse(1))])
    }
  })
})

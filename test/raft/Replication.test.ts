import { assert, describe, it } from "@effect/vitest"
import type { Index } from "../../src/raft/EntryId.js"
import type { State } from "../../src/raft/State.js"
import {
  accepted,
  actionsOf,
  append,
  apply,
  command,
  commands,
  elected,
  heartbeat,
  heartbeatResponse,
  id,
  leader,
  noop,
  persist,
  persisted,
  propose,
  receive,
  rejected,
  run,
  send,
  sendAll,
  tick,
  unreachable
} from "./Fixtures.js"

const equal = assert.deepStrictEqual

/** A leader of term 5 whose log is 1 1 2 2 and its no-op, which nobody has yet. */
const starting = (): State => elected({ term: 4, log: [1, 1, 2, 2] })

const answer = (message: Parameters<typeof receive>[1]) => receive("n2", message)

/** The commands 2.. of a leader in term 1. */
const proposed = (...indexes: ReadonlyArray<Index>) => indexes.map((index) => command(1, index))

describe("a new leader", () => {
  it("probes every follower from the end of its log, with its no-op", () => {
    equal(actionsOf(elected({ term: 1, log: [1] }), tick(2)), sendAll(heartbeat(2, 1)))
    equal(starting().progress["n2"], {
      mode: "Probe",
      match: 0,
      next: 5,
      paused: true,
      inflight: [],
      inflightBytes: 0,
      commitSent: 0,
      round: 0,
      answeredAt: -Infinity,
      mark: undefined,
      stream: undefined
    })
  })

  it("waits for the answer to a probe before it sends more", () => {
    const entry = command(5, 6, 7)
    equal(actionsOf(starting(), propose(7)), [persist(3, { append: [entry] })])
  })

  it("sends what the follower lacks as soon as a probe is accepted", () => {
    const start = run(starting(), propose(7), propose(8))[0]
    const [state, actions] = run(start, answer(accepted(5, 5)))
    const entries = [command(5, 6, 7), command(5, 7, 8)]
    equal(actions, [send("n2", append(5, id(5, 5), entries))])
    equal([state.progress["n2"]?.mode, state.progress["n2"]?.match], ["Replicate", 5])
  })

  it("probes again when a heartbeat is answered and the probe was not", () => {
    const start = run(starting(), tick(2))[0]
    equal(actionsOf(start, answer(heartbeatResponse(5, 1, 0))), [
      send("n2", append(5, id(2, 4), [noop(5, 5)], 0, 1))
    ])
  })

  it("probes no more when the answer to a heartbeat shows that the probe arrived", () => {
    const [state, actions] = run(starting(), tick(2), answer(heartbeatResponse(5, 1, 5)))
    equal(actions, [])
    equal([state.progress["n2"]?.mode, state.progress["n2"]?.match], ["Replicate", 0])
    equal(actionsOf(state, propose(7)).slice(1), [
      send("n2", append(5, id(5, 5), [command(5, 6, 7)], 0, 1))
    ])
  })
})

describe("a refused append", () => {
  it("is tried again after the follower's hint", () => {
    equal(actionsOf(starting(), answer(rejected(5, 4, id(1, 1)))), [
      send("n2", append(5, id(1, 1), [...commands(2, 1, 2, 2), noop(5, 5)]))
    ])
  })

  it("is tried again before a whole term that the follower cannot have", () => {
    // The follower ends in term 1: nothing of term 2 can agree.
    equal(actionsOf(starting(), answer(rejected(5, 4, id(1, 4)))), [
      send("n2", append(5, id(1, 2), [...commands(3, 2, 2), noop(5, 5)]))
    ])
  })

  it("is tried again at least one entry earlier, whatever the hint", () => {
    equal(actionsOf(starting(), answer(rejected(5, 4, id(2, 4)))), [
      send("n2", append(5, id(2, 3), [...commands(4, 2), noop(5, 5)]))
    ])
  })

  it("is tried again from the beginning with a follower that has nothing", () => {
    equal(actionsOf(starting(), answer(rejected(5, 4, id(0, 0)))), [
      send("n2", append(5, id(0, 0), [...commands(1, 1, 1, 2, 2), noop(5, 5)]))
    ])
  })

  it("finds a divergent tail of hundreds of entries of one term in two answers", () => {
    const log = Array.from({ length: 300 }, () => 2)
    const start = elected({ term: 4, log: [1, ...log] })
    const [, actions] = run(start, answer(rejected(5, 301, id(1, 301))))
    equal(
      actions[0]?._tag === "Send" && actions[0].message._tag === "Append" &&
        actions[0].message.prev,
      id(1, 1)
    )
  })

  it("turns a stream of appends back into a probe", () => {
    const start = run(leader(), propose(2), propose(3), propose(4))[0]
    const [state, actions] = run(start, answer(rejected(1, 2, id(1, 1))))
    equal(actions, [send("n2", append(1, id(1, 1), proposed(2, 3, 4), 1))])
    equal(actionsOf(state, answer(rejected(1, 3, id(1, 1)))), [])
  })

  it.each([
    ["what is known to match", 1],
    ["what was never sent", 9]
  ])("that answers %s is old, and moves nothing", (_, index) => {
    const start = run(leader(), propose(2), propose(3))[0]
    const [state, nothing] = run(start, answer(rejected(1, index, id(0, 0))))
    equal([nothing, state.progress["n2"]], [[], start.progress["n2"]])
  })

  it("that answers another probe than the last is old, and moves nothing", () => {
    const start = run(starting(), answer(rejected(5, 4, id(1, 1))))[0]
    equal(actionsOf(start, answer(rejected(5, 4, id(0, 0)))), [])
  })
})

describe("an accepting follower", () => {
  it("is sent every new entry at once, without waiting for answers", () => {
    const start = run(leader(), propose(2))[0]
    equal(actionsOf(start, propose(3)), [
      persist(4, { append: proposed(3) }),
      ...sendAll(append(1, id(1, 2), proposed(3), 1))
    ])
  })

  it("is sent no more appends than its window holds, and more when one is accepted", () => {
    const limits = { ...leader().config.limits, inflightAppends: 2 }
    const start = run(leader({ limits }), propose(2), propose(3))[0]
    const [full, actions] = run(start, propose(4), propose(5))
    equal(actions, [persist(6, { append: proposed(5) })])
    equal(actionsOf(full, answer(accepted(1, 2))), [
      send("n2", append(1, id(1, 3), proposed(4, 5), 1))
    ])
  })

  it("is sent no more bytes than its window holds", () => {
    const limits = { ...leader().config.limits, inflightBytes: 50 } // an entry here is 33
    const start = run(leader({ limits }), propose(2), propose(3), propose(4))[0]
    equal(start.progress["n2"]?.inflight.map(({ last }) => last), [2, 3])
    equal(actionsOf(start, answer(accepted(1, 2))), [
      send("n2", append(1, id(1, 3), proposed(4), 1))
    ])
  })

  it("frees its window up to what it accepts, the last append included", () => {
    const start = run(leader(), propose(2), propose(3), propose(4))[0]
    const [some] = run(start, answer(accepted(1, 3)))
    equal(some.progress["n2"]?.inflight, [{ last: 4, bytes: 33 }])
    const [all] = run(some, answer(accepted(1, 4)))
    equal([all.progress["n2"]?.inflight, all.progress["n2"]?.inflightBytes], [[], 0])
  })

  it("is sent appends of a limited size, and an entry above it alone", () => {
    const limits = { ...leader().config.limits, appendBytes: 70 }
    const start = leader({ limits })
    equal(actionsOf(start, propose(2, 3, 4)).slice(1, 3), [
      send("n2", append(1, id(1, 1), proposed(2, 3), 1)),
      send("n2", append(1, id(1, 3), proposed(4), 1))
    ])
    const one = leader({ limits: { ...limits, appendBytes: 1 } })
    equal(actionsOf(one, propose(2, 3)).slice(1, 3), [
      send("n2", append(1, id(1, 1), proposed(2), 1)),
      send("n2", append(1, id(1, 2), proposed(3), 1))
    ])
  })

  it("is believed no less for an answer that comes late", () => {
    const start = run(leader(), propose(2, 3), answer(accepted(1, 3)))[0]
    const [state, nothing] = run(start, answer(accepted(1, 1)))
    equal([nothing, state.progress["n2"]], [[], start.progress["n2"]])
  })

  it("is not believed to have what the leader has not", () => {
    const [state, nothing] = run(leader(), answer(accepted(1, 2)))
    equal([nothing, state.progress["n2"]], [[], leader().progress["n2"]])
  })

  it("is heard only in the leader's own term", () => {
    const start = run(starting(), persisted(2))[0]
    equal(actionsOf(start, answer(accepted(4, 5)), receive("n3", accepted(4, 5))), [])
  })

  it("that is probed already goes on being probed when its connection is lost", () => {
    equal(run(starting(), unreachable("n2")), [starting(), []])
    equal(run(leader(), unreachable("n9")), [leader(), []])
  })

  it("is probed again when its connection is lost, from what it is known to have", () => {
    const start = run(leader(), propose(2), propose(3))[0]
    const [lost, nothing] = run(start, unreachable("n2"))
    equal([nothing, lost.progress["n2"]?.mode], [[], "Probe"])
    equal(actionsOf(lost, propose(4)).slice(1), [
      send("n2", append(1, id(1, 1), proposed(2, 3, 4), 1)),
      send("n3", append(1, id(1, 3), proposed(4), 1))
    ])
    equal(actionsOf(lost, tick(2), answer(heartbeatResponse(1, 1, 1))), [
      send("n2", append(1, id(1, 1), proposed(2, 3), 1, 1))
    ])
  })
})

describe("the answer to a heartbeat", () => {
  const limits = { ...leader().config.limits, inflightAppends: 2 }
  const full = (): State => run(leader({ limits }), propose(2), propose(3), propose(4), tick(2))[0]

  it("shows that appends were lost, and they are sent again", () => {
    equal(actionsOf(full(), answer(heartbeatResponse(1, 1, 1))), [
      send("n2", append(1, id(1, 1), proposed(2, 3, 4), 1, 1))
    ])
    equal(actionsOf(full(), answer(heartbeatResponse(1, 1, 2))), [
      send("n2", append(1, id(1, 2), proposed(3, 4), 1, 1))
    ])
  })

  it("shows that only the answers were lost, and an empty append asks for another", () => {
    const [state, actions] = run(full(), answer(heartbeatResponse(1, 1, 3)))
    equal(actions, [send("n2", append(1, id(1, 3), [], 1, 1))])
    equal(actionsOf(state, answer(accepted(1, 3, 1))), [
      send("n2", append(1, id(1, 3), proposed(4), 1, 1))
    ])
  })

  it("asks for another answer also when a probe arrived and its answer was lost", () => {
    const probing = run(leader(), propose(2), unreachable("n2"), tick(2))[0]
    const sent = run(probing, answer(heartbeatResponse(1, 1, 1)), tick(2))[0]
    const [streaming, nothing] = run(sent, answer(heartbeatResponse(1, 2, 2)))
    equal([nothing, streaming.progress["n2"]?.mode], [[], "Replicate"])
    equal(actionsOf(streaming, tick(2), answer(heartbeatResponse(1, 3, 2))), [
      send("n2", append(1, id(1, 2), [], 1, 3))
    ])
  })

  it("asks for nothing while answers arrive", () => {
    const start = run(full(), answer(accepted(1, 2)))[0]
    equal(actionsOf(start, answer(heartbeatResponse(1, 1, 3))), [])
  })

  it("says nothing about appends that were sent after the heartbeat", () => {
    const start = run(leader(), tick(2), propose(2))[0]
    const [state, nothing] = run(start, answer(heartbeatResponse(1, 1, 1)))
    equal([nothing, state.progress["n2"]?.mode], [[], "Replicate"])
  })

  it("says nothing when it answers an earlier heartbeat", () => {
    const start = run(leader(), tick(2), answer(heartbeatResponse(1, 1, 1)), propose(2), tick(2))[0]
    equal(actionsOf(start, answer(heartbeatResponse(1, 1, 1))), [])
    equal(actionsOf(start, answer(heartbeatResponse(1, 2, 1))), [
      send("n2", append(1, id(1, 1), proposed(2), 1, 2))
    ])
  })
})

describe("an entry is committed", () => {
  it("when a majority holds it durably, and the others are told at once", () => {
    const start = run(leader(), propose(2), persisted(3))[0]
    const [state, actions] = run(start, answer(accepted(1, 2)))
    equal(actions, [...sendAll(append(1, id(1, 2), [], 2)), apply(command(1, 2))])
    equal(state.commit, 2)
  })

  it("not when just half of an even cluster does", () => {
    const start = run(leader({ voters: ["n1", "n2", "n3", "n4"] }), propose(2), persisted(3))[0]
    const [state, nothing] = run(start, answer(accepted(1, 2)))
    equal([nothing, state.commit], [[], 1])
    equal(run(state, receive("n4", accepted(1, 2)))[0].commit, 2)
  })

  it("not by counting when it is of an earlier term, even if every node holds it", () => {
    const start = run(starting(), persisted(2))[0]
    const [state] = run(start, answer(accepted(5, 4)), receive("n3", accepted(5, 4)))
    equal(state.commit, 0)
  })

  it("together with all before it, of whatever term", () => {
    const start = run(starting(), persisted(2))[0]
    const [state, actions] = run(start, answer(accepted(5, 5)))
    equal(actions, [
      send("n2", append(5, id(5, 5), [], 5)),
      apply(...commands(1, 1, 1, 2, 2), noop(5, 5))
    ])
    equal(state.commit, 5)
  })

  it("by a leader without followers as soon as it is durable", () => {
    const start = run(leader({ voters: ["n1"] }), propose(2))[0]
    equal(actionsOf(start, persisted(3)), [apply(command(1, 2))])
  })

  it("and a heartbeat brings the news, as far as the receiver is known to hold it", () => {
    const start = run(leader(), propose(2), persisted(3), answer(accepted(1, 2)))[0]
    equal(actionsOf(start, tick(2)), [
      send("n2", heartbeat(1, 1, 2)),
      send("n3", heartbeat(1, 1, 1))
    ])
  })
})

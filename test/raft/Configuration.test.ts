import { assert, describe, it } from "@effect/vitest"
import * as Configurations from "../../src/raft/Configuration.js"
import * as Configuring from "../../src/raft/Configuring.js"
import * as Raft from "../../src/raft/Raft.js"
import type { Snapshot } from "../../src/raft/Snapshot.js"
import * as States from "../../src/raft/State.js"
import {
  actionsOf,
  append,
  applied,
  commands,
  configured,
  counts,
  follower,
  heartbeat,
  id,
  isCommitted,
  leader,
  members,
  node,
  observe,
  persist,
  persisted,
  propose,
  receive,
  run
} from "./Fixtures.js"

const equal = assert.deepStrictEqual

const first = Configurations.bootstrap(["n1", "n2", "n3"])
const second = members(2, ["n1", "n2", "n3"], { learners: ["n4"] })
const third = members(3, ["n1", "n2", "n4"], { outgoing: ["n1", "n2", "n3"] })

const snapshotOf = (index: number, configuration: Configurations.Configuration): Snapshot => ({
  id: id(1, index),
  configuration,
  sizeBytes: 10,
  checksum: 7
})

describe("the configuration of a node", () => {
  it("is that of the last such entry, from when it is appended", () => {
    const entries = [...commands(1, 1), configured(1, second)]
    const [state, actions] = run(node({ term: 1 }), receive("n2", append(1, id(0, 0), entries)))
    equal(state.configuration, second)
    equal(actions, [
      persist(1, { append: entries }),
      observe({ _tag: "LeaderKnown", term: 1, leader: "n2" }),
      counts(second)
    ])
    const [told] = actionsOf(state, receive("n2", heartbeat(1, 1, 2)))
    equal(told, isCommitted(second))
  })

  it("is the one before again, when the entry is truncated", () => {
    const entries = [...commands(1, 1), configured(1, second), configured(1, third)]
    const [state] = run(node({ term: 1 }), receive("n2", append(1, id(0, 0), entries)))
    equal(state.configuration, third)
    const [one, actions] = run(state, receive("n3", append(2, id(1, 2), commands(3, 2))))
    equal(one.configuration, second)
    assert.deepInclude(actions, counts(second))
    equal(run(one, receive("n3", append(2, id(0, 0), commands(1, 2))))[0].configuration, first)
  })

  it("is found in the log at a start, else in the snapshot, else it is the first of all", () => {
    const { config } = node()
    const hardState = { term: 1, vote: undefined }
    const snapshot = snapshotOf(2, second)
    const base = id(1, 2)
    equal(Raft.boot(config, States.nothing).configuration, first)
    equal(Raft.boot(config, { hardState, snapshot, base, entries: [] }).configuration, second)
    const entries = [configured(1, third)]
    equal(Raft.boot(config, { hardState, snapshot, base, entries }).configuration, third)
  })

  it("is the snapshot's when one is installed", () => {
    const snapshot = snapshotOf(9, third)
    const chunk = { _tag: "SnapshotChunk", term: 1, round: 1, snapshot, offset: 0 } as const
    const [state] = run(
      follower(),
      receive("n2", { ...chunk, bytes: new Uint8Array(10) }),
      { _tag: "SnapshotReceived", snapshot }
    )
    equal([state.configuration, state.earlierConfigurations], [third, []])
  })

  it("is told to a snapshot as of the entry that it covers, joint or not", () => {
    const limits = { ...States.defaultLimits, snapshotEntries: 3 }
    const entries = [
      ...commands(1, 1),
      configured(1, second),
      configured(1, third),
      configured(1, members(4, ["n1", "n2", "n4"]))
    ]
    const [state] = run(
      node({ term: 1, limits }),
      receive("n2", append(1, id(0, 0), entries, 3)),
      persisted(1)
    )
    equal(actionsOf(state, applied(3)), [
      { _tag: "TakeSnapshot", id: id(1, 3), configuration: third }
    ])
  })

  it("is known as of every entry that is left, and no further back", () => {
    const limits = { ...States.defaultLimits, snapshotEntries: 3, trailingEntries: 1 }
    const entries = [...commands(1, 1), configured(1, second), configured(1, third)]
    const [state] = run(
      node({ term: 1, limits }),
      receive("n2", append(1, id(0, 0), entries, 3)),
      persisted(1),
      applied(3),
      { _tag: "SnapshotTaken", snapshot: snapshotOf(3, third) }
    )
    equal(state.log.base, id(1, 2))
    equal(state.earlierConfigurations, [second])
    equal([2, 3, 4].map((index) => Configuring.asOf(state, index)), [second, third, third])
  })
})

describe("the configurations of a node that has started from a snapshot", () => {
  it("stay known although none is as old as its log", () => {
    const limits = { ...States.defaultLimits, snapshotEntries: 2, trailingEntries: 100 }
    const entries = [...commands(1, 1, 1), configured(1, { ...second, index: 3 })]
    const start = Raft.boot({ ...node().config, limits }, {
      hardState: { term: 1, vote: undefined },
      snapshot: snapshotOf(3, { ...second, index: 3 }),
      entries
    })
    const [state] = run(
      start,
      receive(
        "n2",
        append(1, id(1, 3), [...commands(4, 1, 1), configured(1, { ...third, index: 6 })], 5)
      ),
      persisted(1),
      applied(5),
      { _tag: "SnapshotTaken", snapshot: snapshotOf(5, { ...second, index: 3 }) }
    )
    equal(state.log.base, id(0, 0))
    equal(Configuring.asOf(state, 5), { ...second, index: 3 })
  })
})

describe("a configuration", () => {
  it("takes as much of every limit as its names do", () => {
    const [state] = run(leader(), propose(1))
    const before = state.uncommittedBytes
    const [after] = run(leader(), propose(1), {
      _tag: "ChangeMembership",
      ref: 7,
      add: [{ id: "m1", address: "10.0.0.4:7101" }],
      remove: [],
      expected: undefined
    })
    equal(after.uncommittedBytes - before, 32 + 4 * (4 + 2) + (8 + 2 + 13))
  })

  it("has whoever counts or is sent the log as its members, each once", () => {
    const all = { ...third, learners: ["n5"] }
    equal(Configurations.members(all), ["n1", "n2", "n4", "n3", "n5"])
    equal(Configurations.voters(all), ["n1", "n2", "n4", "n3"])
    equal(["n3", "n4", "n5", "n6"].map((id) => Configurations.isMember(all, id)), [
      true,
      true,
      true,
      false
    ])
  })

  it("equals another that says the same of everybody", () => {
    const one = { ...second, addresses: { n4: "a", n1: "b" } }
    equal(Configurations.equals(one, { ...second, addresses: { n1: "b", n4: "a" } }), true)
    for (
      const other of [
        { ...one, addresses: { n1: "b", n4: "c" } },
        { ...one, addresses: { n1: "b" } },
        { ...one, learners: ["n5"] },
        { ...one, index: 3 }
      ]
    ) {
      equal(Configurations.equals(one, other), false)
    }
  })

  it("is said in words", () => {
    equal(
      Configurations.describe({ ...third, learners: ["n5"], leaving: ["n1"] }),
      [
        "n1 n2 n4, jointly with n1 n2 n3, learning: n5, leaving: n1"
      ].join()
    )
  })
})

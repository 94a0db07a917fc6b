import { assert, describe, it } from "@effect/vitest"
import {
  accepted,
  actionsOf,
  append,
  applied,
  apply,
  becameFollower,
  command,
  follower,
  hardState,
  id,
  leader,
  leaderKnown,
  node,
  notLeader,
  persist,
  persisted,
  propose,
  receive,
  reply,
  run,
  sendAll
} from "./Fixtures.js"

const equal = assert.deepStrictEqual

const committed = (ref: number, index: number) => reply(ref, { _tag: "Committed", index })
const overloaded = (ref: number) => reply(ref, { _tag: "Overloaded" })
const unknown = (ref: number) => reply(ref, { _tag: "Unknown" })

/** A command of one byte counts as 33. */
const limited = (uncommittedBytes: number) =>
  leader({ limits: { ...node().config.limits, uncommittedBytes } })

describe("commands", () => {
  it("go to the end of the log in their order, together", () => {
    const entries = [command(1, 2, 7), command(1, 3, 8)]
    equal(actionsOf(leader(), propose(7, 8)), [
      persist(3, { append: entries }),
      ...sendAll(append(1, id(1, 1), entries, 1))
    ])
  })

  it("are answered in their order when they are applied, however they were batched", () => {
    const start = run(leader(), propose(5, 6), propose(7), persisted(4))[0]
    const [state, actions] = run(start, receive("n2", accepted(1, 4)), applied(3))
    equal(actions, [committed(5, 2), committed(6, 3)])
    equal(actionsOf(state, applied(4)), [committed(7, 4)])
  })

  it("are answered in part when only a part of their batch is applied", () => {
    const start = run(leader(), propose(5, 6), persisted(3), receive("n2", accepted(1, 3)))[0]
    const [state, actions] = run(start, applied(2))
    equal(actions, [committed(5, 2)])
    equal(actionsOf(state, applied(2)), [])
    equal(actionsOf(state, applied(3)), [committed(6, 3)])
  })

  it("are refused where there is no leader, with the leader's name if it is known", () => {
    equal(actionsOf(node(), propose(7, 8)), [reply(7, notLeader()), reply(8, notLeader())])
    equal(actionsOf(follower(), propose(7)), [reply(7, notLeader("n2"))])
  })

  it("have an unknown outcome when the leader is deposed: they may still be committed", () => {
    const start = run(leader(), propose(7, 8), persisted(3), receive("n2", accepted(1, 2)))[0]
    equal(actionsOf(start, receive("n3", append(2, id(1, 2)))), [
      persist(4, { hardState: hardState(2) }),
      unknown(7),
      unknown(8),
      becameFollower(2, "n3 is in term 2"),
      leaderKnown(2, "n3")
    ])
  })

  it("are answered once: what is applied after a deposition answers nobody", () => {
    const start = run(leader(), propose(7), persisted(3), receive("n2", accepted(1, 2)))[0]
    equal(start.applying, 2)
    equal(actionsOf(start, receive("n3", append(2, id(1, 2))), applied(2)), [])
  })

  it("may be none", () => {
    equal(actionsOf(leader(), propose()), [])
    equal(actionsOf(node(), propose()), [])
  })
})

describe("too many bytes not yet committed", () => {
  it("refuse further commands, and all those after the first refused one", () => {
    const entry = command(1, 2, 1)
    const small = { ref: 1, bytes: Uint8Array.of(1) }
    const large = { ref: 2, bytes: new Uint8Array(60) }
    const [, actions] = run(limited(70), {
      _tag: "Propose",
      items: [small, large, { ...small, ref: 3 }]
    })
    equal(actions, [
      persist(3, { append: [entry] }),
      overloaded(2),
      overloaded(3),
      ...sendAll(append(1, id(1, 1), [entry], 1))
    ])
  })

  it("refuse commands as long as they are not committed", () => {
    const start = run(limited(66), propose(7), propose(8))[0]
    equal(actionsOf(start, propose(9)), [overloaded(9)])
    const [state] = run(start, persisted(3), receive("n2", accepted(1, 2)))
    equal(state.uncommittedBytes, 33)
    equal(actionsOf(state, propose(9))[0], persist(5, { append: [command(1, 4, 9)] }))
  })

  it("do not refuse a single large command when nothing else waits", () => {
    const entry = command(1, 2, 7)
    equal(actionsOf(limited(1), propose(7, 8)), [
      persist(3, { append: [entry] }),
      overloaded(8),
      ...sendAll(append(1, id(1, 1), [entry], 1))
    ])
  })

  it("are none any more when all is committed", () => {
    const [state, actions] = run(
      limited(66),
      propose(7, 8),
      persisted(3),
      receive("n2", accepted(1, 3))
    )
    equal(actions.at(-1), apply(command(1, 2, 7), command(1, 3, 8)))
    equal(state.uncommittedBytes, 0)
  })
})

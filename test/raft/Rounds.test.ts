import { assert, describe, it } from "@effect/vitest"
import * as Raft from "../../src/raft/Raft.js"
import {
  accepted,
  actionsOf,
  becameFollower,
  elected,
  heartbeat,
  heartbeatResponse,
  id,
  leader,
  propose,
  read,
  receive,
  rejected,
  run,
  sendAll,
  tick
} from "./Fixtures.js"

const equal = assert.deepStrictEqual

const five = ["n1", "n2", "n3", "n4", "n5"]

describe("a round", () => {
  it("is begun each heartbeat interval, and goes to everybody", () => {
    const [state, nothing] = run(leader(), tick(1))
    equal([nothing, Raft.ticksUntilDue(state)], [[], 1])
    const [begun, actions] = run(state, tick(1))
    equal(actions, sendAll(heartbeat(1, 1, 1)))
    equal(Raft.ticksUntilDue(begun), 2)
    equal(actionsOf(begun, tick(2)), sendAll(heartbeat(1, 2, 1)))
  })

  it("begun for a read takes the place of the next heartbeat", () => {
    const [state] = run(leader(), tick(1), read(7))
    equal(actionsOf(state, tick(1)), [])
    equal(actionsOf(state, tick(2)), sendAll(heartbeat(1, 2, 1)))
  })

  it("is named by every append of its time", () => {
    const start = run(leader(), tick(2))[0]
    equal(
      actionsOf(start, propose(2)).slice(1).map((action) =>
        action._tag === "Send" && action.message._tag === "Append" && action.message.round
      ),
      [1, 1]
    )
  })

  it("tells a follower of no commit beyond what it is known to hold", () => {
    const start = elected({ term: 1, log: [1] })
    const [state] = run(start, { _tag: "Persisted", seq: 2 }, receive("n2", accepted(2, 2)))
    equal(state.commit, 2)
    equal(actionsOf(state, tick(2)).at(-1), sendAll(heartbeat(2, 1, 0))[1])
  })
})

describe("a leader whose rounds no majority answers", () => {
  it("steps down when the oldest has waited for longer than the election timeout", () => {
    const start = run(leader(), tick(2))[0]
    const [state, actions] = run(start, tick(2), tick(2), tick(2), tick(2), tick(2))
    equal(actions, sendAll(heartbeat(1, 6, 1)))
    equal(actionsOf(state, tick(1)), [becameFollower(1, "no majority answers")])
  })

  it("answers what it has taken on when it steps down", () => {
    const start = run(leader(), read(7), propose(8), { _tag: "Persisted", seq: 3 })[0]
    equal(actionsOf(start, tick(10), tick(1)), [
      { _tag: "Reply", ref: 8, outcome: { _tag: "Unknown" } },
      { _tag: "Reply", ref: 7, outcome: { _tag: "NotLeader", leader: undefined } },
      becameFollower(1, "no majority answers")
    ])
  })

  it("does so whatever a minority answers", () => {
    let state = leader({ voters: five })
    for (let round = 1; round <= 6; round++) {
      state = run(state, tick(2), receive("n2", heartbeatResponse(1, round, 1)))[0]
    }
    equal(run(state, tick(1))[0].role, "Follower")
  })

  it("stays when a majority answers, with whatever message", () => {
    let state = leader({ voters: five })
    for (let round = 1; round <= 20; round++) {
      state = run(
        state,
        tick(2),
        receive("n2", round % 2 === 0 ? accepted(1, 1, round) : rejected(1, 9, id(0, 0), round)),
        receive("n4", heartbeatResponse(1, round, 1))
      )[0]
    }
    equal(state.role, "Leader")
  })

  it("counts from when the round was sent: a late answer confirms an old one only", () => {
    const start = run(leader(), tick(2), tick(2), tick(2), tick(2))[0]
    const late = run(start, receive("n2", heartbeatResponse(1, 1, 1)), tick(2), tick(2))[0]
    equal(late.role, "Leader") // round 2 has waited for 8 ticks by now
    equal(run(late, tick(3))[0].role, "Follower")
  })

  it("is not kept by answers to rounds that it never began", () => {
    const start = run(leader(), tick(2), receive("n2", heartbeatResponse(1, 99, 1)))[0]
    equal(run(start, tick(11))[0].role, "Follower")
  })
})

import { assert, describe, it } from "@effect/vitest"
import * as Raft from "../../src/raft/Raft.js"
import type { State } from "../../src/raft/State.js"
import { Dice } from "./Dice.js"
import {
  accepted,
  actionsOf,
  append,
  command,
  elected,
  follower,
  heartbeatResponse,
  id,
  leader,
  node,
  persisted,
  propose,
  read,
  receive,
  rejected,
  run,
  tick,
  TIMEOUT_TICKS,
  voteResponse
} from "./Fixtures.js"
import { insist } from "./Insist.js"
import * as RandomEvents from "./RandomEvents.js"

const equal = assert.deepStrictEqual

describe("a node is next due", () => {
  it("to campaign, when it follows or stands for election", () => {
    equal(Raft.ticksUntilDue(node()), TIMEOUT_TICKS)
    equal(Raft.ticksUntilDue(run(node(), tick(4))[0]), TIMEOUT_TICKS - 4)
  })

  it("to give up a forwarded read", () => {
    equal(Raft.ticksUntilDue(run(follower(), tick(1), read(7))[0]), 10)
    equal(Raft.ticksUntilDue(run(follower(), read(7), tick(4), read(8))[0]), 6)
  })

  it("to send a heartbeat, when it leads", () => {
    equal(Raft.ticksUntilDue(leader()), 2)
    equal(Raft.ticksUntilDue(run(leader(), tick(1))[0]), 1)
  })

  it("to step down, when its disk stalls or nobody answers", () => {
    const stalling = run(leader({ heartbeatTicks: 9 }), propose(7), tick(9))[0]
    equal(Raft.ticksUntilDue(stalling), 1)
    const alone = run(leader({ heartbeatTicks: 9 }), tick(9), tick(9))[0]
    equal(Raft.ticksUntilDue(alone), 2)
    const answered = run(alone, receive("n2", heartbeatResponse(1, 1, 1)))[0]
    equal(Raft.ticksUntilDue(answered), 9)
  })

  it("not before anything happens by itself: it may sleep until then", () => {
    const starts = [node(), follower({ log: [1] }), elected(), leader({ heartbeatTicks: 9 })]
    for (let seed = 0; seed < 300; seed++) {
      const dice = new Dice(seed)
      let state: State = dice.pick(starts)
      let lastRef = 0
      for (let i = 0; i < 10; i++) {
        state = run(state, RandomEvents.draw(dice, state, () => ++lastRef))[0]
        const due = Raft.ticksUntilDue(state)
        if (due === 1) continue
        insist(actionsOf(state, tick(due - 1)).length === 0, "nothing happens early", seed, i)
      }
    }
  })
})

describe("a message", () => {
  it("of a leader and of its followers is only for the others", () => {
    const [state, actions] = run(leader(), receive("n1", append(9, id(0, 0), [command(9, 1)])))
    equal([state, actions], [leader(), []])
  })

  it("of whoever is sent nothing says nothing to a leader, whatever the name", () => {
    for (const from of ["n9", "", "constructor"]) {
      for (const message of [accepted(1, 1, 0), rejected(1, 1, id(0, 0)), voteResponse(1)]) {
        equal(run(leader(), receive(from, message)), [leader(), []])
      }
    }
  })

  it("of an older term that answers a leader or a candidate is not looked at", () => {
    const start = run(elected({ term: 4 }), persisted(2))[0]
    for (const message of [accepted(4, 1, 1), heartbeatResponse(4, 1, 1)]) {
      equal(run(start, receive("n2", message)), [start, []])
    }
  })
})

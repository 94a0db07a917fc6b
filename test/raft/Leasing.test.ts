import { assert, describe, it } from "@effect/vitest"
import type { Event, Ref } from "../../src/raft/Event.js"
import * as Leasing from "../../src/raft/Leasing.js"
import * as Raft from "../../src/raft/Raft.js"
import * as States from "../../src/raft/State.js"
import {
  accepted,
  actionsOf,
  append,
  elected,
  follower,
  heartbeat,
  heartbeatResponse,
  id,
  leader,
  lonely,
  node,
  persisted,
  preVoteResponse,
  propose,
  readIndexRequest,
  receive,
  reply,
  run,
  send,
  sendAll,
  tick,
  transfer,
  voteRequest,
  voteResponse
} from "./Fixtures.js"

const equal = assert.deepStrictEqual

const leaseRead = (ref: Ref): Event => ({ _tag: "Read", ref, mode: "lease" })
const heldUp = (count: number): Event => ({ _tag: "Tick", count, heldUp: true })

/** Of an election timeout of 10 ticks, with the default bound. */
const LENGTH_TICKS = 6

/** n1 leads; its round 1, sent at `sentAt`, was answered by n2 at once. */
const leased = run(leader(), tick(2), receive("n2", heartbeatResponse(1, 1, 1)))[0]

const served = [reply(9, { _tag: "Readable", index: 1 })]
const asksAround = (round: number) => sendAll(heartbeat(1, round, 1))

describe("a lease", () => {
  it("serves a read without asking anybody", () => {
    equal(actionsOf(leased, leaseRead(9)), served)
  })

  it("serves no read that did not ask for it", () => {
    equal(actionsOf(leased, { _tag: "Read", ref: 9, mode: "linearizable" }), asksAround(2))
  })

  it("is over in time by the leader's own ticks, and then the read takes a round", () => {
    const late = (ticks: number) => run(leased, tick(ticks))[0]
    equal(actionsOf(late(LENGTH_TICKS - 1), leaseRead(9)), served)
    equal(actionsOf(late(LENGTH_TICKS), leaseRead(9)), asksAround(3))
  })

  it("counts from when its round was sent, however late the answer is", () => {
    const slow = run(leader(), tick(2), tick(5), receive("n2", heartbeatResponse(1, 1, 1)))[0]
    equal(actionsOf(slow, leaseRead(9)), served)
    equal(actionsOf(run(slow, tick(1))[0], leaseRead(9)), asksAround(3))
    const slower = run(leader(), tick(2), tick(6), receive("n2", heartbeatResponse(1, 1, 1)))[0]
    equal(actionsOf(slower, leaseRead(9)), asksAround(3))
  })

  it("takes a majority: one answer of four others is not enough", () => {
    const voters = ["n1", "n2", "n3", "n4", "n5"]
    const [one] = run(leader({ voters }), tick(2), receive("n2", heartbeatResponse(1, 1, 1)))
    assert.isFalse(Leasing.isHeld(one))
    assert.isTrue(Leasing.isHeld(run(one, receive("n3", heartbeatResponse(1, 1, 1)))[0]))
  })

  it("is none before an entry of the leader's own term is committed", () => {
    const fresh = run(
      elected({ term: 1, log: [1] }),
      tick(2),
      receive("n2", heartbeatResponse(2, 1, 1))
    )[0]
    assert.isFalse(Leasing.isHeld(fresh))
    const ready = run(fresh, persisted(fresh.seq), receive("n2", accepted(2, 2, 1)))[0]
    assert.isTrue(Leasing.isHeld(ready))
  })

  it("lets a read wait until all that is committed is applied", () => {
    const ahead = run(leased, propose(1), persisted(3), receive("n2", accepted(1, 2, 1)))[0]
    const [waiting, nothing] = run(ahead, leaseRead(9))
    equal([nothing, waiting.confirmedReads], [[], [{ ref: 9, index: 2 }]])
  })

  it("ends for the rest of the term when another node is told to stand", () => {
    const handingOver = run(leased, transfer(7, "n2"))[0]
    assert.isFalse(Leasing.isHeld(handingOver))
    const abandoned = run(
      handingOver,
      ...[2, 3, 4, 5, 6, 7].flatMap((round) => [
        tick(2),
        receive("n3", heartbeatResponse(1, round, 1))
      ])
    )[0]
    equal([abandoned.role, abandoned.transfer], ["Leader", undefined])
    assert.isFalse(Leasing.isHeld(abandoned))
  })

  it("goes on while a target is only being brought up to date", () => {
    const behind = run(leased, propose(1), persisted(3), receive("n3", accepted(1, 2)))[0]
    const [bringing] = run(behind, transfer(7, "n2"))
    assert.isTrue(Leasing.isHeld(bringing))
    assert.isFalse(Leasing.isHeld(run(bringing, receive("n2", accepted(1, 2)))[0]))
  })

  it("ends when time may have passed that was not counted, and needs a new round", () => {
    for (const count of [0, 1]) {
      const [away] = run(leased, tick(1), heldUp(count))
      assert.isFalse(Leasing.isHeld(away))
    }
    const unanswered = run(leader(), tick(2), heldUp(0))[0]
    const late = run(unanswered, receive("n2", heartbeatResponse(1, 1, 1)))[0]
    assert.isFalse(Leasing.isHeld(late))
    const again = run(late, tick(2), receive("n2", heartbeatResponse(1, 2, 1)))[0]
    assert.isTrue(Leasing.isHeld(again))
  })

  it("is no follower's: it asks the leader, as for every read", () => {
    equal(actionsOf(follower(), leaseRead(9)), [send("n2", readIndexRequest(1, 9))])
  })

  it("is held at all times by whoever is alone, from the first heartbeat on", () => {
    const alone = leader({ voters: ["n1"] })
    equal(actionsOf(run(alone, tick(2))[0], leaseRead(9)), served)
  })
})

describe("the length of a lease", () => {
  const lengthOf = (electionTimeoutTicks: number, clockDriftPercent: number) =>
    Leasing.lengthTicks({
      ...leased.config,
      electionTimeoutTicks,
      limits: { ...States.defaultLimits, clockDriftPercent }
    })

  it("is the election timeout less the drift and a tick at either end", () => {
    equal([0, 25, 100].map((percent) => lengthOf(30, percent)), [28, 22, 13])
    equal([2, 3, 10].map((ticks) => lengthOf(ticks, 25)), [-1, 0, 6])
  })

  it("is over before the fastest voter's election timeout is", () => {
    for (let timeout = 2; timeout <= 200; timeout++) {
      for (const percent of [0, 1, 10, 25, 80]) {
        // From sending to the last read less than so many of the leader's ticks have passed; from
        // hearing to voting more than one less than its timeout of the voter's.
        assert.isAtMost(lengthOf(timeout, percent) * (100 + percent), (timeout - 1) * 100)
      }
    }
  })
})

describe("what a lease rests on: a voter", () => {
  it("that has just started votes for nobody for an election timeout", () => {
    const request = receive("n2", voteRequest(2, id(1, 1)))
    const restarted = node({ term: 1, log: [1] })
    equal(actionsOf(run(restarted, tick(9))[0], request), [send("n2", voteResponse(1, false))])
    const [state, actions] = run(lonely({ term: 1, log: [1] }), request)
    equal([state.vote, actions[0]?._tag], ["n2", "Persist"])
  })

  it("that has just started does not stand for that long either", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const config = { ...leased.config, seed }
      const booted = Raft.boot(config, States.nothing)
      assert.isAtLeast(Raft.ticksUntilDue(booted), config.electionTimeoutTicks)
    }
  })

  it("that was drawn into a newer term by an answer still refuses whoever stands in it", () => {
    const heard = follower({ log: [1], commit: 1 })
    const drawn = run(heard, tick(5), receive("n3", preVoteResponse(2, 2, false)), persisted(1))[0]
    equal([drawn.term, drawn.leader], [2, undefined])
    const request = receive("n3", voteRequest(2, id(1, 1)))
    equal(actionsOf(drawn, request), [send("n3", voteResponse(2, false))])
    equal(run(drawn, tick(5), request)[0].vote, "n3")
  })

  it("that was held up has heard its leader as lately as the ticks say", () => {
    const heard = follower({ log: [1], commit: 1 })
    const request = receive("n3", voteRequest(2, id(1, 1)))
    equal(actionsOf(run(heard, heldUp(3))[0], request), [send("n3", voteResponse(1, false))])
    equal(run(heard, receive("n2", append(1, id(1, 1))), tick(10), request)[0].vote, "n3")
  })
})

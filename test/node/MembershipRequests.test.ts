/**
 * The bookkeeping of requests to change the members (Memberships.ts), against a door that only
 * notes what goes through it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Memberships } from "../../src/node/Memberships.js"
import type { Door } from "../../src/node/Memberships.js"
import type { MembershipOutcome } from "../../src/node/Node.js"
import type { Configuration } from "../../src/raft/Configuration.js"
import * as Configurations from "../../src/raft/Configuration.js"
import type { Event } from "../../src/raft/Event.js"
import * as States from "../../src/raft/State.js"
import type { State } from "../../src/raft/State.js"
import type { MembershipAnswered, MembershipAsked } from "../../src/wire/MembershipMessage.js"

const PATIENCE = 10
const DEADLINE = 100

const three = Configurations.bootstrap(["n1", "n2", "n3"], { n1: "a:1", n2: "a:2", n3: "a:3" })
const n4 = { id: "n4", address: "a:4" }

const learning: Configuration = {
  ...three,
  index: 5,
  learners: ["n4"],
  addresses: { ...three.addresses, n4: "a:4" }
}

const follower: State = {
  ...States.boot(
    {
      id: "n1",
      bootstrap: three,
      electionTimeoutTicks: 30,
      heartbeatTicks: 5,
      seed: 1,
      limits: States.defaultLimits
    },
    States.nothing
  ),
  leader: "n2"
}

const leader: State = { ...follower, role: "Leader", leader: "n1" }

class Bench {
  readonly sent: Array<readonly [to: string, message: MembershipAsked | MembershipAnswered]> = []
  readonly run: Array<Event> = []
  readonly told: Array<MembershipOutcome> = []
  readonly self = new Memberships(PATIENCE)
  #nextRef = 100
  readonly door: Door = {
    run: (event) => void this.run.push(event),
    send: (to, message) => void this.sent.push([to, message]),
    newRef: () => this.#nextRef++
  }

  /** Adds n4, as request 1. */
  adds(expected?: number): this {
    const change = { add: [n4], remove: [], expected }
    this.self.add(1, change, (outcome) => void this.told.push(outcome), DEADLINE)
    return this
  }

  /** Removes n3, as request 1. */
  removes(): this {
    const change = { add: [], remove: ["n3"], expected: undefined }
    this.self.add(1, change, (outcome) => void this.told.push(outcome), DEADLINE)
    return this
  }

  turn(state: State, now = 0): this {
    this.self.turn({ ...state, now }, this.door)
    return this
  }

  /** What was sent since this was last asked. */
  takeSent() {
    return this.sent.splice(0)
  }
}

const asked = (fields: Partial<MembershipAsked> = {}): MembershipAsked => ({
  _tag: "MembershipAsked",
  id: 1,
  add: [n4],
  remove: [],
  expected: 0,
  isRepeated: false,
  ...fields
})

describe("a request of a node that does not lead", () => {
  it("goes to the leader, and names the configuration that the node knows", () => {
    const bench = new Bench().adds().turn(follower)
    assert.deepStrictEqual(bench.takeSent(), [["n2", asked()]])
    assert.deepStrictEqual(bench.turn(follower, 1).takeSent(), [])
  })

  it("waits for a leader", () => {
    const bench = new Bench().adds().turn({ ...follower, leader: undefined })
    assert.deepStrictEqual(bench.takeSent(), [])
    assert.deepStrictEqual(bench.turn(follower).takeSent().length, 1)
  })

  it("is answered with what the leader says became of it", () => {
    const bench = new Bench().adds().turn(follower)
    bench.self.answered(1, { _tag: "MembershipChanged", index: 5 }, 3)
    bench.self.answered(1, { _tag: "MembershipChanged", index: 5 }, 4)
    assert.deepStrictEqual(bench.told, [{ _tag: "MembershipChanged", index: 5 }])
    assert.strictEqual(bench.self.pending, 0)
  })

  it("is asked again of another leader, or of a silent one, as one that may have come about", () => {
    const again = asked({ isRepeated: true })
    const bench = new Bench().adds().turn(follower)
    bench.takeSent()
    assert.deepStrictEqual(bench.turn(follower, PATIENCE - 1).takeSent(), [])
    assert.deepStrictEqual(bench.turn(follower, PATIENCE).takeSent(), [["n2", again]])
    const next = { ...follower, leader: "n3" }
    assert.deepStrictEqual(bench.turn(next, PATIENCE + 1).takeSent(), [["n3", again]])
  })

  it("is asked again as the first time of whoever leads, if it was told: not me", () => {
    const bench = new Bench().adds().turn(follower)
    bench.takeSent()
    bench.self.answered(1, { _tag: "NotLeader" }, 3)
    assert.deepStrictEqual(bench.turn(follower, 3).takeSent(), [])
    assert.deepStrictEqual(bench.turn(follower, 4).takeSent(), [["n2", asked()]])
  })

  it("names a newer configuration if the node was behind, unless its asker named one", () => {
    const refused = { _tag: "MembershipRefused", why: "NotExpected", index: 9 } as const
    const bench = new Bench().adds().turn(follower)
    bench.takeSent()
    bench.self.answered(1, refused, 3)
    assert.deepStrictEqual(bench.turn(follower, 4).takeSent(), [["n2", asked({ expected: 9 })]])
    const strict = new Bench().adds(0).turn(follower)
    strict.self.answered(1, refused, 3)
    assert.deepStrictEqual(strict.told, [{ _tag: "ChangeRefused", why: "NotExpected" }])
  })

  it("that may have come about is never asked of other members than at first", () => {
    const bench = new Bench().adds().turn(follower).turn(follower, PATIENCE)
    bench.self.answered(1, { _tag: "MembershipRefused", why: "NotExpected", index: 9 }, 12)
    assert.deepStrictEqual(bench.told, [{ _tag: "UnknownOutcome" }])
  })

  it("waits while a leader is new, and while what may be its own change goes on", () => {
    const underWay = { _tag: "MembershipRefused", why: "UnderWay", index: 5 } as const
    const fresh = new Bench().adds().turn(follower)
    fresh.self.answered(1, { ...underWay, why: "NotReady" }, 3)
    assert.deepStrictEqual(fresh.told, [])
    const first = new Bench().adds().turn(follower)
    first.self.answered(1, underWay, 3)
    assert.deepStrictEqual(first.told, [{ _tag: "ChangeRefused", why: "UnderWay" }])
    const again = new Bench().adds().turn(follower).turn(follower, PATIENCE)
    again.self.answered(1, underWay, 12)
    assert.deepStrictEqual(again.told, [])
  })

  it("is refused at its deadline if no leader was asked, and else has an unknown outcome", () => {
    const waiting = new Bench().adds()
    waiting.self.expire(DEADLINE - 1)
    assert.deepStrictEqual(waiting.told, [])
    waiting.self.expire(DEADLINE)
    assert.deepStrictEqual(waiting.told, [{ _tag: "Refused", reason: "NoLeader" }])
    const sent = new Bench().adds().turn(follower)
    sent.self.expire(DEADLINE)
    assert.deepStrictEqual(sent.told, [{ _tag: "UnknownOutcome" }])
    const stopping = new Bench().adds()
    stopping.self.close()
    assert.deepStrictEqual(stopping.told, [{ _tag: "Refused", reason: "Stopping" }])
  })
})

describe("a leader that is asked", () => {
  it("hands the change to its core once, and tells the asker what that says", () => {
    const bench = new Bench()
    bench.self.askedBy("n2", asked(), leader, bench.door)
    bench.self.askedBy("n2", asked({ isRepeated: true }), leader, bench.door)
    assert.deepStrictEqual(bench.run, [
      { _tag: "ChangeMembership", ref: 100, add: [n4], remove: [], expected: 0 }
    ])
    const outcome = { _tag: "MembershipChanged", index: 5 } as const
    assert.isTrue(bench.self.decided(100, outcome, leader, bench.door))
    assert.deepStrictEqual(bench.takeSent(), [
      ["n2", { _tag: "MembershipAnswered", id: 1, outcome }]
    ])
  })

  it("tells with a refusal which configuration there is", () => {
    const bench = new Bench()
    bench.self.askedBy("n2", asked(), leader, bench.door)
    bench.self.decided(100, { _tag: "MembershipRefused", why: "UnderWay" }, leader, bench.door)
    assert.deepStrictEqual(bench.takeSent(), [["n2", {
      _tag: "MembershipAnswered",
      id: 1,
      outcome: { _tag: "MembershipRefused", why: "UnderWay", index: 0 }
    }]])
  })

  it("says of what has come about that it has, once that is committed", () => {
    const bench = new Bench()
    const state = { ...leader, configuration: learning, commit: 4 }
    bench.self.askedBy("n2", asked(), state, bench.door)
    assert.deepStrictEqual(bench.run, [])
    assert.deepStrictEqual(bench.turn(state).takeSent(), [])
    const outcome = { _tag: "MembershipChanged", index: 5 } as const
    assert.deepStrictEqual(bench.turn({ ...state, commit: 5 }).takeSent(), [
      ["n2", { _tag: "MembershipAnswered", id: 1, outcome }]
    ])
  })

  it("says that nobody knows, if it leads no more before that is committed", () => {
    const bench = new Bench()
    const state = { ...leader, configuration: learning, commit: 4 }
    bench.self.askedBy("n2", asked(), state, bench.door)
    assert.deepStrictEqual(bench.turn({ ...state, role: "Follower" }).takeSent(), [
      ["n2", { _tag: "MembershipAnswered", id: 1, outcome: { _tag: "Unknown" } }]
    ])
  })

  it("takes a removal of one that is no member for done only if it is asked again", () => {
    const removal = asked({ add: [], remove: ["n9"] })
    const first = new Bench()
    first.self.askedBy("n2", removal, leader, first.door)
    assert.strictEqual(first.run.length, 1)
    const again = new Bench()
    again.self.askedBy("n2", { ...removal, isRepeated: true }, leader, again.door)
    assert.deepStrictEqual(again.run, [])
    assert.strictEqual(again.takeSent().length, 1)
  })

  it("asks its own core, and is told by it", () => {
    const bench = new Bench().removes().turn(leader)
    assert.deepStrictEqual(bench.run, [
      { _tag: "ChangeMembership", ref: 100, add: [], remove: ["n3"], expected: 0 }
    ])
    bench.turn(leader, PATIENCE)
    assert.strictEqual(bench.run.length, 1)
    bench.self.decided(100, { _tag: "Unknown" }, follower, bench.door)
    assert.deepStrictEqual(bench.turn(follower, PATIENCE + 1).takeSent(), [
      ["n2", asked({ add: [], remove: ["n3"], isRepeated: true })]
    ])
  })

  it("leaves other outcomes to others", () => {
    const bench = new Bench()
    assert.isFalse(bench.self.decided(7, { _tag: "NotLeader", leader: "n2" }, leader, bench.door))
    assert.isTrue(
      bench.self.decided(7, { _tag: "MembershipChanged", index: 5 }, leader, bench.door)
    )
  })
})

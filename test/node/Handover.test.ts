import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import type { TransferOutcome } from "../../src/node/Node.js"
import * as NodeProgram from "../../src/node/NodeProgram.js"
import * as Transfers from "../../src/node/Transfers.js"
import * as Configurations from "../../src/raft/Configuration.js"
import * as Raft from "../../src/raft/Raft.js"
import * as States from "../../src/raft/State.js"
import * as TestCluster from "./TestCluster.js"
import { elapse, increment, told } from "./TestCluster.js"

const three = TestCluster.make(["n1", "n2", "n3"], 7)

type Cluster = Effect.Effect.Success<typeof three>

const others = (cluster: Cluster, id: string) => cluster.ids.filter((each) => each !== id)

/** Increments asked of every node at once, as many as there are names. */
const increments = (cluster: Cluster, ids: ReadonlyArray<string>) =>
  Effect.fork(Effect.forEach(ids, (id) => cluster.write(id, increment("n")), {
    concurrency: "unbounded"
  }))

const currentMillis = Effect.map(TestClock.currentTimeMillis, Number)

describe.concurrent("leadership of three nodes", () => {
  it.scoped("is handed to the node that is named, whichever node is asked", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const first = yield* elapse(cluster.leader)
      const [second, third] = others(cluster, first)
      for (const [asked, to] of [[first, second!], [third!, third!], [second!, first]] as const) {
        assert.deepStrictEqual(yield* elapse(cluster.transfer(asked, to)), {
          _tag: "Transferred",
          to
        })
        assert.strictEqual(yield* elapse(cluster.leader), to)
      }
    }))

  it.scoped("goes to a node of the leader's choice when none is named", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const first = yield* elapse(cluster.leader)
      const outcome = yield* elapse(cluster.transfer(first, undefined))
      const second = yield* elapse(cluster.leader)
      assert.deepStrictEqual(outcome, { _tag: "Transferred", to: second })
      assert.notStrictEqual(second, first)
    }))

  it.scoped("is not handed to nobody, to itself or to the unreachable, and stays where it is", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const leader = yield* elapse(cluster.leader)
      const [here, gone] = others(cluster, leader)
      cluster.hub.isolate(gone!)
      const why = (to: string) =>
        Effect.map(
          elapse(cluster.transfer(here!, to)),
          (outcome) => outcome._tag === "TransferFailed" ? outcome.why : outcome._tag
        )
      assert.strictEqual(yield* why("n9"), "NoVoter")
      assert.strictEqual(yield* why(leader), "AlreadyLeads")
      assert.strictEqual(yield* why(gone!), "TimedOut")
      assert.strictEqual(yield* elapse(cluster.leader), leader)
      assert.strictEqual(told(yield* elapse(cluster.write(leader, increment("n")))), "1")
    }))

  it.scoped("changes hands under load without losing, doubling or refusing a write", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const first = yield* elapse(cluster.leader)
      const asked = Array.from({ length: 60 }, (_, i) => cluster.ids[i % 3]!)
      const before = yield* increments(cluster, asked)
      const transfer = yield* Effect.fork(cluster.transfer(first, undefined))
      const during = yield* increments(cluster, asked)
      yield* elapse(Fiber.join(transfer))
      const outcomes = [
        ...(yield* elapse(Fiber.join(before))),
        ...(yield* elapse(Fiber.join(during)))
      ].map((outcome) => Number(told(outcome)))
      const numbered = outcomes.sort((one, other) => one - other)
      assert.deepStrictEqual(numbered, Array.from({ length: 120 }, (_, i) => i + 1))
    }))

  it.scoped("is handed over by a leader that is asked to stop, with what it was asked", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const leader = yield* elapse(cluster.leader)
      const [here] = others(cluster, leader)
      const { term } = cluster.status(here!)
      const asked = yield* increments(cluster, [leader, leader, leader])
      yield* Effect.repeatN(Effect.yieldNow(), 10)
      const startedAt = yield* currentMillis
      yield* elapse(cluster.stop(leader))
      assert.deepStrictEqual((yield* elapse(Fiber.join(asked))).map(told), ["1", "2", "3"])
      assert.strictEqual(told(yield* elapse(cluster.write(here!, increment("n")))), "4")
      // No election timeout has passed in between, and there was one election.
      assert.isBelow(
        (yield* currentMillis) - startedAt,
        NodeProgram.defaults.electionTimeoutMillis
      )
      assert.strictEqual(cluster.status(here!).term, term + 1)
    }))

  it.scoped("costs a leader that nobody answers no more than the time of grace", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const leader = yield* elapse(cluster.leader)
      cluster.hub.isolate(leader)
      const startedAt = yield* currentMillis
      yield* elapse(cluster.stop(leader))
      assert.isAtMost((yield* currentMillis) - startedAt, NodeProgram.STOP_GRACE_MILLIS + 50)
    }))
})

describe.concurrent("requests to hand over", () => {
  const make = () => {
    const transfers = new Transfers.Transfers()
    const events: Array<string> = []
    const answers: Array<TransferOutcome> = []
    let ref = 100
    const door: Transfers.Door = {
      run: (event) => events.push(event._tag === "TransferLeadership" ? `core ${event.ref}` : "?"),
      send: (to, message) => events.push(`${to} ${message._tag} ${message.id}`),
      newRef: () => ref++
    }
    const add = (id: number) => transfers.add(id, undefined, (outcome) => answers.push(outcome), 10)
    return { transfers, events, answers, door, add }
  }
  const config = {
    id: "n1",
    bootstrap: Configurations.bootstrap(["n1", "n2"]),
    electionTimeoutTicks: 30,
    heartbeatTicks: 5,
    seed: 1,
    limits: States.defaultLimits
  }
  const alone = Raft.boot(config, States.nothing)
  const following = { ...alone, leader: "n2" }

  it("wait for a leader, are asked once, and again only of the next leader after a refusal", () => {
    const { add, answers, door, events, transfers } = make()
    add(1)
    transfers.turn(alone, door)
    assert.deepStrictEqual(events, [])
    transfers.turn(following, door)
    transfers.turn(following, door)
    assert.deepStrictEqual(events, ["n2 TransferAsked 1"])
    transfers.answered(1, { _tag: "NotLeader" }, 0)
    transfers.turn(following, door)
    assert.strictEqual(events.length, 1)
    transfers.turn({ ...following, now: 1 }, door)
    assert.strictEqual(events.length, 2)
    transfers.answered(1, { _tag: "Transferred", to: "n1" }, 1)
    transfers.answered(1, { _tag: "Transferred", to: "n1" }, 1)
    assert.deepStrictEqual(answers, [{ _tag: "Transferred", to: "n1" }])
  })

  it("that no leader was asked are refused at their deadline, the others are unknown", () => {
    const { add, answers, door, transfers } = make()
    add(1)
    transfers.turn(following, door)
    add(2)
    transfers.expire(9)
    assert.deepStrictEqual(answers, [])
    transfers.expire(10)
    assert.deepStrictEqual(answers, [
      { _tag: "UnknownOutcome" },
      { _tag: "Refused", reason: "NoLeader" }
    ])
    assert.strictEqual(transfers.pending, 0)
  })

  it("of a peer are one request however often their message comes, and are answered there", () => {
    const { door, events, transfers } = make()
    transfers.askedBy("n3", { _tag: "TransferAsked", id: 7, to: undefined }, door)
    transfers.askedBy("n3", { _tag: "TransferAsked", id: 7, to: undefined }, door)
    assert.deepStrictEqual(events, ["core 100"])
    assert.isTrue(transfers.decided(100, { _tag: "NotLeader", leader: "n2" }, 0, door))
    assert.deepStrictEqual(events, ["core 100", "n3 TransferAnswered 7"])
  })

  it("are refused beyond a limit", () => {
    const { add, answers } = make()
    for (let id = 0; id <= Transfers.PENDING_TRANSFERS; id++) add(id)
    assert.deepStrictEqual(answers, [{ _tag: "Refused", reason: "Overloaded" }])
  })
})

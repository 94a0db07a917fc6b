import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Answer from "../../src/kv/Answer.js"
import type { Node, ReadOutcome, WriteOutcome } from "../../src/node/Node.js"
import * as Configurations from "../../src/raft/Configuration.js"
import * as State from "../../src/raft/State.js"
import { application } from "../../src/sim/CacheApplication.js"
import { Clients } from "../../src/sim/Clients.js"
import type { Host } from "../../src/sim/Host.js"
import type { Operation } from "../../src/sim/Scenario.js"
import { nodeId } from "../../src/sim/Scenario.js"
import type { World } from "../../src/sim/World.js"
import * as Scenarios from "./Scenarios.js"

const state = State.boot(
  {
    id: "n1",
    bootstrap: Configurations.bootstrap(["n1", "n2", "n3"]),
    electionTimeoutTicks: 10,
    heartbeatTicks: 1,
    seed: 1,
    limits: State.defaultLimits
  },
  State.nothing
)

/** A request that a node was asked, to be answered by the test. */
interface Asked {
  readonly node: number
  readonly atMicros: number
  readonly write: Uint8Array | undefined
  readonly answer: (outcome: WriteOutcome & ReadOutcome) => void
}

const done = (index: number): never => ({ _tag: "Done", answer: Answer.ok, index }) as never
const readable = { _tag: "Readable" } as never
const refused = { _tag: "Refused", reason: "NoLeader" } as never
const unknown = { _tag: "UnknownOutcome" } as never

/** Three nodes that take requests and leave the answers to the test. */
class Stage {
  readonly world: World = Scenarios.world()
  readonly asked: Array<Asked> = []
  readonly machine = application.machine()
  readonly hosts: Array<{ -readonly [Key in keyof Host]?: Host[Key] }>
  readonly clients: Clients

  /** `hasty` nodes answer before the call has returned. */
  constructor(hasty = false) {
    this.hosts = [0, 1, 2].map((node) => ({
      number: node,
      id: nodeId(node),
      status: "Running",
      isPaused: false,
      pauses: 0,
      replica: { machine: this.machine, appliedIndex: 7 },
      node: this.#node(node, hasty)
    }))
    this.clients = new Clients(
      this.world,
      application,
      this.hosts as ReadonlyArray<unknown> as ReadonlyArray<Host>
    )
  }

  /** In which term each node takes itself for the leader, if it does. */
  readonly leads: Array<number | undefined> = []

  #node(node: number, hasty: boolean): Node["Type"] {
    const ask = (write: Uint8Array | undefined, answer: Asked["answer"]): void => {
      this.asked.push({ node, atMicros: this.world.nowMicros, write, answer })
      if (hasty) answer(done(1))
    }
    return {
      write: (command, answer) => ask(command, answer),
      read: (answer) => ask(undefined, answer),
      snapshot: () => {
        throw new Error("clients do not ask for it")
      },
      changeMembers: () => {
        throw new Error("clients do not ask for it")
      },
      transfer: () => {
        throw new Error("clients do not ask for it")
      },
      state: () => {
        const term = this.leads[node]
        return term === undefined ? state : { ...state, role: "Leader", term }
      },
      status: () => {
        throw new Error("clients do not ask for it")
      },
      leave: Effect.die("clients do not ask for it"),
      stopped: Effect.die("clients do not ask for it")
    }
  }

  schedule(...operations: ReadonlyArray<Operation>): this {
    this.clients.schedule(operations)
    return this.advance(0)
  }

  advance(toMillis: number): this {
    Scenarios.advanceTo(this.world, 1_000 * toMillis)
    return this
  }

  /** Answers what was asked last. */
  answer(outcome: WriteOutcome & ReadOutcome): this {
    this.asked.at(-1)!.answer(outcome)
    return this
  }

  /** In which node, and when in milliseconds, something was asked. */
  get places(): ReadonlyArray<readonly [node: number, millis: number]> {
    return this.asked.map(({ atMicros, node }) => [node, atMicros / 1_000])
  }

  get outcomes(): ReadonlyArray<string> {
    return this.clients.calls.map(({ outcome }) => outcome)
  }

  /** What the trace says of the answers. */
  get told(): ReadonlyArray<string> {
    return Scenarios.events(this.world.recorder.trace, "Answered").map(({ outcome }) => outcome)
  }
}

const read = (id: number, changes: Partial<Operation> = {}): Operation =>
  Scenarios.operation(id, { request: Scenarios.get, ...changes })

const write = Scenarios.operation

describe("a client of the simulated cluster", () => {
  it("asks the node it was told to, not before its time, for what it was told to", () => {
    const stage = new Stage().schedule(write(1, { atMicros: 30_000, node: 2 }))
    assert.deepStrictEqual(stage.places, [])
    stage.advance(30)
    assert.deepStrictEqual(stage.places, [[2, 30]])
    assert.deepStrictEqual(stage.asked[0]!.write, Scenarios.set("v1").bytes)
  })

  it("that asks leaders asks the first of those that do not know of each other", () => {
    const stage = new Stage()
    stage.leads[1] = 3
    stage.leads[2] = 2
    stage.schedule(write(1, { node: "leader" })).answer(done(1))
    stage.hosts[2]!.status = "Down"
    stage.schedule(write(2, { node: "leader" })).answer(done(2))
    assert.deepStrictEqual(stage.places, [[2, 0], [1, 0]])
  })

  it("that asks leaders asks somebody when nobody leads", () => {
    const stage = new Stage().schedule(write(1, { node: "leader" }))
    assert.deepStrictEqual(stage.places, [[1, 0]])
  })

  it("asks for one thing at a time: the next waits for the answer, and for its own time", () => {
    const stage = new Stage().schedule(write(1), write(2), write(3, { atMicros: 90_000 }))
    assert.strictEqual(stage.advance(40).asked.length, 1)
    stage.answer(done(1)).advance(40)
    assert.deepStrictEqual(stage.places, [[0, 0], [0, 40]])
    stage.answer(done(2)).advance(100)
    assert.deepStrictEqual(stage.places, [[0, 0], [0, 40], [0, 90]])
  })

  it("does not wait for another one", () => {
    const stage = new Stage().schedule(write(1), write(2, { client: 2, node: 1 }))
    assert.deepStrictEqual(stage.places, [[0, 0], [1, 0]])
  })

  it("notes what a write was answered, and where it stands in the log", () => {
    const stage = new Stage().schedule(write(1)).answer(done(5))
    const [call] = stage.clients.calls
    assert.deepInclude(call, { id: 1, client: 1, outcome: "done", answer: Answer.ok, index: 5 })
    assert.strictEqual(stage.clients.ackedWrites, 1)
    assert.strictEqual(stage.clients.ackedReads, 0)
    assert.deepStrictEqual(stage.told, ["done"])
  })

  it("reads of the replica at the moment at which it may, and notes how far that has come", () => {
    const stage = new Stage().schedule(read(1))
    stage.machine.apply(Scenarios.set("late").bytes, 1)
    const [call] = stage.answer(readable).clients.calls
    stage.machine.apply(Scenarios.set("later").bytes, 2)
    assert.strictEqual(application.describeAnswer(call!.answer!), "\"late\"")
    assert.strictEqual(call!.index, 7)
    assert.strictEqual(stage.clients.ackedReads, 1)
    assert.deepStrictEqual(stage.world.marks.counts, { "read served by a follower": 1 })
  })

  it("takes a refusal to the next node, after a pause, and from the last to the first", () => {
    const stage = new Stage().schedule(write(1, { node: 1 }), read(2, { client: 2, node: 2 }))
    for (const { answer } of stage.asked.slice()) answer(refused)
    assert.deepStrictEqual(stage.advance(49).asked.length, 2)
    stage.advance(60)
    assert.deepStrictEqual(stage.places, [[1, 0], [2, 0], [2, 50], [0, 50]])
    assert.deepStrictEqual(stage.outcomes, ["open", "open"])
    assert.deepStrictEqual(stage.told, [])
  })

  it("takes the refusal of very many nodes for the answer", () => {
    const stage = new Stage().schedule(write(1))
    for (let tries = 0; stage.outcomes[0] === "open"; tries++) {
      assert.isBelow(tries, 100)
      stage.answer(refused).advance(60 * (tries + 1))
    }
    assert.deepStrictEqual(stage.outcomes, ["refused"])
    assert.deepStrictEqual(stage.told, ["refused"])
    assert.isDefined(stage.clients.calls[0]!.returnedAt)
  })

  it("asks another node when its own does not run", () => {
    const stage = new Stage()
    stage.hosts[0]!.status = "Starting"
    stage.hosts[1]!.status = "Stopping"
    stage.schedule(write(1)).advance(500)
    assert.deepStrictEqual(stage.places, [[2, 100]])
  })

  it("never asks again for a write of which nobody knows, and goes on", () => {
    const stage = new Stage().schedule(write(1), write(2)).answer(unknown).advance(500)
    assert.deepStrictEqual(stage.outcomes, ["unknown", "open"])
    assert.isUndefined(stage.clients.calls[0]!.returnedAt)
    assert.deepStrictEqual(stage.asked.length, 2)
    assert.deepStrictEqual(stage.told, ["unknown"])
  })

  it("whose node dies does not know of its write, and takes its read elsewhere", () => {
    const stage = new Stage().schedule(
      write(1),
      read(2, { client: 2 }),
      read(3, { client: 3, node: 1 })
    )
    stage.clients.ended(0, "died")
    stage.advance(500)
    assert.deepStrictEqual(stage.outcomes, ["unknown", "open", "open"])
    assert.deepStrictEqual(stage.places, [[0, 0], [0, 0], [1, 0], [1, 50]])
    assert.deepStrictEqual(stage.told, ["lost"])
    assert.isUndefined(stage.world.violation)
  })

  it("that has lost its patience goes on, and an answer that comes then changes nothing", () => {
    const stage = new Stage().schedule(write(1, { patienceMicros: 20_000 }), write(2)).advance(19)
    assert.deepStrictEqual(stage.outcomes, ["open"])
    stage.advance(21)
    assert.deepStrictEqual(stage.outcomes, ["unknown", "open"])
    assert.deepStrictEqual(stage.told, ["abandoned"])
    stage.asked[0]!.answer(done(1))
    assert.deepStrictEqual(stage.outcomes, ["unknown", "open"])
    assert.strictEqual(stage.clients.ackedWrites, 0)
    assert.isUndefined(stage.world.violation)
  })

  it("that has its answer in time is not impatient afterwards", () => {
    const stage = new Stage().schedule(write(1, { patienceMicros: 20_000 })).answer(done(1))
    stage.advance(50)
    assert.deepStrictEqual(stage.outcomes, ["done"])
    assert.deepStrictEqual(stage.told, ["done"])
  })
})

describe("clients that stay with some of the nodes", () => {
  it("give up what they have asked of others, ask for nothing new, and go on with the rest", () => {
    const stage = new Stage().schedule(
      write(1),
      write(2, { client: 2, node: 1 }),
      read(3, { client: 3 }),
      write(4, { client: 4, atMicros: 60_000 })
    )
    stage.clients.stayWith([1, 2])
    stage.advance(500)
    assert.deepStrictEqual(stage.outcomes, ["unknown", "open", "open"])
    assert.deepStrictEqual(stage.places.at(-1), [1, 50])
    assert.match(stage.clients.unanswered([1, 2])!, /request 2 of client 2 to n2 .* never answered/)
    stage.asked[1]!.answer(done(1))
    assert.match(stage.clients.unanswered([1, 2])!, /request 3 of client 3 to n2 .* never answered/)
    stage.answer(readable)
    assert.isUndefined(stage.clients.unanswered([1, 2]))
  })

  it("may be asked to make new requests, which count as unanswered until they are", () => {
    const stage = new Stage()
    stage.clients.stayWith([2])
    stage.clients.schedule([write(1, { node: 2 })])
    assert.strictEqual(stage.clients.unanswered([2]), "1 requests have not been made")
    stage.advance(1)
    assert.match(stage.clients.unanswered([2])!, /request 1 /)
    assert.isUndefined(stage.clients.unanswered([0]))
    stage.answer(refused).advance(60)
    assert.deepStrictEqual(stage.places.map(([node]) => node), [2, 2])
  })
})

describe("the oracle answered-once", () => {
  const broken = (stage: Stage): string | undefined => stage.world.violation?.oracle

  it("sees that a node answers twice, also if nobody waits any more", () => {
    const stage = new Stage().schedule(write(1)).answer(done(1)).answer(done(1))
    assert.strictEqual(broken(stage), "answered-once")
    assert.match(stage.world.violation!.message, /request 1 .* was answered twice/)
    const late = new Stage().schedule(write(1, { patienceMicros: 1_000 })).advance(2)
    assert.strictEqual(broken(late.answer(unknown).answer(unknown)), "answered-once")
  })

  it("sees that a node answers before the call has returned", () => {
    const stage = new Stage(true).schedule(write(1))
    assert.match(stage.world.violation!.message, /was answered before it was asked/)
  })

  it("sees that a node stops in all peace and leaves a request without an answer", () => {
    const stage = new Stage().schedule(write(1))
    stage.clients.ended(0, "stopped")
    assert.strictEqual(broken(stage), "answered-once")
  })

  it("allows that a node stops when it has answered everything", () => {
    const stage = new Stage().schedule(write(1)).answer(refused)
    stage.clients.ended(0, "stopped")
    assert.isUndefined(broken(stage))
  })
})

describe("the oracle answered-in-time", () => {
  /** Two request timeouts and two election timeouts. */
  const DEADLINE_MILLIS = 4_600

  const broken = (
    act: (stage: Stage) => unknown,
    isPaused = false,
    operation = write(1)
  ): string | undefined => {
    const stage = new Stage()
    stage.hosts[0]!.isPaused = isPaused
    stage.schedule(operation).advance(1_000)
    act(stage)
    return stage.advance(DEADLINE_MILLIS + 1).world.violation?.oracle
  }

  it("sees a request that waits for too long at a node that runs, and not before", () => {
    assert.strictEqual(broken(() => {}), "answered-in-time")
    assert.strictEqual(broken(() => {}, false, read(1)), "answered-in-time")
    const stage = new Stage().schedule(write(1)).advance(DEADLINE_MILLIS - 1)
    assert.isUndefined(stage.world.violation)
  })

  it.each<readonly [string, (stage: Stage) => unknown]>([
    ["the write was answered", (stage) => stage.answer(done(1))],
    ["the node has died", (stage) => stage.clients.ended(0, "died")],
    ["the node was paused meanwhile", (stage) => (stage.hosts[0]!.pauses = 1)]
  ])("allows it if %s", (_, act) => {
    assert.isUndefined(broken(act))
  })

  it("allows it if the node was paused when it was asked", () => {
    assert.isUndefined(broken(() => {}, true))
  })
})

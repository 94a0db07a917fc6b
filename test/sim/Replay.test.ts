import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc } from "effect"
import { defaultLimits } from "../../src/raft/State.js"
import * as DecisionLog from "../../src/sim/DecisionLog.js"
import * as Replay from "../../src/sim/Replay.js"
import type { Report } from "../../src/sim/Report.js"
import type { Scenario, Trouble } from "../../src/sim/Scenario.js"
import * as Simulation from "../../src/sim/Simulation.js"
import * as Swarm from "../../src/sim/Swarm.js"
import { counting, forgetting, scenario } from "./Counting.js"

const report = (change: Partial<Report> = {}): Report => ({
  scenario: scenario(),
  decisions: DecisionLog.make(),
  violation: undefined,
  events: 0,
  simulatedMicros: 0,
  ackedWrites: 0,
  ackedReads: 0,
  marks: {},
  traceHash: "",
  checkpoints: [],
  trace: [],
  ...change
})

const decoded = (text: string): Replay.Replay => Either.getOrThrowWith(Replay.decode(text), Error)

const refusal = (text: string): string => {
  const result = Replay.decode(text)
  assert.isTrue(Either.isLeft(result), text.slice(0, 200))
  return Either.getOrThrow(Either.flip(result))
}

/** The file of `scenario` with some text in it replaced. */
const edited = (from: string | RegExp, to: string): string => {
  const text = Replay.encode(report())
  const after = text.replace(from, to)
  assert.notStrictEqual(after, text)
  return after
}

/** One of each kind. */
const troubles: ReadonlyArray<Trouble> = [
  { _tag: "Cut", links: [[0, 1], [2, 0]] },
  { _tag: "Isolate", node: "leader", direction: "in" },
  { _tag: "Clog", links: [] },
  { _tag: "Echo", links: [[1, 0]] },
  { _tag: "Crash", node: 1, while: "writing" },
  { _tag: "Kill", node: 0, while: "any" },
  { _tag: "Stop", node: "leader" },
  { _tag: "Pause", node: 2 },
  { _tag: "Stall", node: 2 },
  { _tag: "Full", node: 1, bytes: 0 },
  { _tag: "SyncError", node: 0 },
  { _tag: "Jump", node: 1, millis: -86_400_000 },
  { _tag: "Transfer", node: "leader", to: "chosen" },
  { _tag: "Transfer", node: 1, to: 2 },
  { _tag: "ChangeMembers", node: 0, add: 1, remove: 2, order: [2, 0, 1], isLeaderFirst: true },
  { _tag: "Rot", node: 0 },
  { _tag: "Misdirect", node: 1 },
  { _tag: "Wipe", node: 2 }
]

describe("a replay file", () => {
  it("returns the scenario of every seed, and its choices", () => {
    for (let seed = 1; seed <= 12; seed++) {
      const drawn = Swarm.draw(seed)
      const replay = decoded(Replay.encode(report({ scenario: drawn })))
      assert.deepStrictEqual(replay.scenario, drawn)
    }
  })

  it("returns every kind of trouble and of schedule", () => {
    const faults = troubles.map((trouble, at) => ({ atMicros: at, forMicros: 2 * at, trouble }))
    for (const _tag of ["Fifo", "Random"] as const) {
      const one: Scenario = scenario({ faults, schedule: { _tag } })
      assert.deepStrictEqual(decoded(Replay.encode(report({ scenario: one }))).scenario, one)
    }
  })

  it("returns what was violated, and the bytes of requests, whatever they are", () => {
    const decision = fc.record({
      stream: fc.constantFrom(...DecisionLog.streams),
      index: fc.nat(300)
    })
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.string().map((text) => new TextEncoder().encode(text))
    )
    fc.assert(fc.property(fc.string(), fc.array(decision), bytes, (message, all, request) => {
      const [first] = scenario().operations
      const operations = [{ ...first!, request: { kind: "read", bytes: request } as const }]
      const replay = decoded(Replay.encode(report({
        scenario: scenario({ operations }),
        violation: { oracle: "liveness", message, atMicros: 1, event: 1 },
        decisions: DecisionLog.fromDecisions(all)
      })))
      assert.deepStrictEqual(replay.scenario.operations, operations)
      assert.strictEqual(replay.oracle, "liveness")
      assert.strictEqual(replay.message, message)
      const text = DecisionLog.toText(DecisionLog.fromDecisions(all))
      assert.strictEqual(DecisionLog.toText(replay.decisions), text)
    }))
  })

  it("lives the same life again", () => {
    const application = forgetting(5)
    const before = Simulation.run(scenario(), { application })
    const { decisions, oracle, scenario: again } = decoded(Replay.encode(before))
    const after = Simulation.run(again, { application, decisions })
    assert.strictEqual(after.traceHash, before.traceHash)
    assert.strictEqual(oracle, before.violation?.oracle)
    assert.deepStrictEqual(after.violation, before.violation)
  })

  it("has a line for each fault and each request, and shows bytes that can be read", () => {
    const lines = Replay.encode(report()).split("\n")
    assert.include(
      lines,
      `      {"atMicros":700000,"forMicros":300000,"trouble":{"_tag":"Kill","node":1,"while":"any"}},`
    )
    const add = `"request":{"kind":"write","bytes":{"text":"add 5"}},"patienceMicros":20000},`
    assert.isTrue(lines.some((line) => line.endsWith(add)))
    assert.strictEqual(lines.at(-1), "")
  })

  it("says what is wrong with it, and where", () => {
    assert.match(refusal("{"), /it is not JSON/)
    assert.match(refusal("[]"), /This is not a replay file/)
    assert.match(refusal(`{"format":"something else","version":1}`), /format/)
    assert.match(
      refusal(edited(`"version": 1`, `"version": 2`)),
      /has version 2 of the format, and this program reads version 1/
    )
    assert.match(refusal(edited(`"decisions": ""`, `"decisions": "?"`)), /decisions: not base 64/)
    assert.match(
      refusal(edited(`"atMicros":700000`, `"atMicros":-1`)),
      /scenario\.faults\[2\]\.atMicros: .*-1/
    )
    assert.match(refusal(edited(`"_tag":"Kill"`, `"_tag":"Tickle"`)), /scenario\.faults\[2\]/)
    assert.match(refusal(edited(`{"text":"add 5"}`, `{"base64":"?"}`)), /not base 64: \?/)
  })

  it("is refused if its parts do not fit together", () => {
    assert.match(refusal(edited(`"nodes": 3`, `"nodes": 2`)), /faults\[1\] names node 2 of 2/)
    assert.match(
      refusal(edited(`"heartbeatMillis": 50`, `"heartbeatMillis": 100`)),
      /heartbeats every 100 ms are too few/
    )
    assert.match(refusal(edited(`{"id":2,`, `{"id":1,`)), /operations\[1\] has the id 1/)
  })

  it("is never anything but read or refused", () => {
    const text = Replay.encode(report())
    fc.assert(fc.property(fc.nat(text.length), fc.nat(20), fc.string(), (at, length, inserted) => {
      const result = Replay.decode(text.slice(0, at) + inserted + text.slice(at + length))
      if (Either.isLeft(result)) assert.match(result.left, /^This (is not a )?replay file/)
    }))
  })
})

describe("an edited replay file", () => {
  const lived = Simulation.run(scenario(), { application: counting })

  it("still runs, and always in the same way", () => {
    const numbers = fc.array(fc.tuple(fc.nat(), fc.nat(2_000)), { maxLength: 8 })
    const some = fc.infiniteStream(fc.nat(3))
    fc.assert(
      fc.property(numbers, some, (changes, coins) => {
        const { decisions, scenario: all } = decoded(Replay.encode(lived))
        const picks = [...DecisionLog.decisions(decisions)]
        for (const [at, index] of changes) {
          const { stream } = picks[at % picks.length]!
          picks[at % picks.length] = { stream, index }
        }
        const keep = (): boolean => coins.next().value !== 0
        const { faults, operations } = all
        const after = decoded(Replay.encode({
          ...lived,
          scenario: { ...all, faults: faults.filter(keep), operations: operations.filter(keep) },
          decisions: DecisionLog.fromDecisions(picks)
        }))
        const [one, other] = [1, 2].map(() =>
          Simulation.run(after.scenario, { application: counting, decisions: after.decisions })
        )
        assert.isAbove(one!.events, 0)
        assert.isUndefined(one!.violation)
        assert.strictEqual(one!.traceHash, other!.traceHash)
      }),
      { numRuns: 6 }
    )
  })

  it("runs with the least that it can ask for", () => {
    const limits = Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, 1])) as never
    const least = scenario({
      limits,
      electionTimeoutMillis: 20,
      heartbeatMillis: 1,
      segmentLimitBytes: 1,
      granularityMicros: 0,
      clocks: []
    })
    const { decisions, scenario: after } = decoded(Replay.encode(report({ scenario: least })))
    const { violation } = Simulation.run(after, { application: counting, decisions })
    assert.notStrictEqual(violation?.oracle, "no-defect")
  })
})

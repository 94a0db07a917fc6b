import { assert, describe, it } from "@effect/vitest"
import * as Latin1 from "../../src/kv/Latin1.js"
import type { Application } from "../../src/sim/Application.js"
import * as DecisionLog from "../../src/sim/DecisionLog.js"
import * as Determinism from "../../src/sim/Determinism.js"
import type { Range } from "../../src/sim/Recorder.js"
import * as Simulation from "../../src/sim/Simulation.js"
import * as Swarm from "../../src/sim/Swarm.js"
import { counting, promising, scenario } from "./Counting.js"

describe("a life lived twice", () => {
  it("is the same, whatever the seed", () => {
    for (const seed of [3]) {
      const { divergence, report } = Determinism.runTwice(Swarm.draw(seed, { nodes: 3 }))
      assert.isUndefined(divergence)
      assert.strictEqual(report.scenario.seed, seed)
    }
  })

  it("is the same with the choices of a log", () => {
    const { decisions, traceHash } = Simulation.run(scenario(), { application: counting })
    const options = { application: counting, decisions }
    const { divergence, report } = Determinism.runTwice(scenario(), options)
    assert.isUndefined(divergence)
    assert.strictEqual(report.traceHash, traceHash)
  })

  it("is lived again from the last checkpoint that both share to the next", () => {
    const lived = Simulation.run(scenario({ operations: [], faults: [] }))
    const asked: Array<Range | "nothing"> = []
    /** Its `parting`th checkpoint and all later ones are its own. */
    const run = (name: string, count: number, parting = count) => (record: Range | "nothing") => {
      asked.push(record)
      const checkpoints = Array.from({ length: count }, (_, at) => ({
        event: 1_024 * (at + 1),
        hash: at < parting ? `${at}` : `${at} of ${name}`
      }))
      const shared = { _tag: "Phase", number: 1, atMicros: 5, text: "shared" } as const
      const own = { ...shared, number: 2, text: `own of ${name}` }
      const trace = record === "nothing" ? [] : [shared, own]
      return { ...lived, traceHash: name, checkpoints, trace }
    }
    const { divergence } = Determinism.compare(run("one", 5, 2), run("other", 5, 2))
    assert.deepStrictEqual(asked, [
      "nothing",
      "nothing",
      { from: 2_048, to: 3_072 },
      { from: 2_048, to: 3_072 }
    ])
    assert.deepStrictEqual(divergence!.split("\n").slice(0, 4), [
      "Two runs of seed 7 are not the same: they part between event 2048 and event 3072.",
      `  the last they share:   Phase at 5 us {"text":"shared"}`,
      `  first run, then:       Phase at 5 us {"text":"own of one"}`,
      `  second run, then:      Phase at 5 us {"text":"own of other"}`
    ])
    Determinism.compare(run("one", 3), run("other", 5))
    assert.deepStrictEqual(asked.at(-1), { from: 3_072, to: Infinity })
    Determinism.compare(run("one", 4, 0), run("other", 4, 0))
    assert.deepStrictEqual(asked.at(-1), { from: 0, to: 1_024 })
  })

  it("is told apart where chance was another", () => {
    const { decisions } = Simulation.run(scenario(), { application: counting })
    const picks = DecisionLog.decisions(decisions)
    const changed = picks.map((each, at) => at < 300 ? each : { ...each, index: 0 })
    const run = (all: ReadonlyArray<DecisionLog.Decision>) => (record: Range | "nothing") =>
      Simulation.run(scenario(), {
        application: counting,
        decisions: DecisionLog.fromDecisions(all),
        record
      })
    const { divergence } = Determinism.compare(run(picks), run(changed))
    const lines = divergence!.split("\n")
    assert.match(lines[0]!, /^Two runs of seed 7 are not the same: they part between event 0 and/)
    assert.match(lines[1]!, /the last they share: +\w+ at \d+ us/)
    assert.match(lines[2]!, /first run, then: +\w+ at \d+ us \{/)
    assert.match(lines[3]!, /second run, then: +\w+ at \d+ us \{/)
    assert.notStrictEqual(lines[2]!.slice(25), lines[3]!.slice(25))
  })

  it("is told apart when an earlier life has left something behind", () => {
    let answers = 0
    const remembering: Application = {
      ...counting,
      machine: () => ({ ...counting.machine(), apply: () => Latin1.encode(String(++answers)) })
    }
    const alone = scenario({ seed: 8, nodes: 1, faults: [] })
    const { divergence } = Determinism.runTwice(alone, { application: remembering })
    const [first, second] = divergence!.split("\n").filter((line) => / run, then:/.test(line))
    assert.match(first!, /Answered at \d+ us .*"operation":1,.*"text":"\d+"/)
    assert.match(second!, /Answered at \d+ us .*"operation":1,.*"text":"\d+"/)
  })

  it("is told apart even if what differed does not differ again", () => {
    let checks = 0
    const application = promising(() => ++checks === 300 ? "bad luck" : undefined)
    const { divergence, report } = Determinism.runTwice(scenario(), { application })
    assert.strictEqual(report.violation?.oracle, "promised")
    assert.match(divergence!, /first run as a whole:.*promised: bad luck/)
    assert.match(divergence!, /second run as a whole:.*no violation/)
    assert.match(divergence!, /does not differ every time/)
  })
})

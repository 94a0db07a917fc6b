import { assert, describe, it } from "@effect/vitest"
import type { Application, Machine } from "../../src/sim/Application.js"
import { application as cache } from "../../src/sim/CacheApplication.js"
import * as Decisions from "../../src/sim/DecisionLog.js"
import type { Report } from "../../src/sim/Report.js"
import type { Scenario, Schedule } from "../../src/sim/Scenario.js"
import * as Simulation from "../../src/sim/Simulation.js"
import * as Swarm from "../../src/sim/Swarm.js"
import * as Scenarios from "./Scenarios.js"

/** The first 25 seeds, each lived once. */
const reports = Array.from({ length: 25 }, (_, at) => Simulation.simulate({ seed: at + 1 }))

/** A seed whose life is short. */
const short = reports.reduce((one, other) => other.events < one.events ? other : one)

const { seed } = short.scenario

/** All but what is only there when it is asked for. */
const figures = (report: Report) => ({
  ...report,
  trace: "whatever was asked for",
  decisions: Decisions.toText(report.decisions)
})

describe("the life of a seed", () => {
  it("breaks no promise, and gets something done", () => {
    for (const { ackedReads, ackedWrites, scenario, violation } of reports) {
      assert.isUndefined(violation, `seed ${scenario.seed}: ${violation?.message}`)
      assert.isAbove(ackedReads + ackedWrites, 0)
    }
    assert.isAbove(reports.filter(({ ackedWrites }) => ackedWrites > 10).length, 15)
  })

  it("is the same whenever it is lived, to the last bit of its hash", () => {
    for (const report of [short, reports[1]!]) {
      const again = Simulation.simulate({ seed: report.scenario.seed })
      assert.deepStrictEqual(figures(again), figures(report))
    }
  })

  it("is another one for another seed", () => {
    assert.strictEqual(new Set(reports.map(({ traceHash }) => traceHash)).size, reports.length)
  })

  it("is the first seed's if none is given", () => {
    assert.strictEqual(Simulation.simulate().traceHash, reports[0]!.traceHash)
  })

  it("is that of the scenario which is drawn for it", () => {
    assert.deepStrictEqual(short.scenario, Swarm.draw(seed))
    assert.strictEqual(Simulation.run(Swarm.draw(seed)).traceHash, short.traceHash)
  })

  it("has as many nodes as are wanted", () => {
    const { scenario, violation } = Simulation.simulate({ seed, nodes: 2 })
    assert.strictEqual(scenario.nodes - scenario.spares, 2)
    assert.isUndefined(violation)
  })

  it("has in its scenario what the caller has adjusted", () => {
    const adjust = (drawn: Scenario): Scenario => ({ ...drawn, faults: [], safetyMicros: 700_000 })
    const { scenario, simulatedMicros } = Simulation.simulate({ seed, adjust })
    assert.deepStrictEqual(scenario, adjust(Swarm.draw(seed)))
    assert.isBelow(simulatedMicros, short.simulatedMicros)
  })

  it("is as long as its checkpoints and figures say", () => {
    for (const { checkpoints, events, marks, simulatedMicros, trace, traceHash } of reports) {
      assert.match(traceHash, /^[0-9a-f]{16}$/)
      assert.strictEqual(checkpoints.length, Math.floor(events / 1_024))
      assert.isAbove(simulatedMicros, 0)
      assert.deepStrictEqual(trace, [])
      for (const count of Object.values(marks)) assert.isAbove(count, 0)
    }
  })
})

describe("recording a life", () => {
  it("changes nothing of it", () => {
    const recorded = Simulation.simulate({ seed, record: "everything" })
    assert.deepStrictEqual(figures(recorded), figures(short))
    assert.isAbove(recorded.trace.length, short.events / 2)
  })

  it("keeps a range of events when only that is wanted", () => {
    const all = Simulation.simulate({ seed, record: "everything" }).trace
    const some = Simulation.simulate({ seed, record: { from: 50, to: 60 } }).trace
    assert.isNotEmpty(some)
    const without = (event: (typeof all)[number]) => ({ ...event, number: 0 })
    const at = all.findIndex((event) =>
      JSON.stringify(without(event)) === JSON.stringify(without(some[0]!))
    )
    assert.deepStrictEqual(all.slice(at, at + some.length).map(without), some.map(without))
  })
})

describe("the decisions of a life", () => {
  it("repeat it, also read back from their text", () => {
    const { decisions, scenario, traceHash } = short
    assert.strictEqual(Simulation.run(scenario, { decisions }).traceHash, traceHash)
    const read = Decisions.fromText(Decisions.toText(decisions))!
    assert.strictEqual(Simulation.run(scenario, { decisions: read }).traceHash, traceHash)
  })

  it("repeat it under any schedule, for they are the schedule", () => {
    const { decisions, scenario, traceHash } = short
    const other: Scenario = { ...scenario, schedule: { _tag: "Fifo" } }
    assert.strictEqual(Simulation.run(other, { decisions }).traceHash, traceHash)
  })

  it("may be other ones: any log of choices is some life", () => {
    const decisions = Decisions.fromDecisions(
      Decisions.decisions(short.decisions).map(({ index, stream }, at) => ({
        stream,
        index: at % 50 === 0 ? index + 7 : index
      }))
    )
    const { traceHash, violation } = Simulation.run(short.scenario, { decisions })
    assert.isUndefined(violation)
    assert.notStrictEqual(traceHash, short.traceHash)
    assert.isUndefined(Simulation.run(short.scenario, { decisions: Decisions.make() }).violation)
  })

  it.each<Schedule>([
    { _tag: "Fifo" },
    { _tag: "Random" },
    { _tag: "Pct", depth: 3, steps: 5_000 }
  ])("are made as the schedule $_tag says", (schedule) => {
    const scenario = Scenarios.scenario({ schedule, operations: Scenarios.operations(20, 50) })
    const { ackedReads, ackedWrites, decisions, violation } = Simulation.run(scenario)
    assert.isUndefined(violation)
    assert.isAtLeast(ackedReads + ackedWrites, 20)
    const isTame = Decisions.decisions(decisions).every(({ index }) => index === 0)
    assert.strictEqual(isTame, schedule._tag === "Fifo")
  })
})

const calm = Scenarios.scenario({
  operations: Scenarios.operations(20, 50),
  safetyMicros: 1_500_000
})

/** The cache with machines made wrong; `nth` counts them. */
const spoilt = (spoil: (machine: Machine, nth: number) => Machine): Application => {
  let count = 0
  return { ...cache, machine: () => spoil(cache.machine(), ++count) }
}

const oracleOf = (application: Application): string | undefined =>
  Simulation.run(calm, { application }).violation?.oracle

describe("an application", () => {
  it("as it should be is not accused of anything", () => {
    assert.isUndefined(oracleOf(spoilt((machine) => machine)))
  })

  it("whose answers are not deterministic is caught", () => {
    const application = spoilt((machine, nth) => ({
      ...machine,
      apply: (command, index) => {
        const answer = machine.apply(command, index)
        return index === 5 ? Uint8Array.of(...answer, nth) : answer
      }
    }))
    assert.strictEqual(oracleOf(application), "same-answers")
  })

  it("that forgets an update everywhere is caught by its model", () => {
    const application = spoilt((machine) => {
      let applied = 0
      const { chores = [], digest, read, restore, snapshot } = machine
      return {
        chores,
        digest,
        read,
        restore,
        snapshot,
        apply: (command, index) =>
          !cache.isOwn!(command) && ++applied === 4
            ? Uint8Array.of(...cache.machine().apply(command, index))
            : machine.apply(command, index)
      }
    })
    assert.strictEqual(oracleOf(application), "right-answers")
  })

  it("that tells one thing here and another there is caught, and one that is wrong everywhere", () => {
    const events = (nth: number) => nth === 2 ? "" : "set k1"
    const differing = spoilt((machine, nth) => ({ ...machine, told: () => events(nth) }))
    assert.strictEqual(oracleOf(differing), "same-events")
    const wrong = spoilt((machine) => ({ ...machine, told: () => "set nothing" }))
    assert.strictEqual(oracleOf(wrong), "right-events")
  })

  it("that forgets an update in one place is caught when all is at rest", () => {
    const application = spoilt((machine, nth) =>
      nth === 2 ? { ...machine, digest: () => `${machine.digest()} and more` } : machine
    )
    assert.strictEqual(oracleOf(application), "convergence")
  })

  it("that throws is a defect of the node, with its words", () => {
    const application = spoilt((machine) => ({
      ...machine,
      apply: () => {
        throw new Error("out of luck")
      }
    }))
    const { violation } = Simulation.run(calm, { application })
    assert.strictEqual(violation?.oracle, "no-defect")
    assert.include(violation?.message, "out of luck")
  })

  it("has its invariants checked after every event, on all replicas that run", () => {
    const writes = calm.operations.filter(({ request: { kind } }) => kind === "write")
    const shown = ({ read }: Machine) => cache.describeAnswer(read(Scenarios.get.bytes))
    const four = cache.machine()
    four.apply(writes[3]!.request.bytes, 1)
    const seen = new Set<string>()
    let checks = 0
    const invariants = [
      {
        name: "never-four",
        check: (machines: ReadonlyMap<string, Machine>) => {
          checks += 1
          for (const id of machines.keys()) seen.add(id)
          const [[id] = []] = [...machines].filter(([, each]) => shown(each) === shown(four))
          return id === undefined ? undefined : `${id} has four`
        }
      }
    ]
    const report = Simulation.run(calm, { application: { ...cache, invariants } })
    assert.strictEqual(report.violation?.oracle, "never-four")
    assert.match(report.violation!.message, /^n\d has four$/)
    assert.strictEqual(checks, report.events)
    assert.deepStrictEqual([...seen].sort(), ["n1", "n2", "n3"])
  })
})

describe("a simulation", () => {
  it("ends with the event in which a promise is broken", () => {
    const invariants = [
      { name: "short", check: () => (++checks === 100 ? "long enough" : undefined) }
    ]
    let checks = 0
    const { events, violation } = Simulation.run(calm, {
      application: { ...cache, invariants },
      record: "everything"
    })
    assert.strictEqual(events, 100)
    assert.deepInclude(violation, { oracle: "short", message: "long enough" })
  })

  it("is one synchronous call that leaves nothing behind", async () => {
    const resources = (): ReadonlyArray<string> => process.getActiveResourcesInfo()
    const before = resources().filter((name) => name === "Timeout").length
    let happened = 0
    const application = spoilt((machine) => ({
      ...machine,
      apply: (command, index) => {
        happened += 1
        return machine.apply(command, index)
      }
    }))
    Simulation.run(calm, { application })
    assert.strictEqual(resources().filter((name) => name === "Timeout").length, before)
    const atEnd = happened
    assert.isAbove(atEnd, 0)
    await new Promise((resume) => setImmediate(resume))
    assert.strictEqual(happened, atEnd)
  })

  it("counts each size of cluster that a soak must have seen", () => {
    const marksOf = (nodes: number) =>
      Simulation.run(Scenarios.scenario({ nodes, safetyMicros: 500_000 })).marks
    assert.strictEqual(marksOf(1)["single node"], 1)
    assert.strictEqual(marksOf(2)["even cluster"], 1)
    assert.notProperty(marksOf(1), "even cluster")
    assert.notProperty(marksOf(3), "even cluster")
    assert.notProperty(marksOf(3), "single node")
  })
})

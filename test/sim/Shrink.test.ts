import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import type { Application } from "../../src/sim/Application.js"
import { ddmin } from "../../src/sim/Ddmin.js"
import * as DecisionLog from "../../src/sim/DecisionLog.js"
import type { Report } from "../../src/sim/Report.js"
import type { Scenario } from "../../src/sim/Scenario.js"
import * as ScenarioEdits from "../../src/sim/ScenarioEdits.js"
import * as Shrink from "../../src/sim/Shrink.js"
import * as Simulation from "../../src/sim/Simulation.js"
import { counting, forgetting, promising, scenario } from "./Counting.js"

const ENOUGH_HALVINGS = 10

describe("delta debugging", () => {
  const some = fc.uniqueArray(fc.nat(99), { maxLength: 40 })

  it("keeps exactly what is needed, in its order", () => {
    fc.assert(fc.property(some, fc.infiniteStream(fc.boolean()), (items, coins) => {
      const needed = items.filter(() => coins.next().value)
      const kept = ddmin(items, ENOUGH_HALVINGS, (rest) => needed.every((n) => rest.includes(n)))
      assert.deepStrictEqual(kept, needed)
    }))
  })

  it("returns a part that was found to hold, whatever the question is", () => {
    fc.assert(fc.property(some, fc.nat(6), fc.infiniteStream(fc.boolean()), (...all) => {
      const [items, halvings, coins] = all
      const held = new Set([items])
      const kept = ddmin(items, halvings, (rest) => {
        const holds: boolean = coins.next().value
        if (holds) held.add(rest as Array<number>)
        return holds
      })
      assert.isTrue(held.has(kept as Array<number>))
    }))
  })

  it("asks few questions when little is needed", () => {
    const items = Array.from({ length: 1_000 }, (_, at) => at)
    let questions = 0
    const kept = ddmin(items, ENOUGH_HALVINGS, (rest) => {
      questions += 1
      return rest.includes(123) && rest.includes(877)
    })
    assert.deepStrictEqual(kept, [123, 877])
    assert.isBelow(questions, 60)
  })

  it("goes no deeper than it may", () => {
    const items = Array.from({ length: 16 }, (_, at) => at)
    const kept = ddmin(items, 2, (rest) => rest.includes(5))
    assert.deepStrictEqual(kept, [4, 5, 6, 7])
  })
})

const failing = (application: Application, change = scenario()): Report => {
  const report = Simulation.run(change, { application })
  assert.isDefined(report.violation)
  return report
}

const noChoices = DecisionLog.make()

const choices = ({ decisions }: Report): number =>
  DecisionLog.decisions(decisions).filter(({ index }) => index !== 0).length

/** What holds for every result. */
const checkReplays = (application: Application, before: Report, { report }: Shrink.Shrunk) => {
  assert.strictEqual(report.violation?.oracle, before.violation?.oracle)
  const { decisions } = report
  const again = Simulation.run(report.scenario, { application, decisions })
  assert.deepStrictEqual(again.violation, report.violation)
  assert.strictEqual(again.traceHash, report.traceHash)
}

/** Nothing but the second of three nodes being down, once something was written. */
const secondIsDown = promising((machines) => {
  const counts = ["n1", "n2", "n3"].map((node) => machines.get(node)?.digest() ?? "none")
  const isDown = counts[1] === "none" && !counts.includes("0") && counts[2] !== "none"
  return isDown ? `n2 is not there, and the others hold ${counts[0]} and ${counts[2]}` : undefined
})

/** Breaks another promise wherever there is but one node. */
const secondIsDownOrAlone: Application = {
  ...secondIsDown,
  invariants: [
    ...secondIsDown.invariants!,
    {
      name: "alone",
      check: (machines) => {
        const counts = [...machines.values()].map((each) => each.digest())
        return counts.length === 1 && counts[0] !== "0" ? "nobody else is there" : undefined
      }
    }
  ]
}

/** It takes messages that are lost or late. */
const farApart = promising((machines) => {
  const counts = [...machines.values()].map((each) => Number(each.digest()))
  const least = Math.min(...counts)
  const apart = Math.max(...counts) - least
  return machines.size === 3 && least > 0 && apart >= 3 ? `apart by ${apart}` : undefined
})

/** One request at a time, on a bad network. */
const lossy = (seed: number): Scenario => {
  const { network, operations } = scenario()
  return scenario({
    seed,
    faults: [],
    network: { ...network, dropPerMille: 250 },
    operations: operations.map((each) => ({ ...each, client: 1, patienceMicros: undefined }))
  })
}

/** The first life that fails, and not also with tame choices. */
const unlucky = (application: Application): Report => {
  for (let seed = 1; seed <= 40; seed++) {
    const report = Simulation.run(lossy(seed), { application })
    if (report.violation === undefined) continue
    const tame = Simulation.run(lossy(seed), { application, decisions: noChoices })
    if (tame.violation === undefined) return report
  }
  return assert.fail("nothing fails any more: the network has become too good")
}

describe("shrinking", () => {
  it("leaves of a wrong state machine one node, the commands it takes, and no choice", () => {
    const application = forgetting(5)
    const before = failing(application)
    const shrunk = Shrink.shrink(before, { application })
    checkReplays(application, before, shrunk)
    const { report: { scenario: { faults, nodes, operations }, ...report } } = shrunk
    assert.strictEqual(nodes, 1)
    assert.isEmpty(faults)
    assert.isAtMost(operations.length, 5)
    assert.strictEqual(choices(shrunk.report), 0)
    assert.isBelow(report.events, before.events / 2)
  })

  it("finds the one fault that matters", () => {
    const before = failing(secondIsDown)
    const shrunk = Shrink.shrink(before, { application: secondIsDown })
    checkReplays(secondIsDown, before, shrunk)
    const { faults, network, nodes, operations } = shrunk.report.scenario
    assert.strictEqual(nodes, 3)
    assert.deepStrictEqual(faults.map(({ trouble }) => trouble), [{
      _tag: "Kill",
      node: 1,
      while: "any"
    }])
    assert.isAtMost(operations.length, 1)
    assert.deepInclude(network, { dropPerMille: 0, duplicatePerMille: 0, reorderPerMille: 0 })
  })

  it("keeps to the promise that was broken first", () => {
    const alone = scenario({ nodes: 1, faults: [] })
    const { violation } = Simulation.run(alone, { application: secondIsDownOrAlone })
    assert.strictEqual(violation?.oracle, "alone")
    const before = failing(secondIsDownOrAlone)
    const options = { application: secondIsDownOrAlone, runsLimit: 30 }
    const shrunk = Shrink.shrink(before, options)
    checkReplays(secondIsDownOrAlone, before, shrunk)
    assert.strictEqual(shrunk.report.violation?.oracle, "promised")
    assert.strictEqual(shrunk.runs, 30)
  })

  it("finds the few choices that matter", () => {
    const before = unlucky(farApart)
    const shrunk = Shrink.shrink(before, { application: farApart, runsLimit: 120 })
    checkReplays(farApart, before, shrunk)
    assert.isAtLeast(choices(shrunk.report), 1)
    assert.isAtMost(choices(shrunk.report), choices(before) / 2)
    assert.isBelow(shrunk.report.scenario.operations.length, before.scenario.operations.length)
  })

  it("gives the same result every time", () => {
    const application = forgetting(5)
    const before = failing(application)
    const [one, other] = [1, 2].map(() => Shrink.shrink(before, { application, runsLimit: 20 }))
    assert.deepStrictEqual(one!.report.scenario, other!.report.scenario)
    assert.strictEqual(one!.report.traceHash, other!.report.traceHash)
  })

  it("lives no more lives than it may, and tells of each", () => {
    const application = forgetting(5)
    const before = failing(application)
    const told: Array<number> = []
    const { runs } = Shrink.shrink(before, {
      application,
      runsLimit: 6,
      onProgress: ({ runs }) => told.push(runs)
    })
    assert.strictEqual(runs, 6)
    assert.deepStrictEqual(told, [1, 2, 3, 4, 5, 6])
    const spent = Shrink.shrink(before, { application, eventsLimit: 1 })
    assert.strictEqual(spent.runs, 1)
  })

  it("leaves alone what has not failed", () => {
    const report = Simulation.run(scenario(), { application: counting })
    assert.isUndefined(report.violation)
    assert.deepStrictEqual(Shrink.shrink(report, { application: counting }), { report, runs: 0 })
  })

  it("leaves alone what does not fail again", () => {
    const report = failing(forgetting(5))
    const shrunk = Shrink.shrink(report, { application: counting })
    assert.deepStrictEqual(shrunk, { report, runs: 1 })
  })
})

describe("a scenario", () => {
  it("loses a node together with what happens to it, and numbers the others anew", () => {
    const before = scenario()
    const after = ScenarioEdits.onlyNodes(before, [0, 2])
    assert.strictEqual(after.nodes, 2)
    assert.deepStrictEqual(after.clocks, before.clocks.filter((_, node) => node !== 1))
    assert.deepStrictEqual(after.faults.map(({ trouble }) => trouble), [
      { _tag: "Pause", node: "leader" },
      { _tag: "Jump", node: 1, millis: -5_000 }
    ])
    assert.deepStrictEqual(after.operations.slice(0, 3).map(({ node }) => node), [0, 1, 1])
  })

  it("is not fair when half of the disks lose what they have promised", () => {
    const faults = [0, 0, 1].map((node) => ({
      atMicros: 1,
      forMicros: 1,
      trouble: { _tag: "Wipe", node } as const
    }))
    assert.isTrue(ScenarioEdits.isFair(scenario({ nodes: 5, faults })))
    assert.isFalse(ScenarioEdits.isFair(scenario({ nodes: 4, faults })))
    assert.isTrue(ScenarioEdits.isFair(scenario({ nodes: 3, faults: faults.slice(0, 2) })))
  })

  it("has nothing left to tame when it was tamed", () => {
    const all = ScenarioEdits.tamings(scenario())
    const tamed = all.reduce((self, taming) => taming(self), scenario())
    assert.isEmpty(tamed.faults)
    assert.isEmpty(ScenarioEdits.tamings(tamed))
  })
})

import { assert, describe, it } from "@effect/vitest"
import type { Application, Machine } from "../../src/sim/Application.js"
import { application as cache } from "../../src/sim/CacheApplication.js"
import * as Liveness from "../../src/sim/Liveness.js"
import type { Report } from "../../src/sim/Report.js"
import type { Fault, Scenario } from "../../src/sim/Scenario.js"
import * as Simulation from "../../src/sim/Simulation.js"
import * as Scenarios from "./Scenarios.js"

const live = (changes: Partial<Scenario>, application: Application = cache): Report =>
  Simulation.run(
    Scenarios.scenario({
      safetyMicros: 1_500_000,
      operations: Scenarios.operations(10, 100),
      ...changes
    }),
    { application, record: "everything" }
  )

const phase = ({ trace }: Report): string => Scenarios.events(trace, "Phase")[0]!.text

/** The nodes for which there are no more faults. */
const coreOf = (report: Report): ReadonlyArray<string> =>
  phase(report).match(/n\d/g) as ReadonlyArray<string>

/** Lives of five nodes in which chance chooses the majority. */
const five = Array.from(
  { length: 32 },
  (_, at) => live({ seed: at + 11, nodes: 5, schedule: { _tag: "Random" } })
)

/** A machine of the cache, the `nth` of the application, made wrong. */
const spoilt = (spoil: (machine: Machine, nth: number) => Machine): Application => {
  let count = 0
  return { ...cache, machine: () => spoil(cache.machine(), ++count) }
}

describe("a sound majority", () => {
  it("ends its life when it has answered everything, is equal and quiet", () => {
    const report = live({})
    assert.isUndefined(report.violation)
    assert.strictEqual(report.simulatedMicros - 1_500_000 > 300_000 * Liveness.QUIET_TIMEOUTS, true)
    assert.isBelow(report.simulatedMicros, 1_500_000 + 300_000 * (Liveness.QUIET_TIMEOUTS + 2))
  })

  it("is asked once more for a write and a read at each of its nodes, and answers", () => {
    const last = Scenarios.events(live({}).trace, "Answered").slice(-6)
    assert.deepStrictEqual(last.map(({ outcome }) => outcome), Array(6).fill("done"))
    assert.deepStrictEqual([...new Set(last.map(({ node }) => node))].sort(), ["n1", "n2", "n3"])
    assert.deepStrictEqual(last.map(({ operation }) => operation).sort((a, b) => a - b), [
      11,
      12,
      13,
      14,
      15,
      16
    ])
  })

  it("loses messages in some lives while it answers for the last time, and none afterwards", () => {
    const lossesOf = (report: Report) => {
      const core = coreOf(report)
      return Scenarios.events(report.trace, "Lost").filter(({ atMicros, from, to }) =>
        atMicros > report.scenario.safetyMicros && core.includes(from) && core.includes(to)
      )
    }
    const lossy = five.filter((report) => lossesOf(report).length > 0)
    assert.isNotEmpty(lossy)
    assert.isBelow(lossy.length, five.length)
    for (const report of lossy) {
      const answered = Scenarios.events(report.trace, "Answered").at(-1)!.atMicros
      for (const { atMicros } of lossesOf(report)) assert.isAtMost(atMicros, answered + 20_000)
    }
  })

  it("comes to life after a blackout of all nodes, which is over for it", () => {
    const faults = [0, 1, 2].map((node): Fault =>
      Scenarios.fault(1_200, 9_000, { _tag: "Crash", node, while: "any" })
    )
    assert.isUndefined(live({ faults }).violation)
  })

  it("is drawn from all nodes, sometimes without some, and the others do not disturb it", () => {
    for (const report of five) assert.isUndefined(report.violation)
    const cores = five.map(coreOf)
    assert.deepStrictEqual([...new Set(cores.map(({ length }) => length))].sort(), [3, 4, 5])
    for (const [at, { marks, trace }] of five.entries()) {
      const isMarked = marks["core without some node converged"] === 1
      const lostOne = Scenarios.events(trace, "Process")
        .some(({ why }) => why === "loses power, in the deepest calm")
      if (cores[at]!.length < 5) assert.isTrue(isMarked)
      else assert.strictEqual(isMarked, lostOne)
    }
  })

  it("hears from each of the others, or is heard by it, or neither, and never both", () => {
    const seen = new Set<string>()
    for (const report of five) {
      const core = coreOf(report)
      const ways = new Map<string, Set<string>>()
      for (const { atMicros, from, to } of Scenarios.events(report.trace, "Delivered")) {
        if (atMicros < 1_510_000 || core.includes(from) === core.includes(to)) continue
        const [other, way] = core.includes(from)
          ? [to, "hears"] as const
          : [from, "is heard"] as const
        ways.set(other, (ways.get(other) ?? new Set()).add(way))
      }
      for (const some of ways.values()) {
        assert.strictEqual(some.size, 1)
        for (const way of some) seen.add(way)
      }
    }
    assert.deepStrictEqual([...seen].sort(), ["hears", "is heard"])
  })

  it("never counts on a node whose disk was spoilt, or would have been", () => {
    for (const atMillis of [1_000, 1_400, 9_000]) {
      const faults = [Scenarios.fault(atMillis, atMillis + 100, { _tag: "Wipe", node: 1 })]
      const report = live({ faults })
      assert.isUndefined(report.violation)
      assert.deepStrictEqual(coreOf(report), ["n1", "n3"])
    }
  })

  it("that does not exist any more is not asked for", () => {
    const faults = [0, 1].map((node): Fault => Scenarios.fault(1_000, 1_100, { _tag: "Rot", node }))
    const { trace, violation } = live({ faults })
    assert.isUndefined(violation)
    assert.deepStrictEqual(Scenarios.events(trace, "Phase"), [])
  })
})

describe("the oracle liveness", () => {
  it("says that there is no leader where clocks have all but stopped", () => {
    const stopped = { skewMillis: 0, driftPartsPerMillion: -999_000 }
    const { violation } = live({ operations: [], clocks: [stopped, stopped, stopped] })
    assert.deepInclude(violation, { oracle: "liveness" })
    assert.match(
      violation!.message,
      /^60\d\d ms after the last fault for n1, n2, n3: no leader in 20 election timeouts$/
    )
    assert.isAtLeast(violation!.atMicros, 1_500_000 + 300_000 * Liveness.LEADER_TIMEOUTS)
  })
})

describe("the oracle convergence", () => {
  it("sees that the state of one replica is another, and names it", () => {
    const { violation } = live(
      {},
      spoilt((machine, nth) => nth === 2 ? { ...machine, digest: () => "another" } : machine)
    )
    assert.deepInclude(violation, {
      oracle: "convergence",
      message: "the state of n2 is not the one that the log makes"
    })
  })

  it("sees that one replica has forgotten what it has answered", () => {
    const { violation } = live(
      {},
      spoilt((machine, nth) => {
        if (nth !== 3) return machine
        const forgetful = cache.machine()
        let applied = 0
        return {
          ...forgetful,
          apply: (command, index) => {
            const answer = machine.apply(command, index)
            if (++applied <= 3) forgetful.apply(command, index)
            return answer
          },
          told: () => machine.told?.() ?? ""
        }
      })
    )
    assert.strictEqual(violation?.oracle, "convergence")
    assert.include(violation?.message, "n3")
  })

  it("does not look at replicas that it has given up", () => {
    const faults = [Scenarios.fault(1_000, 1_100, { _tag: "Wipe", node: 1 })]
    assert.isUndefined(
      live(
        { faults },
        spoilt((machine, nth) =>
          nth === 2 || nth === 4 ? { ...machine, digest: () => "another" } : machine
        )
      ).violation
    )
  })

  it("finds another leader when the one it has falls in the calm, with or without that node", () => {
    const fallen = five.map((report) =>
      Scenarios.events(report.trace, "Process").find(({ why }) => why.includes("deepest calm"))
    )
    assert.isTrue(fallen.some((event) => event !== undefined))
    assert.isTrue(fallen.some((event) => event === undefined))
    for (const [at, event] of fallen.entries()) {
      if (event === undefined) continue
      const later = Scenarios.events(five[at]!.trace, "State")
        .filter(({ atMicros, state }) => atMicros > event.atMicros && state.role === "Leader")
      assert.isNotEmpty(later)
      assert.isUndefined(five[at]!.violation)
    }
  })
})

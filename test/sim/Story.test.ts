import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Application } from "../../src/sim/Application.js"
import type { Report } from "../../src/sim/Report.js"
import * as Simulation from "../../src/sim/Simulation.js"
import * as Story from "../../src/sim/Story.js"
import * as StoryMoments from "../../src/sim/StoryMoments.js"
import type { NodeState, TraceEvent } from "../../src/sim/Trace.js"
import { counting, forgetting, promising, scenario } from "./Counting.js"

const linesOf = (story: string): ReadonlyArray<string> => {
  assert.isTrue(story.endsWith("\n"))
  return story.slice(0, -1).split("\n")
}

const checkSize = (story: string): void => {
  const lines = linesOf(story)
  assert.isAtMost(lines.length, Story.LINES_LIMIT)
  for (const line of lines) assert.isAtMost(line.length, Story.COLUMNS_LIMIT, line)
}

/** Fails when the second of three nodes is down. */
const secondIsDown: Application = promising((machines) => {
  const isDown = machines.has("n1") && machines.has("n3") && !machines.has("n2")
  const isLate = machines.get("n1")?.digest() !== "0"
  return isDown && isLate ? "n2 is not there" : undefined
})

const failed = (application: Application): Report => {
  const report = Simulation.run(scenario(), { application })
  assert.isDefined(report.violation)
  return report
}

describe("a story", () => {
  const report = failed(secondIsDown)
  const story = Story.tell(report, secondIsDown)

  it("begins with the cluster, and ends with the broken promise and every node", () => {
    checkSize(story)
    const lines = linesOf(story)
    assert.match(lines[0]!, /^Seed 7: 3 nodes, election timeout 150 ms, heartbeat 50 ms, 30 requ/)
    const at = lines.indexOf("Broken: promised.")
    assert.match(lines[at + 1]!, /^ {2}At [\d,.]+ ms, after \d+ events: n2 is not there$/)
    assert.strictEqual(lines[at + 2], "")
    assert.match(
      lines[at + 3]!,
      /^n1: (leader|follower).* in term \d+, \d+ entries \(.*, applied \d+$/
    )
    assert.strictEqual(lines[at + 4], "n2: down")
    assert.match(lines[at + 5]!, /^n3: (leader|follower)/)
    assert.lengthOf(lines, at + 6)
  })

  it("tells the events in the order of time, and says how many it does not tell", () => {
    const times = linesOf(story).flatMap((line) => {
      const time = /^ *([\d,]+\.\d{3}) ms {2}\S/.exec(line)?.[1]
      return time === undefined ? [] : [Number(time.replaceAll(",", ""))]
    })
    assert.isAbove(times.length, 30)
    assert.deepStrictEqual(times, [...times].sort((one, other) => one - other))
    assert.match(story, /\n\(\d+ more left out\)\n/)
  })

  it("tells what matters: who led, what went wrong, and what broke it", () => {
    assert.match(story, /ms {2}n\d leads term \d+\n/)
    assert.match(story, /fault: links cut: n1 to n2, /)
    assert.match(story, /fault: n2 is killed\n/)
    assert.match(story, /n2 is killed\n.*ms {2}broken: promised\n/)
  })

  it("is the same whenever it is told, with the trace at hand or without", () => {
    assert.strictEqual(Story.tell(report, secondIsDown), story)
    const { decisions } = report
    const recorded = Simulation.run(scenario(), {
      application: secondIsDown,
      decisions,
      record: "everything"
    })
    assert.isAbove(recorded.trace.length, 0)
    assert.strictEqual(Story.tell(recorded, secondIsDown), story)
  })

  it("says of a promise of the simulator what it is", () => {
    const application = forgetting(5)
    const words = Story.tell(failed(application), application)
    checkSize(words)
    assert.include(words, "Broken: right-answers, that is: the state machine answers as its model")
    assert.notMatch(words, /n1: down/)
  })

  it("can be told of a life in which nothing was broken", () => {
    const words = Story.tell(Simulation.run(scenario(), { application: counting }), counting)
    checkSize(words)
    assert.include(words, "\nNo promise was broken.\n")
    assert.match(words, /\nn1: (leader|follower|pre-candidate) .*in term/)
  })

  it("has words for every promise that the simulator keeps", () => {
    const folder = join(import.meta.dirname, "../../src/sim")
    const names = new Set(
      readdirSync(folder).filter((file) => file.endsWith(".ts")).flatMap((file) =>
        [
          ...readFileSync(join(folder, file), "utf8").matchAll(
            /(?:violate\(\s*|oracle: |oracle: "[^;\n]+ \| )"([a-z-]+)"/g
          )
        ].map(([, name]) => name!)
      )
    )
    const told = Object.keys(Story.promises)
    assert.deepStrictEqual([...names].filter((name) => !told.includes(name)), [])
    assert.deepStrictEqual(told.filter((name) => !names.has(name)), [])
  })

  it("fits on a screen, whatever is told", () => {
    const text = fc.oneof(
      fc.string({ maxLength: 300 }),
      fc.constantFrom("x".repeat(400), "word ".repeat(90), "line\nline\n".repeat(99), "")
    )
    const traces = fc.array(text.map(phase), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(traces, text, fc.integer({ min: 1, max: 99 }), (trace, message, nodes) => {
        const violation = { oracle: "liveness", message, atMicros: 987_654_321_012, event: 1 }
        checkSize(Story.tell({ ...report, scenario: scenario({ nodes }), violation, trace }))
      })
    )
  })
})

const phase = (text: string): TraceEvent => ({ _tag: "Phase", number: 1, atMicros: 1, text })

const follower: NodeState = {
  role: "Follower",
  term: 3,
  leader: "n2",
  last: 5,
  commit: 2,
  applied: 2,
  terms: [[1, 2], [3, 3]],
  base: 0,
  snapshot: 0
}

const told = (...states: ReadonlyArray<Partial<NodeState>>): ReadonlyArray<string> => {
  const trace = states.map((change, at): TraceEvent => ({
    _tag: "State",
    number: at + 1,
    atMicros: at,
    node: "n1",
    state: { ...follower, ...change }
  }))
  return StoryMoments.of(trace).filter(({ atMicros }) => atMicros > 0).map(({ text }) => text)
}

describe("the moments of a story", () => {
  it("are elections", () => {
    assert.deepStrictEqual(told({}, { role: "Candidate", term: 4, leader: undefined }), [
      "n1 stands for election in term 4"
    ])
    assert.deepStrictEqual(
      told({ role: "Candidate", leader: undefined }, { role: "Leader", leader: "n1" }),
      ["n1 leads term 3"]
    )
    assert.deepStrictEqual(told({ role: "Leader", leader: "n1" }, { term: 5, leader: "n3" }), [
      "n1 no longer leads term 3",
      "n1 follows n3 in term 5"
    ])
  })

  it("are entries written, committed and dropped", () => {
    assert.deepStrictEqual(told({}, { last: 6, terms: [[1, 2], [3, 4]] }), [
      "n1 writes its log up to entry 6"
    ])
    assert.deepStrictEqual(told({}, { commit: 4 }), [
      "n1 knows that all up to entry 4 is committed"
    ])
    assert.deepStrictEqual(told({}, { last: 2, terms: [[1, 2]] }), ["n1 drops its entries 3 to 5"])
    assert.deepStrictEqual(told({}, { last: 5, terms: [[1, 2], [3, 1], [4, 2]] }), [
      "n1 drops its entries 4 to 5",
      "n1 writes its log up to entry 5"
    ])
  })

  it("are not what stays as it was", () => {
    assert.isEmpty(told({}, { applied: 1 }, {}))
  })

  it("are not what happens after the violation", () => {
    const broken = { _tag: "Violation", number: 2, atMicros: 2, oracle: "x", text: "" } as const
    assert.deepStrictEqual(StoryMoments.lived([phase("a"), broken, phase("b")]), [
      phase("a"),
      broken
    ])
  })
})

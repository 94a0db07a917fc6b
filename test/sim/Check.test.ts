import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Check, Replay, Simulation } from "../../src/sim/index.js"
import { bank, careful, careless } from "./Bank.js"

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8")

const failureOf = (options: Check.Options): Check.CheckFailure => {
  try {
    Check.check(options)
  } catch (error) {
    assert.instanceOf(error, Check.CheckFailure)
    return error as Check.CheckFailure
  }
  return assert.fail("nothing failed")
}

describe("a check of many seeds", () => {
  it("counts what was lived, all seeds together", () => {
    const short = {
      adjust: (drawn) => ({ ...drawn, safetyMicros: 1_000_000 }),
      application: bank(careful)
    } satisfies Partial<Check.Options>
    const lives = [3, 4].map((seed) => Simulation.simulate({ ...short, seed }))
    const both = Check.check({ ...short, seeds: [3, 4] })
    const sum = (of: (life: typeof lives[number]) => number) =>
      lives.reduce((total, life) => total + of(life), 0)
    assert.strictEqual(both.seeds, 2)
    assert.strictEqual(both.events, sum((life) => life.events))
    assert.strictEqual(both.ackedWrites, sum((life) => life.ackedWrites))
    assert.strictEqual(
      both.simulatedMillis,
      Math.floor(sum((life) => life.simulatedMicros) / 1_000)
    )
    for (const mark of Object.keys({ ...lives[0]!.marks, ...lives[1]!.marks })) {
      assert.strictEqual(both.marks[mark], sum(({ marks }) => marks[mark] ?? 0), mark)
    }
  })

  it("takes a number of seeds for those from 1 on, and refuses none at all", () => {
    const brief = {
      nodes: 1,
      adjust: (drawn) => ({ ...drawn, operations: [], faults: [] })
    } satisfies Partial<Check.Options>
    assert.deepStrictEqual(
      Check.check({ ...brief, seeds: 2 }),
      Check.check({ ...brief, seeds: [1, 2] })
    )
    for (const seeds of [0, [2, 1], [0.5, 3], Number.NaN] as const) {
      assert.throws(() => Check.check({ ...brief, seeds }), RangeError)
    }
  })

  it("fails with the story, and the text of a file that gives it again", () => {
    const application = bank(careless)
    const { message, oracle, seed } = failureOf({ seeds: [1, 9], nodes: 3, application })
    assert.strictEqual(oracle, "the-sum-stays")
    assert.include(message, `seed ${seed} failed: the-sum-stays: n`)
    assert.include(message, "Broken: the-sum-stays.")
    assert.include(message, `Simulation.simulate({ seed: ${seed}, nodes: 3, application, record: `)
    const replay = Replay.decode(message.slice(message.indexOf("\n{\n")))
    const { decisions, scenario } = Either.getOrThrow(replay)
    assert.lengthOf(scenario.operations, 1)
    const again = Simulation.run(scenario, { decisions, application })
    assert.strictEqual(again.violation?.oracle, "the-sum-stays")
  })

  it("leaves the life as it is if it may not try others", () => {
    const application = bank(careless)
    const { message } = failureOf({ seeds: 1, application, shrinkRuns: 0 })
    const { scenario } = Either.getOrThrow(Replay.decode(message.slice(message.indexOf("\n{\n"))))
    assert.isAbove(scenario.operations.length, 1)
  })
})

describe("docs/testing.md", () => {
  const page = read("../../docs/testing.md")
  const [bankCode, ...others] = [...page.matchAll(/```ts\n([^]*?)```/g)].map(([, code]) => code)

  it("shows the bank that these tests run", () => {
    assert.strictEqual(
      bankCode,
      read("./Bank.ts").replace("../../src/sim/index.js", "raftcache/sim")
    )
  })

  it("shows what really fails, and in these words", () => {
    const { message } = failureOf({ seeds: 100, application: bank(careless) })
    const [shown = ""] = /^seed \d+ failed: .*$/m.exec(page) ?? []
    assert.strictEqual(message.split("\n", 1)[0], shown)
    assert.include(others[0], "Check.check({ seeds: 100, application: bank(careless) })")
  })
})

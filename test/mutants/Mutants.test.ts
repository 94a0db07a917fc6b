import { assert, describe, it } from "@effect/vitest"
import { transformSync } from "esbuild"
import { join } from "node:path"
import { hunt } from "./Hunt.js"
import * as Mutant from "./Mutant.js"
import { mutants } from "./Mutants.js"

const root = join(import.meta.dirname, "../..")

/** As many as there are real bugs to make. */
const LEAST = 40

/** Far beyond what it takes: a slow machine is not a defect. */
const BOUND_SECONDS = 300
const TIMEOUT_MILLIS = 2_000 * BOUND_SECONDS

/** Dead within a few short lives, and each at another floor. */
const quick = ["V01", "D12", "K01"]

const SEEDS = 5

describe("the table of mutants", () => {
  it("has enough of them, each with an id of its own", () => {
    assert.isAtLeast(mutants.length, LEAST)
    assert.strictEqual(new Set(mutants.map(({ id }) => id)).size, mutants.length)
  })

  it.each(mutants.map((mutant) => [mutant.id, mutant] as const))(
    "has in %s an edit that applies to one place, changes it and still compiles",
    (_, mutant) => {
      const text = Mutant.edited(root, mutant)
      assert.include(text, mutant.replace)
      assert.notStrictEqual(mutant.find, mutant.replace)
      assert.doesNotThrow(() => transformSync(text, { loader: "ts", logLevel: "silent" }))
    }
  )

  it("fails loudly when an edit does not apply any more, or not to one place only", () => {
    const row = mutants[0]!
    for (const find of ["not in any file", "const"]) {
      assert.throws(() => Mutant.edited(root, { ...row, find }), `mutant ${row.id} does not apply`)
    }
  })
})

describe("the simulator", () => {
  it("keeps every promise as it is", async () => {
    const { result } = await hunt(undefined, { root, boundSeconds: BOUND_SECONDS, seeds: SEEDS })
    assert.strictEqual(result._tag, "Clean")
  }, TIMEOUT_MILLIS)

  it.each(quick)("finds %s, shrinks it, and its replay file fails alike", async (id) => {
    const mutant = mutants.find((mutant) => mutant.id === id)!
    const options = { root, boundSeconds: BOUND_SECONDS, seeds: SEEDS, shrinks: true }
    const { result } = await hunt(mutant, options)
    if (result._tag !== "Found") return assert.fail(`${id} is alive`)
    assert.strictEqual(result.shrunk?.oracle, result.finding.oracle)
    assert.isTrue(result.shrunk?.isReplayed)
  }, TIMEOUT_MILLIS)
})

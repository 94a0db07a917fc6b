/**
 * Thousands of short random schedules, each judged over its whole history (Oracles.ts).
 * RAFTCACHE_CLUSTER_SCHEDULES says how many, RAFTCACHE_CLUSTER_SEED where to begin.
 */
import { assert, describe, it } from "@effect/vitest"
import { Exploration } from "./Exploration.js"

const SCHEDULES = Number(process.env["RAFTCACHE_CLUSTER_SCHEDULES"] ?? 1_000)
const FIRST_SEED = Number(process.env["RAFTCACHE_CLUSTER_SEED"] ?? 1)

describe("a cluster", () => {
  it("keeps every promise under random faults and rests when they end", { timeout: 1e9 }, () => {
    const happened: Record<string, number> = { terms: 0, commits: 0 }
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SCHEDULES; seed++) {
      try {
        const { commits, outcomes, terms } = new Exploration(seed).run()
        for (const [what, count] of Object.entries({ terms, commits, ...outcomes })) {
          happened[what] = (happened[what] ?? 0) + count
        }
      } catch (cause) {
        const repeat = `RAFTCACHE_CLUSTER_SEED=${seed} RAFTCACHE_CLUSTER_SCHEDULES=1`
        throw new Error(`${repeat} repeats it: ${cause}`, { cause })
      }
    }
    if (SCHEDULES < 1_000) return
    // Schedules in which nothing happens would show nothing.
    for (const what of ["terms", "commits", "read Readable", "write Committed", "write Unknown"]) {
      assert.isAbove(happened[what] ?? 0, SCHEDULES, `${what}: ${JSON.stringify(happened)}`)
    }
  })
})

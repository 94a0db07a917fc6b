/**
 * Hunts every mutant, and the program as it is over the same seeds: that one must survive.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { hunt } from "./Hunt.js"
import type { Options } from "./Hunt.js"
import * as Matrix from "./Matrix.js"
import type { Row } from "./Matrix.js"
import type { Mutant } from "./Mutant.js"
import { mutants } from "./Mutants.js"

/** Only a mutant that stays alive takes so long. */
const BOUND_SECONDS = 600

/** Seeds of the program as it is, if no mutant needed more. */
const CONTROL_SEEDS = 20

/** An hour. */
const CONTROL_BOUND_SECONDS = 3_600

/** The exit code: 0 if every mutant is dead and the program itself kept every promise. */
export const main = async (root: string, args: ReadonlyArray<string>): Promise<number> => {
  const { bound, only, seeds, shrink, workers, write } = parseArgs({
    args: [...args],
    options: {
      bound: { type: "string", default: String(BOUND_SECONDS) },
      only: { type: "string" },
      seeds: { type: "string", default: String(Number.MAX_SAFE_INTEGER) },
      shrink: { type: "boolean", default: false },
      workers: { type: "string", default: "1" },
      write: { type: "boolean", default: false }
    }
  }).values
  if (write && only !== undefined) throw new Error("the page is of all mutants: leave out --only")
  const options: Options = {
    root,
    boundSeconds: Number(bound),
    seeds: Number(seeds),
    shrinks: shrink
  }
  const rows = await huntAll(chosen(only), options, Number(workers))
  const isSound = await control(rows, root)
  const dead = rows.filter(({ outcome: { result } }) => result._tag === "Found").length
  console.log(`${dead} of ${rows.length} mutants are dead`)
  if (write) writeFileSync(join(root, "docs/mutants.md"), Matrix.render(rows))
  return isSound && dead === rows.length ? 0 : 1
}

const chosen = (only: string | undefined): ReadonlyArray<Mutant> => {
  if (only === undefined) return mutants
  const ids = only.split(",")
  const unknown = ids.find((id) => !mutants.some((mutant) => mutant.id === id))
  if (unknown !== undefined) throw new Error(`there is no mutant ${unknown}`)
  return mutants.filter(({ id }) => ids.includes(id))
}

const huntAll = async (
  chosen: ReadonlyArray<Mutant>,
  options: Options,
  workers: number
): Promise<ReadonlyArray<Row>> => {
  const rows: Array<Row> = []
  const rest = [...chosen]
  const work = async (): Promise<void> => {
    for (let mutant = rest.shift(); mutant !== undefined; mutant = rest.shift()) {
      const row = { mutant, outcome: await hunt(mutant, options) }
      console.log(Matrix.line(row))
      rows.push(row)
    }
  }
  await Promise.all(Array.from({ length: workers }, work))
  return rows.sort((one, other) => (one.mutant.id < other.mutant.id ? -1 : 1))
}

/** Whatever kills a mutant must leave the program as it is alive, or it kills everything. */
const control = async (rows: ReadonlyArray<Row>, root: string): Promise<boolean> => {
  const seeds = Math.max(CONTROL_SEEDS, ...rows.map(({ outcome }) => Matrix.seedOf(outcome) ?? 0))
  const outcome = await hunt(undefined, { root, boundSeconds: CONTROL_BOUND_SECONDS, seeds })
  const isClean = outcome.result._tag === "Clean"
  console.log(
    isClean
      ? `the program as it is keeps every promise in seeds 1 to ${seeds}`
      : `the program as it is does not survive: ${Matrix.tell(outcome)}`
  )
  return isClean
}

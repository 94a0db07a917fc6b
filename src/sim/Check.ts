/**
 * The simulator in a test: a life for each seed, and an error that says everything if one of them
 * breaks a promise.
 */
import type { Application } from "./Application.js"
import * as Replay from "./Replay.js"
import type { Report } from "./Report.js"
import type { Scenario } from "./Scenario.js"
import * as Shrink from "./Shrink.js"
import * as Simulation from "./Simulation.js"
import * as Story from "./Story.js"

export interface Options {
  /** So many, from 1 on, or from one to another, both inclusive. */
  readonly seeds: number | readonly [from: number, to: number]
  /** 1 to 7. Default as each seed has it. */
  readonly nodes?: number
  /** Default the cache. */
  readonly application?: Application
  /** Changes what a seed has drawn: other faults, other timeouts, other requests. */
  readonly adjust?: (drawn: Scenario) => Scenario
  /** Lives at most to make a failure smaller. 0 leaves it as it is. Default `Shrink.RUNS_LIMIT`. */
  readonly shrinkRuns?: number
}

/** Of all lives together. */
export interface Summary {
  readonly seeds: number
  readonly events: number
  readonly simulatedMillis: number
  readonly ackedWrites: number
  /** How often each noteworthy thing happened (Marks.ts). */
  readonly marks: Readonly<Record<string, number>>
}

/** A seed whose life broke a promise. The message tells the story of a smaller life that does. */
export class CheckFailure extends Error {
  override readonly name = "CheckFailure"
  readonly seed: number
  /** The name of the oracle, or of the application's invariant. */
  readonly oracle: string

  constructor(message: string, seed: number, oracle: string) {
    super(message)
    this.seed = seed
    this.oracle = oracle
  }
}

/** Throws a `CheckFailure` for the first seed that fails; a `RangeError` if there is no seed. */
export const check = (options: Options): Summary => {
  const { seeds, shrinkRuns: _, ...how } = options
  const [from, to] = typeof seeds === "number" ? [1, seeds] as const : seeds
  if (!Number.isInteger(from) || !Number.isInteger(to) || from > to) {
    throw new RangeError(
      `there are no seeds from ${from} to ${to}: give their number, or two whole numbers in order`
    )
  }
  const marks: Record<string, number> = {}
  let [events, simulatedMicros, ackedWrites] = [0, 0, 0]
  for (let seed = from; seed <= to; seed++) {
    const report = Simulation.simulate({ ...how, seed })
    if (report.violation !== undefined) throw failure(report, options)
    events += report.events
    simulatedMicros += report.simulatedMicros
    ackedWrites += report.ackedWrites
    for (const [mark, times] of Object.entries(report.marks)) {
      marks[mark] = (marks[mark] ?? 0) + times
    }
  }
  const simulatedMillis = Math.floor(simulatedMicros / 1_000)
  return { seeds: to - from + 1, events, simulatedMillis, ackedWrites, marks }
}

const failure = (found: Report, { application, nodes, shrinkRuns, ...options }: Options) => {
  const replicated = application === undefined ? {} : { application }
  const { report, runs } = Shrink.shrink(found, {
    ...replicated,
    runsLimit: shrinkRuns ?? Shrink.RUNS_LIMIT
  })
  const { seed } = found.scenario
  const { message: wrong, oracle } = report.violation!
  const given = [
    `seed: ${seed}`,
    ...(nodes === undefined ? [] : [`nodes: ${nodes}`]),
    ...(application === undefined ? [] : ["application"]),
    ...(options.adjust === undefined ? [] : ["adjust"])
  ].join(", ")
  const beside = ["decisions", ...Object.keys(replicated)].join(", ")
  const message = [
    `seed ${seed} failed: ${oracle}: ${wrong}`,
    "",
    Story.tell(report, application),
    "The life of this seed, as it was:",
    `  Simulation.simulate({ ${given}, record: "everything" })`,
    `The life of the story (${runs} tried to find it), with the text below in replay.json:`,
    `  const { decisions, scenario } = Either.getOrThrow(`,
    `    Replay.decode(readFileSync("replay.json", "utf8"))`,
    "  )",
    `  Simulation.run(scenario, { ${beside}, record: "everything" })`,
    "",
    Replay.encode(report)
  ].join("\n")
  return new CheckFailure(message, seed, oracle)
}

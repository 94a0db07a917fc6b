/**
 * The life of one seed, and the little that is kept of it: what a worker thread sends back.
 */
import type { Report, Violation } from "../sim/Report.js"
import type { Scenario } from "../sim/Scenario.js"
import type { Engine } from "./SimEngine.js"

/** How every seed of a soak is run. */
export interface Settings {
  /** Undefined: each seed draws its own. */
  readonly nodes: number | undefined
  /** Runs each seed twice; a difference is a failure. */
  readonly twice: boolean
}

export interface Summary {
  readonly seed: number
  readonly violation: Violation | undefined
  readonly events: number
  readonly simulatedMicros: number
  readonly ackedWrites: number
  readonly marks: Readonly<Record<string, number>>
  /** Empty if there was no life to hash. */
  readonly traceHash: string
}

/** What stands for an oracle when two runs of a seed differ. */
export const DIVERGENCE = "determinism"
/** What stands for an oracle when the simulator itself, or the thread it ran in, gave up. */
export const DEFECT = "defect"

export const scenario = (engine: Engine, { nodes }: Settings, seed: number): Scenario =>
  engine.draw(seed, nodes === undefined ? {} : { nodes })

/** Lives it and sums it up; a defect is a failed seed like any other. */
export const run = (engine: Engine, settings: Settings, seed: number): Summary =>
  attempt(seed, () => {
    const drawn = scenario(engine, settings, seed)
    if (!settings.twice) return summarize(engine.run(drawn))
    const { divergence, report } = engine.runTwice(drawn)
    const summary = summarize(report)
    if (divergence === undefined) return summary
    const { events, simulatedMicros } = report
    const violation = { oracle: DIVERGENCE, message: divergence, event: events }
    return { ...summary, violation: { ...violation, atMicros: simulatedMicros } }
  })

export const attempt = (seed: number, life: () => Summary): Summary => {
  try {
    return life()
  } catch (defect) {
    return crashed(seed, defect)
  }
}

export const summarize = (report: Report): Summary => ({
  seed: report.scenario.seed,
  violation: report.violation,
  events: report.events,
  simulatedMicros: report.simulatedMicros,
  ackedWrites: report.ackedWrites,
  marks: report.marks,
  traceHash: report.traceHash
})

/** The summary of a life that nobody can sum up. */
export const crashed = (seed: number, defect: unknown): Summary => {
  const message = defect instanceof Error ? defect.stack ?? defect.message : String(defect)
  return {
    seed,
    violation: { oracle: DEFECT, message, atMicros: 0, event: 0 },
    events: 0,
    simulatedMicros: 0,
    ackedWrites: 0,
    marks: {},
    traceHash: ""
  }
}

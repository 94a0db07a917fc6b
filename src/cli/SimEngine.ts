/**
 * What `raftcache sim` asks of the simulator, in one place: the command and its threads speak to
 * this, and so their tests need no simulator.
 */
import type { Either } from "effect"
import type { DecisionLog } from "../sim/DecisionLog.js"
import type { Report } from "../sim/Report.js"
import type { Scenario } from "../sim/Scenario.js"
import type { Progress, Shrunk } from "../sim/Shrink.js"

export interface RunOptions {
  /** Undefined: new choices, drawn from the scenario's seed. */
  readonly decisions?: DecisionLog
  readonly record?: "nothing" | "everything"
}

/** What a replay file holds. */
export interface Recording {
  readonly scenario: Scenario
  readonly decisions: DecisionLog
  /** What it violated when the file was written. */
  readonly oracle: string | undefined
}

/** Everything here is synchronous, and throws only if the simulator itself is wrong. */
export interface Engine {
  readonly draw: (seed: number, overrides?: { readonly nodes?: number }) => Scenario
  readonly run: (scenario: Scenario, options?: RunOptions) => Report
  /** `divergence` says what the first event is that differs; undefined if none does. */
  readonly runTwice: (
    scenario: Scenario
  ) => { readonly report: Report; readonly divergence: string | undefined }
  readonly shrink: (report: Report, onProgress: (progress: Progress) => void) => Shrunk
  readonly encode: (report: Report) => string
  readonly decode: (text: string) => Either.Either<Recording, string>
  readonly tell: (report: Report) => string
  readonly render: (
    report: Report,
    options: { readonly title: string; readonly command: string }
  ) => string
  /** Marks without which a long soak proves nothing. */
  readonly requiredMarks: ReadonlyArray<string>
}

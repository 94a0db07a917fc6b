/**
 * What the parts of `raftcache sim` share while it runs, and how they speak to the user.
 */
import { Data, Effect } from "effect"
import type { Scope } from "effect"
import type { DecisionLog } from "../sim/DecisionLog.js"
import type { Report } from "../sim/Report.js"
import type { Scenario } from "../sim/Scenario.js"
import type { Engine } from "./SimEngine.js"
import type { Options } from "./SimOptions.js"
import type { Lane } from "./SimPool.js"
import type { Terminal } from "./SimProgress.js"
import type { Settings } from "./SimSeed.js"
import type { Tally } from "./SimTally.js"

/** Something was wrong with what was simulated, or it could not be written down. */
export class SimError extends Data.TaggedError("SimError")<{ readonly message: string }> {}

/** What the command touches. */
export interface World {
  readonly engine: Engine
  readonly thread: (settings: Settings) => Effect.Effect<Lane, never, Scope.Scope>
  readonly output: (text: string) => void
  /** The error stream. */
  readonly terminal: Terminal
  /** May throw, as the next may. */
  readonly readFile: (file: string) => string
  readonly writeFile: (file: string, text: string) => void
}

export interface Session {
  readonly world: World
  readonly options: Options
  readonly settings: Settings
  readonly tally: Tally
}

/** A life that can be lived again. */
export interface Life {
  readonly scenario: Scenario
  /** Undefined: drawn from the seed. */
  readonly decisions: DecisionLog | undefined
  /** What a user types to see it. */
  readonly command: string
}

export const live = (engine: Engine, life: Life, record: "nothing" | "everything"): Report =>
  engine.run(life.scenario, {
    ...(life.decisions === undefined ? {} : { decisions: life.decisions }),
    record
  })

export const print = ({ world }: Session, line: string): Effect.Effect<void> =>
  Effect.sync(() => world.output(`${line}\n`))

/** For people and for programs. */
export const say = (session: Session, words: string, json: object): Effect.Effect<void> =>
  print(session, session.options.json ? JSON.stringify(json) : words)

/** For people only. With `--json` the output is not theirs. */
export const remark = (session: Session, line: string): Effect.Effect<void> =>
  session.options.json
    ? Effect.sync(() => void session.world.terminal.write(`${line}\n`))
    : print(session, line)

export const explain = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause)

/**
 * What `raftcache sim` can be told, and what of it goes together.
 */
import { Config, ConfigError, Effect, Either, Option } from "effect"
import { availableParallelism } from "node:os"
import * as Members from "../node/Members.js"
import * as Flags from "./Flags.js"

export const spec = {
  seed: { type: "string" },
  seeds: { type: "string" },
  minutes: { type: "string" },
  nodes: { type: "string" },
  workers: { type: "string" },
  json: { type: "boolean" },
  shrink: { type: "boolean" },
  trace: { type: "string" },
  replay: { type: "string" },
  twice: { type: "boolean" }
} as const satisfies Flags.Spec

/** Seeds are 32 bits. */
const SEED_LIMIT = 0xffff_ffff
const DEFAULT_SEEDS = { first: 1, last: 1_000 }
const WORKERS_LIMIT = 1_024
const MINUTES_LIMIT = 60 * 24 * 365
const MINUTE_MILLIS = 60_000

export type Job =
  | { readonly _tag: "Seed"; readonly seed: number }
  /** Both inclusive. `forMillis`: no seed begins later. */
  | {
    readonly _tag: "Soak"
    readonly first: number
    readonly last: number
    readonly forMillis: number | undefined
  }
  | { readonly _tag: "Replay"; readonly file: string }

export interface Options {
  readonly job: Job
  readonly nodes: number | undefined
  readonly workers: number
  readonly json: boolean
  readonly shrink: boolean
  /** The file to write the page to. */
  readonly trace: string | undefined
  readonly twice: boolean
}

interface Range {
  readonly first: number
  /** Undefined: as far as the minutes go. */
  readonly last: number | undefined
}

const parseRange = (text: string): Either.Either<Range, string> => {
  const found = /^(\d+)\.\.(\d*)$/.exec(text)
  const first = Number(found?.[1])
  const last = found?.[2] === "" ? undefined : Number(found?.[2])
  const isRange = found !== null && first <= (last ?? first) && (last ?? first) <= SEED_LIMIT
  return isRange
    ? Either.right({ first, last })
    : Either.left(`"${text}" is not A..B, two numbers from 0 to ${SEED_LIMIT} in their order`)
}

const range = (name: string) =>
  Config.mapOrFail(
    Config.string(name),
    (text) => Either.mapLeft(parseRange(text), (why) => ConfigError.InvalidData([name], why))
  )

const minutes = (name: string) =>
  Config.validate(Config.number(name), {
    message: `Expected a number above 0, up to ${MINUTES_LIMIT}`,
    validation: (value) => value > 0 && value <= MINUTES_LIMIT
  })

const flag = (name: string) => Config.withDefault(Config.boolean(name), false)

const optional = <A>(config: Config.Config<A>) =>
  Config.map(Config.option(config), Option.getOrUndefined)

const config = Config.all({
  seed: optional(Flags.integer("SEED", 0, SEED_LIMIT)),
  seeds: optional(range("SEEDS")),
  minutes: optional(minutes("MINUTES")),
  nodes: optional(Flags.integer("NODES", 1, Members.MEMBERS_LIMIT)),
  workers: Config.withDefault(Flags.integer("WORKERS", 1, WORKERS_LIMIT), availableParallelism()),
  json: flag("JSON"),
  shrink: flag("SHRINK"),
  trace: optional(Config.nonEmptyString("TRACE")),
  replay: optional(Config.nonEmptyString("REPLAY")),
  twice: flag("TWICE")
})

type Read = Config.Config.Success<typeof config>

/** Of these flags the first that was given excludes all others. */
const clash = (given: Read): string | undefined => {
  const named = (names: ReadonlyArray<"seed" | "seeds" | "minutes" | "nodes" | "twice">) =>
    names.filter((name) => given[name] !== undefined && given[name] !== false)
  const beside = (first: string, others: ReadonlyArray<string>) =>
    others[0] === undefined ? undefined : `--${first} and --${others[0]} do not go together`
  if (given.replay !== undefined) {
    return beside("replay", named(["seed", "seeds", "minutes", "nodes", "twice"]))
  }
  if (given.seed !== undefined) return beside("seed", named(["seeds", "minutes"]))
  return undefined
}

const jobOf = (given: Read): Either.Either<Job, string> => {
  const { minutes, replay, seed, seeds } = given
  if (replay !== undefined) return Either.right({ _tag: "Replay", file: replay })
  if (seed !== undefined) return Either.right({ _tag: "Seed", seed })
  if (minutes === undefined) {
    const { first, last } = seeds ?? DEFAULT_SEEDS
    return last === undefined
      ? Either.left("--seeds: without --minutes it takes an end, as in 1..100")
      : Either.right({ _tag: "Soak", first, last, forMillis: undefined })
  }
  const { first, last = SEED_LIMIT } = seeds ?? { first: DEFAULT_SEEDS.first }
  return Either.right({ _tag: "Soak", first, last, forMillis: minutes * MINUTE_MILLIS })
}

export const read = (
  argv: ReadonlyArray<string>
): Effect.Effect<Options, Flags.UsageError> =>
  Effect.gen(function*() {
    const given = yield* Flags.read(config, yield* Flags.provider(argv, spec))
    const wrong = clash(given)
    if (wrong !== undefined) return yield* new Flags.UsageError({ message: wrong })
    const job = yield* Either.mapLeft(
      jobOf(given),
      (message) => new Flags.UsageError({ message })
    )
    const { json, nodes, shrink, trace, twice, workers } = given
    return { job, nodes, workers, json, shrink, trace, twice }
  })

/**
 * What a user may say: flags first, then the environment (`--data` is `RAFTCACHE_DATA`), then the
 * defaults. Effect's Config reads all three, so that a wrong value is explained in the same words
 * wherever it came from.
 */
import { Config, ConfigError, ConfigProvider, Data, Effect, Either } from "effect"
import { parseArgs } from "node:util"
import type { ParseArgsConfig } from "node:util"

/** The command line cannot be carried out. `message` says what is wrong with it. */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly message: string }> {}

export type Spec = NonNullable<ParseArgsConfig["options"]>

const ENVIRONMENT_PREFIX = "RAFTCACHE"

const toConfigName = (flag: string): string => flag.replaceAll("-", "_").toUpperCase()

const toFlag = (configName: string): string => `--${configName.replaceAll("_", "-").toLowerCase()}`

/** Flags over environment. An unknown flag or a stray word is refused. */
export const provider = (
  argv: ReadonlyArray<string>,
  options: Spec
): Either.Either<ConfigProvider.ConfigProvider, UsageError> =>
  Either.try({
    try: () => {
      const { values } = parseArgs({ args: [...argv], options, strict: true })
      const flags = new Map<string, string>()
      for (const [flag, value] of Object.entries(values)) {
        if (value !== undefined) flags.set(toConfigName(flag), String(value))
      }
      const environment = ConfigProvider.nested(ConfigProvider.fromEnv(), ENVIRONMENT_PREFIX)
      return ConfigProvider.orElse(ConfigProvider.fromMap(flags), () => environment)
    },
    catch: (cause) => {
      const [sentence] = String((cause as Error).message).split(". ")
      return new UsageError({ message: sentence ?? "the flags cannot be read" })
    }
  })

/** Reads a configuration, and says of a wrong value which flag it belongs to. */
export const read = <A>(
  config: Config.Config<A>,
  source: ConfigProvider.ConfigProvider
): Effect.Effect<A, UsageError> =>
  Effect.mapError(source.load(config), (error) => new UsageError({ message: explain(error) }))

const explain = (error: ConfigError.ConfigError): string => {
  const leaves = leavesOf(error)
  const invalid = leaves.find(ConfigError.isInvalidData)
  if (invalid !== undefined) return `${flagOf(invalid.path)}: ${invalid.message}`
  const missing = leaves.find(ConfigError.isMissingData)
  return missing === undefined ? String(error) : `${flagOf(missing.path)} is missing`
}

const flagOf = (path: ReadonlyArray<string>): string => toFlag(path[path.length - 1] ?? "")

const leavesOf = (error: ConfigError.ConfigError): ReadonlyArray<ConfigError.ConfigError> =>
  error._op === "And" || error._op === "Or"
    ? [...leavesOf(error.left), ...leavesOf(error.right)]
    : [error]

/** A whole number from `least` to `most`, inclusive. */
export const integer = (name: string, least: number, most: number): Config.Config<number> =>
  Config.integer(name).pipe(
    Config.validate({
      message: `Expected a number from ${least} to ${most}`,
      validation: (value) => value >= least && value <= most
    })
  )

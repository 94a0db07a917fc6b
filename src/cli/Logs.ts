/**
 * Log lines of the programs: one `key=value` line each, on the error stream, so that output stays
 * what the user asked for. An application that embeds the cache has its own loggers.
 */
import { Effect, Layer, Logger } from "effect"
import type { LogLevel } from "effect"

export const layer = (level: LogLevel.LogLevel): Layer.Layer<never> =>
  Layer.merge(
    Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger)),
    Logger.minimumLogLevel(level)
  )

/** Says which node speaks in every line below. */
export const ofNode = (id: string) => Effect.annotateLogs("node", id)

/**
 * `raftcache wal inspect` and `raftcache wal verify`: a node's data folder, looked at without
 * changing anything in it, whether or not its node is running.
 */
import { Config, Data, Effect, Either, Option } from "effect"
import * as Path from "node:path"
import * as FolderLock from "../live/FolderLock.js"
import * as FolderReader from "../live/FolderReader.js"
import * as LogSurvey from "../node/LogSurvey.js"
import type { DiskError } from "../service/Disk.js"
import type { StorageError } from "../service/Storage.js"
import * as Flags from "./Flags.js"
import * as WalText from "./WalText.js"

/** The log is not sound, or cannot be read. */
export class WalError extends Data.TaggedError("WalError")<{ readonly message: string }> {}

export const spec = {
  data: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  lines: { type: "string" },
  json: { type: "boolean" }
} as const satisfies Flags.Spec

/** How many records and entries `inspect` shows unless told otherwise. */
export const LINES_DEFAULT = 200

const NUMBER_LIMIT = Number.MAX_SAFE_INTEGER

const index = (name: string) => Config.option(Flags.integer(name, 1, NUMBER_LIMIT))

const config = Config.all({
  data: Config.nonEmptyString("DATA"),
  from: index("FROM"),
  to: index("TO"),
  lines: Config.withDefault(Flags.integer("LINES", 1, NUMBER_LIMIT), LINES_DEFAULT),
  json: Config.withDefault(Config.boolean("JSON"), false)
})

export const run = (
  [action, ...argv]: ReadonlyArray<string>
): Effect.Effect<void, Flags.UsageError | WalError> =>
  Effect.gen(function*() {
    if (action !== "inspect" && action !== "verify") {
      return yield* new Flags.UsageError({
        message: `wal can "inspect" and "verify"${action === undefined ? "" : `, not "${action}"`}`
      })
    }
    const options = yield* Flags.read(config, yield* Flags.provider(argv, spec))
    const { json, lines } = options
    const range = Option.isNone(options.from) && Option.isNone(options.to) ? undefined : {
      from: Option.getOrElse(options.from, () => 1),
      to: Option.getOrElse(options.to, () => NUMBER_LIMIT)
    }
    const listing = WalText.makeListing(range, action === "inspect" ? lines : 0)
    const folder = Path.resolve(options.data)
    const isRunning = yield* Effect.mapError(FolderLock.isHeld(folder), unreadable(folder))
    const survey = yield* LogSurvey.make(listing.visit).pipe(
      Effect.provide(FolderReader.layer(folder)),
      Effect.mapError(unreadable(folder))
    )
    const report = { location: folder, isRunning, survey, listing }
    const describe = action === "inspect" ? WalText.inspect : WalText.verify
    const text = json ? WalText.json(action, report) : describe(report)
    yield* Effect.sync(() => void process.stdout.write(text))
    if (Either.isLeft(survey.outcome)) {
      return yield* new WalError({ message: survey.outcome.left.message })
    }
  })

const unreadable = (folder: string) => (error: DiskError | StorageError): WalError => {
  if (error._tag === "StorageError") return new WalError({ message: error.message })
  const { cause, file, operation } = error
  const why = cause instanceof Error ? cause.message : String(cause)
  return new WalError({
    message: `The data folder ${folder} cannot be read (${operation} of ${file}: ${why}). Name ` +
      "the folder that the node has as --data, and run this as a user who may read it."
  })
}

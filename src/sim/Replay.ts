/**
 * Replay files: a life as JSON text that anyone can run again, read and edit. One line for each
 * fault and each request, so that taking one away is deleting a line; the choices in base 64. They
 * are repeated as far as they fit, so that an edited file still runs.
 */
import { Either, ParseResult, Schema } from "effect"
import type { DecisionLog } from "./DecisionLog.js"
import * as Decisions from "./DecisionLog.js"
import * as ReplaySchema from "./ReplaySchema.js"
import type { Report } from "./Report.js"
import type { Scenario } from "./Scenario.js"

export interface Replay {
  readonly scenario: Scenario
  readonly decisions: DecisionLog
  /** What was violated when the file was written. */
  readonly oracle: string | undefined
  /** How. Empty without an oracle. */
  readonly message: string
}

export const FORMAT = "raftcache replay"
export const VERSION = 1

/** What every version of the format has. */
const Head = Schema.Struct({ format: Schema.Literal(FORMAT), version: Schema.Int })

const Body = Schema.Struct({
  ...Head.fields,
  oracle: Schema.optional(Schema.String),
  message: Schema.optional(Schema.String),
  decisions: Schema.String,
  scenario: ReplaySchema.Scenario
})

export const encode = ({ decisions, scenario, violation }: Report): string => {
  const { message, oracle } = violation ?? { message: undefined, oracle: undefined }
  const decisionsText = Decisions.toText(decisions)
  const head = { format: FORMAT, version: VERSION, oracle, message, decisions: decisionsText }
  const file = { ...head, scenario: Schema.encodeSync(ReplaySchema.Scenario)(scenario) }
  return print(file, "") + "\n"
}

/** Total. What is wrong with a text is said in words, for whoever edited it. */
export const decode = (text: string): Either.Either<Replay, string> =>
  Either.gen(function*() {
    const json = yield* parse(text)
    const head = Schema.decodeUnknownEither(Head)(json)
    if (Either.isLeft(head)) {
      return yield* Either.left(
        `This is not a replay file: ${problem(head.left)}. \`raftcache sim --shrink\` writes one.`
      )
    }
    const { version } = head.right
    if (version !== VERSION) {
      return yield* Either.left(
        `This replay file has version ${version} of the format, and this program reads version ` +
          `${VERSION}: use the version of raftcache that wrote it.`
      )
    }
    const body = yield* Either.mapLeft(Schema.decodeUnknownEither(Body)(json), damaged)
    const decisions = Decisions.fromText(body.decisions)
    if (decisions === undefined) return yield* Either.left(damaged("decisions: not base 64"))
    const { message = "", oracle, scenario } = body
    return { scenario, decisions, oracle, message }
  })

const parse = (text: string): Either.Either<unknown, string> =>
  Either.try({
    try: (): unknown => JSON.parse(text),
    catch: (cause) => `This is not a replay file, for it is not JSON: ${String(cause)}.`
  })

const damaged = (what: ParseResult.ParseError | string): string =>
  "This replay file cannot be run as it is: " +
  `${typeof what === "string" ? what : problem(what)}. Correct it there, or write it anew.`

/** Where it is, and what. */
const problem = (error: ParseResult.ParseError): string => {
  const [first] = ParseResult.ArrayFormatter.formatErrorSync(error)
  if (first === undefined) return error.message
  const { message, path } = first
  const where = path.map((step) => typeof step === "number" ? `[${step}]` : `.${String(step)}`)
  return path.length === 0 ? message : `${where.join("").slice(1)}: ${message}`
}

/** JSON with a line for each field of the file and of the scenario, and each element of a list. */
const print = (value: unknown, indent: string): string => {
  const deeper = `${indent}  `
  const block = (open: string, lines: ReadonlyArray<string>, close: string): string =>
    `${open}\n${lines.map((line) => deeper + line).join(",\n")}\n${indent}${close}`
  if (Array.isArray(value) && value.length > 0) {
    return block("[", value.map((element) => JSON.stringify(element)), "]")
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return JSON.stringify(value)
  }
  if (indent.length > 2) return JSON.stringify(value)
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  return block("{", fields.map(([name, field]) => `"${name}": ${print(field, deeper)}`), "}")
}

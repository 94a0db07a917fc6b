/**
 * `raftcache status` and `raftcache transfer`: what an operator asks of a running cluster, through
 * the Redis port of any of its nodes.
 */
import { Config, ConfigError as ConfigErrors, Effect, Either } from "effect"
import * as RedisClient from "../live/RedisClient.js"
import * as Members from "../node/Members.js"
import type { Value } from "../wire/RespValue.js"
import * as Flags from "./Flags.js"

const spec = {
  at: { type: "string" },
  json: { type: "boolean" }
} as const satisfies Flags.Spec

const config = Config.all({
  at: Config.withDefault(
    Config.mapOrFail(Config.string("AT"), (text) =>
      Either.mapLeft(
        Members.parseAddress(text),
        (why) => ConfigErrors.InvalidData(["AT"], why)
      )),
    { host: "127.0.0.1", port: 6379 }
  ),
  json: Config.withDefault(Config.boolean("JSON"), false)
})

/** The words before the first flag, and the flags. */
const split = (argv: ReadonlyArray<string>) => {
  const at = argv.findIndex((word) => word.startsWith("-"))
  return at < 0
    ? { words: argv, flags: [] }
    : { words: argv.slice(0, at), flags: argv.slice(at) }
}

type Fields = Readonly<Record<string, Value>>

/** A map, as version 2 of the protocol tells it. */
const fieldsOf = (value: Value): Fields => {
  const flat = Array.isArray(value) ? value as ReadonlyArray<Value> : []
  const fields: Record<string, Value> = {}
  for (let at = 0; at + 1 < flat.length; at += 2) fields[String(flat[at])] = flat[at + 1]!
  return fields
}

const lines = (fields: Fields): string => {
  const width = Math.max(...Object.keys(fields).map((name) => name.length))
  return Object.entries(fields)
    .map(([name, value]) =>
      `${name.padEnd(width)}  ${Array.isArray(value) ? value.join(" ") : String(value)}\n`
    )
    .join("")
}

interface Request {
  readonly ask: ReadonlyArray<string>
  /** What is printed of the reply, in words and as JSON. */
  readonly show: (reply: Value) => { readonly text: string; readonly json: unknown }
}

const requests: Readonly<Record<string, (words: ReadonlyArray<string>) => Request | undefined>> = {
  status: (words) =>
    words.length > 0 ? undefined : {
      ask: ["RAFT", "STATUS"],
      show: (reply) => ({ text: lines(fieldsOf(reply)), json: fieldsOf(reply) })
    },
  transfer: (words) =>
    words.length > 1 ? undefined : {
      ask: ["RAFT", "TRANSFER", ...words],
      show: (reply) => ({ text: `${String(reply)} leads now\n`, json: { leader: reply } })
    }
}

export const names: ReadonlyArray<string> = Object.keys(requests)

export const run = (name: string, argv: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { flags, words } = split(argv)
    const request = requests[name]?.(words)
    if (request === undefined) {
      const extra = words.map((word) => `"${word}"`).join(" ")
      return yield* new Flags.UsageError({ message: `${name} does not take ${extra}` })
    }
    const { at, json } = yield* Flags.read(config, yield* Flags.provider(flags, spec))
    const shown = request.show(yield* RedisClient.ask(at, request.ask))
    process.stdout.write(json ? `${JSON.stringify(shown.json)}\n` : shown.text)
  })

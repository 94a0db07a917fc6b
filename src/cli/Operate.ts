/**
 * `raftcache status`, `members`, `transfer` and `snapshot`: what an operator asks of a running
 * cluster, through the Redis port of any of its nodes.
 */
import { Config, ConfigError as ConfigErrors, Effect, Either } from "effect"
import * as RedisClient from "../live/RedisClient.js"
import * as Members from "../node/Members.js"
import type { Value } from "../wire/RespValue.js"
import * as Flags from "./Flags.js"
import * as Secrets from "./Secrets.js"

const spec = {
  at: { type: "string" },
  json: { type: "boolean" },
  ...Secrets.spec
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
  json: Config.withDefault(Config.boolean("JSON"), false),
  secrets: Secrets.config
})

/** The words before the first flag, and the flags. */
const split = (argv: ReadonlyArray<string>) => {
  const at = argv.findIndex((word) => word.startsWith("-"))
  return at < 0
    ? { words: argv, flags: [] }
    : { words: argv.slice(0, at), flags: argv.slice(at) }
}

type Fields = ReturnType<typeof RedisClient.fieldsOf>

const { fieldsOf } = RedisClient

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

const listOf = (value: Value | undefined): ReadonlyArray<Fields> =>
  Array.isArray(value) ? (value as ReadonlyArray<Value>).map(fieldsOf) : []

/** How far one is behind only the leader knows. */
const describeMember = ({ address, behind, id, role }: Fields): string => {
  const lack = behind === null || behind === 0 ? "" : `, lacks ${behind} entries`
  return `  ${String(id).padEnd(10)}  ${String(address).padEnd(24)}  ${role}${lack}\n`
}

const describeMembers = (reply: Value): string => {
  const { index, joint, leader_id: leader, members } = fieldsOf(reply)
  const under = joint === 1 ? ", a change is under way" : ""
  const led = leader === "" ? "no leader is known" : `${String(leader)} leads`
  return `members as of entry ${String(index)}${under}; ${led}\n` +
    listOf(members).map(describeMember).join("")
}

const jsonOfMembers = (reply: Value) => {
  const { members, ...rest } = fieldsOf(reply)
  return { ...rest, members: listOf(members) }
}

/** A change is told by what it leaves: the index that names this version of the members. */
const changed = (ask: ReadonlyArray<string>, what: string): Request => ({
  ask: ["RAFT", ...ask],
  show: (reply) => ({
    text: `${what}: members as of entry ${String(reply)}\n`,
    json: { index: reply }
  })
})

const members = ([action = "list", ...words]: ReadonlyArray<string>): Request | undefined => {
  const [first, second] = words
  switch (action) {
    case "list":
      return first !== undefined ? undefined : {
        ask: ["RAFT", "MEMBERS"],
        show: (reply) => ({ text: describeMembers(reply), json: jsonOfMembers(reply) })
      }
    case "add":
      return first === undefined
        ? undefined
        : changed(["ADD", ...words], `${words.join(" ")} added, to vote once caught up`)
    case "remove":
      return first === undefined
        ? undefined
        : changed(["REMOVE", ...words], `${words.join(" ")} removed`)
    case "replace":
      return words.length !== 2
        ? undefined
        : changed(["REPLACE", ...words], `${second} takes the place of ${first} once caught up`)
    default:
      return undefined
  }
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
    },
  members,
  snapshot: (words) =>
    words.length > 0 ? undefined : {
      ask: ["RAFT", "SNAPSHOT"],
      show: (reply) => ({
        text: `a snapshot up to entry ${String(reply)} is durable\n`,
        json: { index: reply }
      })
    }
}

export const names: ReadonlyArray<string> = Object.keys(requests)

export const run = (name: string, argv: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { flags, words } = split(argv)
    const request = requests[name]?.(words)
    if (request === undefined) {
      const given = words.map((word) => `"${word}"`).join(" ")
      const message = given === "" ? `${name} needs more words` : `${name} does not take ${given}`
      return yield* new Flags.UsageError({ message })
    }
    const { at, json, secrets } = yield* Flags.read(config, yield* Flags.provider(flags, spec))
    const credentials = yield* Secrets.credentials(secrets)
    const address = credentials === undefined ? at : { ...at, credentials }
    const shown = request.show(yield* RedisClient.ask(address, request.ask))
    process.stdout.write(json ? `${JSON.stringify(shown.json)}\n` : shown.text)
  })

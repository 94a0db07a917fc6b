/**
 * Commands that tools and frameworks send along, and that have little to tell here: each says what
 * is true of this server in the form that Redis gave it.
 */
import * as Integer from "../kv/Integer.js"
import * as Key from "../kv/Key.js"
import type { Value } from "../kv/Store.js"
import { matches, NOT_AN_INTEGER, SYNTAX_ERROR, withHelp } from "./RedisCommand.js"
import type { RedisCommand, Run, Task, Words } from "./RedisCommand.js"

const STALE = ["noscript", "loading", "stale"] as const
const ADMIN = ["admin", ...STALE] as const

/** About what the store keeps for a key beside its bytes and those of its value. */
const ENTRY_BYTES = 100

const NO_DEBUG = "ERR DEBUG command not allowed. If the enable-debug-command option is set to " +
  "\"local\", you can run it from a local connection, otherwise you need to set this option in " +
  "the configuration file, and then restart the server."

/** Begins when every earlier write of the connection is acknowledged, and thus on a majority. */
const wait: Task["begin"] = (words, _client, server, done) => {
  const replicas = Integer.parse(words[1]!)
  const timeoutMillis = Integer.parse(words[2]!)
  if (replicas === undefined) return done((out) => out.error(NOT_AN_INTEGER))
  if (timeoutMillis === undefined) {
    return done((out) => out.error("ERR timeout is not an integer or out of range"))
  }
  if (timeoutMillis < 0) return done((out) => out.error("ERR timeout is negative"))
  const { membership: { members } } = server.status()
  const voters = members.filter(({ role }) => role !== "Learner").length
  done((out) => out.integer(Math.floor(voters / 2)))
}

const time: Run = (_words, out) => {
  const millis = Date.now()
  out.array(2)
  out.text(String(Math.floor(millis / 1000)))
  out.text(String(millis % 1000 * 1000))
}

const memoryUsage: Run = (words, out, client, { store, tracking }) => {
  const key = Key.fromBytes(words[2]!)
  tracking.read(client, [key])
  const isPlain = words.length === 3
  const hasSamples = words.length === 5 && matches(words[3]!, "samples")
  if (!isPlain && !hasSamples) return out.error(SYNTAX_ERROR)
  if (hasSamples && Integer.parse(words[4]!) === undefined) return out.error(NOT_AN_INTEGER)
  const stored = store.get(key)
  if (stored === undefined) return out.nil()
  out.integer(ENTRY_BYTES + words[2]!.length + sizeBytesOf(stored.value))
}

const sizeBytesOf = (value: Value): number => {
  if (value instanceof Uint8Array) return value.length
  let sizeBytes = 0
  for (const [field, { length }] of value) sizeBytes += ENTRY_BYTES + field.length + length
  return sizeBytes
}

/** There are none, so that they are gone when this returns. */
const flush = (what: string): Run => (words, out) => {
  const [, , mode, more] = words
  const isKnown = mode === undefined || matches(mode, "sync") || matches(mode, "async")
  if (isKnown && more === undefined) out.simple("OK")
  else out.error(`ERR ${what} SYNC|ASYNC option`)
}

const none: Run = (_words, out) => out.array(0)

const MEMORY: ReadonlyArray<RedisCommand> = [
  {
    kind: "Read",
    name: "memory|usage",
    arity: -3,
    flags: ["readonly"],
    keys: [2, 2, 1],
    help: ["USAGE <key> [SAMPLES <count>]", "Return about how much memory <key> takes, in bytes."],
    run: memoryUsage
  }
]

const LATENCY: ReadonlyArray<RedisCommand> = [
  {
    kind: "Local",
    name: "latency|history",
    arity: 3,
    flags: ADMIN,
    help: ["HISTORY <event>", "Return nothing: no latencies are sampled."],
    run: none
  },
  {
    kind: "Local",
    name: "latency|latest",
    arity: 2,
    flags: ADMIN,
    help: ["LATEST", "Return nothing: no latencies are sampled."],
    run: none
  },
  {
    kind: "Local",
    name: "latency|reset",
    arity: -2,
    flags: ADMIN,
    help: ["RESET [<event> ...]", "Return 0, the number of events that were forgotten."],
    run: (_words, out) => out.integer(0)
  }
]

const FUNCTION: ReadonlyArray<RedisCommand> = [{
  kind: "Local",
  name: "function|flush",
  arity: -2,
  flags: ["write", "noscript"],
  help: ["FLUSH [ASYNC|SYNC]", "Delete all functions: there are none."],
  run: flush("FUNCTION FLUSH only supports")
}]

const existing = (words: Words): number => words.length - 2

const SCRIPT: ReadonlyArray<RedisCommand> = [
  {
    kind: "Local",
    name: "script|exists",
    arity: -3,
    flags: ["noscript"],
    help: ["EXISTS <sha1> [<sha1> ...]", "Return 0 for each: there are no scripts."],
    run: (words, out) => {
      out.array(existing(words))
      for (let at = 0; at < existing(words); at++) out.integer(0)
    }
  },
  {
    kind: "Local",
    name: "script|flush",
    arity: -2,
    flags: ["noscript"],
    help: ["FLUSH [ASYNC|SYNC]", "Delete all scripts: there are none."],
    run: flush("SCRIPT FLUSH only support")
  }
]

const container = (
  name: string,
  subcommands: ReadonlyArray<RedisCommand>
): RedisCommand => ({
  kind: "Container",
  name,
  arity: -2,
  flags: [],
  subcommands: withHelp(name, subcommands)
})

export const commands: ReadonlyArray<RedisCommand> = [
  { kind: "Task", name: "wait", arity: 3, flags: ["noscript"], begin: wait },
  { kind: "Local", name: "time", arity: 1, flags: ["loading", "stale", "fast"], run: time },
  {
    // When the node started: as Redis says as long as it has not saved.
    kind: "Local",
    name: "lastsave",
    arity: 1,
    flags: ["loading", "stale", "fast"],
    run: (_words, out, _client, server) => out.integer(Math.floor(server.startedAtMillis / 1000))
  },
  {
    kind: "Local",
    name: "debug",
    arity: -2,
    flags: ADMIN,
    run: (_words, out) => out.error(NO_DEBUG)
  },
  container("memory", MEMORY),
  container("latency", LATENCY),
  container("function", FUNCTION),
  container("script", SCRIPT)
]

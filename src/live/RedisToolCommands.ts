/**
 * Commands that tools and frameworks send along, and that have little to tell here: each says what
 * is true of this server in the form that Redis gave it.
 */
import * as Integer from "../kv/Integer.js"
import { container, matches, misused, NOT_AN_INTEGER } from "./RedisCommand.js"
import type { Local, RedisCommand, Run, Task, Words } from "./RedisCommand.js"

const ADMIN = ["admin", "noscript", "loading", "stale"] as const
const UNSURE = ["nondeterministic_output"] as const
const EVERY_NODE = ["request_policy:all_nodes"] as const
const EVERY_SHARD = ["request_policy:all_shards"] as const

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

/** There are none, so that they are gone when this returns. */
const flush = (what: string): Run => (words, out) => {
  const [, , mode, more] = words
  const isKnown = mode === undefined || matches(mode, "sync") || matches(mode, "async")
  if (isKnown && more === undefined) out.simple("OK")
  else out.error(`ERR ${what} SYNC|ASYNC option`)
}

const flushScripts = flush("SCRIPT FLUSH only support")

const flushFunctions: Run = (words, ...others) => {
  if (words.length > 3) others[0].error(misused(words))
  else flush("FUNCTION FLUSH only supports")(words, ...others)
}

const none: Run = (_words, out) => out.array(0)

/** What an entry below has besides its shape. */
type Others = Partial<Omit<Local, "kind" | "run">>

const subcommand = (
  name: string,
  syntax: string,
  arity: number,
  since: string,
  summary: string,
  run: Run,
  others: Others
): Local => ({
  kind: "Local",
  group: "server",
  name,
  syntax,
  arity,
  since,
  flags: [],
  summary,
  run,
  ...others
})

const SAMPLED = {
  flags: ADMIN,
  tips: [...UNSURE, ...EVERY_NODE, "response_policy:special"],
  differs: "No latencies are sampled."
} as const

const LATENCY: ReadonlyArray<RedisCommand> = [
  subcommand("latency|history", "event", 3, "2.8.13", "Returns nothing.", none, SAMPLED),
  subcommand("latency|latest", "", 2, "2.8.13", "Returns nothing.", none, SAMPLED),
  subcommand("latency|reset", "[event ...]", -2, "2.8.13", "Returns 0.", (_words, out) => {
    out.integer(0)
  }, { ...SAMPLED, tips: [...EVERY_NODE, "response_policy:all_succeeded"] })
]

const FLUSH_MODE = "[ASYNC | SYNC]"
const SCRIPTING = { group: "scripting", flags: ["noscript"] } as const
const NO_LUA = "There is no Lua here, so there are none."

const FUNCTION: ReadonlyArray<RedisCommand> = [
  subcommand(
    "function|flush",
    FLUSH_MODE,
    -2,
    "7.0.0",
    "Deletes all functions.",
    flushFunctions,
    {
      ...SCRIPTING,
      flags: ["write", "noscript"],
      tips: [...EVERY_SHARD, "response_policy:all_succeeded"],
      differs: NO_LUA
    }
  )
]

const existing = (words: Words): number => words.length - 2

const SCRIPT: ReadonlyArray<RedisCommand> = [
  subcommand("script|exists", "sha1 [sha1 ...]", -3, "2.6.0", "Returns 0 for each.", (
    words,
    out
  ) => {
    out.array(existing(words))
    for (let at = 0; at < existing(words); at++) out.integer(0)
  }, {
    ...SCRIPTING,
    tips: [...EVERY_SHARD, "response_policy:agg_logical_and"],
    differs: NO_LUA
  }),
  subcommand(
    "script|flush",
    FLUSH_MODE,
    -2,
    "2.6.0",
    "Deletes all scripts.",
    flushScripts,
    {
      ...SCRIPTING,
      tips: [...EVERY_NODE, "response_policy:all_succeeded"],
      differs: NO_LUA
    }
  )
]

export const commands: ReadonlyArray<RedisCommand> = [
  {
    kind: "Task",
    name: "wait",
    syntax: "numreplicas timeout",
    arity: 3,
    flags: ["noscript"],
    categories: ["connection"],
    tips: [...EVERY_SHARD, "response_policy:agg_min"],
    group: "generic",
    since: "3.0.0",
    summary: "Tells how many other members have every acknowledged write at least.",
    differs: "It never waits: what is acknowledged is on a majority.",
    mayQueue: true,
    begin: wait
  },
  container({
    name: "latency",
    group: "server",
    since: "2.8.13",
    helpSince: "2.8.13",
    summary: "Tells of latencies."
  }, LATENCY),
  container({
    name: "function",
    group: "scripting",
    since: "7.0.0",
    helpSince: "7.0.0",
    summary: "Tells of functions in Lua."
  }, FUNCTION),
  container({
    name: "script",
    group: "scripting",
    since: "2.6.0",
    helpSince: "5.0.0",
    summary: "Tells of scripts in Lua."
  }, SCRIPT)
]

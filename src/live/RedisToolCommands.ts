/**
 * Commands that tools and frameworks send along, and that have little to tell here: each says what
 * is true of this server in the form that Redis gave it.
 */
import * as Integer from "../kv/Integer.js"
import { container, entriesOf, matches, misused, NOT_AN_INTEGER } from "./RedisCommand.js"
import type { RedisCommand, Run, Task } from "./RedisCommand.js"

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

const zero: Run = (_words, out) => out.integer(0)

/** A zero for each of the words behind the two of the name. */
const zeros: Run = (words, out) => {
  out.array(words.length - 2)
  for (let at = 2; at < words.length; at++) out.integer(0)
}

const ofLatencies = entriesOf({
  group: "server",
  flags: ["admin", "noscript", "loading", "stale"],
  tips: ["nondeterministic_output", ...EVERY_NODE, "response_policy:special"]
})
const SAMPLED = { differs: "No latencies are sampled." } as const

const LATENCY: ReadonlyArray<RedisCommand> = [
  ofLatencies.local("latency|history", "event", 3, "2.8.13", none, "Returns nothing.", SAMPLED),
  ofLatencies.local("latency|latest", "", 2, "2.8.13", none, "Returns nothing.", SAMPLED),
  ofLatencies.local("latency|reset", "[event ...]", -2, "2.8.13", zero, "Returns 0.", {
    ...SAMPLED,
    tips: [...EVERY_NODE, "response_policy:all_succeeded"]
  })
]

const FLUSH_MODE = "[ASYNC | SYNC]"
const ofScripts = entriesOf({ group: "scripting", flags: ["noscript"] })
const NO_LUA = { differs: "There is no Lua here, so there are none." } as const

const FUNCTION: ReadonlyArray<RedisCommand> = [
  ofScripts.local(
    "function|flush",
    FLUSH_MODE,
    -2,
    "7.0.0",
    flushFunctions,
    "Deletes all functions.",
    {
      ...NO_LUA,
      flags: ["write", "noscript"],
      tips: [...EVERY_SHARD, "response_policy:all_succeeded"]
    }
  )
]

const SCRIPT: ReadonlyArray<RedisCommand> = [
  ofScripts.local(
    "script|exists",
    "sha1 [sha1 ...]",
    -3,
    "2.6.0",
    zeros,
    "Returns 0 for each.",
    { ...NO_LUA, tips: [...EVERY_SHARD, "response_policy:agg_logical_and"] }
  ),
  ofScripts.local(
    "script|flush",
    FLUSH_MODE,
    -2,
    "2.6.0",
    flushScripts,
    "Deletes all scripts.",
    { ...NO_LUA, tips: [...EVERY_NODE, "response_policy:all_succeeded"] }
  )
]

const { task } = entriesOf({ group: "generic", flags: ["noscript"] })
const WAIT = "Tells how many other members have every acknowledged write at least."

export const commands: ReadonlyArray<RedisCommand> = [
  task("wait", "numreplicas timeout", 3, "3.0.0", wait, WAIT, {
    categories: ["connection"],
    tips: [...EVERY_SHARD, "response_policy:agg_min"],
    differs: "It never waits: what is acknowledged is on a majority.",
    mayQueue: true
  }),
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

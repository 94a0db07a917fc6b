/**
 * The commands that concern a connection and not the data: naming, resetting, leaving.
 */
import * as Integer from "../kv/Integer.js"
import { NOT_AN_INTEGER, wrongArity } from "./RedisCommand.js"
import type { Local, RedisCommand, Run } from "./RedisCommand.js"
import * as Subscriptions from "./Subscriptions.js"

const ANYTIME = ["noscript", "loading", "stale", "fast"] as const

const OUT_OF_RANGE = "ERR value is out of range, value must between -2147483648 and 2147483647"

const ok: Run = (_, out) => out.simple("OK")

/** A subscriber of version 2 is answered as if it was told of something. */
const ping: Run = (words, out, client) => {
  if (words.length > 2) return out.error(wrongArity("ping"))
  if (out.protocol === 2 && Subscriptions.isListening(client)) {
    out.array(2)
    out.text("pong")
    out.bulk(words[1] ?? NOTHING)
  } else if (words.length === 2) out.bulk(words[1]!)
  else out.simple("PONG")
}

const NOTHING = new Uint8Array(0)

const select: Run = (words, out) => {
  const database = Integer.parse(words[1]!)
  if (database === undefined) out.error(NOT_AN_INTEGER)
  else if (Number(database) !== (Number(database) | 0)) out.error(OUT_OF_RANGE)
  else if (database !== 0) out.error("ERR DB index is out of range")
  else out.simple("OK")
}

const reset: Run = (_, out, client, { subscriptions, tracking, users }) => {
  subscriptions.leave(client)
  client.protocol = 2
  out.protocol = 2
  client.name = ""
  client.user = users.initial
  client.replies = "on"
  tracking.stop(client)
  out.simple("RESET")
}

const command = (
  name: string,
  syntax: string,
  arity: number,
  since: string,
  flags: ReadonlyArray<string>,
  summary: string,
  run: Run,
  others: Partial<Local> = {}
): Local => ({
  kind: "Local",
  name,
  syntax,
  arity,
  since,
  flags,
  summary,
  run,
  group: "connection",
  ...others
})

const LOADING = ["loading", "stale", "fast"] as const
const UNASKED = [...ANYTIME, "no_auth", "allow_busy"] as const

/** Every node answers reads as fresh as the leader's: there is nothing to opt into. */
const CLUSTER = {
  group: "cluster",
  categories: ["connection"],
  differs: "Granted, and changes nothing: any node answers reads and takes writes."
} as const

export const commands: ReadonlyArray<RedisCommand> = [
  command("ping", "[message]", -1, "1.0.0", ["fast"], "Answers.", ping, {
    tips: ["request_policy:all_shards", "response_policy:all_succeeded"]
  }),
  command(
    "echo",
    "message",
    2,
    "1.0.0",
    LOADING,
    "Returns what it is told.",
    (words, out) => out.bulk(words[1]!)
  ),
  command("select", "index", 2, "1.0.0", LOADING, "Chooses the database.", select, {
    differs: "There is only database 0."
  }),
  command("reset", "", 1, "6.2.0", UNASKED, "Makes the connection as it was when new.", reset, {
    turns: true
  }),
  command("quit", "", -1, "1.0.0", UNASKED, "Closes the connection.", ok, { last: true }),
  command("readonly", "", 1, "3.0.0", LOADING, "Lets a replica answer reads.", ok, CLUSTER),
  command("readwrite", "", 1, "3.0.0", LOADING, "Takes READONLY back.", ok, CLUSTER)
]

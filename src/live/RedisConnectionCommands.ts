/**
 * The commands that concern a connection and not the data: naming, resetting, leaving.
 */
import * as Integer from "../kv/Integer.js"
import { entriesOf, NOT_AN_INTEGER, ok, wrongArity } from "./RedisCommand.js"
import type { RedisCommand, Run } from "./RedisCommand.js"
import * as Subscriptions from "./Subscriptions.js"

const OUT_OF_RANGE = "ERR value is out of range, value must between -2147483648 and 2147483647"

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

const echo: Run = (words, out) => out.bulk(words[1]!)

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
  client.isReadOnly = false
  tracking.stop(client)
  out.simple("RESET")
}

const setReadOnly = (isReadOnly: boolean): Run => (words, out, client, server) => {
  client.isReadOnly = isReadOnly
  ok(words, out, client, server)
}

const { local } = entriesOf({ group: "connection", flags: ["loading", "stale", "fast"] })

/** Taken from those, too, who have not said who they are. */
const UNASKED = {
  flags: ["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"]
} as const

const CLUSTER = { group: "cluster", categories: ["connection"] } as const

export const commands: ReadonlyArray<RedisCommand> = [
  local("ping", "[message]", -1, "1.0.0", ping, "Answers.", {
    flags: ["fast"],
    tips: ["request_policy:all_shards", "response_policy:all_succeeded"]
  }),
  local("echo", "message", 2, "1.0.0", echo, "Returns what it is told."),
  local("select", "index", 2, "1.0.0", select, "Chooses the database.", {
    differs: "There is only database 0."
  }),
  local("reset", "", 1, "6.2.0", reset, "Makes the connection as it was when new.", {
    ...UNASKED,
    turns: true
  }),
  local("quit", "", -1, "1.0.0", ok, "Closes the connection.", { ...UNASKED, last: true }),
  local("readonly", "", 1, "3.0.0", setReadOnly(true), "Lets a replica answer reads.", {
    ...CLUSTER,
    turns: true,
    differs: "Any node answers reads anyway; writes to one that does not lead are `-MOVED` then."
  }),
  local("readwrite", "", 1, "3.0.0", setReadOnly(false), "Takes READONLY back.", {
    ...CLUSTER,
    turns: true,
    differs: "Writes are passed on to the leader again."
  })
]

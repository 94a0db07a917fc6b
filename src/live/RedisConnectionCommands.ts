/**
 * The commands that concern a connection and not the data: naming, resetting, leaving.
 */
import * as Integer from "../kv/Integer.js"
import { NOT_AN_INTEGER, wrongArity } from "./RedisCommand.js"
import type { RedisCommand, Run } from "./RedisCommand.js"
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

export const commands: ReadonlyArray<RedisCommand> = [
  { kind: "Local", name: "ping", arity: -1, flags: ["fast"], run: ping },
  {
    kind: "Local",
    name: "echo",
    arity: 2,
    flags: ["loading", "stale", "fast"],
    run: (words, out) => out.bulk(words[1]!)
  },
  { kind: "Local", name: "select", arity: 2, flags: ["loading", "stale", "fast"], run: select },
  {
    kind: "Local",
    name: "reset",
    arity: 1,
    flags: [...ANYTIME, "no_auth", "allow_busy"],
    turns: true,
    run: reset
  },
  {
    kind: "Local",
    name: "quit",
    arity: -1,
    flags: [...ANYTIME, "no_auth", "allow_busy"],
    last: true,
    run: ok
  },
  // Every node answers reads as fresh as the leader's: there is nothing to opt into.
  { kind: "Local", name: "readonly", arity: 1, flags: ["loading", "stale", "fast"], run: ok },
  { kind: "Local", name: "readwrite", arity: 1, flags: ["loading", "stale", "fast"], run: ok }
]

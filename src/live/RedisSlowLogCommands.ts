/**
 * `SLOWLOG`: what has taken long at the node that is asked.
 */
import * as Integer from "../kv/Integer.js"
import type { Writer } from "../wire/RespReply.js"
import { container, entriesOf, misused } from "./RedisCommand.js"
import type { RedisCommand, Run } from "./RedisCommand.js"
import type { Entry } from "./SlowLog.js"

/** Redis's default. */
const SHOWN_ENTRIES = 10

const INVALID_COUNT = "ERR count should be greater than or equal to -1"

const get: Run = (words, out, _client, { slowLog }) => {
  const word = words[2]
  if (words.length > 3) return out.error(misused(words))
  const count = word === undefined ? SHOWN_ENTRIES : Integer.parse(word)
  if (count === undefined || count < -1) return out.error(INVALID_COUNT)
  const entries = slowLog.latest(count === -1 ? slowLog.length : Number(count))
  out.array(entries.length)
  for (const entry of entries) tell(entry, out)
}

const tell = (
  { address, atSeconds, clientName, id, micros, words }: Entry,
  out: Writer
): void => {
  out.array(6)
  out.integer(id)
  out.integer(atSeconds)
  out.integer(micros)
  out.array(words.length)
  for (const word of words) out.bulk(word)
  out.text(address)
  out.text(clientName)
}

const reset: Run = (_words, out, _client, { slowLog }) => {
  slowLog.clear()
  out.simple("OK")
}

const { local } = entriesOf({ group: "server", flags: ["admin", "loading", "stale"] })
const EVERY_NODE = "request_policy:all_nodes"
const UNSURE = "nondeterministic_output"

const subcommands: ReadonlyArray<RedisCommand> = [
  local("slowlog|get", "[count]", -2, "2.2.12", get, "Returns the latest entries, all with -1.", {
    tips: [EVERY_NODE, UNSURE]
  }),
  local(
    "slowlog|len",
    "",
    2,
    "2.2.12",
    (_words, out, _client, { slowLog }) => out.integer(slowLog.length),
    "Counts the entries.",
    { tips: [EVERY_NODE, "response_policy:agg_sum", UNSURE] }
  ),
  local("slowlog|reset", "", 2, "2.2.12", reset, "Forgets all entries.", {
    tips: [EVERY_NODE, "response_policy:all_succeeded"]
  })
]

export const commands: ReadonlyArray<RedisCommand> = [
  container({
    name: "slowlog",
    group: "server",
    since: "2.2.12",
    helpSince: "6.2.0",
    summary: "Tells of requests that took long at this node."
  }, subcommands)
]

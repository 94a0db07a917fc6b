/**
 * `CONFIG`: the settings of the node that is asked. Of Redis's settings those are told that mean
 * something here; those can be changed that the node can change while it runs.
 */
import * as Command from "../kv/Command.js"
import * as MemorySettings from "./MemorySettings.js"
import { container, entriesOf } from "./RedisCommand.js"
import type { RedisCommand, Run, Server } from "./RedisCommand.js"
import * as Settings from "./Settings.js"
import type { Setting } from "./Settings.js"

/** To add a setting is to add an entry. */
const settings = (server: Server): ReadonlyArray<Setting> => [
  // Neither of Redis's own files: what is durable here is the Raft log.
  Settings.fixed("save", () => ""),
  Settings.fixed("appendonly", () => "no"),
  Settings.fixed("databases", () => 1),
  // As INFO tells it: a cluster to those who ask, every node of which passes writes on.
  Settings.fixed("cluster-enabled", () => "yes"),
  Settings.fixed("replica-read-only", () => "no"),
  Settings.fixed("latency-monitor-threshold", () => 0),
  Settings.fixed("maxclients", () => server.connectionsLimit),
  ...MemorySettings.make(server.store),
  server.notifications.setting,
  Settings.fixed("port", server.port),
  Settings.fixed("proto-max-bulk-len", () => Command.VALUE_LIMIT_BYTES),
  Settings.fixed("timeout", () => 0),
  server.tracking.setting,
  ...server.slowLog.settings
]

const get: Run = (words, out, _client, server) => {
  const found = Settings.matching(settings(server), words.slice(2))
  out.map(found.length)
  for (const [name, value] of found) {
    out.text(name)
    out.text(value)
  }
}

const set: Run = (words, out, _client, server) => {
  const refusal = Settings.change(settings(server), words.slice(2))
  if (refusal === undefined) out.simple("OK")
  else out.error(refusal)
}

const resetStatistics: Run = (_words, out, _client, { store, totals }) => {
  store.evictedKeys = 0
  totals.connections = 0
  totals.rejectedConnections = 0
  totals.commands = 0
  totals.deniedPasswords = 0
  out.simple("OK")
}

const rewrite: Run = (_words, out) => out.error("ERR The server is running without a config file")

const { local } = entriesOf({
  group: "server",
  flags: ["admin", "noscript", "loading", "stale"]
})

const PAIRS = "parameter value [parameter value ...]"

const subcommands: ReadonlyArray<RedisCommand> = [
  local("config|get", "parameter [parameter ...]", -3, "2.0.0", get, "Returns settings by name.", {
    differs: "Those that mean something here."
  }),
  local("config|resetstat", "", 2, "2.0.0", resetStatistics, "Counts from zero again."),
  local("config|rewrite", "", 2, "2.8.0", rewrite, "Refused.", {
    differs: "There is no configuration file."
  }),
  local("config|set", PAIRS, -4, "2.0.0", set, "Changes settings of this node until it stops.", {
    turns: true,
    tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
    differs: "Those that can be changed while a node runs; the others may be set to what they are."
  })
]

export const commands: ReadonlyArray<RedisCommand> = [
  container({
    name: "config",
    group: "server",
    since: "2.0.0",
    helpSince: "5.0.0",
    summary: "Tells and changes the settings of this node."
  }, subcommands)
]

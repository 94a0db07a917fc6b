/**
 * `CONFIG`: the settings of the node that is asked. Of Redis's settings those are told that mean
 * something here; those can be changed that the node can change while it runs.
 */
import * as Command from "../kv/Command.js"
import * as Memory from "../kv/Memory.js"
import type { Store } from "../kv/Store.js"
import type { RedisCommand, Run, Server } from "./RedisCommand.js"
import { withHelp } from "./RedisCommand.js"
import * as Settings from "./Settings.js"
import type { Setting } from "./Settings.js"

const FLAGS = ["admin", "noscript", "loading", "stale"] as const

const SAMPLES_MOST = 2 ** 31 - 1

/** What this node decides while it leads. */
const memory = (store: Store): ReadonlyArray<Setting> => {
  const set = (change: Partial<Memory.Settings>): void => {
    store.memory = { ...store.memory, ...change }
  }
  return [
    Settings.memory(
      "maxmemory",
      () => store.memory.limitBytes,
      (limitBytes) => set({ limitBytes })
    ),
    Settings.choice(
      "maxmemory-policy",
      Memory.policies,
      () => store.memory.policy,
      (policy) => set({ policy })
    ),
    Settings.integer(
      "maxmemory-samples",
      { least: 1, most: SAMPLES_MOST },
      () => store.memory.samples,
      (samples) => set({ samples })
    )
  ]
}

/** To add a setting is to add an entry. */
const settings = (server: Server): ReadonlyArray<Setting> => [
  // Neither of Redis's own files: what is durable here is the Raft log.
  Settings.fixed("save", () => ""),
  Settings.fixed("appendonly", () => "no"),
  Settings.fixed("databases", () => 1),
  Settings.fixed("maxclients", () => server.connectionsLimit),
  ...memory(server.store),
  Settings.fixed("port", server.port),
  Settings.fixed("proto-max-bulk-len", () => Command.VALUE_LIMIT_BYTES),
  Settings.fixed("timeout", () => 0)
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

const subcommands: ReadonlyArray<RedisCommand> = [
  {
    kind: "Local",
    name: "config|get",
    arity: -3,
    flags: FLAGS,
    help: ["GET <pattern>", "Return parameters matching the glob-like <pattern> and their values."],
    run: get
  },
  {
    kind: "Local",
    name: "config|resetstat",
    arity: 2,
    flags: FLAGS,
    help: ["RESETSTAT", "Reset the statistics reported by the INFO command."],
    run: resetStatistics
  },
  {
    kind: "Local",
    name: "config|rewrite",
    arity: 2,
    flags: FLAGS,
    help: ["REWRITE", "Refuse: there is no configuration file."],
    run: (_words, out) => out.error("ERR The server is running without a config file")
  },
  {
    kind: "Local",
    name: "config|set",
    arity: -4,
    flags: FLAGS,
    help: ["SET <directive> <value> [...]", "Change settings of this node, until it stops."],
    run: set
  }
]

export const commands: ReadonlyArray<RedisCommand> = [
  {
    kind: "Container",
    name: "config",
    arity: -2,
    flags: [],
    subcommands: withHelp("config", subcommands)
  }
]

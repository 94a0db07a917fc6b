/**
 * The commands that ask what the server is and how it is.
 */
import * as Latin1 from "../kv/Latin1.js"
import { entriesOf } from "./RedisCommand.js"
import type { RedisCommand, Run } from "./RedisCommand.js"
import * as RedisInfo from "./RedisInfo.js"
import * as RedisPlaces from "./RedisPlaces.js"

const textOf = (word: Uint8Array): string => Latin1.decode(word, 0, word.length).toLowerCase()

const NO_DEBUG = "ERR DEBUG command not allowed. If the enable-debug-command option is set to " +
  "\"local\", you can run it from a local connection, otherwise you need to set this option in " +
  "the configuration file, and then restart the server."

const time: Run = (_words, out) => {
  const millis = Date.now()
  out.array(2)
  out.text(String(Math.floor(millis / 1000)))
  out.text(String(millis % 1000 * 1000))
}

/** When the node started as long as there is none, as Redis has it. */
const lastSave: Run = (_words, out, _client, { startedAtMillis, status }) =>
  out.integer(Math.floor((status().snapshotAtMillis ?? startedAtMillis) / 1000))

const info: Run = (words, out, client, server) =>
  out.verbatim(RedisInfo.render(server, client, words.slice(1).map(textOf)))

/** As INFO tells it (RedisInfo.ts): an index of the log stands for an offset. */
const role: Run = (_words, out, client, server) => {
  const { appliedIndex, lastIndex, membership, role } = server.status()
  if (role !== "Leader") {
    const leader = RedisPlaces.leader(server, client)
    out.array(5)
    out.text("slave")
    out.text(leader?.endpoint.host ?? "?")
    out.integer(leader?.endpoint.port ?? 0)
    out.text(leader === undefined ? "connect" : "connected")
    return out.integer(appliedIndex)
  }
  const replicas = RedisPlaces.all(server, client).filter(RedisPlaces.isReachable)
    .filter(({ isSelf }) => !isSelf)
  out.array(3)
  out.text("master")
  out.integer(lastIndex)
  out.array(replicas.length)
  for (const { endpoint: { host, port }, id } of replicas) {
    const behind = membership.members.find((member) => member.id === id)?.behind ?? 0
    out.array(3)
    out.text(host)
    out.text(String(port))
    out.text(String(lastIndex - behind))
  }
}

const { local } = entriesOf({ group: "server", flags: ["loading", "stale", "fast"] })
const UNSURE = { tips: ["nondeterministic_output"] } as const

export const commands: ReadonlyArray<RedisCommand> = [
  local("info", "[section ...]", -1, "1.0.0", info, "Tells how the server is.", {
    flags: ["loading", "stale"],
    categories: ["dangerous"],
    tips: [...UNSURE.tips, "request_policy:all_shards", "response_policy:special"],
    differs: "Fewer fields, and a section about Raft."
  }),
  local("role", "", 1, "2.8.12", role, "Tells whether this node leads, and who.", {
    flags: ["noscript", "loading", "stale", "fast"],
    categories: ["admin", "dangerous"]
  }),
  local("time", "", 1, "2.6.0", time, "Tells the time of this node.", {
    ...UNSURE,
    differs: "The log's own time, by which keys go, is the leader's."
  }),
  local("lastsave", "", 1, "1.0.0", lastSave, "Tells when this node took its last snapshot.", {
    ...UNSURE,
    categories: ["admin", "dangerous"]
  }),
  {
    // Refused as a write is that cannot be one: a transaction does not queue it.
    kind: "Write",
    name: "debug",
    syntax: "subcommand [argument ...]",
    arity: -2,
    flags: ["admin", "noscript", "loading", "stale"],
    group: "server",
    since: "1.0.0",
    summary: "Refused.",
    differs: "As in a Redis that was not started for it.",
    encode: () => NO_DEBUG
  }
]

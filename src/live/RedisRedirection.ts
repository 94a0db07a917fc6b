/**
 * Where a client of a cluster is sent, as Redis sends it: -MOVED, the slot, and who has it
 * (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#moved-redirection).
 * Every node here takes writes and passes them on, and to most clients an error that they do not
 * know is worse than that. But one that has said READONLY is a cluster's and has come to a node for
 * being a replica: it asks such a node to write only if it does not know yet who leads.
 */
import { NO_KEYS } from "../kv/DataCommand.js"
import * as KeySlot from "./KeySlot.js"
import type { Client, Runnable, Server, Words } from "./RedisCommand.js"
import { keyPlaces } from "./RedisDataCommands.js"
import * as RedisPlaces from "./RedisPlaces.js"

/** What the client may ask of this node, or the error that sends it to the leader. */
export const redirected = (
  command: Runnable | string,
  words: Words,
  client: Client,
  server: Server
): Runnable | string => {
  if (!client.isReadOnly || typeof command === "string") return command
  if (!command.flags.includes("write")) return command
  const [first] = keyPlaces(command.keys ?? NO_KEYS, words)
  const leader = first === undefined ? undefined : RedisPlaces.leader(server, client)
  if (leader === undefined || leader.isSelf) return command
  const { host, port } = leader.endpoint
  return `MOVED ${KeySlot.of(words[first!]!)} ${host}:${port}`
}

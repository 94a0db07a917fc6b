/**
 * PUBLISH and SPUBLISH: https://redis.io/docs/latest/commands/publish. They change nothing, and are
 * in the log all the same: so every node tells its subscribers the same, in one order, also among
 * changes of keys. How many heard it depends on the node and is no part of the log's answer, which
 * is 0; a connection says its own node's number instead (live/RedisRequest.ts).
 */
import { entriesOf, NO_KEYS, ONE_KEY } from "./DataCommand.js"
import type { DataCommand, Run } from "./DataCommand.js"
import type { Reach } from "./Events.js"

const publish = (reach: Reach): Run => ([, channel, payload], { index, reply, store }) => {
  for (const listener of store.listeners) {
    listener.published({ reach, channel: channel!, payload: payload!, index })
  }
  reply.integer(0)
}

const { write } = entriesOf("pubsub")
const DIFFERS =
  "Goes through the log, and tells subscribers of all nodes; counts those of this one."
const FLAGS = ["pubsub", "loading", "stale", "fast"] as const

export const commands: ReadonlyArray<DataCommand> = [
  write(
    "publish",
    "channel message",
    3,
    "2.0.0",
    publish("channel"),
    "Tells the subscribers of a channel.",
    { flags: FLAGS, keys: NO_KEYS, differs: DIFFERS }
  ),
  write(
    "spublish",
    "shardchannel message",
    3,
    "7.0.0",
    publish("shard"),
    "Tells the subscribers of a shard channel.",
    { flags: FLAGS, keys: ONE_KEY, access: "not_key", differs: DIFFERS }
  )
]

/**
 * What happens while commands apply, for whoever tells others of it: messages that are published,
 * and what becomes of keys, under the names that Redis gives it in its keyspace notifications
 * (https://redis.io/docs/latest/develop/use/keyspace-notifications). All of it is a function of the
 * log, so every replica tells the same in the same order, but for reads that find nothing: these
 * are told by the node that was asked.
 */
import type { Key } from "./Key.js"

/** What a subscriber can choose between: of which type a value was, or what happened. */
export type Class = "generic" | "string" | "hash" | "expired" | "evicted" | "new" | "missed"

/** Channels by two ways of Redis to publish, which share no names. */
export type Reach = "channel" | "shard"

export interface Message {
  readonly reach: Reach
  readonly channel: Uint8Array
  readonly payload: Uint8Array
  /** Of the log entry that carries it. */
  readonly index: number
}

/** Called in the midst of a command: it must not look at the store, nor throw. */
export interface Listener {
  readonly published: (message: Message) => void
  readonly notified: (kind: Class, event: string, key: Key) => void
}

/**
 * The commands of subscribers: https://redis.io/docs/latest/develop/pubsub. What is published goes
 * through the log (kv/PublishCommands.ts); who listens is known to the node that it is connected to
 * (Subscriptions.ts).
 *
 * A subscription begins at a moment of the log, as a read does: nothing that was published before
 * it was asked for is heard, even if this node has still to apply it, after a restart for one. If
 * no such moment comes, because nobody leads, it begins all the same.
 */
import * as Latin1 from "../kv/Latin1.js"
import type { Writer } from "../wire/RespReply.js"
import { container, entriesOf, misused } from "./RedisCommand.js"
import type { Client, RedisCommand, Run, Runnable } from "./RedisCommand.js"
import * as Subscriptions from "./Subscriptions.js"

const textOf = (word: Uint8Array): string => Latin1.decode(word, 0, word.length)

const confirm = (out: Writer, verb: string, name: string | undefined, count: number): void => {
  out.push(3)
  out.text(verb)
  if (name === undefined) out.nil()
  else out.text(name)
  out.integer(count)
}

const subscribe = (verb: string, kind: Subscriptions.Kind): Run => (words, out, client, server) => {
  for (const name of words.slice(1).map(textOf)) {
    server.subscriptions.add(client, kind, name)
    confirm(out, verb, name, Subscriptions.countOf(client, kind))
  }
}

/** From these, or from all. */
const unsubscribe =
  (verb: string, kind: Subscriptions.Kind): Run => (words, out, client, server) => {
    const names = words.length > 1 ? words.slice(1).map(textOf) : [...client.subscribed[kind]]
    if (names.length === 0) confirm(out, verb, undefined, Subscriptions.countOf(client, kind))
    for (const name of names) {
      server.subscriptions.remove(client, kind, name)
      confirm(out, verb, name, Subscriptions.countOf(client, kind))
    }
  }

const { local, read } = entriesOf({
  group: "pubsub",
  flags: ["pubsub", "noscript", "loading", "stale"]
})

/** What all names of a kind are. */
const KINDS = {
  channel: { since: "2.0.0", syntax: "channel [channel ...]" },
  pattern: { since: "2.0.0", syntax: "pattern [pattern ...]" },
  shard: {
    since: "7.0.0",
    syntax: "shardchannel [shardchannel ...]",
    keys: [1, -1, 1],
    access: "not_key"
  }
} as const

/** What they say is no reply, and decides what may be asked next. */
const PUSHED = { turns: true, pushes: true } as const

const begin = (name: string, kind: Subscriptions.Kind, summary: string): RedisCommand => {
  const { since, syntax, ...keys } = KINDS[kind]
  return read(name, syntax, -2, since, subscribe(name, kind), summary, {
    ...keys,
    ...PUSHED,
    isNeverRefused: true
  })
}

const end = (name: string, kind: Subscriptions.Kind, summary: string): RedisCommand => {
  const { since, syntax, ...keys } = KINDS[kind]
  const run = unsubscribe(name, kind)
  return local(name, `[${syntax}]`, -1, since, run, summary, { ...keys, ...PUSHED })
}

const channels = (kind: Subscriptions.Kind): Run => (words, out, _client, { subscriptions }) => {
  if (words.length > 3) return out.error(misused(words))
  const pattern = words[2] === undefined ? undefined : textOf(words[2])
  const found = subscriptions.names(kind).filter((name) =>
    pattern === undefined || Subscriptions.isMatch(pattern, name)
  )
  out.array(found.length)
  for (const name of found) out.text(name)
}

const numbers = (kind: Subscriptions.Kind): Run => (words, out, _client, { subscriptions }) => {
  const names = words.slice(2).map(textOf)
  out.array(2 * names.length)
  for (const name of names) {
    out.text(name)
    out.integer(subscriptions.count(kind, name))
  }
}

const patterns: Run = (_words, out, _client, { subscriptions }) =>
  out.integer(subscriptions.names("pattern").length)

const HERE = {
  flags: ["pubsub", "loading", "stale"],
  differs: "Of the node that is asked."
} as const

const subcommands: ReadonlyArray<RedisCommand> = [
  local(
    "pubsub|channels",
    "[pattern]",
    -2,
    "2.8.0",
    channels("channel"),
    "Returns the channels that somebody listens to.",
    HERE
  ),
  local(
    "pubsub|numpat",
    "",
    2,
    "2.8.0",
    patterns,
    "Returns how many patterns somebody listens to.",
    HERE
  ),
  local(
    "pubsub|numsub",
    "[channel [channel ...]]",
    -2,
    "2.8.0",
    numbers("channel"),
    "Returns how many listen to these channels, not by a pattern.",
    HERE
  ),
  local(
    "pubsub|shardchannels",
    "[pattern]",
    -2,
    "7.0.0",
    channels("shard"),
    "Returns the shard channels that somebody listens to.",
    HERE
  ),
  local(
    "pubsub|shardnumsub",
    "[shardchannel [shardchannel ...]]",
    -2,
    "7.0.0",
    numbers("shard"),
    "Returns how many listen to these shard channels.",
    HERE
  )
]

export const commands: ReadonlyArray<RedisCommand> = [
  begin("subscribe", "channel", "Begins to listen to channels."),
  begin("psubscribe", "pattern", "Begins to listen to all channels of these patterns."),
  begin("ssubscribe", "shard", "Begins to listen to shard channels."),
  end("unsubscribe", "channel", "Listens to these channels no more, or to none."),
  end("punsubscribe", "pattern", "Listens by these patterns no more, or by none."),
  end("sunsubscribe", "shard", "Listens to these shard channels no more, or to none."),
  container({
    name: "pubsub",
    group: "pubsub",
    since: "2.8.0",
    helpSince: "6.2.0",
    summary: "Tells what subscribers listen to."
  }, subcommands)
]

/** What a subscriber may ask whose protocol cannot tell replies from what is pushed. */
const ALLOWED: ReadonlyArray<string> = [
  "subscribe",
  "psubscribe",
  "ssubscribe",
  "unsubscribe",
  "punsubscribe",
  "sunsubscribe",
  "ping",
  "quit",
  "reset"
]

/** What of this the client may ask now, or the error to answer. */
export const allowed = (client: Client, command: Runnable | string): Runnable | string =>
  typeof command === "string" || client.protocol === 3 || !Subscriptions.isListening(client) ||
    ALLOWED.includes(command.name)
    ? command
    : `ERR Can't execute '${command.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / ` +
      "QUIT / RESET are allowed in this context"

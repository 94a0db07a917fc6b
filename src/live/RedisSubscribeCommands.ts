/**
 * The commands of subscribers: https://redis.io/docs/latest/develop/pubsub. What is published goes
 * through the log (kv/PublishCommands.ts); who listens is known to the node that he is connected to
 * (Subscriptions.ts).
 *
 * A subscription begins at a moment of the log, as a read does: nothing that was published before it
 * was asked for is heard, even if this node has still to apply it, after a restart for one. Without
 * a leader there is no such moment, and it begins at once.
 */
import * as Latin1 from "../kv/Latin1.js"
import * as Pattern from "../kv/Pattern.js"
import type { Writer } from "../wire/RespReply.js"
import { withHelp } from "./RedisCommand.js"
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

const FLAGS = ["pubsub", "noscript", "loading", "stale"] as const
const SHARD_KEYS = [1, -1, 1] as const

const keysOf = (kind: Subscriptions.Kind) => kind === "shard" ? { keys: SHARD_KEYS } : {}

const begin = (name: string, kind: Subscriptions.Kind): RedisCommand => ({
  kind: "Read",
  name,
  arity: -2,
  flags: FLAGS,
  ...keysOf(kind),
  isNeverRefused: true,
  turns: true,
  pushes: true,
  run: subscribe(name, kind)
})

const end = (name: string, kind: Subscriptions.Kind): RedisCommand => ({
  kind: "Local",
  name,
  arity: -1,
  flags: FLAGS,
  ...keysOf(kind),
  turns: true,
  pushes: true,
  run: unsubscribe(name, kind)
})

const channels = (kind: Subscriptions.Kind): Run => (words, out, _client, { subscriptions }) => {
  if (words.length > 3) {
    const shown = textOf(words[1]!)
    return out.error(
      `ERR unknown subcommand or wrong number of arguments for '${shown}'. Try PUBSUB HELP.`
    )
  }
  const pattern = words[2] === undefined ? "*" : textOf(words[2])
  const found = subscriptions.names(kind).filter((name) => Pattern.isMatch(pattern, name))
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

const subcommand = (
  name: string,
  arity: number,
  help: readonly [usage: string, summary: string],
  run: Run
): RedisCommand => ({
  kind: "Local",
  name: `pubsub|${name}`,
  arity,
  flags: ["pubsub", "loading", "stale"],
  help,
  run
})

const subcommands: ReadonlyArray<RedisCommand> = [
  subcommand("channels", -2, [
    "CHANNELS [<pattern>]",
    "Return the channels that somebody listens to at this node."
  ], channels("channel")),
  subcommand(
    "numpat",
    2,
    [
      "NUMPAT",
      "Return the number of patterns that somebody listens to at this node."
    ],
    (_words, out, _client, { subscriptions }) => out.integer(subscriptions.names("pattern").length)
  ),
  subcommand("numsub", -2, [
    "NUMSUB [<channel> ...]",
    "Return how many listen to these channels at this node, not by a pattern."
  ], numbers("channel")),
  subcommand("shardchannels", -2, [
    "SHARDCHANNELS [<pattern>]",
    "Return the shard channels that somebody listens to at this node."
  ], channels("shard")),
  subcommand("shardnumsub", -2, [
    "SHARDNUMSUB [<shardchannel> ...]",
    "Return how many listen to these shard channels at this node."
  ], numbers("shard"))
]

export const commands: ReadonlyArray<RedisCommand> = [
  begin("subscribe", "channel"),
  begin("psubscribe", "pattern"),
  begin("ssubscribe", "shard"),
  end("unsubscribe", "channel"),
  end("punsubscribe", "pattern"),
  end("sunsubscribe", "shard"),
  {
    kind: "Container",
    name: "pubsub",
    arity: -2,
    flags: [],
    subcommands: withHelp("pubsub", subcommands)
  }
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

/** What the client may ask now, or the error to answer. */
export const allowed = (client: Client, command: Runnable): Runnable | string =>
  client.protocol === 3 || !Subscriptions.isListening(client) || ALLOWED.includes(command.name)
    ? command
    : `ERR Can't execute '${command.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / ` +
      "QUIT / RESET are allowed in this context"

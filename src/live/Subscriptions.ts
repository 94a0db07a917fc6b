/**
 * Who of this node's clients listens to what, and how they are told: to channels by their names, to
 * channels by a pattern, and to shard channels, which in a cluster of one shard are channels with
 * names of their own. Every node applies the whole log, so each tells its own subscribers, and none
 * needs to know of those of others.
 *
 * A message is pushed to each subscriber in the order of the log, before the reply to whatever was
 * written after it. At most once: a subscriber that does not read fast enough is closed
 * (RedisConnection.ts), and what is said meanwhile is not said again.
 */
import type { Message, Reach } from "../kv/Events.js"
import * as Latin1 from "../kv/Latin1.js"
import * as Pattern from "../kv/Pattern.js"
import type { Client, Tell } from "./ConnectedClient.js"

/** In which way a name is listened to. */
export type Kind = Reach | "pattern"

/** What one client listens to, in the order in which it began. */
export type Subscribed = Readonly<Record<Kind, Set<string>>>

export const nothing = (): Subscribed => ({
  channel: new Set(),
  pattern: new Set(),
  shard: new Set()
})

/** Whether the client listens to anything. */
export const isListening = ({ subscribed: { channel, pattern, shard } }: Client): boolean =>
  channel.size > 0 || pattern.size > 0 || shard.size > 0

/** As Redis counts in what it confirms: channels and patterns together, shard channels alone. */
export const countOf = ({ subscribed }: Client, kind: Kind): number =>
  kind === "shard" ? subscribed.shard.size : subscribed.channel.size + subscribed.pattern.size

/** Unlike KEYS, Redis lets a star stand for no empty name here. */
export const isMatch = (pattern: string, channel: string): boolean =>
  channel === "" ? pattern === "" : Pattern.isMatch(pattern, channel)

const NOBODY: ReadonlyArray<number> = []

/** The payload, as one reply. */
type Payload = Uint8Array | Tell

/** Says these parts to a subscriber. */
export const say = (...parts: ReadonlyArray<string | Payload>): Tell => (out) => {
  out.push(parts.length)
  for (const part of parts) {
    if (typeof part === "string") out.text(part)
    else if (typeof part === "function") part(out)
    else out.bulk(part)
  }
}

export class Subscriptions {
  /** No name is without clients. */
  readonly #clients: Readonly<Record<Kind, Map<string, Set<Client>>>> = {
    channel: new Map(),
    pattern: new Map(),
    shard: new Map()
  }
  /** The last entry of the log that had messages, and how many clients heard each of them. */
  #index = 0
  #heard: Array<number> = []

  add(client: Client, kind: Kind, name: string): void {
    client.subscribed[kind].add(name)
    const clients = this.#clients[kind].get(name)
    if (clients === undefined) this.#clients[kind].set(name, new Set([client]))
    else clients.add(client)
  }

  remove(client: Client, kind: Kind, name: string): void {
    client.subscribed[kind].delete(name)
    const clients = this.#clients[kind].get(name)
    if (clients?.delete(client) === true && clients.size === 0) this.#clients[kind].delete(name)
  }

  /** The client listens to nothing any more. */
  leave(client: Client): void {
    for (const kind of ["channel", "pattern", "shard"] as const) {
      for (const name of client.subscribed[kind]) this.remove(client, kind, name)
    }
  }

  /** To which somebody listens. */
  names(kind: Kind): ReadonlyArray<string> {
    return [...this.#clients[kind].keys()]
  }

  /** How many listen to it by exactly this name. */
  count(kind: Kind, name: string): number {
    return this.#clients[kind].get(name)?.size ?? 0
  }

  /** Tells those who listen. Returns how often somebody was told, as Redis counts. */
  publish(reach: Reach, channel: string, payload: Uint8Array): number {
    const clients = this.#clients[reach].get(channel)
    let told = 0
    if (clients !== undefined) {
      const tell = say(reach === "channel" ? "message" : "smessage", channel, payload)
      for (const client of clients) client.push(tell)
      told += clients.size
    }
    return reach === "channel" ? told + this.#publishToPatterns(channel, payload) : told
  }

  #publishToPatterns(channel: string, payload: Uint8Array): number {
    let told = 0
    for (const [pattern, clients] of this.#clients.pattern) {
      if (!isMatch(pattern, channel)) continue
      const tell = say("pmessage", pattern, channel, payload)
      for (const client of clients) client.push(tell)
      told += clients.size
    }
    return told
  }

  /** The log has a message. */
  readonly published = ({ channel, index, payload, reach }: Message): void => {
    if (index !== this.#index) this.#heard = []
    this.#index = index
    const name = Latin1.decode(channel, 0, channel.length)
    this.#heard.push(this.publish(reach, name, payload))
  }

  /** How many heard each message of the entry at `index`, to be asked right after it applied. */
  heard(index: number): ReadonlyArray<number> {
    return index === this.#index ? this.#heard : NOBODY
  }
}

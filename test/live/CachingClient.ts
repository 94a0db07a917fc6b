/**
 * A client that keeps what it reads until it is told that it has changed, as the caches of client
 * libraries do: it takes what it hears in the order in which it hears it, and knows nothing else.
 */
import type * as Net from "node:net"
import { RawClient, request } from "./RawClient.js"
import * as Reply from "./redis/Reply.js"

type Words = ReadonlyArray<string>

/** What it keeps of an answer, by its words. */
type Kept = Map<string, string>

export class CachingClient {
  readonly raw: RawClient
  /** Of each request that reads one key: the reply, as it came. */
  readonly kept: Kept = new Map()
  /** Whether it has said that it knows itself what it writes. */
  readonly #isNoLoop: boolean
  readonly #asked: Array<Words> = []
  #queued: Array<Words> = []
  #at = 0

  private constructor(raw: RawClient, isNoLoop: boolean) {
    this.raw = raw
    this.#isNoLoop = isNoLoop
  }

  static async connect(where: Net.NetConnectOpts, options: Words): Promise<CachingClient> {
    const client = new CachingClient(await RawClient.connect(where), options.includes("NOLOOP"))
    client.ask(["HELLO", "3"], ["CLIENT", "TRACKING", "ON", ...options])
    return client
  }

  ask(...requests: ReadonlyArray<Words>): void {
    this.#asked.push(...requests)
    this.raw.send(requests.map((words) => request(...words)).join(""))
  }

  /** Resolves when it has heard the reply to all that it has asked. */
  async answered(): Promise<void> {
    await this.raw.until(() => {
      this.#hear()
      return this.#asked.length === 0
    })
  }

  #hear(): void {
    for (;;) {
      const reply = Reply.read(this.raw.received, this.#at)
      if (reply === undefined) return
      this.#at += reply.raw.length
      if (Reply.isPush(reply)) this.#forget(reply.items[1]!)
      else this.#take(this.#asked.shift()!, reply)
    }
  }

  #forget({ items, mark }: Reply.Reply): void {
    if (mark === "_") this.kept.clear()
    for (const { text } of items) this.#drop(text)
  }

  #drop(key: string): void {
    for (const asked of this.kept.keys()) {
      if (asked.endsWith(` ${key}`)) this.kept.delete(asked)
    }
  }

  #take(words: Words, reply: Reply.Reply): void {
    const [name, key] = words
    if (reply.text === "QUEUED") {
      this.#queued.push(words)
    } else if (name === "EXEC") {
      const queued = this.#queued
      this.#queued = []
      queued.forEach((each, at) => this.#take(each, reply.items[at]!))
    } else if (name === "GET" || name === "TTL") {
      this.kept.set(words.join(" "), reply.raw)
    } else if (this.#isNoLoop && key !== undefined) {
      this.#drop(key)
    }
  }
}

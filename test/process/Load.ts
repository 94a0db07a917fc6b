/**
 * Clients that write without a pause through every node and remember what they were told. Each has
 * one request under way: it sets a new key, adds one to a counter they all share, and reads that
 * counter. In the end the cluster is held to every answer.
 */
import { assert } from "@effect/vitest"
import type { Cluster, Node } from "./Cluster.js"
import { Refusal } from "./RespClient.js"
import type { Reply, RespClient } from "./RespClient.js"

/** The two kinds of errors on which clients are told to rely: nothing was done, or nobody knows. */
const isRefused = (reply: Reply): boolean =>
  reply instanceof Refusal && /^(CLUSTERDOWN|TRYAGAIN) /.test(reply.message)
const isUnknown = (reply: Reply): boolean =>
  reply instanceof Refusal && reply.message === "UNKNOWN write outcome unknown"

const text = (reply: Reply): string => JSON.stringify(reply)

const CLIENTS_PER_NODE = 4
const COUNTER = "counter"
const KEYS_PER_READ = 500

interface Waiting {
  readonly count: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export class Load {
  readonly #cluster: Cluster
  readonly #clients: ReadonlyArray<Promise<void>>
  #stopping = false
  #stop: () => void = () => {}
  readonly #stopped = new Promise<void>((resolve) => (this.#stop = resolve))

  /** By what became of them. The value of each key is its name. */
  readonly #acknowledged: Array<string> = []
  readonly #refused: Array<string> = []
  readonly #counts = new Set<number>()
  #highestCount = 0
  /** Increments that were sent and neither acknowledged nor refused. */
  #uncertain = 0
  /** Whatever no client should ever see. */
  readonly #complaints: Array<string> = []
  #waiting: Array<Waiting> = []

  constructor(cluster: Cluster) {
    this.#cluster = cluster
    this.#clients = cluster.nodes.flatMap((node) =>
      Array.from({ length: CLIENTS_PER_NODE }, (_, at) => this.#run(node, `${node.id}-${at}`))
    )
  }

  /** Resolves when so many more keys have been acknowledged; rejects if a client complains. */
  more(count: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ count: this.#acknowledged.length + count, resolve, reject })
    })
  }

  /** Resolves when every client has the answer to its last request, or knows that none comes. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#stop()
    await Promise.all(this.#clients)
  }

  /** Asks every node, all of which must run, for everything the clients were told. */
  async verify(): Promise<void> {
    assert.deepStrictEqual(this.#complaints, [])
    for (const node of this.#cluster.nodes) {
      const client = await node.connect()
      const missing = await keysWithout(client, this.#acknowledged, (key) => key)
      assert.deepStrictEqual(missing, [], `acknowledged, and not to be read at ${node.id}`)
      const done = await keysWithout(client, this.#refused, () => null)
      assert.deepStrictEqual(done, [], `refused, and yet to be read at ${node.id}`)
      const count = Number(await client.send("GET", COUNTER))
      const { size } = this.#counts
      assert.isAtLeast(count, size, "less was counted than acknowledged")
      assert.isAtMost(count, size + this.#uncertain, "something was counted twice")
      client.close()
    }
  }

  async #run(node: Node, name: string): Promise<void> {
    let next = 0
    while (!this.#stopping) {
      await Promise.race([node.serves, this.#stopped])
      if (this.#stopping) return
      const process = node.running
      let client: RespClient | undefined
      try {
        client = await node.connect()
        while (!this.#stopping) {
          await this.#set(client, `${name}-${next++}`)
          await this.#increment(client)
          await this.#readCounter(client)
        }
      } catch (error) {
        // Only the end of its node may take a connection away, or keep it from being made.
        if (process !== undefined && node.running === process) {
          return this.#complain(`${node.id} cut off a client: ${error}`)
        }
      } finally {
        client?.close()
      }
    }
  }

  async #set(client: RespClient, key: string): Promise<void> {
    const reply = await client.send("SET", key, key)
    if (reply === "OK") {
      this.#acknowledged.push(key)
      this.#tell()
    } else if (isRefused(reply)) {
      this.#refused.push(key)
    } else if (!isUnknown(reply)) {
      this.#complain(`SET: ${text(reply)}`)
    }
  }

  async #increment(client: RespClient): Promise<void> {
    this.#uncertain += 1
    const reply = await client.send("INCR", COUNTER)
    if (isUnknown(reply)) return
    this.#uncertain -= 1
    if (typeof reply === "number") {
      if (this.#counts.has(reply)) this.#complain(`two were told that they are ${reply}`)
      this.#counts.add(reply)
      this.#highestCount = Math.max(this.#highestCount, reply)
    } else if (!isRefused(reply)) {
      this.#complain(`INCR: ${text(reply)}`)
    }
  }

  /** A read shows at least what anybody was told before it was asked for. */
  async #readCounter(client: RespClient): Promise<void> {
    const least = this.#highestCount
    const reply = await client.send("GET", COUNTER)
    if (isRefused(reply)) return
    if (reply instanceof Refusal) this.#complain(`GET: ${text(reply)}`)
    else if (Number(reply) < least) this.#complain(`read ${reply} after ${least}`)
  }

  #complain(complaint: string): void {
    this.#complaints.push(complaint)
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(complaint))
  }

  #tell(): void {
    const { length } = this.#acknowledged
    for (const { resolve } of this.#waiting.filter(({ count }) => count <= length)) resolve()
    this.#waiting = this.#waiting.filter(({ count }) => count > length)
  }
}

/** The keys that do not have the value they should have. */
const keysWithout = async (
  client: RespClient,
  keys: ReadonlyArray<string>,
  value: (key: string) => string | null
): Promise<ReadonlyArray<string>> => {
  const wrong: Array<string> = []
  for (let at = 0; at < keys.length; at += KEYS_PER_READ) {
    const some = keys.slice(at, at + KEYS_PER_READ)
    const values = await client.send("MGET", ...some)
    if (!Array.isArray(values)) throw new Error(`MGET: ${text(values)}`)
    wrong.push(...some.filter((key, index) => values[index] !== value(key)))
  }
  return wrong
}

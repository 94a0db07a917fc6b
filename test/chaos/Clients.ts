/**
 * Concurrent clients that write down what they asked, what they were told and when, by one
 * monotonic clock. A refusal did nothing, so the operation is no part of the history. Whatever else
 * is no answer leaves it open: a lost connection, a client that lost patience, an unknown outcome.
 */
import { setTimeout } from "node:timers/promises"
import type { Operation } from "../../src/sim/LinearizabilitySearch.js"
import { Refusal, RespClient } from "../process/RespClient.js"
import type { Reply } from "../process/RespClient.js"
import type { Cluster } from "./Cluster.js"
import type { Draw } from "./Faults.js"
import type { Answer, Words } from "./RedisKey.js"

export const CLIENTS = 16
const VALUE_KEYS = 9
const COUNTER_KEYS = 2

/** Less than a node is given to refuse: some clients lose patience. */
const PATIENCE_MILLIS = 2_500

/** Whoever was refused must not spin. */
const BACKOFF_MILLIS = 20

/** On its own time: one that waits for a node that is gone tries another after so many. */
const OPERATIONS_PER_CONNECTION = 200

export const instant = (): number => Math.round(performance.now() * 1_000)

const isRefused = ({ message }: Refusal): boolean => /^(CLUSTERDOWN|TRYAGAIN) /.test(message)

export class Clients {
  readonly operations: Array<Operation<Words, Answer>> = []
  readonly #cluster: Cluster
  readonly #draw: Draw
  #running: ReadonlyArray<Promise<void>> = []
  #stopping = false
  #next = 0
  acknowledged = 0
  refused = 0
  /** Errors of which clients were not told what they mean, by their texts. */
  readonly strange = new Map<string, number>()

  constructor(cluster: Cluster, draw: Draw) {
    this.#cluster = cluster
    this.#draw = draw
  }

  get unknown(): number {
    return this.operations.length - this.acknowledged
  }

  start(): void {
    this.#running = Array.from({ length: CLIENTS }, (_, at) => this.#run(at + 1))
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#running)
  }

  /** Every key once more, at every node. */
  async readAll(): Promise<void> {
    for (const { address } of this.#cluster.nodes) {
      const client = await RespClient.connect(address.port, address.host)
      for (const key of keys) await this.#do(client, 0, ["GET", key])
      client.close()
    }
  }

  async #run(number: number): Promise<void> {
    while (!this.#stopping) {
      const { nodes } = this.#cluster
      const { address } = nodes[this.#draw(nodes.length)]!
      let client: RespClient | undefined
      try {
        client = await RespClient.connect(address.port, address.host)
        for (let at = 0; at < OPERATIONS_PER_CONNECTION && !this.#stopping; at++) {
          if (!await this.#do(client, number, this.#request())) break
        }
      } catch {
        await setTimeout(BACKOFF_MILLIS)
      } finally {
        client?.close()
      }
    }
  }

  #request(): Words {
    const value = `v${this.#next}`
    const kind = this.#draw(100)
    if (kind < 15) {
      const counter = `c${this.#draw(COUNTER_KEYS)}`
      return kind < 8 ? ["INCR", counter] : ["GET", counter]
    }
    const key = `k${this.#draw(VALUE_KEYS)}`
    if (kind < 55) return ["GET", key]
    if (kind < 75) return ["SET", key, value]
    if (kind < 80) return ["SET", key, value, "GET"]
    if (kind < 86) return ["SET", key, value, "NX"]
    if (kind < 91) return ["SET", key, value, "XX", "GET"]
    return kind < 94 ? ["EXISTS", key] : ["DEL", key]
  }

  /** False if another connection is needed. */
  async #do(client: RespClient, number: number, request: Words): Promise<boolean> {
    const id = this.#next++
    const calledAt = instant()
    const reply = await inTime(client.send(...request))
    const returnedAt = instant()
    const open = { id, client: number, request, calledAt, returnedAt: undefined, answer: undefined }
    if (reply === undefined) {
      this.operations.push(open)
      return false
    }
    if (!(reply instanceof Refusal)) {
      this.acknowledged += 1
      this.operations.push({ ...open, returnedAt, answer: reply as Answer })
      return true
    }
    if (isRefused(reply)) {
      this.refused += 1
      await setTimeout(BACKOFF_MILLIS)
      return false
    }
    this.operations.push(open)
    if (!reply.message.startsWith("UNKNOWN ")) {
      this.strange.set(reply.message, (this.strange.get(reply.message) ?? 0) + 1)
    }
    return true
  }
}

const keys = [
  ...Array.from({ length: VALUE_KEYS }, (_, at) => `k${at}`),
  ...Array.from({ length: COUNTER_KEYS }, (_, at) => `c${at}`)
]

/** Undefined if there is none, or none in time. */
const inTime = async (reply: Promise<Reply>): Promise<Reply | undefined> => {
  const patience = new AbortController()
  const late = setTimeout(PATIENCE_MILLIS, undefined, { signal: patience.signal })
  late.catch(() => undefined)
  try {
    return await Promise.race([reply, late])
  } catch {
    return undefined
  } finally {
    reply.catch(() => undefined)
    patience.abort()
  }
}

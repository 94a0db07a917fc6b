/**
 * A client with the retry that real Redis clients have: it keeps one connection to one node, and
 * goes to the next when a connection cannot be made, has ended, or brings a refusal, of which it is
 * promised that nothing was done. What nobody knows the fate of, it does not send again.
 */
import { setTimeout } from "node:timers/promises"
import type { Node } from "./Cluster.js"
import { Refusal } from "./RespClient.js"
import type { Reply, RespClient } from "./RespClient.js"

/** As many as ioredis makes by default. */
const ATTEMPTS = 20

/** Once more with each attempt: in all, about as long as a node takes to refuse. */
const BACKOFF_MILLIS = 20

const isRefused = ({ message }: Refusal): boolean => /^(CLUSTERDOWN|TRYAGAIN) /.test(message)

export class RetryingClient {
  readonly #nodes: ReadonlyArray<Node>
  #at: number
  #client: RespClient | undefined
  /** Requests that were refused or met nobody, and were sent again. */
  retries = 0

  /** Begins with the node `at`. */
  constructor(nodes: ReadonlyArray<Node>, at: number) {
    this.#nodes = nodes
    this.#at = at % nodes.length
  }

  /** The last refusal if all attempts fail. Rejects if the connection ends before the answer. */
  async send(...words: ReadonlyArray<string>): Promise<Reply> {
    let refusal = new Refusal("nobody could be reached")
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const client = await this.#connection()
      if (client !== undefined) {
        const reply = await client.send(...words)
        if (!(reply instanceof Refusal) || !isRefused(reply)) return reply
        refusal = reply
      }
      this.#next()
      this.retries += 1
      await setTimeout(attempt * BACKOFF_MILLIS)
    }
    return refusal
  }

  close(): void {
    this.#client?.close()
  }

  #next(): void {
    this.#client?.close()
    this.#client = undefined
    this.#at = (this.#at + 1) % this.#nodes.length
  }

  /** Undefined if there is none to be had at this node. */
  async #connection(): Promise<RespClient | undefined> {
    if (this.#client?.isOpen === true) return this.#client
    try {
      this.#client = await this.#nodes[this.#at]!.connect()
      return this.#client
    } catch {
      return undefined
    }
  }
}

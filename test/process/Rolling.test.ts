/**
 * All nodes restarted one after the other, as an upgrade does it. Clients with the usual retry must
 * not notice: no request of theirs fails, and nothing that they were told is lost.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { cleanUp, Cluster } from "./Cluster.js"
import { RetryingClient } from "./RetryingClient.js"

const CLIENTS = 9
const A_WHILE = 100
const COUNTER = "counter"

afterEach(cleanUp)

/** Each with one request under way: a new key, one more in a counter of all, and both read. */
class Load {
  readonly #nodes: Cluster["nodes"]
  readonly #clients: ReadonlyArray<RetryingClient>
  readonly #running: Promise<ReadonlyArray<void>>
  readonly #keys: Array<string> = []
  #counted = 0
  #isOver = false
  #waiting: Array<{ readonly keys: number; readonly resolve: () => void }> = []

  constructor({ nodes }: Cluster) {
    this.#nodes = nodes
    this.#clients = Array.from({ length: CLIENTS }, (_, at) => new RetryingClient(nodes, at))
    this.#running = Promise.all(this.#clients.map((client, at) => this.#run(client, `client${at}`)))
  }

  get retries(): number {
    return this.#clients.reduce((sum, { retries }) => sum + retries, 0)
  }

  /** Resolves when so many more keys are written; rejects as soon as a request fails. */
  more(keys: number): Promise<unknown> {
    const enough = new Promise<void>((resolve) => {
      this.#waiting.push({ keys: this.#keys.length + keys, resolve })
    })
    return Promise.race([enough, this.#running])
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#running
  }

  async verify(): Promise<void> {
    for (const node of this.#nodes) {
      const client = await node.connect()
      assert.strictEqual(await client.send("GET", COUNTER), String(this.#counted), node.id)
      for (const key of this.#keys) assert.strictEqual(await client.send("GET", key), key, node.id)
      client.close()
    }
  }

  async #run(client: RetryingClient, name: string): Promise<void> {
    for (let at = 0; !this.#isOver; at++) {
      const key = `${name}-${at}`
      assert.strictEqual(await client.send("SET", key, key), "OK")
      const least = this.#counted
      assert.isAbove(Number(await client.send("INCR", COUNTER)), least)
      this.#counted += 1
      assert.strictEqual(await client.send("GET", key), key)
      assert.isAbove(Number(await client.send("GET", COUNTER)), least)
      this.#wrote(key)
    }
    client.close()
  }

  #wrote(key: string): void {
    this.#keys.push(key)
    const isDue = ({ keys }: { readonly keys: number }): boolean => keys <= this.#keys.length
    for (const { resolve } of this.#waiting.filter(isDue)) resolve()
    this.#waiting = this.#waiting.filter((each) => !isDue(each))
  }
}

describe("a rolling restart", () => {
  it("of all nodes fails no request of clients that retry, and loses nothing", async () => {
    const cluster = await Cluster.start()
    const load = new Load(cluster)
    for (const node of cluster.nodes) {
      await load.more(A_WHILE)
      assert.deepStrictEqual(await node.end("SIGTERM"), { code: 0, signal: null })
      await load.more(A_WHILE)
      await node.start()
      await cluster.leader(node)
    }
    await load.more(A_WHILE)
    await load.stop()
    assert.isAbove(load.retries, 0)
    await load.verify()
  })
})

/**
 * The caches that client libraries keep themselves: node-redis tracks what it reads from one node,
 * while others write through another one.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { once } from "node:events"
import * as NodeRedis from "redis"
import * as NodeRedis6 from "redis-6"
import { cleanUp, Cluster } from "./Cluster.js"
import type { Node } from "./Cluster.js"

afterEach(cleanUp)

/** What both versions have in common. */
interface Reader {
  readonly get: (key: string) => Promise<string | null>
  /** How often its own cache had the answer. */
  readonly hits: () => number
  /** Resolves when it is told that something has changed. */
  readonly invalidated: () => Promise<unknown>
  readonly close: () => void
}

/** The client of either version, as far as it is used here. */
interface Client {
  readonly on: (event: "error", listener: () => void) => unknown
  readonly connect: () => Promise<unknown>
  readonly get: (key: string) => Promise<string | null>
  readonly destroy: () => void
}

type Cache = NodeRedis.BasicClientSideCache | NodeRedis6.BasicClientSideCache

const readerOf = async (client: Client, cache: Cache): Promise<Reader> => {
  client.on("error", () => {})
  await client.connect()
  return {
    get: (key) => client.get(key),
    hits: () => cache.stats().hitCount,
    invalidated: () => once(cache, "invalidate"),
    close: () => client.destroy()
  }
}

type Connect = (node: Node) => Promise<Reader>

const options = ({ redisPort }: Node) =>
  ({ RESP: 3, url: `redis://127.0.0.1:${redisPort}` }) as const

const nodeRedis5: Connect = (node) => {
  const cache = new NodeRedis.BasicClientSideCache()
  return readerOf(NodeRedis.createClient({ ...options(node), clientSideCache: cache }), cache)
}

const nodeRedis6: Connect = (node) => {
  const cache = new NodeRedis6.BasicClientSideCache()
  return readerOf(NodeRedis6.createClient({ ...options(node), clientSideCache: cache }), cache)
}

/** Two nodes to read from, and a client that writes through the third. */
const start = async () => {
  const cluster = await Cluster.start()
  const leader = await cluster.leader()
  const [follower, other] = cluster.others(leader)
  return { leader, follower, writer: await other.connect() }
}

describe.each([["node-redis 5", nodeRedis5], ["node-redis 6", nodeRedis6]] as const)(
  "the cache of %s",
  (_, connect) => {
    it("has a value until another client writes it through another node", async () => {
      const { follower, leader, writer } = await start()
      for (const node of [leader, follower]) {
        const reader = await connect(node)
        await writer.send("SET", "k", "old")
        assert.strictEqual(await reader.get("k"), "old")
        assert.strictEqual(await reader.get("k"), "old")
        assert.strictEqual(reader.hits(), 1)
        const invalidated = reader.invalidated()
        await writer.send("SET", "k", "new")
        await invalidated
        assert.strictEqual(await reader.get("k"), "new")
        assert.strictEqual(reader.hits(), 1)
        reader.close()
      }
    })

    it("has nothing from before the node was lost that it uses", async () => {
      const { leader, writer } = await start()
      await writer.send("SET", "k", "old")
      const reader = await connect(leader)
      assert.strictEqual(await reader.get("k"), "old")
      await leader.end("SIGKILL")
      while (await writer.send("SET", "k", "new") !== "OK");
      await leader.start()
      assert.strictEqual(await reader.get("k"), "new")
      reader.close()
    })
  }
)

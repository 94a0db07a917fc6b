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

type Connect = (node: Node) => Promise<Reader>

const options = ({ redisPort }: Node) =>
  ({ RESP: 3, url: `redis://127.0.0.1:${redisPort}` }) as const

const nodeRedis5: Connect = async (node) => {
  const cache = new NodeRedis.BasicClientSideCache()
  const client = NodeRedis.createClient({ ...options(node), clientSideCache: cache })
  client.on("error", () => {})
  await client.connect()
  return {
    get: (key) => client.get(key),
    hits: () => cache.stats().hitCount,
    invalidated: () => once(cache, "invalidate"),
    close: () => client.destroy()
  }
}

const nodeRedis6: Connect = async (node) => {
  const cache = new NodeRedis6.BasicClientSideCache()
  const client = NodeRedis6.createClient({ ...options(node), clientSideCache: cache })
  client.on("error", () => {})
  await client.connect()
  return {
    get: (key) => client.get(key),
    hits: () => cache.stats().hitCount,
    invalidated: () => once(cache, "invalidate"),
    close: () => client.destroy()
  }
}

describe.each([["node-redis 5", nodeRedis5], ["node-redis 6", nodeRedis6]] as const)(
  "the cache of %s",
  (_, connect) => {
    it("has a value until another client writes it through another node", async () => {
      const cluster = await Cluster.start()
      const leader = await cluster.leader()
      const [follower, other] = cluster.others(leader)
      const writer = await other.connect()
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
      const cluster = await Cluster.start()
      const [used] = cluster.nodes
      const [, other] = cluster.others(used!)
      const writer = await other.connect()
      await writer.send("SET", "k", "old")
      const reader = await connect(used!)
      assert.strictEqual(await reader.get("k"), "old")
      await used!.end("SIGKILL")
      while (await writer.send("SET", "k", "new") !== "OK");
      await used!.start()
      assert.strictEqual(await reader.get("k"), "new")
      reader.close()
    })
  }
)

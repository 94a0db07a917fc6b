/**
 * `--max-memory` of three processes: what they hold, and that they hold the same.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { cleanUp, Cluster } from "./Cluster.js"
import type { Node } from "./Cluster.js"
import { Refusal } from "./RespClient.js"
import type { RespClient } from "./RespClient.js"

const LIMIT_BYTES = 1024 * 1024
const flags = ["--max-memory", "1mb", "--max-memory-policy", "allkeys-lru"]

/** Several times as much as may be held, with these values. */
const KEYS = 4_000
const VALUE = "v".repeat(1_000)
const IN_FLIGHT = 100

afterEach(cleanUp)

const fill = async (client: RespClient, name: string): Promise<void> => {
  for (let at = 0; at < KEYS; at += IN_FLIGHT) {
    const replies = await Promise.all(
      Array.from(
        { length: IN_FLIGHT },
        (_, nth) => client.send("SET", `${name}:${at + nth}`, VALUE)
      )
    )
    assert.deepStrictEqual(replies.filter((reply) => reply !== "OK"), [])
  }
}

const usedBytes = async (client: RespClient): Promise<number> =>
  Number(/used_memory:(\d+)/.exec(String(await client.send("INFO", "memory")))![1])

/** As soon as it holds no more than it may: what is over when nothing is written goes then. */
const settle = async (client: RespClient): Promise<void> => {
  while (await usedBytes(client) > LIMIT_BYTES) await client.send("GET", "nothing")
}

/** All keys, in an order of their own. */
const keysOf = async (node: Node): Promise<ReadonlyArray<string>> => {
  const client = await node.connect()
  await settle(client)
  const keys = await client.send("KEYS", "*") as ReadonlyArray<string>
  client.close()
  return [...keys].sort()
}

describe("a cluster that is told to hold 1 MiB", () => {
  it("holds that much at most on every node, and the same, whoever leads", async () => {
    const cluster = await Cluster.start({ flags })
    const first = await cluster.leader()
    const [follower, other] = cluster.others(first)
    const client = await follower.connect()
    await fill(client, "before")
    await settle(client)
    await first.end("SIGKILL")
    await cluster.leader(follower)
    await fill(client, "after")
    await settle(client)
    await first.start()
    const [keys, ...same] = [await keysOf(follower), await keysOf(other), await keysOf(first)]
    assert.deepStrictEqual(same, [keys, keys])
    assert.isAbove(keys!.length, 500)
    assert.include(keys!, `after:${KEYS - 1}`)
    client.close()
  })

  it("refuses writes at every node once the leader is told that no key may go", async () => {
    const cluster = await Cluster.start({ flags })
    const clients = await Promise.all(cluster.nodes.map((node) => node.connect()))
    await fill(clients[0]!, "key")
    for (const client of clients) {
      const set = ["CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "100kb"]
      assert.strictEqual(await client.send(...set), "OK")
    }
    for (const client of clients) {
      assert.deepStrictEqual(
        await client.send("SET", "more", VALUE),
        new Refusal("OOM command not allowed when used memory > 'maxmemory'.")
      )
      assert.strictEqual(await client.send("DEL", "more"), 0)
    }
    for (const client of clients) client.close()
  })
})

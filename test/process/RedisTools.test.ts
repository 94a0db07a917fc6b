/**
 * Redis' own tools against a cluster, unmodified.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { cleanUp, Cluster } from "./Cluster.js"
import * as Tool from "./Tool.js"

const REQUESTS = 2_000
const VALUE_BYTES = 256

afterEach(cleanUp)

describe("redis-benchmark", () => {
  it("ends without an error, at the leader as at a follower", async (context) => {
    Tool.need(context, "redis-benchmark")
    const cluster = await Cluster.start()
    const leader = await cluster.leader()
    for (const { redisPort } of [leader, cluster.others(leader)[0]]) {
      const words = ["-p", redisPort, "-t", "set,get", "-n", REQUESTS, "-c", 16, "-d", VALUE_BYTES]
      const { code, output } = await Tool.run("redis-benchmark", [...words.map(String), "--csv"])
      assert.strictEqual(code, 0, output)
      assert.notMatch(output, /error|failed|warning/i)
      assert.match(output, /^"SET",.*^"GET",/ms)
    }
    for (const node of cluster.nodes) {
      const value = await (await node.connect()).send("GET", "key:__rand_int__")
      assert.strictEqual(String(value).length, VALUE_BYTES)
    }
  })
})

describe("redis-cli", () => {
  it("writes at one node and reads at another, in RESP2 and in RESP3", async (context) => {
    Tool.need(context, "redis-cli")
    const cluster = await Cluster.start()
    const ports = cluster.nodes.map(({ redisPort }) => String(redisPort))
    for (const protocol of ["-2", "-3"]) {
      const ask = (at: number, ...words: ReadonlyArray<string>) =>
        Tool.run("redis-cli", [protocol, "-e", "-p", ports[at]!, ...words])
      assert.deepStrictEqual(await ask(0, "set", "greeting", protocol), { code: 0, output: "OK\n" })
      assert.deepStrictEqual(await ask(1, "get", "greeting"), { code: 0, output: `${protocol}\n` })
      assert.deepStrictEqual(await ask(2, "get", "nothing"), { code: 0, output: "\n" })
      assert.match((await ask(2, "info", "raft")).output, /leader_id:n[123]/)
    }
  })
})

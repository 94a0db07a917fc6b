/**
 * SIGTERM: a node that is asked to stop owes an answer to whoever has asked it something.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { cleanUp, Cluster } from "./Cluster.js"
import { Load } from "./Load.js"

const A_WHILE = 50

afterEach(cleanUp)

describe("SIGTERM", () => {
  it("stops any node under load with exit code 0, and a restart finds every write", async () => {
    const cluster = await Cluster.start()
    const load = new Load(cluster)
    const leader = await cluster.leader()
    for (const node of [leader, ...cluster.others(leader)]) {
      await load.more(A_WHILE)
      assert.deepStrictEqual(await node.end("SIGTERM"), { code: 0, signal: null }, node.id)
      await load.more(A_WHILE)
      await node.start()
    }
    await load.stop()
    const stops = cluster.nodes.map((node) => node.end("SIGTERM"))
    for (const ending of stops) assert.deepStrictEqual(await ending, { code: 0, signal: null })
    await Promise.all(cluster.nodes.map((node) => node.start()))
    await load.verify()
  })

  it("ends a node that idle clients are connected to", async () => {
    const cluster = await Cluster.start()
    const [node] = cluster.nodes
    const client = await node!.connect()
    assert.strictEqual(await client.send("PING"), "PONG")
    assert.deepStrictEqual(await node!.end("SIGTERM"), { code: 0, signal: null })
  })
})

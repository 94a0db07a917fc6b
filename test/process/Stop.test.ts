/**
 * SIGTERM: a node that is asked to stop owes an answer to whoever has asked it something.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { cleanUp, Cluster, raftInfo } from "./Cluster.js"
import type { Node } from "./Cluster.js"
import { Load } from "./Load.js"
import { Refusal } from "./RespClient.js"

const A_WHILE = 50
const WAITING = 20

afterEach(cleanUp)

/** Asks one node for writes, and stops it while none of them can be carried out. */
const stopWithWritesUnderWay = async (cluster: Cluster, node: Node) => {
  const others = cluster.others(node)
  const client = await node.connect()
  const witness = await node.connect()
  for (const { program } of others) program.pause()
  const asked = client.sendAll(
    Array.from({ length: WAITING }, (_, at) => ["SET", `late-${at}`, "v"])
  )
  while (Number((await raftInfo(witness))["pending_requests"]) < WAITING);
  const ending = node.end("SIGTERM")
  const replies = await asked
  const ended = await ending
  for (const { program } of others) program.resume()
  return { ended, replies }
}

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

  it("leaves no request without an answer, on a leader as on a follower", async () => {
    // Both wait at the same time.
    await Promise.all(["leader", "follower"].map(async (role) => {
      const cluster = await Cluster.start()
      const leader = await cluster.leader()
      const node = role === "leader" ? leader : cluster.others(leader)[0]
      const { ended, replies } = await stopWithWritesUnderWay(cluster, node)
      assert.deepStrictEqual(ended, { code: 0, signal: null })
      for (const reply of replies) {
        assert.instanceOf(reply, Refusal)
        assert.match((reply as Refusal).message, /^(UNKNOWN|CLUSTERDOWN) /)
      }
      await node.start()
      await cluster.leader()
    }))
  })

  it("ends a node that idle clients are connected to", async () => {
    const cluster = await Cluster.start()
    const [node] = cluster.nodes
    const client = await node!.connect()
    assert.strictEqual(await client.send("PING"), "PONG")
    assert.deepStrictEqual(await node!.end("SIGTERM"), { code: 0, signal: null })
  })
})

/**
 * Leadership is handed over on demand and before a leader stops, while clients write.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { cleanUp, Cluster, raftInfo } from "./Cluster.js"
import type { Node } from "./Cluster.js"
import { Load } from "./Load.js"
import { Program } from "./Program.js"

const A_WHILE = 50

afterEach(cleanUp)

const raftcache = async (node: Node, ...words: ReadonlyArray<string>) => {
  const program = new Program([...words, "--at", `127.0.0.1:${node.redisPort}`])
  const { code } = await program.ended
  return { code, text: program.output }
}

const termOf = async (node: Node): Promise<number> =>
  Number((await raftInfo(await node.connect()))["current_term"])

describe("raftcache transfer", () => {
  it("hands leadership over through any node, and a load loses nothing", async () => {
    const cluster = await Cluster.start()
    const load = new Load(cluster)
    await load.more(A_WHILE)
    const first = await cluster.leader()
    const [second, third] = cluster.others(first)
    assert.deepStrictEqual(await raftcache(third!, "transfer", second!.id), {
      code: 0,
      text: `${second!.id} leads now\n`
    })
    await load.more(A_WHILE)
    const { code, text } = await raftcache(second!, "transfer", "--json")
    assert.strictEqual(code, 0)
    const { leader } = JSON.parse(text) as { leader: string }
    assert.notStrictEqual(leader, second!.id)
    const status = JSON.parse((await raftcache(first, "status", "--json")).text) as object
    assert.propertyVal(status, "leader_id", leader)
    await load.more(A_WHILE)
    await load.stop()
    await load.verify()
  })

  it("says what is wrong, and exits with 1, or with 2 when it was asked the wrong way", async () => {
    const cluster = await Cluster.start()
    const leader = await cluster.leader()
    const nobody = await raftcache(leader, "transfer", "n9")
    assert.deepStrictEqual(nobody, {
      code: 1,
      text: "raftcache: ERR n9 is no voting member: choose one of n1, n2, n3\n"
    })
    assert.strictEqual((await raftcache(leader, "transfer", "n1", "n2")).code, 2)
  })
})

/** So long that a busy machine alone makes nobody stand for election. */
const patient = { flags: ["--election-timeout", "1000"] }

describe("SIGTERM of a leader", () => {
  it("costs one election and no timeout: the term after it is the next one", async () => {
    const cluster = await Cluster.start(patient)
    const leader = await cluster.leader()
    const [other] = cluster.others(leader)
    const load = new Load(cluster)
    await load.more(A_WHILE)
    const term = await termOf(other!)
    await leader.end("SIGTERM")
    await load.more(A_WHILE)
    assert.strictEqual(await termOf(other!), term + 1)
    await leader.start()
    await load.stop()
    await load.verify()
  })
})

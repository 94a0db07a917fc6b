/**
 * Lease and stale reads over TCP: what they may show, and what not even a lease may.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { cleanUp, Cluster } from "./Cluster.js"
import { Load } from "./Load.js"
import { Refusal } from "./RespClient.js"
import type { RespClient } from "./RespClient.js"

/** So long that a busy machine alone makes nobody stand for election. */
const patient = ["--election-timeout", "1000"]

const A_WHILE = 50

afterEach(cleanUp)

const inMode = async (client: RespClient, mode: string): Promise<RespClient> => {
  assert.strictEqual(await client.send("RAFT", "READS", mode), mode)
  return client
}

describe("a lease read", () => {
  it("shows at every node what any node has acknowledged before it", async () => {
    const { nodes } = await Cluster.start({ flags: patient })
    const writers = await Promise.all(nodes.map((node) => node.connect()))
    const readers = await Promise.all(
      nodes.map(async (node) => inMode(await node.connect(), "lease"))
    )
    for (let round = 0; round < A_WHILE; round++) {
      const value = String(round)
      assert.strictEqual(await writers[round % nodes.length]!.send("SET", "k", value), "OK")
      for (const reader of readers) assert.strictEqual(await reader.send("GET", "k"), value)
      const once = writers.map((writer) => writer.send("RAFT", "READ", "lease", "GET", "k"))
      assert.deepStrictEqual(await Promise.all(once), once.map(() => value))
    }
  })

  it("shows nothing old at a leader that stood still while another was elected", async () => {
    const cluster = await Cluster.start({ flags: patient })
    const old = await cluster.leader()
    const [other] = cluster.others(old)
    const before = await inMode(await old.connect(), "lease")
    assert.strictEqual(await before.send("SET", "subject", "old"), "OK")
    assert.strictEqual(await before.send("GET", "subject"), "old")
    // No longer than until another leads: what lets a lease that is too long show itself.
    old.program.pause()
    const client = await other.connect()
    while (await client.send("SET", "subject", "new") !== "OK");
    // Some wait for the old leader when it wakes up, some come then.
    const early = before.sendAll(Array.from({ length: 10 }, () => ["GET", "subject"]))
    old.program.resume()
    const after = await inMode(await old.connect(), "lease")
    const late = after.sendAll(Array.from({ length: 10 }, () => ["GET", "subject"]))
    const reads = [...await early, ...await late]
    const stale = reads.filter((reply) => reply !== "new" && !(reply instanceof Refusal))
    assert.deepStrictEqual(stale, [], "read at the old leader")
  })

  it("shows no less than was acknowledged, under load and when the leader is killed", async () => {
    const cluster = await Cluster.start({ flags: ["--reads", "lease"] })
    const load = new Load(cluster)
    await load.more(A_WHILE)
    const leader = await cluster.leader()
    await leader.end("SIGKILL")
    await load.more(A_WHILE)
    await leader.start()
    await load.more(A_WHILE)
    await load.stop()
    await load.verify()
  })
})

describe("a stale read", () => {
  it("is answered without a majority, where every other read is refused", async () => {
    const cluster = await Cluster.start()
    const [alone, ...others] = cluster.nodes
    const client = await alone!.connect()
    assert.strictEqual(await client.send("SET", "k", "v"), "OK")
    await Promise.all(others.map((node) => node.end("SIGKILL")))
    assert.strictEqual(await client.send("RAFT", "READ", "stale", "GET", "k"), "v")
    const isRefused = async (mode: string) => {
      const reply = await (await alone!.connect()).send("RAFT", "READ", mode, "GET", "k")
      assert.match((reply as Refusal).message, /^(CLUSTERDOWN|TRYAGAIN) /, mode)
    }
    // Each waits as long as a request may: those at the same time that may be.
    const refused = isRefused("linearizable")
    await inMode(client, "stale")
    assert.deepStrictEqual(await client.sendAll([["GET", "k"], ["EXISTS", "k", "none"]]), ["v", 1])
    assert.instanceOf(await client.send("SET", "k", "w"), Refusal)
    await refused
    // A leader that was left alone has a lease for a while.
    await isRefused("lease")
  })

  it("never goes back at one node, and in the end shows all that was written", async () => {
    const cluster = await Cluster.start({ flags: ["--reads", "stale"] })
    const clients = await Promise.all(cluster.nodes.map((node) => node.connect()))
    const [writer] = clients
    for (const client of clients) assert.strictEqual(await client.send("RAFT", "READS"), "stale")
    let isOver = false
    const readers = clients.map(async (client) => {
      let last = 0
      while (!isOver) {
        const count = Number(await client.send("GET", "counter"))
        assert.isAtLeast(count, last)
        last = count
      }
    })
    for (let count = 1; count <= 4 * A_WHILE; count++) {
      assert.strictEqual(await writer!.send("INCR", "counter"), count)
    }
    isOver = true
    await Promise.all(readers)
    for (const client of clients) {
      const exact = await client.send("RAFT", "READ", "linearizable", "GET", "counter")
      assert.strictEqual(exact, String(4 * A_WHILE))
      assert.strictEqual(await client.send("GET", "counter"), exact)
    }
  })
})

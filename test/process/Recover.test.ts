/**
 * `raftcache recover`, on the folders of real nodes: only where a majority is gone, and then a new
 * cluster grows from what one survivor had.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { cleanUp, Cluster, freePorts, Node, temporaryFolder } from "./Cluster.js"
import { Program } from "./Program.js"

afterEach(cleanUp)

const recover = async (from: Node, to: string, ...flags: ReadonlyArray<string>) => {
  const program = new Program(["recover", "--data", from.folder, "--to", to, ...flags])
  const { code } = await program.ended
  return { code, text: program.output }
}

/** A cluster with something in it, which every node has. */
const filled = async (): Promise<Cluster> => {
  const cluster = await Cluster.start()
  for (const node of cluster.nodes) {
    const client = await node.connect()
    assert.strictEqual(await client.send("SET", `key-${node.id}`, "v"), "OK")
    assert.strictEqual(await client.send("GET", "key-n1"), "v")
    client.close()
  }
  return cluster
}

describe("raftcache recover", () => {
  it("makes a cluster of one survivor, which grows again, and which the old never meet", async () => {
    const cluster = await filled()
    const [n1, n2, n3] = cluster.nodes as [Node, Node, Node]
    await n3.end("SIGTERM")
    await n2.end("SIGTERM")
    await n1.end("SIGTERM")
    const to = `${temporaryFolder()}/new`

    const told = await recover(n1, to)
    assert.strictEqual(told.code, 1)
    assert.match(told.text, /node n1 of n1 n2 n3, entries up to \d+\n/)
    assert.match(told.text, /n2 at 127\.0\.0\.1:\d+ does not answer: .*ECONNREFUSED/)
    assert.match(told.text, /raftcache: nothing was done\. .* say --force/)

    const [port, redisPort] = await freePorts(2)
    const address = `127.0.0.1:${port}`
    const done = await recover(n1, to, "--force", "--listen", address)
    assert.strictEqual(done.code, 0, done.text)
    assert.include(done.text, `raftcache --id n1 --peers n1=${address} --data ${to}`)
    const again = new Node("n1", redisPort!, to, ["--peers", `n1=${address}`])
    await again.start()
    const client = await again.connect()
    for (const { id } of cluster.nodes) {
      assert.strictEqual(await client.send("GET", `key-${id}`), "v")
    }

    const n4 = await cluster.joining("n4", again)
    await n4.start()
    const joined = await n4.connect()
    assert.strictEqual(await joined.send("GET", "key-n3"), "v")
    assert.strictEqual(await joined.send("SET", "later", "v"), "OK")

    // The others come back after all, and are a cluster of their own.
    await Promise.all([n2.start(), n3.start()])
    await cluster.leader(n2)
    const old = await n2.connect()
    assert.strictEqual(await old.send("GET", "later"), null)
    for (const each of [client, joined, old]) each.close()
  })

  it("does nothing while a majority can be had", async () => {
    const cluster = await filled()
    const [n1, n2, n3] = cluster.nodes as [Node, Node, Node]
    const to = `${temporaryFolder()}/new`
    const running = await recover(n1, to, "--force")
    assert.strictEqual(running.code, 1)
    assert.match(running.text, /is in use by another running node/)
    await n3.end("SIGKILL")
    await n1.end("SIGTERM")
    const { code, text } = await recover(n1, to, "--force")
    assert.strictEqual(code, 1)
    assert.match(text, /n2 at 127\.0\.0\.1:\d+ answers\n/)
    assert.match(text, /nothing is to be recovered: with n1, n2 are a majority\. Start n1/)
    await n1.start()
    await cluster.leader(n2)
  })

  it("says what it needs to be told, and exits with 2", async () => {
    const program = new Program(["recover", "--to", "somewhere"])
    assert.deepStrictEqual(await program.ended, { code: 2, signal: null })
    assert.match(program.output, /--data is missing/)
  })
})

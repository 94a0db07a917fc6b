/**
 * Nodes come and go while clients write: each recipe of docs/operations.md, carried out.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { rmSync } from "node:fs"
import { cleanUp, Cluster } from "./Cluster.js"
import type { Node } from "./Cluster.js"
import { Load } from "./Load.js"
import { Program } from "./Program.js"
import type { Reply, RespClient } from "./RespClient.js"

const A_WHILE = 50

afterEach(cleanUp)

const raftcache = async (node: Node, ...words: ReadonlyArray<string>) => {
  const program = new Program([...words, "--at", `127.0.0.1:${node.redisPort}`])
  const { code } = await program.ended
  return { code, text: program.output }
}

interface Members {
  readonly members: ReadonlyArray<{ readonly id: string; readonly role: string }>
}

const rolesOf = ({ members }: Members): string =>
  members.map(({ id, role }) => `${id} ${role}`).sort().join()

/** As `node` itself tells them. */
const ask = async (client: RespClient): Promise<Members> => {
  const reply = await client.send("RAFT", "MEMBERS") as ReadonlyArray<Reply>
  const members = reply[reply.indexOf("members") + 1] as ReadonlyArray<ReadonlyArray<string>>
  return { members: members.map(([, id, , , , role]) => ({ id: id!, role: role! })) }
}

/** Resolves when `node` sees these members, all of them voters; then the command says so, too. */
const voters = async (node: Node, ...ids: ReadonlyArray<string>): Promise<void> => {
  const expected = ids.map((id) => `${id} voter`).sort().join()
  const client = await node.connect()
  while (rolesOf(await ask(client)) !== expected);
  client.close()
  const { text } = await raftcache(node, "members", "--json")
  assert.strictEqual(rolesOf(JSON.parse(text) as Members), expected)
}

describe("a cluster of processes", () => {
  it("grows from three to five under load: one command for each new node", async () => {
    const cluster = await Cluster.start()
    const [n1, n2] = cluster.nodes
    const load = new Load(cluster)
    await load.more(A_WHILE)
    for (const [id, member] of [["n4", n1!], ["n5", n2!]] as const) {
      const node = await cluster.joining(id, member)
      await node.start()
    }
    await voters(n1!, "n1", "n2", "n3", "n4", "n5")
    await load.more(A_WHILE)
    await load.stop()
    await load.verify()
    // A restart with the same flags just starts.
    const n5 = cluster.nodes[4]!
    await n5.end("SIGKILL")
    await n5.start()
    await load.verify()
  })

  it("shrinks under load: a node that is removed stops, and says so by its exit code", async () => {
    const cluster = await Cluster.start()
    const leader = await cluster.leader()
    const [stays, leaves] = cluster.others(leader)
    const load = new Load(cluster)
    await load.more(A_WHILE)
    const { program } = leaves
    const ended = leaves.giveUp()
    const { code, text } = await raftcache(stays, "members", "remove", leaves.id)
    assert.strictEqual(code, 0, text)
    assert.match(text, new RegExp(`^${leaves.id} removed: members as of entry \\d+\n$`))
    assert.deepStrictEqual(await ended, { code: 3, signal: null })
    assert.match(program.output, new RegExp(`^raftcache: ${leaves.id} was removed`, "m"))
    cluster.forget(leaves)
    await load.more(A_WHILE)
    await load.stop()
    await load.verify()
  })

  it("removes its leader under load, and another leads", async () => {
    const cluster = await Cluster.start()
    const leader = await cluster.leader()
    const [one, other] = cluster.others(leader)
    const load = new Load(cluster)
    await load.more(A_WHILE)
    const ended = leader.giveUp()
    const { code, text } = await raftcache(one, "members", "remove", leader.id)
    assert.strictEqual(code, 0, text)
    assert.deepStrictEqual(await ended, { code: 3, signal: null })
    cluster.forget(leader)
    assert.include([one, other], await cluster.leader())
    await load.more(A_WHILE)
    await load.stop()
    await load.verify()
  })

  it("replaces a dead node by a new one with one command", async () => {
    const cluster = await Cluster.start()
    const leader = await cluster.leader()
    const [stays, dead] = cluster.others(leader)
    const load = new Load(cluster)
    await load.more(A_WHILE)
    await dead.end("SIGKILL")
    cluster.forget(dead)
    const node = await cluster.joining("n4", stays, "--replaces", dead.id)
    await node.start()
    await voters(stays, leader.id, stays.id, "n4")
    await load.more(A_WHILE)
    await load.stop()
    await load.verify()
  })
})

describe("a node that lost its data folder", () => {
  it("is refused by all under its old id, says the command that helps, and that helps", async () => {
    const cluster = await Cluster.start()
    const leader = await cluster.leader()
    const [stays, wiped] = cluster.others(leader)
    const load = new Load(cluster)
    await load.more(A_WHILE)
    await wiped.end("SIGKILL")
    // Those that have met it before, and have been restarted since.
    await stays.end("SIGTERM")
    await stays.start()
    rmSync(wiped.folder, { recursive: true })
    const again = wiped.launch()
    const refused = new RegExp(
      `level=ERROR .*the peer refuses: ${wiped.id} lost its data folder or runs twice, for ` +
        `${stays.id} .*raftcache --id NEW --join HOST:PORT --replaces ${wiped.id}`
    )
    await again.said(refused)
    await stays.program.said(
      new RegExp(`level=ERROR .*closed the connection of a stranger .*: ${wiped.id} lost its`)
    )
    await wiped.end("SIGKILL")
    rmSync(wiped.folder, { recursive: true })
    cluster.forget(wiped)
    const node = await cluster.joining("n4", stays, "--replaces", wiped.id)
    await node.start()
    await voters(stays, leader.id, stays.id, "n4")
    await load.more(A_WHILE)
    await load.stop()
    await load.verify()
  })

  it("does not join under the id of a member", async () => {
    const cluster = await Cluster.start()
    const node = await cluster.joining("n2", cluster.nodes[0]!)
    cluster.forget(node)
    const program = node.launch()
    assert.deepStrictEqual(await node.giveUp(), { code: 1, signal: null })
    assert.match(program.output, /n2 is a member of that cluster already.* --replaces n2/)
  })
})

describe("raftcache members", () => {
  it("lists them, and says what is wrong with a change that is none", async () => {
    const cluster = await Cluster.start()
    const leader = await cluster.leader()
    const { text } = await raftcache(leader, "members")
    assert.match(text, new RegExp(`^members as of entry 0; ${leader.id} leads\n  n1 +127.0.0.1:`))
    assert.deepStrictEqual(await raftcache(leader, "members", "remove", "n9"), {
      code: 1,
      text: "raftcache: ERR one of those to remove is no member: members are n1, n2, n3\n"
    })
    assert.strictEqual((await raftcache(leader, "members", "add")).code, 2)
    assert.strictEqual((await raftcache(leader, "members", "replace", "n1")).code, 2)
  })
})

describe("raftcache snapshot", () => {
  it("has a node take one now", async () => {
    const cluster = await Cluster.start()
    const { code, text } = await raftcache(cluster.nodes[0]!, "snapshot")
    assert.strictEqual(code, 0, text)
    assert.match(text, /^a snapshot up to entry \d+ is durable\n$/)
  })
})

/**
 * As many clients as a node takes, all but a few of which say nothing. `npm run bench:connections`
 * measures what they cost.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { CONNECTIONS_LIMIT } from "../../src/live/RedisServer.js"
import { cleanUp, Cluster } from "./Cluster.js"
import type { Node } from "./Cluster.js"
import { Refusal } from "./RespClient.js"
import type { RespClient } from "./RespClient.js"

/** Of files that this process, or a node, has open besides its connections. */
const RESERVED_FILES = 200

/** Fewer than wait to be accepted at most. */
const AT_ONCE = 250

/** Generous: that it is bounded is to be shown. */
const BYTES_PER_CONNECTION = 32 * 1024

/** So long that a busy machine alone makes nobody stand for election. */
const patient = { flags: ["--election-timeout", "1000"] }

afterEach(cleanUp)

interface Report {
  readonly userLimits: { readonly open_files: { readonly soft: number | "unlimited" } }
}

/** Says aloud when this machine permits fewer, so that nobody takes them for all. */
const connectionsHere = (): number => {
  const { userLimits } = process.report.getReport() as unknown as Report
  const files = userLimits.open_files.soft
  if (files === "unlimited" || files >= CONNECTIONS_LIMIT + RESERVED_FILES) return CONNECTIONS_LIMIT
  console.warn(`REDUCED: ${CONNECTIONS_LIMIT} connections: a process may open ${files} files here`)
  return files - RESERVED_FILES
}

const infoOf = async (client: RespClient, name: string): Promise<number> =>
  Number(new RegExp(`^${name}:(\\d+)`, "m").exec(String(await client.send("INFO")))![1])

const connectAll = async (node: Node, count: number): Promise<ReadonlyArray<RespClient>> => {
  const clients: Array<RespClient> = []
  while (clients.length < count) {
    const some = Math.min(AT_ONCE, count - clients.length)
    clients.push(...await Promise.all(Array.from({ length: some }, () => node.connect())))
  }
  return clients
}

describe("a client among as many idle ones as a node takes", () => {
  it("is served all the time, and they cost little and are not forgotten", async () => {
    const cluster = await Cluster.start(patient)
    const node = await cluster.leader()
    const active = await node.connect()
    const count = connectionsHere()
    const before = await infoOf(active, "used_memory_rss")

    let isOver = false
    let written = 0
    const serving = (async () => {
      while (!isOver) {
        written += 1
        assert.strictEqual(await active.send("SET", "k", String(written)), "OK")
        assert.strictEqual(await active.send("GET", "k"), String(written))
      }
    })()
    const idle = await connectAll(node, count - 1)
    isOver = true
    await serving
    // The last of them may wait to be accepted.
    while (await infoOf(active, "connected_clients") < count);
    const bytes = await infoOf(active, "used_memory_rss") - before
    assert.isBelow(bytes / count, BYTES_PER_CONNECTION)

    if (count === CONNECTIONS_LIMIT) {
      const [beyond] = await connectAll(node, 1)
      assert.deepStrictEqual(
        await beyond!.send("PING").catch(({ message }: Error) => message),
        new Refusal("ERR max number of clients reached")
      )
    }
    for (const client of [idle[0]!, idle.at(-1)!]) {
      assert.strictEqual(await client.send("GET", "k"), String(written))
    }
    assert.isTrue(idle.every((client) => client.isOpen))
    for (const client of idle) client.close()
    while (await infoOf(active, "connected_clients") > 1);
  })
})

/**
 * The clients that applications have, unmodified, in each of the three ways in which they can take
 * the cluster: for one server, for a Redis Cluster, for servers watched by Redis Sentinel. In each,
 * the leader is killed while they write.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { Cluster as IoCluster, Redis as IoRedis } from "ioredis"
import * as Io6 from "ioredis-6"
import { setTimeout } from "node:timers/promises"
import * as NodeRedis from "redis"
import * as NodeRedis6 from "redis-6"
import { cleanUp, Cluster } from "./Cluster.js"
import type { Node } from "./Cluster.js"

const HOST = "127.0.0.1"
const BEFORE = 20
const AFTER = 50
/** Between two attempts at the same write. */
const PAUSE_MILLIS = 50

afterEach(cleanUp)

interface Client {
  readonly library: string
  readonly set: (key: string, value: string) => Promise<unknown>
  readonly get: (key: string) => Promise<unknown>
  readonly close: () => unknown
}

/** What all libraries have in common. */
interface Connected {
  readonly set: Client["set"]
  readonly get: Client["get"]
  readonly on: (event: "error", listener: () => void) => unknown
}

type Connect = (nodes: ReadonlyArray<Node>) => Promise<Client>

const addresses = (nodes: ReadonlyArray<Node>) =>
  nodes.map(({ redisPort }) => ({ host: HOST, port: redisPort }))

const urlOf = ({ redisPort }: Node): string => `redis://${HOST}:${redisPort}`

const wrap = (library: string, client: Connected, close: Client["close"]): Client => {
  // A node that is killed is an error of its connections, which the library mends.
  client.on("error", () => {})
  return {
    library,
    set: (key, value) => client.set(key, value),
    get: (key) => client.get(key),
    close
  }
}

const io = (library: string, client: Connected & { disconnect: () => void }) =>
  wrap(library, client, () => client.disconnect())

const nodeRedis = async (
  library: string,
  client: Connected & { connect: () => Promise<unknown>; destroy: () => unknown }
) => {
  const wrapped = wrap(library, client, () => client.destroy())
  await client.connect()
  return wrapped
}

const GROUP = "raftcache"

/** Each connects to the first of the nodes, which need not lead. */
const plain: ReadonlyArray<Connect> = [
  async ([node]) => io("ioredis 5", new IoRedis(urlOf(node!))),
  async ([node]) => io("ioredis 6", new Io6.Redis(urlOf(node!))),
  ([node]) => nodeRedis("node-redis 5", NodeRedis.createClient({ url: urlOf(node!) })),
  ([node]) => nodeRedis("node-redis 6", NodeRedis6.createClient({ url: urlOf(node!) }))
]

const cluster5: Connect = (nodes) =>
  nodeRedis(
    "node-redis 5",
    NodeRedis.createCluster({ rootNodes: nodes.map((node) => ({ url: urlOf(node) })) })
  )

const cluster: ReadonlyArray<Connect> = [
  async (nodes) => io("ioredis 5", new IoCluster(addresses(nodes))),
  async (nodes) => io("ioredis 6", new Io6.Cluster(addresses(nodes))),
  (nodes) =>
    nodeRedis(
      "node-redis 6",
      NodeRedis6.createCluster({ rootNodes: nodes.map((node) => ({ url: urlOf(node) })) })
    )
]

const sentinel: ReadonlyArray<Connect> = [
  async (nodes) => io("ioredis 5", new IoRedis({ sentinels: addresses(nodes), name: GROUP })),
  async (nodes) => io("ioredis 6", new Io6.Redis({ sentinels: addresses(nodes), name: GROUP })),
  (nodes) =>
    nodeRedis(
      "node-redis 5",
      NodeRedis.createSentinel({ sentinelRootNodes: addresses(nodes), name: GROUP })
    ),
  (nodes) =>
    nodeRedis(
      "node-redis 6",
      NodeRedis6.createSentinel({ sentinelRootNodes: addresses(nodes), name: GROUP })
    )
]

/** Writes `count` keys one after the other, each until it is acknowledged. */
const write = async (client: Client, name: string, count: number): Promise<void> => {
  for (let at = 0; at < count;) {
    try {
      await client.set(`${client.library} ${name} ${at}`, String(at))
      at += 1
    } catch {
      // What becomes of a write whose connection breaks nobody can tell: it is sent again.
      await setTimeout(PAUSE_MILLIS)
    }
  }
}

const verify = async (client: Client, name: string, count: number): Promise<void> => {
  for (let at = 0; at < count; at++) {
    const key = `${client.library} ${name} ${at}`
    assert.strictEqual(await client.get(key), String(at), key)
  }
}

const all = (clients: ReadonlyArray<Client>, act: (client: Client) => Promise<void>) =>
  Promise.all(clients.map(act))

describe("clients of every library go on when the leader is killed", () => {
  it.each([
    ["one server, which is any node", plain],
    ["a Redis Cluster", cluster],
    ["servers that Redis Sentinel watches", sentinel]
  ])("if they take the nodes for %s", async (_, ways) => {
    const { leader, nodes } = await start()
    const clients = await Promise.all(ways.map((connect) => connect(nodes)))
    await all(clients, (client) => write(client, "before", BEFORE))
    await leader.end("SIGKILL")
    await all(clients, (client) => write(client, "after", AFTER))
    for (const [name, count] of [["before", BEFORE], ["after", AFTER]] as const) {
      await all(clients, (client) => verify(client, name, count))
    }
    for (const client of clients) client.close()
  })

  // It looks at the slots again only when it is sent elsewhere, which nobody is.
  it("if node-redis 5 takes them for a Redis Cluster, once the node is back", async () => {
    const { leader, nodes } = await start()
    const client = await cluster5(nodes)
    await write(client, "before", BEFORE)
    await leader.end("SIGKILL")
    const after = write(client, "after", AFTER)
    await leader.start()
    await after
    await verify(client, "after", AFTER)
    client.close()
  })
})

/** The nodes of a cluster, the leader last. */
const start = async () => {
  const started = await Cluster.start()
  const leader = await started.leader()
  return { leader, nodes: [...started.others(leader), leader] }
}

/**
 * How long clients notice it when the leader is killed: from the kill to the first success of a
 * write issued after it, through the nodes that are left, under a steady load of writes.
 */
import * as Raftcache from "./Raftcache.mjs"

/** Each tick writes once through each node. */
const TICK_MILLIS = 10
const BEFORE_MILLIS = 1000
const AFTER_MILLIS = 500
const PATIENCE_MILLIS = 30_000

const NODES = 3

const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis))

/** Kills the leader once and starts it again. Milliseconds. */
export const measure = async (cluster) => {
  const leader = await cluster.leader()
  const others = cluster.nodes.filter((node) => node !== leader)
  const clients = new Map(cluster.nodes.map((node) => [node, Raftcache.connect(node.port)]))
  let number = 0
  let killedAt = Infinity
  let success
  const firstSuccess = new Promise((resolve, reject) => {
    success = resolve
    setTimeout(reject, PATIENCE_MILLIS, new Error("no write succeeded after the kill")).unref()
  })
  const write = async (client) => {
    const sentAt = performance.now()
    const reply = await client.send(`SET failover:${number++ % 10_000} ${"v".repeat(256)}`)
    if (reply === "+OK" && sentAt > killedAt) success(performance.now() - killedAt)
  }
  const ticking = setInterval(() => {
    for (const [node, client] of clients) {
      if (node !== leader || killedAt === Infinity) void write(client)
    }
  }, TICK_MILLIS)
  // At a random moment between two heartbeats.
  await sleep(BEFORE_MILLIS + Math.random() * 100)
  killedAt = performance.now()
  await leader.process.end("SIGKILL")
  const millis = await firstSuccess
  await sleep(AFTER_MILLIS)
  clearInterval(ticking)
  for (const client of clients.values()) client.close()
  await cluster.leader(others)
  leader.start()
  await cluster.leader()
  return millis
}

/** What so many kills came to, in words. */
export const tell = (times) => {
  const ordered = [...times].sort((one, other) => one - other)
  const half = times.length >> 1
  const median = (ordered[half] + ordered[times.length - 1 - half]) / 2
  const rate = NODES * 1_000 / TICK_MILLIS
  return [
    `failover, ${times.length} times kill -9 of the leader under ${rate} writes/s, to the next success:`,
    `  median ${median.toFixed(0)} ms, worst ${ordered.at(-1).toFixed(0)} ms`
  ]
}

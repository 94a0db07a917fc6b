/**
 * Subscribers with the clients that applications have, at every node of a cluster of processes: all
 * are told the same in the same order, whichever node is asked to publish, and the next leader, when
 * this one is killed.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { Redis as IoRedis } from "ioredis"
import { setTimeout } from "node:timers/promises"
import * as NodeRedis6 from "redis-6"
import { cleanUp, Cluster } from "./Cluster.js"
import type { Node } from "./Cluster.js"

const MESSAGES = 30

afterEach(cleanUp)

const urlOf = ({ redisPort }: Node): string => `redis://127.0.0.1:${redisPort}`

interface Subscriber {
  readonly heard: ReadonlyArray<string>
  readonly close: () => unknown
}

/** In version 2 of the protocol. */
const ioSubscriber = async (node: Node, channel: string): Promise<Subscriber> => {
  const heard: Array<string> = []
  const client = new IoRedis(urlOf(node))
  client.on("error", () => {})
  client.on("message", (_, message) => heard.push(message))
  await client.subscribe(channel)
  return { heard, close: () => client.disconnect() }
}

/** In version 3. */
const nodeRedisSubscriber = async (node: Node, channel: string): Promise<Subscriber> => {
  const heard: Array<string> = []
  const client = NodeRedis6.createClient({ url: urlOf(node) })
  client.on("error", () => {})
  await client.connect()
  await client.subscribe(channel, (message) => heard.push(message))
  return { heard, close: () => client.destroy() }
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await setTimeout(10)
}

describe("subscribers at all nodes", () => {
  it("hear the same in one order, whoever publishes it, also after the leader was killed", async () => {
    const cluster = await Cluster.start()
    const leader = await cluster.leader()
    const others = cluster.others(leader)
    const subscribers = await Promise.all(
      others.flatMap((node) => [ioSubscriber(node, "news"), nodeRedisSubscriber(node, "news")])
    )
    const switched = await ioSubscriber(others[0]!, "+switch-master")
    const publishers = others.map((node) => new IoRedis(urlOf(node)))
    const publish = (name: string) =>
      Promise.all(publishers.map(async (publisher, by) => {
        for (let at = 0; at < MESSAGES; at++) {
          assert.strictEqual(await publisher.publish("news", `${name} ${by} ${at}`), 2)
        }
      }))
    await publish("before")
    await leader.end("SIGKILL")
    await publish("after")
    const count = 2 * publishers.length * MESSAGES
    await until(() => subscribers.every(({ heard }) => heard.length >= count))
    const [first, ...more] = subscribers.map(({ heard }) => heard)
    assert.strictEqual(first!.length, count)
    for (const heard of more) assert.deepStrictEqual(heard, first)
    await until(() => switched.heard.length > 0)
    assert.match(switched.heard[0]!, new RegExp(`^raftcache \\S+ ${leader.redisPort} \\S+ \\d+$`))
    for (const { close } of [...subscribers, switched]) close()
    for (const publisher of publishers) publisher.disconnect()
  })
})

/**
 * What goes wrong in a chaotic cluster: a table of functions, each of which breaks something, lets
 * the clients feel it, and mends it. What is new, such as a change of members, is one more row.
 */
import { closeSync, openSync, rmSync, writeSync } from "node:fs"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import type { Cluster, Node } from "./Cluster.js"

/** Draws a whole number from 0 to `arity - 1`. */
export type Draw = (arity: number) => number

/** Beyond the longest election timeout: twice the default of 300 ms. */
const LONG_MILLIS = 1_200

/** Resolves when all is mended; to why not, if the machine cannot do it. */
type Fault = (cluster: Cluster, draw: Draw) => Promise<string | undefined | void>

const any = ({ nodes }: Cluster, draw: Draw): Node => nodes[draw(nodes.length)]!

const others = ({ nodes }: Cluster, than: Node): ReadonlyArray<Node> =>
  nodes.filter((node) => node !== than)

const killed = async (nodes: ReadonlyArray<Node>): Promise<void> => {
  await Promise.all(nodes.map((node) => node.kill()))
  await setTimeout(LONG_MILLIS / 2)
  for (const node of nodes) node.start()
}

const paused = async (node: Node): Promise<void> => {
  node.signal("SIGSTOP")
  await setTimeout(LONG_MILLIS)
  node.signal("SIGCONT")
}

type Link = readonly [from: Node, to: Node]

const cut = async ({ network }: Cluster, links: ReadonlyArray<Link>): Promise<void> => {
  for (const [from, to] of links) network.cut(from.number, to.number)
  await setTimeout(LONG_MILLIS)
  for (const [from, to] of links) network.mend(from.number, to.number)
}

const bothWays = (ones: ReadonlyArray<Node>, twos: ReadonlyArray<Node>): ReadonlyArray<Link> =>
  ones.flatMap((one) => twos.flatMap((two): ReadonlyArray<Link> => [[one, two], [two, one]]))

const slowed = async ({ network }: Cluster, nodes: ReadonlyArray<Node>): Promise<void> => {
  for (const { number } of nodes) network.slow(number)
  await setTimeout(2 * LONG_MILLIS)
  for (const { number } of nodes) network.quicken(number)
}

const MEGABYTE = new Uint8Array(1024 * 1024)

/** Until nothing more fits. */
const fill = (path: string): void => {
  const file = openSync(path, "w")
  try {
    for (let bytes = MEGABYTE; bytes.length > 0;) {
      try {
        writeSync(file, bytes)
      } catch {
        bytes = bytes.subarray(0, bytes.length >> 1)
      }
    }
  } finally {
    closeSync(file)
  }
}

/** Less than a log has after its first write. */
const FILE_LIMIT_BYTES = 100

/** Where no small disk can be mounted: a limit of the process, which the next one does not have. */
const limited = async (node: Node): Promise<void> => {
  node.limitFiles(FILE_LIMIT_BYTES)
  await Promise.race([node.ended(), setTimeout(2 * LONG_MILLIS)])
  await node.kill()
}

const filled = async (cluster: Cluster, draw: Draw): Promise<void> => {
  const { small } = cluster
  if (small === undefined) return limited(any(cluster, draw))
  const ballast = join(small.folder, "ballast")
  fill(ballast)
  // It ends itself, or has found room in a segment that it has already.
  await Promise.race([small.ended(), setTimeout(2 * LONG_MILLIS)])
  rmSync(ballast)
  await small.kill()
}

/** One that is lost with its disk gives way to a new member, while the others go on. */
const replaced = async (cluster: Cluster, draw: Draw): Promise<string | undefined> => {
  if (!await cluster.changesMembers()) return "RAFT MEMBERS is not understood"
  const node = any(cluster, draw)
  await node.kill()
  node.replace(others(cluster, node)[0]!)
  node.start()
  return undefined
}

export const faults: Readonly<Record<string, Fault>> = {
  "kill -9 of the leader": async (cluster) => killed([await cluster.leader()]),
  "kill -9 of a node": (cluster, draw) => killed([any(cluster, draw)]),
  "kill -9 of all nodes": ({ nodes }) => killed(nodes),
  "SIGSTOP of the leader": async (cluster) => paused(await cluster.leader()),
  "SIGSTOP of a node": (cluster, draw) => paused(any(cluster, draw)),
  "leader cut off": async (cluster) => {
    const leader = await cluster.leader()
    await cut(cluster, bothWays([leader], others(cluster, leader)))
  },
  "leader not heard": async (cluster) => {
    const leader = await cluster.leader()
    await cut(cluster, others(cluster, leader).map((other): Link => [leader, other]))
  },
  "leader deaf": async (cluster) => {
    const leader = await cluster.leader()
    await cut(cluster, others(cluster, leader).map((other): Link => [other, leader]))
  },
  "minority with the leader": async (cluster) => {
    const leader = await cluster.leader()
    const rest = others(cluster, leader)
    const minority = [leader, ...rest.slice(0, ((cluster.nodes.length - 1) >> 1) - 1)]
    await cut(cluster, bothWays(minority, rest.filter((node) => !minority.includes(node))))
  },
  "one link cut one way": async (cluster, draw) => {
    const from = any(cluster, draw)
    const rest = others(cluster, from)
    await cut(cluster, [[from, rest[draw(rest.length)]!]])
  },
  "leader slow and lossy": async (cluster) => slowed(cluster, [await cluster.leader()]),
  "all slow and lossy": (cluster) => slowed(cluster, cluster.nodes),
  "disk full": filled,
  "member replaced": replaced
}

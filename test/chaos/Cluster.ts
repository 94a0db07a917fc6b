/**
 * The nodes of a chaotic cluster: real processes of the built program, each in a network of its own.
 */
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { raftInfo } from "../process/Cluster.js"
import { RespClient } from "../process/RespClient.js"
import { Network, tool } from "./Network.js"

const PEER_PORT = 7_000
export const REDIS_PORT = 6_379

/** For all it writes in a run and is still small enough to be filled at once. */
const SMALL_DISK_MEGABYTES = 256

/** Of what a node said, the end is kept. */
const OUTPUT_LIMIT = 4_000

/** How long a healed cluster may take to serve again: far beyond every timeout of nodes. */
const RECOVERY_LIMIT_MILLIS = 30_000

export class Node {
  readonly number: number
  readonly address: string
  readonly folder: string
  readonly #command: ReadonlyArray<string>
  #child: ChildProcess | undefined
  output = ""

  constructor(number: number, address: string, folder: string, command: ReadonlyArray<string>) {
    this.number = number
    this.address = address
    this.folder = folder
    this.#command = command
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  start(): void {
    const [program, ...words] = this.#command
    const child = spawn(program!, words, { stdio: ["ignore", "pipe", "pipe"] })
    const hear = (text: string): void => {
      this.output = (this.output + text).slice(-OUTPUT_LIMIT)
    }
    child.stdout.setEncoding("utf8").on("data", hear)
    child.stderr.setEncoding("utf8").on("data", hear)
    child.once("exit", () => {
      if (this.#child === child) this.#child = undefined
    })
    this.#child = child
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  /** Resolves when the process is no more. */
  async ended(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    await new Promise((resolve) => child.once("close", resolve))
  }

  async kill(): Promise<void> {
    const ended = this.ended()
    this.signal("SIGKILL")
    await ended
  }
}

export class Cluster {
  readonly nodes: ReadonlyArray<Node>
  readonly network: Network
  /** The node whose disk is small. */
  readonly small: Node

  constructor(count: number, main: string, folder: string) {
    this.network = new Network(count)
    const numbers = Array.from({ length: count }, (_, at) => at + 1)
    const peers = numbers.map((each) => `n${each}=${this.network.address(each)}:${PEER_PORT}`)
    this.nodes = numbers.map((each) => {
      const [address, data] = [this.network.address(each), join(folder, `${count}-${each}`)]
      mkdirSync(data)
      const flags = ["--id", `n${each}`, "--peers", peers.join(), "--data", join(data, "node")]
      const redis = ["--redis", `${address}:${REDIS_PORT}`]
      const inside = ["ip", "netns", "exec", this.network.name(each), process.execPath, main]
      return new Node(each, address, data, [...inside, ...flags, ...redis])
    })
    this.small = this.nodes.at(-1)!
    tool("mount", "-t", "tmpfs", "-o", `size=${SMALL_DISK_MEGABYTES}m`, "tmpfs", this.small.folder)
    for (const node of this.nodes) node.start()
  }

  /** Whom a node follows that has just been told so by a majority. */
  async leader(): Promise<Node> {
    const until = performance.now() + RECOVERY_LIMIT_MILLIS
    while (performance.now() < until) {
      for (const node of this.nodes) {
        const id = await ask(node, async (client) => {
          if (await client.send("GET", "leader?") !== null) return undefined
          return (await raftInfo(client))["leader_id"]
        })
        const leader = this.nodes.find(({ number }) => `n${number}` === id)
        if (leader !== undefined) return leader
      }
    }
    const said = this.nodes.map(({ number, output }) => `n${number}: ${output.slice(-600)}`)
    throw new Error(
      `no leader in ${RECOVERY_LIMIT_MILLIS} ms, all faults healed\n${said.join("\n")}`
    )
  }

  /** Every node runs and serves. */
  async healed(): Promise<void> {
    for (const node of this.nodes) if (!node.isRunning) node.start()
    await this.leader()
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()))
    tool("umount", this.small.folder)
  }
}

const PATIENCE_MILLIS = 1_000

/** Undefined if there is no answer soon. */
const ask = async <A>(
  { address }: Node,
  question: (client: RespClient) => Promise<A>
): Promise<A | undefined> => {
  let client: RespClient | undefined
  const late = setTimeout(PATIENCE_MILLIS, undefined)
  const asked = RespClient.connect(REDIS_PORT, address).then((connected) => {
    client = connected
    return question(connected)
  })
  try {
    return await Promise.race([asked, late])
  } catch {
    await setTimeout(50)
    return undefined
  } finally {
    void asked.catch(() => undefined).then(() => client?.close())
    client?.close()
  }
}

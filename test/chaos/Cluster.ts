/**
 * The nodes of a chaotic cluster: real processes of the built program, each in a network of its own.
 */
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { raftInfo } from "../process/Cluster.js"
import { Refusal, RespClient } from "../process/RespClient.js"
import { tool } from "./Namespaces.js"
import type { Address, Network } from "./Network.js"

/** For all it writes in a run and is still small enough to be filled at once. */
const SMALL_DISK_MEGABYTES = 256

/** Of what a node said, the end is kept. */
const OUTPUT_LIMIT = 4_000

/** How long a healed cluster may take to serve again: far beyond every timeout of nodes. */
const RECOVERY_LIMIT_MILLIS = 30_000

const running = new Set<ChildProcess>()
const mounted = new Set<string>()

/** Lazily: somebody may still be there for a moment. */
const unmount = (): void => {
  for (const folder of mounted) tool("umount", "--lazy", folder)
  mounted.clear()
}

// However the run ends. In namespaces the kernel does it too.
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL")
  unmount()
})
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1))

const RETRY_MILLIS = 20

/** Where a node is, whatever process is it. */
interface Place {
  readonly number: number
  /** Where it serves its clients, and where it listens for the others. */
  readonly address: Address
  readonly meets: Address
  readonly folder: string
  /** What starts the program there. */
  readonly command: ReadonlyArray<string>
}

const text = ({ host, port }: Address): string => `${host}:${port}`

export class Node {
  readonly #place: Place
  #id: string
  /** How it is told who the others are. */
  #flags: ReadonlyArray<string>
  #child: ChildProcess | undefined
  output = ""

  constructor(place: Place, peers: string) {
    this.#place = place
    this.#id = `n${place.number}`
    this.#flags = ["--peers", peers]
  }

  get id(): string {
    return this.#id
  }

  get number(): number {
    return this.#place.number
  }

  get address(): Address {
    return this.#place.address
  }

  get folder(): string {
    return this.#place.folder
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  /** From its next start on it is another member, which knows nothing and takes its place. */
  replace(witness: Node): void {
    const replaced = this.#id
    const [, generation = "1"] = replaced.split("-")
    this.#id = `n${this.number}-${Number(generation) + 1}`
    const listen = text(this.#place.meets)
    const words = ["--listen", listen, "--replaces", replaced]
    this.#flags = ["--join", text(witness.address), ...words]
    rmSync(this.#data, { recursive: true, force: true })
  }

  get #data(): string {
    return join(this.folder, "node")
  }

  start(): void {
    const { address, command: [program, ...words] } = this.#place
    words.push("--id", this.#id, "--data", this.#data, "--redis", text(address))
    // Nobody else is in its network.
    words.push("--protected-mode", "no", ...this.#flags)
    const child = spawn(program!, words, { stdio: ["ignore", "pipe", "pipe"] })
    running.add(child)
    const hear = (text: string): void => {
      this.output = (this.output + text).slice(-OUTPUT_LIMIT)
    }
    child.stdout.setEncoding("utf8").on("data", hear)
    child.stderr.setEncoding("utf8").on("data", hear)
    child.once("exit", () => {
      running.delete(child)
      if (this.#child === child) this.#child = undefined
    })
    this.#child = child
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  /** No file may grow beyond that from now on: as if the disk were full, for this process. */
  limitFiles(bytes: number): void {
    tool("prlimit", "--pid", String(this.#child?.pid), `--fsize=${bytes}:`)
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
  /** The node whose disk is small, where such a disk can be mounted. */
  readonly small: Node | undefined

  constructor(count: number, network: Network, main: string, folder: string) {
    this.network = network
    const numbers = Array.from({ length: count }, (_, at) => at + 1)
    const peers = numbers.map((each) => `n${each}=${text(network.meets(each))}`).join()
    this.nodes = numbers.map((number) => {
      const data = join(folder, `${count}-${number}`)
      mkdirSync(data)
      const command = network.command(number, main)
      const address = network.listens(number)
      const meets = network.meets(number)
      return new Node({ number, address, meets, folder: data, command }, peers)
    })
    this.small = mountSmall(this.nodes.at(-1)!)
    for (const node of this.nodes) node.start()
  }

  /** Whom a node follows that has just been told so by a majority. */
  leader(): Promise<Node> {
    return this.#eventually("has a leader", async () => {
      for (const node of this.nodes) {
        const leader = await this.#leaderAt(node)
        if (leader !== undefined) return leader
      }
      return undefined
    })
  }

  /** Resolves when every node runs and serves. */
  async healed(): Promise<void> {
    for (const node of this.nodes) {
      if (!node.isRunning) node.start()
      await this.#eventually(`serves at ${node.id}`, () => this.#leaderAt(node))
    }
  }

  /** Whether this version can change its members. */
  async changesMembers(): Promise<boolean> {
    const replies = await Promise.all(
      this.nodes.map((node) => ask(node, (client) => client.send("RAFT", "MEMBERS")))
    )
    return replies.some((reply) => reply !== undefined && !(reply instanceof Refusal))
  }

  async #leaderAt(node: Node): Promise<Node | undefined> {
    const id = await ask(node, async (client) => {
      if (await client.send("GET", "leader?") !== null) return undefined
      return (await raftInfo(client))["leader_id"]
    })
    return this.nodes.find((node) => node.id === id)
  }

  async #eventually<A>(what: string, question: () => Promise<A | undefined>): Promise<A> {
    const until = performance.now() + RECOVERY_LIMIT_MILLIS
    while (performance.now() < until) {
      const answer = await question()
      if (answer !== undefined) return answer
      await setTimeout(RETRY_MILLIS)
    }
    const said = this.nodes.map(({ id, output }) => `${id}: ${output.slice(-600)}`)
    throw new Error(
      [`it never ${what}, ${RECOVERY_LIMIT_MILLIS} ms after the last fault`, ...said].join("\n")
    )
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()))
    unmount()
    this.network.close()
  }
}

const mountSmall = (node: Node): Node | undefined => {
  const size = `size=${SMALL_DISK_MEGABYTES}m`
  try {
    tool("mount", "-t", "tmpfs", "-o", size, "tmpfs", node.folder)
    mounted.add(node.folder)
    return node
  } catch {
    return undefined
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
  const asked = RespClient.connect(address.port, address.host).then((connected) => {
    client = connected
    return question(connected)
  })
  try {
    return await Promise.race([asked, late])
  } catch {
    return undefined
  } finally {
    void asked.catch(() => undefined).then(() => client?.close())
    client?.close()
  }
}

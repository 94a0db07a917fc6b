/**
 * Three nodes as processes, on free ports of this machine and with data in temporary folders.
 * Readiness is waited for by what the processes say and answer, never by the clock.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import * as Net from "node:net"
import { tmpdir } from "node:os"
import * as Path from "node:path"
import * as Program from "./Program.js"
import { Refusal, RespClient } from "./RespClient.js"

const folders: Array<string> = []
const disks: Array<string> = []

/** An empty folder, removed after the test. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(Path.join(tmpdir(), "raftcache-"))
  folders.push(folder)
  return folder
}

/** A folder with a small disk of its own, in memory; or why there cannot be one on this machine. */
export const temporaryDisk = (megabytes: number): { folder: string } | { why: string } => {
  const folder = temporaryFolder()
  const words = ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder]
  const { error, status, stderr } = spawnSync("mount", words, { encoding: "utf8" })
  if (status !== 0) return { why: error?.message ?? stderr.trim() }
  disks.push(folder)
  return { folder }
}

/** After each test: leaves no process and no folder behind. */
export const cleanUp = async (): Promise<void> => {
  await Program.endAll()
  for (const disk of disks.splice(0)) spawnSync("umount", [disk])
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

/**
 * Below those that the system gives to whoever connects somewhere: one of these might take the port
 * of a node that is down (`net.ipv4.ip_local_port_range`, from 32,768 on as a rule).
 */
const PORTS_FROM = 10_000
const PORTS_PER_WORKER = 1_000

/** Each worker of vitest has its own, so that none takes what another is about to use. */
const firstPort = PORTS_FROM + PORTS_PER_WORKER * Number(process.env["VITEST_POOL_ID"] ?? 0)

let taken = 0

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = Net.createServer()
    server.once("error", () => resolve(false))
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)))
  })

/** Ports that nobody listens on. */
export const freePorts = async (count: number): Promise<ReadonlyArray<number>> => {
  const ports: Array<number> = []
  for (let tried = 0; ports.length < count; tried++) {
    if (tried === PORTS_PER_WORKER) throw new Error(`no ${count} ports are free at ${firstPort}`)
    const port = firstPort + taken++ % PORTS_PER_WORKER
    if (await isFree(port)) ports.push(port)
  }
  return ports
}

export class Node {
  readonly id: string
  readonly redisPort: number
  readonly folder: string
  readonly #flags: ReadonlyArray<string>
  #program: Program.Program | undefined
  /** Resolves when it next serves clients; already resolved while it does. */
  #serves: Promise<void>
  #serving: () => void = () => {}

  constructor(id: string, redisPort: number, folder: string, flags: ReadonlyArray<string>) {
    this.id = id
    this.redisPort = redisPort
    this.folder = folder
    this.#flags = ["--id", id, "--redis", `127.0.0.1:${redisPort}`, "--data", folder, ...flags]
    this.#serves = new Promise((resolve) => (this.#serving = resolve))
  }

  /** Its process. Undefined while it is down, and from when a test has begun to end it. */
  get running(): Program.Program | undefined {
    return this.#program
  }

  get serves(): Promise<void> {
    return this.#serves
  }

  /** For a test that knows that it runs. */
  get program(): Program.Program {
    if (this.#program === undefined) throw new Error(`${this.id} does not run`)
    return this.#program
  }

  /** A process for this node, which need not come up. */
  launch(): Program.Program {
    this.#program = new Program.Program(this.#flags)
    return this.#program
  }

  /** Resolves when it serves clients. */
  async start(): Promise<void> {
    await this.launch().said(/ready for Redis clients/)
    this.#serving()
  }

  /** From now on its clients must expect to be cut off. Resolves when it has ended by itself. */
  giveUp(): Promise<Program.Ending> {
    const { program } = this
    this.#program = undefined
    this.#serves = new Promise((resolve) => (this.#serving = resolve))
    return program.ended
  }

  /** Resolves when it has ended. */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<Program.Ending> {
    const { program } = this
    void this.giveUp()
    return program.signal(signal)
  }

  connect(): Promise<RespClient> {
    return RespClient.connect(this.redisPort)
  }
}

export type Info = Readonly<Record<string, string>>

/** The Raft section of INFO. */
export const raftInfo = async (client: RespClient): Promise<Info> => {
  const text = String(await client.send("INFO", "raft"))
  return Object.fromEntries(text.split("\r\n").map((line) => line.split(/:(.*)/, 2)))
}

export interface Options {
  /** Where the nodes' folders are made: in a temporary folder, or in one of these each in turn. */
  readonly parents?: ReadonlyArray<string>
  /** For all nodes. */
  readonly flags?: ReadonlyArray<string>
}

export class Cluster {
  /** Those that belong to it, as far as the test goes. */
  nodes: ReadonlyArray<Node>
  readonly #parent: string
  readonly #flags: ReadonlyArray<string>

  private constructor(
    nodes: ReadonlyArray<Node>,
    parent: string,
    flags: ReadonlyArray<string>
  ) {
    this.nodes = nodes
    this.#parent = parent
    this.#flags = flags
  }

  /** Three nodes, none of them started. */
  static async make({ flags = [], parents = [temporaryFolder()] }: Options = {}): Promise<Cluster> {
    const ports = await freePorts(6)
    const ids = ["n1", "n2", "n3"]
    const peers = ids.map((id, at) => `${id}=127.0.0.1:${ports[at]}`).join(",")
    return new Cluster(
      ids.map((id, at) => {
        const folder = Path.join(parents[at % parents.length]!, id)
        return new Node(id, ports[3 + at]!, folder, ["--peers", peers, ...flags])
      }),
      parents[0]!,
      flags
    )
  }

  /** A further node, not started, that will ask `member` to be taken on. */
  async joining(id: string, member: Node, ...more: ReadonlyArray<string>): Promise<Node> {
    const [peerPort, redisPort] = await freePorts(2)
    const join = ["--join", `127.0.0.1:${member.redisPort}`, "--listen", `127.0.0.1:${peerPort}`]
    const flags = [...join, ...more, ...this.#flags]
    const node = new Node(id, redisPort!, Path.join(this.#parent, `joined-${id}`), flags)
    this.nodes = [...this.nodes, node]
    return node
  }

  /** It belongs to it no more. */
  forget(node: Node): void {
    this.nodes = this.nodes.filter((each) => each !== node)
  }

  /** Three nodes that serve clients and have a leader. */
  static async start(options?: Options): Promise<Cluster> {
    const cluster = await Cluster.make(options)
    await Promise.all(cluster.nodes.map((node) => node.start()))
    await cluster.leader()
    return cluster
  }

  /** Whom a majority follows, as soon as that is so, as told by `witness`. */
  async leader(
    witness: Node | undefined = this.nodes.find((node) => node.running !== undefined)
  ): Promise<Node> {
    if (witness === undefined) throw new Error("no node runs")
    const client = await witness.connect()
    while (true) {
      // A linearizable read is answered when there is a leader that a majority has confirmed.
      if ((await client.send("GET", "leader?")) instanceof Refusal) continue
      const { leader_id } = await raftInfo(client)
      const leader = this.nodes.find((node) => node.id === leader_id)
      if (leader === undefined) continue
      client.close()
      return leader
    }
  }

  others(than: Node): readonly [Node, Node] {
    const [one, other] = this.nodes.filter((node) => node !== than)
    return [one!, other!]
  }
}

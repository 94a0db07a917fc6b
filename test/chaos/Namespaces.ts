/**
 * A network for each node, all of them on one bridge, inside the namespaces of chaos.mjs. A link is
 * cut one way by telling the sender a hardware address that nobody has: what it sends is lost
 * without a word, and what comes the other way still arrives.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync } from "node:fs"
import type { Address, Network } from "./Network.js"

const PEER_PORT = 7_000
const REDIS_PORT = 6_379

const NOBODY = "02:00:00:00:00:01"

/** Runs a tool; throws with what it said if it fails. */
export const tool = (program: string, ...words: ReadonlyArray<string>): void => {
  const { error, status, stderr } = spawnSync(program, words, { encoding: "utf8" })
  if (status === 0) return
  throw new Error(`${program} ${words.join(" ")}: ${error?.message ?? stderr.trim()}`)
}

const ip = (...words: ReadonlyArray<string>): void => tool("ip", ...words)

export class Namespaces implements Network {
  readonly #nodes: number
  /** How a line is made slow and lossy: the best that this kernel knows. */
  readonly slowness: string

  constructor(nodes: number) {
    this.#nodes = nodes
    for (let node = 1; node <= nodes; node++) {
      const [name, end] = [this.#name(node), `v${nodes}-${node}`]
      ip("netns", "add", name)
      ip("link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", name)
      ip("link", "set", end, "master", "hub", "up")
      ip("-n", name, "addr", "add", `${this.#address(node)}/16`, "dev", "eth0")
      ip("-n", name, "link", "set", "eth0", "up")
      ip("-n", name, "link", "set", "lo", "up")
    }
    this.slowness = this.#trySlowness()
  }

  /** Once, before the first network is made. */
  static prepare(): void {
    tool("mount", "-t", "tmpfs", "tmpfs", "/run")
    mkdirSync("/run/netns")
    ip("link", "set", "lo", "up")
    ip("link", "add", "hub", "type", "bridge")
    ip("link", "set", "hub", "up")
    ip("addr", "add", "10.77.255.254/16", "dev", "hub")
  }

  command(node: number, main: string): ReadonlyArray<string> {
    return ["ip", "netns", "exec", this.#name(node), process.execPath, main]
  }

  listens(node: number): Address {
    return { host: this.#address(node), port: REDIS_PORT }
  }

  meets(node: number): Address {
    return { host: this.#address(node), port: PEER_PORT }
  }

  /** The kernel removes them with the first process of them all. */
  close(): void {}

  cut(from: number, to: number): void {
    const words = [
      "replace",
      this.#address(to),
      "lladdr",
      NOBODY,
      "dev",
      "eth0",
      "nud",
      "permanent"
    ]
    ip("-n", this.#name(from), "neigh", ...words)
  }

  mend(from: number, to: number): void {
    ip("-n", this.#name(from), "neigh", "del", this.#address(to), "dev", "eth0")
  }

  slow(node: number): void {
    this.#shape(node, "add", ...this.slowness.split(" "))
  }

  quicken(node: number): void {
    this.#shape(node, "del")
  }

  #name(node: number): string {
    return `c${this.#nodes}n${node}`
  }

  #address(node: number): string {
    return `10.77.${this.#nodes}.${node}`
  }

  #shape(node: number, ...[verb, ...how]: readonly [string, ...ReadonlyArray<string>]): void {
    tool(
      "ip",
      "netns",
      "exec",
      this.#name(node),
      "tc",
      "qdisc",
      verb,
      "dev",
      "eth0",
      "root",
      ...how
    )
  }

  /** A narrow line delays what waits for it, and loses what finds no room to wait. */
  #trySlowness(): string {
    const netem = "netem delay 40ms 20ms loss 5%"
    try {
      this.#shape(1, "add", ...netem.split(" "))
      this.quicken(1)
      return netem
    } catch {
      return "tbf rate 800kbit burst 3000 latency 60ms"
    }
  }
}

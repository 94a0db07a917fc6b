/**
 * Where namespaces are not permitted: all nodes on the loopback, and between any two a proxy for
 * what either of them dials. A proxy that is cut holds back the bytes of one direction, as TCP does
 * whose packets are lost, and goes on with them when it is mended.
 */
import * as Net from "node:net"
import { freePorts } from "../process/Cluster.js"
import type { Address, Network } from "./Network.js"

const HOST = "127.0.0.1"
const SLOW_MILLIS = 40

/** One direction between two nodes: whatever connection its bytes are on. */
interface Line {
  isCut: boolean
  delayMillis: number
  /** What was held back, in order. */
  readonly held: Array<() => void>
}

export class Proxies implements Network {
  readonly slowness = `${SLOW_MILLIS} ms more in proxies, and no loss`
  readonly #peerPorts: ReadonlyArray<number>
  readonly #redisPorts: ReadonlyArray<number>
  readonly #proxyPorts = new Map<string, number>()
  readonly #lines = new Map<string, Line>()
  readonly #servers: Array<Net.Server> = []
  readonly #sockets = new Set<Net.Socket>()

  readonly #redirect: string

  private constructor(ports: ReadonlyArray<number>, redirect: string) {
    this.#redirect = redirect
    this.#peerPorts = ports.slice(0, ports.length / 2)
    this.#redisPorts = ports.slice(ports.length / 2)
  }

  /** `redirect` is the path of Redirect.mjs. */
  static async make(nodes: number, redirect: string): Promise<Proxies> {
    const proxies = new Proxies(await freePorts(2 * nodes), redirect)
    for (let from = 1; from <= nodes; from++) {
      for (let to = 1; to <= nodes; to++) if (to !== from) await proxies.#listen(from, to)
    }
    return proxies
  }

  command(node: number, main: string): ReadonlyArray<string> {
    const ports = this.#peerPorts.flatMap((port, at) => {
      const proxy = this.#proxyPorts.get(`${node}-${at + 1}`)
      return proxy === undefined ? [] : [`${port}:${proxy}`]
    })
    const words = ["env", `CHAOS_PORTS=${ports.join()}`, process.execPath]
    return [...words, "--import", this.#redirect, main]
  }

  listens(node: number): Address {
    return { host: HOST, port: this.#redisPorts[node - 1]! }
  }

  meets(node: number): Address {
    return { host: HOST, port: this.#peerPorts[node - 1]! }
  }

  cut(from: number, to: number): void {
    this.#line(from, to).isCut = true
  }

  mend(from: number, to: number): void {
    const line = this.#line(from, to)
    line.isCut = false
    for (const pass of line.held.splice(0)) pass()
  }

  slow(node: number): void {
    this.#delay(node, SLOW_MILLIS)
  }

  quicken(node: number): void {
    this.#delay(node, 0)
  }

  close(): void {
    for (const server of this.#servers) server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #delay(node: number, millis: number): void {
    for (const [at] of this.#peerPorts.entries()) this.#line(node, at + 1).delayMillis = millis
  }

  #line(from: number, to: number): Line {
    const name = `${from}-${to}`
    const known = this.#lines.get(name)
    if (known !== undefined) return known
    const line = { isCut: false, delayMillis: 0, held: [] }
    this.#lines.set(name, line)
    return line
  }

  /** For what `from` dials; the answers come back on the other line. */
  #listen(from: number, to: number): Promise<void> {
    const server = Net.createServer((near) => {
      const far = Net.connect({ host: HOST, port: this.#peerPorts[to - 1]!, noDelay: true })
      near.setNoDelay(true)
      this.#join(near, far, this.#line(from, to))
      this.#join(far, near, this.#line(to, from))
    })
    this.#servers.push(server)
    return new Promise((resolve) =>
      server.listen(0, HOST, () => {
        this.#proxyPorts.set(`${from}-${to}`, (server.address() as Net.AddressInfo).port)
        resolve()
      })
    )
  }

  /** The ends of connections wait as bytes do: who is cut off does not hear of them either. */
  #join(source: Net.Socket, target: Net.Socket, line: Line): void {
    this.#sockets.add(source)
    let last = Promise.resolve()
    const pass = (what: () => void): void => {
      last = last.then(() => this.#wait(line)).then(what)
    }
    source.on("data", (bytes) => pass(() => void (target.destroyed || target.write(bytes))))
    source.on("error", () => undefined)
    source.on("close", () => {
      this.#sockets.delete(source)
      pass(() => void target.destroy())
    })
  }

  async #wait(line: Line): Promise<void> {
    const { delayMillis } = line
    if (delayMillis > 0) await new Promise((resolve) => setTimeout(resolve, delayMillis))
    while (line.isCut) await new Promise<void>((resolve) => line.held.push(resolve))
  }
}

/**
 * Carries out what a scenario says will go wrong, and takes it back when its time is over. Several
 * troubles may hold one node or link at once: it is free again when the last of them ends.
 */
import * as Configurations from "../raft/Configuration.js"
import type { State } from "../raft/State.js"
import type { Host } from "./Host.js"
import type { Operator } from "./Operator.js"
import type { Oracles } from "./Oracles.js"
import type { Awaited, Fault, Link, Moment, Target, Trouble } from "./Scenario.js"
import { nodeId } from "./Scenario.js"
import type { SimNetwork } from "./SimNetwork.js"
import { NOBODY } from "./Timeline.js"
import * as TroubleText from "./TroubleText.js"
import type { World } from "./World.js"

/** Takes a trouble back. */
type Undo = () => void

const nothing: Undo = () => {}

/** A fault that has begun and not ended. */
interface Active {
  readonly fault: Fault
  /** The one node that it has met, if it is about one. */
  node: number | undefined
  /** Undefined as long as it has met nobody. */
  undo: Undo | undefined
}

export class Troubles {
  readonly #world: World
  readonly #network: SimNetwork
  readonly #hosts: ReadonlyArray<Host>
  readonly #oracles: Oracles
  readonly #operator: Operator
  /** How many troubles want each node down, and how many want it paused. */
  readonly #downs: Array<number>
  readonly #pauses: Array<number>
  readonly #active = new Set<Active>()
  /** Over for these nodes; permanent for the others. */
  #calm: ReadonlySet<number> | undefined

  constructor(
    world: World,
    network: SimNetwork,
    hosts: ReadonlyArray<Host>,
    oracles: Oracles,
    operator: Operator
  ) {
    this.#world = world
    this.#network = network
    this.#hosts = hosts
    this.#oracles = oracles
    this.#operator = operator
    this.#downs = hosts.map(() => 0)
    this.#pauses = hosts.map(() => 0)
  }

  schedule(faults: ReadonlyArray<Fault>): void {
    for (const fault of faults) {
      this.#world.timeline.at(fault.atMicros, NOBODY, "fault", () => this.#begin(fault))
    }
  }

  /** Whoever leads now, in the highest term. */
  leader(): number | undefined {
    let found: number | undefined
    let term = -1
    for (const { number } of this.#hosts) {
      const state = this.#oracles.stateOf(number)
      if (state?.role !== "Leader" || state.term <= term) continue
      found = number
      term = state.term
    }
    return found
  }

  /** The nodes, each on its own, that something is wrong with now. */
  troubled(): ReadonlyArray<number> {
    const nodes = [...this.#active].flatMap(({ node }) => node === undefined ? [] : [node])
    return [...new Set(nodes)].sort((one, other) => one - other)
  }

  /** After every event: whoever a fault waits for may be there. */
  look(): void {
    if (this.#calm !== undefined) return
    for (const active of this.#active) {
      const { fault: { trouble }, undo } = active
      if (undo !== undefined || "links" in trouble) continue
      const { node } = trouble
      if (typeof node === "string" && node !== "leader") this.#meet(active, this.#awaited(node))
    }
  }

  /**
   * The liveness phase: `core` has no more troubles, ever; the rest keeps those that it has, for
   * good.
   */
  endFor(core: ReadonlyArray<number>): void {
    this.#calm = new Set(core)
    for (const node of core) {
      const host = this.#hosts[node]!
      this.#downs[node] = 0
      this.#pauses[node] = 0
      host.disk.heal()
      host.resume()
      host.start()
    }
  }

  #begin(fault: Fault): void {
    if (this.#calm !== undefined) return
    const active: Active = { fault, node: undefined, undo: undefined }
    this.#active.add(active)
    if ("links" in fault.trouble) this.#hold(active, fault.trouble.links.flat())
    else this.#meet(active, this.#resolve(fault.trouble.node))
    this.#world.timeline.after(fault.forMicros, NOBODY, "fault ends", () => {
      this.#active.delete(active)
      if (this.#calm === undefined) active.undo?.()
    })
  }

  /** Undefined also for whoever is waited for. */
  #resolve(target: Target): number | undefined {
    if (target === "leader") return this.leader()
    return typeof target === "number" ? target : undefined
  }

  #awaited(who: Awaited): number | undefined {
    if (who === "candidate") return this.#first(({ role }) => role === "Candidate")
    const leader = this.leader()
    if (leader === undefined) return undefined
    const { config: { id }, configuration } = this.#oracles.stateOf(leader)!
    const { voters } = configuration
    if (who === "leaver") return voters.includes(id) ? undefined : leader
    if (who === "outsider") return Configurations.isVoter(configuration, id) ? undefined : leader
    return this.#first((each) =>
      voters.includes(each.config.id) && !each.configuration.voters.includes(each.config.id)
    )
  }

  #first(is: (state: State) => boolean): number | undefined {
    const isOne = ({ number }: Host): boolean => {
      const state = this.#oracles.stateOf(number)
      return state !== undefined && is(state)
    }
    return this.#hosts.find(isOne)?.number
  }

  /** A fault of one node; nothing happens if there is nobody whom it could meet. */
  #meet(active: Active, node: number | undefined): void {
    const host = node === undefined ? undefined : this.#hosts[node]
    if (host === undefined) return
    active.node = host.number
    this.#hold(active, [host.number])
  }

  #hold(active: Active, numbers: ReadonlyArray<number>): void {
    const { trouble } = active.fault
    const nodes = [...new Set(numbers)].map(nodeId)
    const undo = this.#carryOut(active)
    const text = TroubleText.describe(trouble)
    this.#world.progressed()
    this.#world.tell({ _tag: "Fault", phase: "begins", nodes, text })
    active.undo = () => {
      undo()
      this.#world.tell({ _tag: "Fault", phase: "ends", nodes, text })
    }
  }

  #carryOut({ fault, node }: Active): Undo {
    const { trouble } = fault
    switch (trouble._tag) {
      case "Cut":
        return this.#cut(trouble.links)
      case "Clog":
        this.#network.clog(trouble.links)
        return () => this.#network.unclog(trouble.links)
      case "Echo":
        this.#network.remember(trouble.links)
        return () => this.#network.repeat(trouble.links)
      default:
        return this.#troubleNode(trouble, this.#hosts[node!]!, fault)
    }
  }

  #cut(links: ReadonlyArray<Link>): Undo {
    const { marks } = this.#world
    const both = links.every(([from, to]) => links.some(([a, b]) => a === to && b === from))
    if (!both) marks.hit("link cut one way")
    this.#network.cut(links)
    return () => this.#network.mend(links)
  }

  #troubleNode(
    trouble: Exclude<Trouble, { readonly _tag: "Cut" | "Clog" | "Echo" }>,
    host: Host,
    { forMicros }: Fault
  ): Undo {
    const { disk, number } = host
    switch (trouble._tag) {
      case "Isolate":
        if (number === this.leader()) this.#world.marks.hit("leader cut off")
        return this.#cut(this.#linksOf(number, trouble.direction))
      case "Crash":
        return this.#crash(host, trouble.while, () => host.crash(true, "loses power"))
      case "Kill":
        return this.#crash(host, trouble.while, () => host.crash(false, "is killed"))
      case "Stop":
        return this.#down(host, () => host.stop())
      case "Pause":
        return this.#pause(host)
      case "Stall":
        disk.stalledUntilMicros = this.#world.nowMicros + forMicros
        return nothing
      case "Full":
        disk.freeBytes = trouble.bytes
        return () => {
          disk.freeBytes = Infinity
          this.#startAgain(host)
        }
      case "SyncError":
        disk.failSync = true
        return () => {
          disk.failSync = false
          this.#startAgain(host)
        }
      case "Jump":
        if (trouble.millis < 0) this.#world.marks.hit("clock jumped back")
        host.clock.jump(trouble.millis)
        return nothing
      case "Transfer":
        this.#operator.handOver(host, trouble.to === "chosen" ? undefined : nodeId(trouble.to))
        return nothing
      case "ChangeMembers":
        this.#operator.change(host, trouble, this.#hosts, this.leader())
        return nothing
      case "Rot":
        return this.#damage(host, () => disk.rot())
      case "Misdirect":
        return this.#damage(host, () => disk.misdirect())
      case "Wipe":
        // Nobody could tell that it is another, and the protocol survives no such thing.
        if (!this.#network.isKnownToAll(number)) return nothing
        return this.#damage(host, () => {
          disk.wipe()
          this.#oracles.wiped(number)
        })
    }
  }

  #linksOf(node: number, direction: "both" | "in" | "out"): ReadonlyArray<Link> {
    const links: Array<Link> = []
    for (const { number } of this.#hosts) {
      if (number === node) continue
      if (direction !== "in") links.push([node, number])
      if (direction !== "out") links.push([number, node])
    }
    return links
  }

  #crash(host: Host, when: Moment, crash: () => void): Undo {
    const { marks } = this.#world
    const crashWriting = (): void => {
      if (this.#calm?.has(host.number) === true) return
      marks.hit("crash while writing")
      crash()
    }
    switch (when) {
      case "any":
        return this.#down(host, crash)
      case "writing":
        host.disk.crashWhileWriting = crashWriting
        return () => this.#startAgain(host)
      case "installing":
        host.crashWhileInstalling = crashWriting
        return () => this.#startAgain(host)
      case "synced":
        host.disk.crashWhenSynced = () => {
          const role = this.#oracles.stateOf(host.number)?.role
          marks.hit(
            role === "Candidate" ? "candidate fell unheard" : "crash between durable and told"
          )
          crash()
        }
        return () => {
          host.disk.crashWhenSynced = undefined
          this.#startAgain(host)
        }
    }
  }

  #down(host: Host, takeDown: () => void): Undo {
    this.#downs[host.number]! += 1
    takeDown()
    return () => {
      this.#downs[host.number] = Math.max(0, this.#downs[host.number]! - 1)
      this.#startAgain(host)
    }
  }

  #startAgain(host: Host): void {
    if (this.#downs[host.number] === 0) host.start()
  }

  #pause(host: Host): Undo {
    this.#pauses[host.number]! += 1
    host.pause()
    return () => {
      this.#pauses[host.number] = Math.max(0, this.#pauses[host.number]! - 1)
      if (this.#pauses[host.number] === 0) host.resume()
    }
  }

  #damage(host: Host, spoil: () => void): Undo {
    return this.#down(host, () => {
      host.crash(true, "loses power")
      spoil()
    })
  }
}

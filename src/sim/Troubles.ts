/**
 * Carries out what a scenario says will go wrong, and takes it back when its time is over. Several
 * troubles may hold one node or link at once: it is free again when the last of them ends.
 */
import type { Oracles } from "./Oracles.js"
import type { Process } from "./Process.js"
import type { Fault, Link, Target, Trouble } from "./Scenario.js"
import { nodeId } from "./Scenario.js"
import type { SimNetwork } from "./SimNetwork.js"
import { NOBODY } from "./Timeline.js"
import type { World } from "./World.js"

/** Takes a trouble back. */
type Undo = () => void

const nothing: Undo = () => {}

export class Troubles {
  readonly #world: World
  readonly #network: SimNetwork
  readonly #processes: ReadonlyArray<Process>
  readonly #oracles: Oracles
  /** How many troubles want each node down, and how many want it paused. */
  readonly #downs: Array<number>
  readonly #pauses: Array<number>
  /** Over for these nodes; permanent for the others. */
  #calm: ReadonlySet<number> | undefined

  constructor(
    world: World,
    network: SimNetwork,
    processes: ReadonlyArray<Process>,
    oracles: Oracles
  ) {
    this.#world = world
    this.#network = network
    this.#processes = processes
    this.#oracles = oracles
    this.#downs = processes.map(() => 0)
    this.#pauses = processes.map(() => 0)
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
    for (const { number } of this.#processes) {
      const state = this.#oracles.stateOf(number)
      if (state?.role !== "Leader" || state.term <= term) continue
      found = number
      term = state.term
    }
    return found
  }

  /**
   * The liveness phase: `core` has no more troubles, ever; the rest keeps those that it has, for
   * good.
   */
  endFor(core: ReadonlyArray<number>): void {
    this.#calm = new Set(core)
    for (const node of core) {
      const process = this.#processes[node]!
      this.#downs[node] = 0
      this.#pauses[node] = 0
      process.disk.heal()
      process.resume()
      process.start()
    }
  }

  #begin(fault: Fault): void {
    if (this.#calm !== undefined) return
    const { trouble } = fault
    const undo = this.#carryOut(trouble, fault)
    if (undo === undefined) return
    const nodes = nodesOf(trouble).map((node) => nodeId(this.#resolve(node) ?? 0))
    const text = describe(trouble)
    this.#world.tell({ _tag: "Fault", phase: "begins", nodes, text })
    this.#world.timeline.after(fault.forMicros, NOBODY, "fault ends", () => {
      if (this.#calm !== undefined) return
      undo()
      this.#world.tell({ _tag: "Fault", phase: "ends", nodes, text })
    })
  }

  #resolve(target: Target): number | undefined {
    return target === "leader" ? this.leader() : target
  }

  /** Undefined if there is nobody to be troubled. */
  #carryOut(trouble: Trouble, fault: Fault): Undo | undefined {
    switch (trouble._tag) {
      case "Cut":
        return this.#cut(trouble.links)
      case "Clog":
        this.#network.clog(trouble.links)
        return () => this.#network.unclog(trouble.links)
      case "Jump":
      case "Crash":
      case "Kill":
      case "Stop":
      case "Pause":
      case "Stall":
      case "Full":
      case "SyncError":
      case "Isolate":
      case "Rot":
      case "Misdirect":
      case "Wipe": {
        const node = this.#resolve(trouble.node)
        const process = node === undefined ? undefined : this.#processes[node]
        return process === undefined ? undefined : this.#troubleNode(trouble, process, fault)
      }
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
    trouble: Exclude<Trouble, { readonly _tag: "Cut" | "Clog" }>,
    process: Process,
    { forMicros }: Fault
  ): Undo {
    const { disk, number } = process
    switch (trouble._tag) {
      case "Isolate":
        if (number === this.leader()) this.#world.marks.hit("leader cut off")
        return this.#cut(this.#linksOf(number, trouble.direction))
      case "Crash":
        return this.#crash(process, trouble.while)
      case "Kill":
        return this.#down(process, () => process.crash(false, "is killed"))
      case "Stop":
        return this.#down(process, () => process.stop())
      case "Pause":
        return this.#pause(process)
      case "Stall":
        disk.stalledUntilMicros = this.#world.nowMicros + forMicros
        return nothing
      case "Full":
        disk.freeBytes = trouble.bytes
        return () => {
          disk.freeBytes = Infinity
          this.#startAgain(process)
        }
      case "SyncError":
        disk.failSync = true
        return () => {
          disk.failSync = false
          // Nobody trusts a machine whose disk has failed before it was checked: it was off.
          if (process.status === "Failed") disk.cutPower()
          this.#startAgain(process)
        }
      case "Jump":
        if (trouble.millis < 0) this.#world.marks.hit("clock jumped back")
        process.clock.jump(trouble.millis)
        return nothing
      case "Rot":
        return this.#damage(process, () => disk.rot())
      case "Misdirect":
        return this.#damage(process, () => disk.misdirect())
      case "Wipe":
        return this.#damage(process, () => {
          disk.wipe()
          this.#oracles.wiped(number)
        })
    }
  }

  #linksOf(node: number, direction: "both" | "in" | "out"): ReadonlyArray<Link> {
    const links: Array<Link> = []
    for (const { number } of this.#processes) {
      if (number === node) continue
      if (direction !== "in") links.push([node, number])
      if (direction !== "out") links.push([number, node])
    }
    return links
  }

  #crash(process: Process, when: "any" | "writing"): Undo {
    const crash = (): void => process.crash(true, "loses power")
    if (when === "any") return this.#down(process, crash)
    process.disk.crashWhileWriting = () => {
      if (this.#calm?.has(process.number) === true) return
      this.#world.marks.hit("crash while writing")
      crash()
    }
    return () => this.#startAgain(process)
  }

  #down(process: Process, takeDown: () => void): Undo {
    this.#downs[process.number]! += 1
    takeDown()
    return () => {
      this.#downs[process.number] = Math.max(0, this.#downs[process.number]! - 1)
      this.#startAgain(process)
    }
  }

  #startAgain(process: Process): void {
    if (this.#downs[process.number] === 0) process.start()
  }

  #pause(process: Process): Undo {
    this.#pauses[process.number]! += 1
    process.pause()
    return () => {
      this.#pauses[process.number] = Math.max(0, this.#pauses[process.number]! - 1)
      if (this.#pauses[process.number] === 0) process.resume()
    }
  }

  #damage(process: Process, spoil: () => void): Undo {
    return this.#down(process, () => {
      process.crash(true, "loses power")
      spoil()
    })
  }
}

const nodesOf = (trouble: Trouble): ReadonlyArray<Target> =>
  "links" in trouble ? [...new Set(trouble.links.flat())] : [trouble.node]

const linksText = (links: ReadonlyArray<Link>): string =>
  links.map(([from, to]) => `${nodeId(from)} to ${nodeId(to)}`).join(", ")

const DIRECTIONS = { both: "", in: " for what it is sent", out: " for what it sends" } as const

/** In words. */
export const describe = (trouble: Trouble): string => {
  if (trouble._tag === "Cut") return `links cut: ${linksText(trouble.links)}`
  if (trouble._tag === "Clog") return `links clogged: ${linksText(trouble.links)}`
  const name = trouble.node === "leader" ? "the leader" : nodeId(trouble.node)
  switch (trouble._tag) {
    case "Isolate":
      return `${name} is cut off${DIRECTIONS[trouble.direction]}`
    case "Crash":
      return `${name} loses power${trouble.while === "writing" ? " while it writes" : ""}`
    case "Kill":
      return `${name} is killed`
    case "Stop":
      return `${name} is asked to stop`
    case "Pause":
      return `${name} is paused`
    case "Stall":
      return `the disk of ${name} stalls`
    case "Full":
      return `the disk of ${name} has ${trouble.bytes} bytes left`
    case "SyncError":
      return `the next fsync of ${name} fails`
    case "Jump":
      return `the wall clock of ${name} jumps by ${trouble.millis} ms`
    case "Rot":
      return `a bit of ${name}'s disk flips`
    case "Misdirect":
      return `a sector of ${name}'s disk was written to a wrong place`
    case "Wipe":
      return `${name}'s disk is replaced by an empty one`
  }
}

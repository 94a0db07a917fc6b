/**
 * The second half of a life. A random majority of the nodes has no more troubles; whatever ails the
 * others, and between them and the majority, becomes permanent. Then all must be well, soon: a
 * leader, every request answered, every replica equal, and quiet. Healing everything instead would
 * hide whoever cannot live beside a node that is half dead (TigerBeetle's liveness mode).
 */
import * as Configurations from "../raft/Configuration.js"
import { requestOf } from "./Application.js"
import type { Application } from "./Application.js"
import { Backlog } from "./Backlog.js"
import { CalmNetwork } from "./CalmNetwork.js"
import type { Clients } from "./Clients.js"
import * as Core from "./Core.js"
import * as Electorate from "./Electorate.js"
import { Handover, HANDOVER_TIMEOUTS } from "./Handover.js"
import type { Host } from "./Host.js"
import * as Idleness from "./Idleness.js"
import type { Operator } from "./Operator.js"
import type { Oracles } from "./Oracles.js"
import type { Operation, Scenario } from "./Scenario.js"
import type { SimNetwork } from "./SimNetwork.js"
import { TermCount } from "./TermCount.js"
import { NOBODY } from "./Timeline.js"
import type { Troubles } from "./Troubles.js"
import type { World } from "./World.js"

/** How often it is looked at. */
const LOOK_MICROS = 20_000

/** Election timeouts in which there must be a leader. */
export const LEADER_TIMEOUTS = 20

/** Election timeouts, besides request timeouts, in which everything must have come to rest. */
export const REST_TIMEOUTS = 60

/** One more for each node that is no member, for it says so only after one. */
const REST_REQUEST_TIMEOUTS = 2

/** Request timeouts, besides `REST_TIMEOUTS`, for which a log may go on growing. */
const GROWS_REQUEST_TIMEOUTS = 10

/** Election timeouts for which it must then stay so. */
export const QUIET_TIMEOUTS = 6

/** Rest begins if nothing is due for so many: clocks may run faster than the simulation's. */
const SOON_TIMEOUTS = 2 * QUIET_TIMEOUTS

/** Messages of a quiet cluster to each node from each other, for every heartbeat. */
const QUIET_MESSAGES = 6

type Stage = "electing" | "handing over" | "resting" | "last requests" | "quiet" | "over"

export interface Parts {
  readonly world: World
  readonly network: SimNetwork
  readonly hosts: ReadonlyArray<Host>
  readonly oracles: Oracles
  readonly clients: Clients
  readonly troubles: Troubles
  readonly operator: Operator
  readonly application: Application
}

export class Liveness {
  readonly #parts: Parts
  readonly #scenario: Scenario
  readonly #network: CalmNetwork
  #core: ReadonlyArray<number> = []
  #stage: Stage = "electing"
  #hasChanged = false
  #handover: Handover | undefined
  readonly #backlog = new Backlog()
  #beganMicros = 0
  #stageMicros = 0
  readonly #terms: TermCount
  #messagesAtQuiet = 0
  #termAtQuiet = 0

  constructor(parts: Parts) {
    this.#parts = parts
    this.#scenario = parts.world.scenario
    this.#network = new CalmNetwork(parts.world, parts.network)
    this.#terms = new TermCount(parts.hosts.length)
  }

  get isOver(): boolean {
    return this.#stage === "over"
  }

  schedule(): void {
    const { timeline } = this.#parts.world
    timeline.at(this.#scenario.safetyMicros, NOBODY, "faults end", () => this.#begin())
  }

  #begin(): void {
    const { clients, hosts, network, troubles, world } = this.#parts
    const electorate = Electorate.of(this.#parts)
    const core = Core.choose(world, electorate, troubles.leader(), troubles.troubled())
    if (core === undefined) {
      this.#stage = "over"
      return
    }
    this.#core = core
    this.#network.begin()
    network.heal(core)
    network.cut(Core.permanentCuts(world, core))
    clients.stayWith(core)
    troubles.endFor(core)
    this.#beganMicros = this.#stageMicros = world.nowMicros
    this.#terms.begin(this.#highestTerm())
    const names = core.map((node) => hosts[node]!.id).join(", ")
    world.tell({ _tag: "Phase", text: `no more faults for ${names}; all else stays as it is` })
    this.#look()
  }

  /** Those of the core that are members, as the leader has it. */
  #members(): ReadonlyArray<number> {
    const { hosts, oracles } = this.#parts
    const leader = this.#leader()
    if (leader === undefined) return []
    const { configuration } = oracles.stateOf(leader)!
    return this.#core.filter((node) => Configurations.isMember(configuration, hosts[node]!.id))
  }

  /** Those of them that may lead. */
  #voters(): ReadonlyArray<number> {
    const { hosts, oracles } = this.#parts
    const { configuration: { voters } } = oracles.stateOf(this.#leader()!)!
    return this.#core.filter((node) => voters.includes(hosts[node]!.id))
  }

  #look(): void {
    if (this.#stage === "over") return
    const { hosts, world } = this.#parts
    // Somebody looks after these machines: what a last fault has ended is started again.
    for (const node of this.#core) if (hosts[node]!.status === "Failed") hosts[node]!.start()
    // Who was removed, and taken on again before it had ended.
    for (const node of this.#members()) if (hosts[node]!.status === "Removed") hosts[node]!.start()
    this.#advance()
    world.timeline.after(LOOK_MICROS, NOBODY, "look", () => this.#look())
  }

  #advance(): void {
    const timeoutMicros = 1_000 * this.#scenario.electionTimeoutMillis
    const age = this.#parts.world.nowMicros - this.#stageMicros
    switch (this.#stage) {
      case "electing":
        if (this.#leader() !== undefined) return this.#enter("resting")
        if (age <= LEADER_TIMEOUTS * timeoutMicros) return
        return this.#late(`no leader in ${LEADER_TIMEOUTS} election timeouts`)
      case "resting":
      case "last requests": {
        const isAnswered = this.#parts.clients.unanswered(this.#core) === undefined
        if (isAnswered && this.#network.loseNoMore()) this.#terms.loseNoMore(this.#highestTerm())
        const why = this.#unrest(SOON_TIMEOUTS)
        if (why === undefined && !this.#network.isCalm) return
        if (why === undefined) return this.#rest()
        if (this.#hasCaughtUp()) return
        const strangers = this.#core.length - this.#members().length
        const restMicros = REST_TIMEOUTS * timeoutMicros +
          1_000 * this.#scenario.requestTimeoutMillis * (REST_REQUEST_TIMEOUTS + strangers)
        if (age > restMicros) this.#late(why)
        return
      }
      case "handing over": {
        const state = this.#handover?.look() ?? true
        if (typeof state === "string") return this.#late(state)
        if (state) return this.#enter("electing")
        if (age <= HANDOVER_TIMEOUTS * timeoutMicros) return
        return this.#late("leadership could not be handed over, in one term, to a healthy node")
      }
      case "quiet":
        if (age >= QUIET_TIMEOUTS * timeoutMicros) this.#checkQuiet(age)
        return
      case "over":
        return
    }
  }

  /**
   * All is well. Once, in most lives, who leads then falls in the deepest calm, hands over because
   * it is asked to, or is stopped.
   */
  #rest(): void {
    if (this.#stage === "last requests") return this.#enter("quiet")
    // One that is on its way out, from before, comes back by itself, and till then takes no office.
    if (this.#members().some((node) => this.#parts.hosts[node]!.status !== "Running")) return
    const change = this.#hasChanged ? 0 : this.#parts.world.chooser.pick("process", 4)
    this.#hasChanged = true
    if (change === 1) return this.#depose()
    if (change > 1 && this.#voters().length > 1) return this.#handOver(change === 3)
    if (this.#network.loseSome()) this.#terms.loseSome(this.#highestTerm())
    this.#askLast()
    this.#enter("last requests")
  }

  #depose(): void {
    const { hosts, world } = this.#parts
    const leader = this.#leader()!
    const rest = this.#core.filter((node) => node !== leader)
    const { decide } = Electorate.of(this.#parts)
    hosts[leader]!.crash(true, "loses power, in the deepest calm")
    if (decide(rest)) {
      this.#core = rest
      this.#parts.clients.stayWith(rest)
    } else {
      const micros = 2_000 * this.#scenario.electionTimeoutMillis
      world.timeline.after(micros, NOBODY, "power returns", () => hosts[leader]!.start())
    }
    this.#enter("electing")
  }

  #handOver(byStopping: boolean): void {
    const from = this.#leader()!
    const core = this.#voters()
    const to = core[(core.indexOf(from) + 1) % core.length]!
    const rest = core.filter((node) => node !== from)
    const isStop = byStopping && Electorate.of(this.#parts).decide(rest)
    const parts = { ...this.#parts, leader: () => this.#leader() }
    this.#enter("handing over")
    this.#handover = new Handover(parts, from, to, isStop)
  }

  #hasCaughtUp(): boolean {
    const { oracles, world } = this.#parts
    const { electionTimeoutMillis, requestTimeoutMillis } = this.#scenario
    const growsMillis = REST_TIMEOUTS * electionTimeoutMillis +
      GROWS_REQUEST_TIMEOUTS * requestTimeoutMillis
    const mayGrow = world.nowMicros - this.#beganMicros < 1_000 * growsMillis
    const states = this.#core.map((node) => oracles.stateOf(node))
    const hasManyTerms = this.#terms.isTooMany(this.#highestTerm())
    if (!this.#backlog.shrinks(states, mayGrow) || hasManyTerms) return false
    this.#stageMicros = world.nowMicros
    return true
  }

  #enter(stage: Stage): void {
    this.#stage = stage
    this.#stageMicros = this.#parts.world.nowMicros
    if (stage !== "quiet") return
    this.#messagesAtQuiet = this.#parts.network.sentMessages
    this.#termAtQuiet = this.#highestTerm()
  }

  #late(what: string): void {
    const { world } = this.#parts
    const sinceMillis = Math.floor((world.nowMicros - this.#beganMicros) / 1_000)
    const names = this.#core.map((node) => this.#parts.hosts[node]!.id).join(", ")
    world.violate("liveness", `${sinceMillis} ms after the last fault for ${names}: ${what}`)
  }

  #leader(): number | undefined {
    const leader = this.#parts.troubles.leader()
    return leader !== undefined && this.#core.includes(leader) ? leader : undefined
  }

  #highestTerm(): number {
    const { oracles, hosts } = this.#parts
    return Math.max(...hosts.map(({ number }) => oracles.termOf(number)))
  }

  /** What is not at rest in the core, or is due in so many election timeouts, if something is. */
  #unrest(soonTimeouts: number): string | undefined {
    const { clients, oracles, hosts } = this.#parts
    const leader = this.#leader()
    if (leader === undefined) return "no leader"
    const unanswered = clients.unanswered(this.#core)
    if (unanswered !== undefined) return unanswered
    const { configuration, log: { last }, term } = oracles.stateOf(leader)!
    const names = this.#core.map((node) => hosts[node]!.id)
    const isVoter = configuration.voters.includes(hosts[leader]!.id)
    if (!isVoter || Electorate.isChanging(configuration, names)) {
      return `the members are ${Configurations.describe(configuration)}`
    }
    for (const node of this.#members()) {
      const { id, node: service, status } = hosts[node]!
      const state = oracles.stateOf(node)
      if (state === undefined) return `${id} is ${status.toLowerCase()}`
      if (state.term !== term || state.applied !== last || state.log.last !== last) {
        return `${id} has applied ${state.applied} of ${last} entries`
      }
      if ((service?.status().pending ?? 0) > 0) return `${id} has not answered all requests`
    }
    // As it sees it: nobody else tells anything, and other clocks may be hours ahead.
    const soonMillis = soonTimeouts * this.#scenario.electionTimeoutMillis
    return Idleness.isDue(hosts[leader]!, soonMillis) ? "something is due soon" : undefined
  }

  /** Every member among the core must still be able to write and to read. */
  #askLast(): void {
    const { application, clients, world } = this.#parts
    const clientsBefore = 1 + Math.max(0, ...this.#scenario.operations.map(({ client }) => client))
    let id = 1 + Math.max(0, ...this.#scenario.operations.map((each) => each.id))
    const operations: Array<Operation> = []
    for (const node of this.#members()) {
      for (const wanted of ["write", "read"] as const) {
        const request = requestOf(application, wanted, id, (attempt) => (arity) => attempt % arity)
        const atMicros = world.nowMicros
        const client = clientsBefore + operations.length
        operations.push({ id, client, atMicros, node, request, patienceMicros: undefined })
        id += 1
      }
    }
    clients.schedule(operations)
  }

  #checkQuiet(ageMicros: number): void {
    const { network, hosts, world } = this.#parts
    const messages = network.sentMessages - this.#messagesAtQuiet
    const beats = ageMicros / 1_000 / this.#scenario.heartbeatMillis + 2
    const limit = QUIET_MESSAGES * hosts.length * hosts.length * beats
    if (messages > limit) {
      this.#late(`${messages} messages in ${ageMicros / 1_000} ms in which nothing was to be done`)
    } else if (this.#unrest(0) !== undefined) {
      this.#late(`not at rest any more: ${this.#unrest(0)}`)
    } else if (this.#coreTerm() !== this.#termAtQuiet && this.#coreTerm() > this.#termAtQuiet) {
      this.#late(`an election in a healthy majority, term ${this.#coreTerm()}`)
    } else if (this.#terms.isTooMany(this.#highestTerm())) {
      this.#late(`${this.#terms.count(this.#highestTerm())} terms to find a leader`)
    }
    Idleness.check(this.#parts, this.#members())
    this.#checkReplicas()
    if (this.#core.length < hosts.length) world.marks.hit("core without some node converged")
    if (this.#parts.oracles.members.last.index > 0) {
      world.marks.hit("core of changed members converged")
    }
    this.#stage = "over"
  }

  #coreTerm(): number {
    const { oracles } = this.#parts
    return Math.max(...this.#core.map((node) => oracles.termOf(node)))
  }

  /** Byte-equal state, and the state that the log makes. */
  #checkReplicas(): void {
    const { application, oracles, hosts, world } = this.#parts
    const machine = application.machine()
    for (const { command, index } of oracles.commands) machine.apply(command, index)
    const expected = machine.digest()
    for (const node of this.#members()) {
      const { id, replica } = hosts[node]!
      if (replica?.machine.digest() === expected) continue
      world.violate("convergence", `the state of ${id} is not the one that the log makes`)
    }
  }
}

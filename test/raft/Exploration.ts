/**
 * One random schedule of a cluster under the oracles: faults of every kind that the core must
 * survive; then the faults end, at least for a majority, and everything must come to rest within
 * bounds.
 */
import * as Configurations from "../../src/raft/Configuration.js"
import type { Index } from "../../src/raft/EntryId.js"
import type { NodeId } from "../../src/raft/Event.js"
import { Cluster } from "./Cluster.js"
import { Dice } from "./Dice.js"
import { insist } from "./Insist.js"
import { isMajority, Oracles } from "./Oracles.js"
import type { Shell } from "./Shell.js"
import * as Swarm from "./Swarm.js"
import { ELECTION_TICKS } from "./Swarm.js"

/** Ticks without a fault after which nothing may be left to do. */
const CALM_TICKS = 40 * ELECTION_TICKS

export class Exploration {
  readonly #dice: Dice
  readonly #cluster: Cluster
  readonly #oracles = new Oracles()
  /** How many ticks pass elsewhere in one of this node's. */
  readonly #slowness = new Map<NodeId, number>()
  #paused: Shell | undefined

  constructor(seed: number) {
    const dice = new Dice(seed)
    this.#dice = dice
    const members = Swarm.drawMembers(dice)
    const ids = [...members, ...Swarm.drawSpares(dice)]
    for (const id of ids) this.#slowness.set(id, dice.chance(0.3) ? dice.between(2, 5) : 1)
    const limits = Swarm.drawLimits(dice)
    this.#cluster = new Cluster(
      ids,
      { electionTimeoutTicks: ELECTION_TICKS, heartbeatTicks: 1, seed, limits },
      (happened) => this.#oracles.watch(this.#cluster, happened),
      undefined,
      (id) => members.includes(id)
    )
  }

  /** Throws when an oracle objects. What it returns tells how much has happened. */
  run(): Oracles {
    const weights = Swarm.drawWeights(this.#dice)
    for (let moves = this.#dice.between(50, 400); moves > 0; moves--) {
      this.#move(this.#dice.weighted(weights))
    }
    this.#calm()
    return this.#oracles
  }

  #move(move: Swarm.Move): void {
    const dice = this.#dice
    switch (move) {
      case "heal":
        this.#paused = undefined
        return this.#cluster.healAll()
      case "restart":
        return this.#restart()
      case "deliver":
        for (let letters = dice.between(1, 6); letters > 0; letters--) this.#moveLetter(move)
        return
      case "reorder":
      case "duplicate":
      case "drop":
        return this.#moveLetter(move)
    }
    const awake = this.#cluster.up.filter((shell) => shell !== this.#paused)
    if (awake.length === 0) return
    if (move === "run") {
      return this.#runAmong(dice.shuffle(awake).slice(0, dice.between(1, awake.length)))
    }
    const able = awake.filter((shell) => this.#isAble(shell, move))
    if (able.length > 0) this.#moveNode(move, dice.pick(able))
    else if (dice.chance(0.1)) this.#moveNode(move, dice.pick(awake))
  }

  /** Whether the move does at this node what it is for. */
  #isAble({ applying, state, writes }: Shell, move: Swarm.Move): boolean {
    switch (move) {
      case "sync":
        return writes.length > 0
      case "apply":
        return applying.length > 0
      case "propose":
      case "change":
        return state.role === "Leader"
      case "read":
        return state.leader !== undefined
      default:
        return true
    }
  }

  #moveNode(move: Swarm.Move, shell: Shell): void {
    const dice = this.#dice
    switch (move) {
      case "tick":
        if (dice.below(this.#slowness.get(shell.config.id) ?? 1) > 0) return
        return this.#tick(shell, dice.chance(0.1) ? dice.between(1, 3 * ELECTION_TICKS) : 1)
      case "sync":
        return this.#cluster.sync(shell, dice.between(0, shell.writes.length))
      case "apply":
        return this.#cluster.apply(shell, dice.between(0, shell.applying.length))
      case "propose":
        return this.#propose(shell, dice.between(1, 3))
      case "read":
        return this.#read(shell)
      case "change":
        return this.#change(shell)
      case "crash":
        this.#oracles.crashed(shell.config.id)
        return shell.crash(dice.between(0, shell.writes.length))
      case "cut":
        return this.#cluster.cut(shell.config.id, dice.pick(this.#cluster.all).config.id)
      case "isolate":
        return this.#isolate(shell)
      case "pause":
        this.#paused = shell
        return
      case "unreachable": {
        const peer = dice.pick(this.#cluster.all).config.id
        return this.#cluster.run(shell, { _tag: "PeerUnreachable", peer })
      }
    }
  }

  #moveLetter(move: "deliver" | "reorder" | "duplicate" | "drop"): void {
    const letters = this.#cluster.letters.filter(({ to }) => to !== this.#paused?.config.id)
    const first = letters[0]
    if (first === undefined) return
    const letter = move === "deliver" ? first : this.#dice.pick(letters)
    if (move === "drop") this.#cluster.take(letter)
    else if (move === "duplicate") this.#cluster.arrive(letter)
    else this.#cluster.deliver(letter)
  }

  #tick(shell: Shell, count = 1): void {
    this.#cluster.run(shell, { _tag: "Tick", count })
  }

  #propose(shell: Shell, count: number): void {
    const items = Array.from({ length: count }, () => {
      const ref = this.#cluster.newRef()
      const bytes = new Uint8Array(this.#dice.below(60)) // told apart by identity, not by content
      this.#oracles.asked(ref, shell.config.id, bytes)
      return { ref, bytes }
    })
    this.#cluster.run(shell, { _tag: "Propose", items })
  }

  #read(shell: Shell): void {
    const ref = this.#cluster.newRef()
    this.#oracles.asked(ref, shell.config.id, undefined)
    this.#cluster.run(shell, { _tag: "Read", ref, mode: "linearizable" })
  }

  #change(shell: Shell): void {
    const dice = this.#dice
    const { configuration } = shell.state
    const all = this.#cluster.all.map(({ config: { id } }) => id)
    const isMember = (id: NodeId) => Configurations.isMember(configuration, id)
    const some = (ids: ReadonlyArray<NodeId>) => dice.shuffle(ids).slice(0, dice.between(0, 2))
    const add = some(dice.chance(0.95) ? all.filter((id) => !isMember(id)) : all)
    const remove = some(dice.chance(0.95) ? all.filter(isMember) : all)
    const expected = dice.chance(0.1) ? dice.between(0, shell.state.log.last) : undefined
    this.#reconfigure(shell, add, remove, expected)
  }

  #reconfigure(
    shell: Shell,
    add: ReadonlyArray<NodeId>,
    remove: ReadonlyArray<NodeId>,
    expected?: Index
  ): void {
    const ref = this.#cluster.newRef()
    this.#oracles.asked(ref, shell.config.id, undefined)
    const added = add.map((id) => ({ id, address: `of ${id}` }))
    this.#cluster.run(shell, { _tag: "ChangeMembership", ref, add: added, remove, expected })
  }

  #isolate({ config: { id } }: Shell): void {
    for (const { config: { id: other } } of this.#cluster.all) {
      this.#cluster.cut(id, other)
      this.#cluster.cut(other, id)
    }
  }

  #restart(): void {
    const down = this.#cluster.all.filter(({ isUp }) => !isUp)
    if (down.length > 0) this.#dice.pick(down).restart()
  }

  /** What they have for the others waits meanwhile. */
  #runAmong(shells: ReadonlyArray<Shell>): void {
    for (let ticks = this.#dice.between(1, 3 * ELECTION_TICKS); ticks > 0; ticks--) {
      for (const shell of shells) this.#tick(shell)
      for (let moves = 20 * shells.length; moves > 0 && this.#exchange(shells); moves--);
    }
  }

  /** Does one thing that is due among these nodes; whether there was any. */
  #exchange(shells: ReadonlyArray<Shell>): boolean {
    const busy = shells.find(({ applying, writes }) => applying.length + writes.length > 0)
    if (busy !== undefined) {
      this.#cluster.sync(busy)
      this.#cluster.apply(busy)
      return true
    }
    const isAmong = (id: NodeId): boolean => shells.some(({ config }) => config.id === id)
    const letter = this.#cluster.letters.find(({ from, to }) => isAmong(from) && isAmong(to))
    if (letter !== undefined) this.#cluster.deliver(letter)
    return letter !== undefined
  }

  /** Heals a random majority for good; for the others the faults have become permanent. */
  #calm(): void {
    const all = this.#dice.shuffle(this.#cluster.all)
    let size = 0
    while (!this.#suffice(all.slice(0, size))) size += 1
    const core = all.slice(0, this.#dice.between(size, all.length))
    this.#paused = undefined
    this.#cluster.healAll()
    for (const shell of all.slice(core.length)) this.#isolate(shell)
    for (const shell of core) if (!shell.isUp) shell.restart()
    this.#settle(core, "after the faults")
    for (const shell of core) {
      this.#propose(shell, 1)
      this.#read(shell)
    }
    this.#settle(core, "after the last requests")
    this.#removeTheLost(core)
  }

  /**
   * Whether these are a majority of whatever may count by now, or will: every configuration that
   * anybody holds and that may still be committed, and the one that its learners bring about.
   */
  #suffice(core: ReadonlyArray<Shell>): boolean {
    const ids = core.map(({ config: { id } }) => id)
    const possible = this.#cluster.all
      .flatMap(({ handedOut, state }) => [
        state.configuration,
        ...handedOut.entries.flatMap((entry) =>
          entry.kind === "Configuration" ? [entry.configuration] : []
        )
      ])
      .filter(({ index }) => index >= this.#oracles.lastConfigurationIndex)
    return possible.every(({ learners, leaving, outgoing, voters }) =>
      [voters, outgoing, [...voters.filter((id) => !leaving.includes(id)), ...learners]]
        .every((set) => set.length === 0 || isMajority(set, ids))
    )
  }

  /** Who is lost for good is no member any more, and costs nobody anything. */
  #removeTheLost(core: ReadonlyArray<Shell>): void {
    const leader = core.find(({ state }) => state.role === "Leader")
    if (leader === undefined) return
    const { configuration } = leader.state
    const lost = Configurations.members(configuration).filter((id) =>
      !core.some(({ config }) => config.id === id)
    )
    if (lost.length === 0) return
    const learners = lost.filter((id) => configuration.learners.includes(id))
    this.#reconfigure(leader, [], learners.length > 0 ? learners : lost)
    this.#settle(core, "after the removal of the lost")
    if (learners.length > 0) this.#removeTheLost(core)
  }

  /** In lockstep, until nothing is left to do: soon, with few messages and few elections. */
  #settle(core: ReadonlyArray<Shell>, when: string): void {
    const termsBefore = this.#oracles.terms
    const size = this.#cluster.all.length
    for (let ticks = 0; !this.#isCalm(core); ticks++) {
      insist(ticks < CALM_TICKS, `${when}: not at rest`, ...this.#describe())
      for (const shell of this.#cluster.up) this.#tick(shell)
      const bound = 2 * this.#cluster.letters.length + 100 * size * size
      let moves = 0
      while (this.#exchange(this.#cluster.all)) {
        moves += 1
        insist(moves < bound, `${when}: no end of messages`, ...this.#describe())
      }
    }
    const terms = this.#oracles.terms - termsBefore
    insist(terms <= 2 + size, `${when}: too many elections`, terms)
  }

  #isCalm(core: ReadonlyArray<Shell>): boolean {
    const leaders = core.filter(({ state }) => state.role === "Leader")
    const leader = leaders[0]?.state
    if (leader === undefined || leaders.length > 1) return false
    const { config: { id }, configuration, log, term } = leader
    const isTogether = core.every(({ config, state }) =>
      !Configurations.isMember(configuration, config.id) ||
      (state.term === term && state.leader === id && state.log.last === log.last &&
        state.applied === log.last)
    )
    const { learners, voters } = configuration
    const isAmong = (member: NodeId): boolean => core.some(({ config }) => config.id === member)
    const isChanged = !Configurations.isJoint(configuration) && voters.includes(id) &&
      (learners.length === 0 || !learners.every(isAmong))
    return isTogether && isChanged && this.#cluster.letters.length === 0 &&
      this.#oracles.pending.length === 0
  }

  #describe(): ReadonlyArray<unknown> {
    const nodes = this.#cluster.all.map(({ config: { id }, isUp, state }) => {
      const { applied, commit, configuration, log: { last }, role, stable, term } = state
      const members = Configurations.describe(configuration)
      return { id, role: isUp ? role : "down", term, last, stable, commit, applied, members }
    })
    return [...nodes, { letters: this.#cluster.letters.length }, ...this.#oracles.pending]
  }
}

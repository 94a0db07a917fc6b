/**
 * One random schedule of a cluster under the oracles: faults of every kind that the core must
 * survive; then the faults end, at least for a majority, and everything must come to rest within
 * bounds.
 */
import type { NodeId } from "../../src/raft/Event.js"
import * as Quorum from "../../src/raft/Quorum.js"
import { Cluster } from "./Cluster.js"
import { Dice } from "./Dice.js"
import { insist } from "./Insist.js"
import { Oracles } from "./Oracles.js"
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
    const ids = Swarm.drawMembers(dice)
    for (const id of ids) this.#slowness.set(id, dice.chance(0.3) ? dice.between(2, 5) : 1)
    const limits = Swarm.drawLimits(dice)
    this.#cluster = new Cluster(
      ids,
      { electionTimeoutTicks: ELECTION_TICKS, heartbeatTicks: 1, seed, limits },
      (happened) => this.#oracles.watch(this.#cluster, happened)
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
    const core = all.slice(0, this.#dice.between(Quorum.majority(all.length), all.length))
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
    const { config: { id }, log, term } = leader
    const isTogether = core.every(({ state }) =>
      state.term === term && state.leader === id && state.log.last === log.last &&
      state.applied === log.last
    )
    return isTogether && this.#cluster.letters.length === 0 && this.#oracles.pending.length === 0
  }

  #describe(): ReadonlyArray<unknown> {
    const nodes = this.#cluster.all.map(({ config: { id }, isUp, state }) => {
      const { applied, commit, log: { last }, role, stable, term } = state
      return { id, role: isUp ? role : "down", term, last, stable, commit, applied }
    })
    return [...nodes, { letters: this.#cluster.letters.length }, ...this.#oracles.pending]
  }
}

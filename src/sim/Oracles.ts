/**
 * What must be true of a cluster over all its history, whatever was lost, repeated, delayed or
 * crashed, checked after every event. Nodes are judged by what they said, by what their disks have
 * promised and by what they applied, not by what they believe.
 *
 * The names in `violate` are stable: shrinking and the kill matrix go by them.
 */
import type { Node } from "../node/Node.js"
import * as Entries from "../raft/Entry.js"
import type { Term } from "../raft/EntryId.js"
import * as Log from "../raft/Log.js"
import type { Role, State } from "../raft/State.js"
import type { Storage } from "../service/Storage.js"
import * as PeerMessage from "../wire/PeerMessage.js"
import type { Applied } from "./History.js"
import * as LeaderOracle from "./LeaderOracle.js"
import { MemberOracle } from "./MemberOracle.js"
import * as OrderOracle from "./OrderOracle.js"
import { Promised, sameBytes } from "./Promised.js"
import { PromiseOracle } from "./PromiseOracle.js"
import { nodeId } from "./Scenario.js"
import { SessionModel } from "./SessionModel.js"
import * as Sightings from "./Sightings.js"
import type { OnStep } from "./SnapshotOracle.js"
import { SnapshotOracle } from "./SnapshotOracle.js"
import { StorageOracle } from "./StorageOracle.js"
import { TransferOracle } from "./TransferOracle.js"
import type { World } from "./World.js"

/** What is known of a node's present life. */
interface Watched {
  service: Node["Type"] | undefined
  state: State | undefined
  /** The next of the commands that it has to apply. */
  nextCommand: number
  /** How far its commits have been looked at. */
  commit: number
}

interface Committed {
  readonly entry: Entries.Entry
  /** Of the leader that committed it. */
  readonly inTerm: Term
}

const fresh = (): Watched => ({ service: undefined, state: undefined, nextCommand: 0, commit: 0 })

export class Oracles {
  readonly #world: World
  readonly #promised: ReadonlyArray<Promised>
  readonly #watched: Array<Watched>
  readonly #numbers: ReadonlyMap<string, number>
  readonly #leaders = new Map<Term, number>()
  /** The last log seen of each leader. */
  readonly #logs = new Map<Term, Log.Log>()
  readonly #promises: PromiseOracle
  readonly #storage: StorageOracle
  readonly members: MemberOracle
  readonly snapshots: SnapshotOracle
  readonly #transfers: TransferOracle
  readonly #committed: Array<Committed> = []
  readonly #sessions = new SessionModel()
  readonly #forwards = new Sightings.Forwards()
  /** By whichever node came first, in the order of the log. */
  readonly commands: Array<Applied> = []

  constructor(world: World) {
    const { nodes } = world.scenario
    this.#world = world
    const committed = (index: number) => this.#committed[index - 1]?.entry
    this.members = new MemberOracle(world)
    this.snapshots = new SnapshotOracle(world, committed, this.members)
    this.#promised = Array.from({ length: nodes }, () => new Promised(committed))
    this.#watched = Array.from({ length: nodes }, fresh)
    this.#storage = new StorageOracle(world, this.#promised, this.snapshots)
    this.#transfers = new TransferOracle(world, this.#promised)
    this.#promises = new PromiseOracle(world, this.#promised, this.#logs)
    this.#numbers = new Map(Array.from({ length: nodes }, (_, node) => [nodeId(node), node]))
  }

  readonly #promisedOf = (id: string): Promised => this.#promised[this.#numbers.get(id)!]!

  stateOf(node: number): State | undefined {
    return this.#watched[node]!.service?.state()
  }

  /** The highest that the node is known to have entered, running or not. */
  termOf(node: number): Term {
    return Math.max(this.#promised[node]!.hardState.term, this.stateOf(node)?.term ?? 0)
  }

  /** Whether the node of this name has led any term. */
  hasLed(id: string): boolean {
    return [...this.#leaders.values()].some((node) => nodeId(node) === id) ||
      [...this.#numbers].some(([name, node]) =>
        name === id && this.stateOf(node)?.role === "Leader"
      )
  }

  /** A process has come up. */
  started(node: number, service: Node["Type"]): void {
    // It may have restored a snapshot already.
    this.#watched[node] = { ...this.#watched[node]!, service }
  }

  ended(node: number): void {
    this.#watched[node] = fresh()
  }

  /** It is about to end in the middle of things. */
  crashing(node: number): void {
    const { isInstalling } = this.#promised[node]!
    Sightings.markCrash(this.#world.marks, this.stateOf(node), isInstalling)
  }

  /** The node's disk is another one. */
  wiped(node: number): void {
    this.#promised[node]!.forget()
  }

  /** What the node is given for its storage. */
  watchStorage(
    node: number,
    service: Storage["Type"],
    onStep: OnStep = () => {}
  ): Storage["Type"] {
    return this.#storage.watch(node, service, onStep)
  }

  /** After an event that may have changed this node. */
  observe(node: number): void {
    const watched = this.#watched[node]!
    const state = watched.service?.state()
    const before = watched.state
    if (state === undefined || state === before) return
    this.#mix(state)
    if (this.#world.recorder.isRecording && Sightings.differ(before, state)) {
      this.#world.tell({ _tag: "State", node: nodeId(node), state: this.#describe(state) })
    }
    const { hardState } = this.#promised[node]!
    OrderOracle.check(this.#world, node, before ?? { ...hardState, commit: 0, applied: 0 }, state)
    if (state.role === "Leader") {
      if (before?.role !== "Leader" || before.term !== state.term) this.#elected(node, state)
      this.#logs.set(state.term, state.log)
      LeaderOracle.checkProgress(this.#world, node, before, state, this.#promisedOf)
      LeaderOracle.checkOffice(this.#world, node, state)
      if (before?.role === "Leader") LeaderOracle.checkCounting(this.#world, node, before, state)
    }
    this.#checkCommit(node, watched, state)
    this.snapshots.observe(node, state)
    this.#transfers.observe(node, before, state)
    this.members.observe(node, before, state, this.#promisedOf)
    this.#checkApplied(node, watched, state)
    if (Sightings.differ(before, state)) this.#world.progressed()
    if (before !== undefined) Sightings.mark(this.#world.marks, before, state, this.#leaders.size)
    watched.state = state
  }

  #describe(state: State) {
    return Sightings.describe(state, (index) => this.#committed[index - 1]?.entry.term)
  }

  #mix({ applied, commit, log, role, term }: State): void {
    const { recorder } = this.#world
    recorder.mix(term)
    recorder.mix(role.length)
    recorder.mix(log.last)
    recorder.mix(commit)
    recorder.mix(applied)
  }

  #elected(node: number, state: State): void {
    const { log, term } = state
    const other = this.#leaders.get(term)
    if (other !== undefined && other !== node) {
      this.#world.violate(
        "one-leader-per-term",
        `${nodeId(other)} and ${nodeId(node)} both lead term ${term}`
      )
    }
    this.#leaders.set(term, node)
    this.members.elected(node, state, this.#promises.votersFor(node, term))
    for (const { entry, inTerm } of this.#committed) {
      if (inTerm >= term || entry.index < log.base.index) continue
      if (Log.termAt(log, entry.index) === entry.term) continue
      return this.#world.violate(
        "leader-completeness",
        `${nodeId(node)} leads term ${term} without entry ${entry.index}, committed in term ` +
          `${inTerm}`
      )
    }
  }

  #checkCommit(node: number, watched: Watched, { commit, log, role, term }: State): void {
    this.#checkBase(node, watched, log)
    while (watched.commit < commit) {
      const index = ++watched.commit
      const entry = log.at(index)
      if (entry === undefined) return
      const known = this.#committed[index - 1]?.entry
      if (known === undefined) {
        const inTerm = role === "Leader" ? term : entry.term
        this.#commit(node, log, entry, inTerm, this.#mayLead(watched, role, term))
      } else if (!Entries.equals(known, entry)) {
        return this.#world.violate(
          "one-commit-per-index",
          `${nodeId(node)} has committed another entry ${index} (of term ${entry.term}) than was ` +
            `committed before (of term ${known.term})`
        )
      }
    }
  }

  /** What is gone from its log was committed. */
  #checkBase(node: number, watched: Watched, { base }: Log.Log): void {
    if (watched.commit >= base.index) return
    watched.commit = base.index
    if (this.#committed[base.index - 1]?.entry.term === base.term) return
    this.#world.violate(
      "one-commit-per-index",
      `${nodeId(node)} begins after entry ${base.index} of term ${base.term}, which nobody ` +
        "committed"
    )
  }

  /**
   * Whether the node leads, or may have led since it was last looked at: a turn that takes in many
   * messages can hold a whole reign.
   */
  #mayLead({ state }: Watched, role: Role, term: Term): boolean {
    return role === "Leader" || state?.role === "Leader" || state?.term !== term
  }

  #commit(
    node: number,
    log: Log.Log,
    entry: Entries.Entry,
    inTerm: Term,
    mayLead: boolean
  ): void {
    const { index, term } = entry
    this.#committed.push({ entry, inTerm })
    if (entry.kind === "Command" && !this.#sessions.commit(entry)) {
      this.#world.violate(
        "proposed-in-turn",
        `the leader of term ${term} put a command into its log at ${index} that can have no effect`
      )
    }
    const holders = this.#promised.flatMap((promised, holder) =>
      promised.hasHeld(index, term) ? [nodeId(holder)] : []
    )
    const isHeld = this.members.isHeld(log, entry, holders)
    this.members.commit(entry)
    if (!isHeld) {
      this.#world.violate(
        "durable-majority",
        `${nodeId(node)} has committed entry ${index} of term ${term}, which is durable on ` +
          `${holders.join(", ") || "no node"}, and that is no majority`
      )
    } else if (!mayLead) {
      this.#world.violate(
        "durable-majority",
        `${nodeId(node)} has committed entry ${index} before any leader did`
      )
    }
  }

  lookAtCommits(node: number): void {
    const watched = this.#watched[node]!
    const state = watched.service?.state()
    if (state !== undefined) this.#checkCommit(node, watched, state)
  }

  /** The node's state machine was given a command. */
  applied(node: number, applied: Applied): void {
    const { answer, command, index, told } = applied
    const watched = this.#watched[node]!
    // Within the step that committed it: the node has not been looked at since.
    this.lookAtCommits(node)
    const expected = this.#sessions.commands[watched.nextCommand]
    if (
      expected === undefined || expected.index !== index || !sameBytes(expected.command, command)
    ) {
      return this.#world.violate(
        "applied-in-order",
        `${nodeId(node)} applied a command at ${index}, and the next that it had to apply is ` +
          (expected === undefined ? "not committed" : `at ${expected.index}`)
      )
    }
    watched.nextCommand += 1
    const first = this.commands[watched.nextCommand - 1]
    if (first === undefined) this.commands.push(applied)
    else if (!sameBytes(first.answer, answer)) {
      this.#world.violate(
        "same-answers",
        `${nodeId(node)} answered the command at ${index} otherwise than the first to apply it`
      )
    } else if (first.told !== told) {
      this.#world.violate(
        "same-events",
        `${nodeId(node)} told "${told}" of the command at ${index}, and the first to apply it ` +
          `told "${first.told}"`
      )
    }
  }

  /**
   * The node's state machine holds another state now: the one up to `index`. Returns the last
   * command that made it.
   */
  restored(node: number, index: number, digest: string): number {
    this.snapshots.restored(node, index, digest)
    const watched = this.#watched[node]!
    const { commands } = this.#sessions
    while ((commands[watched.nextCommand]?.index ?? Infinity) <= index) watched.nextCommand += 1
    return commands[watched.nextCommand - 1]?.index ?? 0
  }

  #checkApplied(node: number, { nextCommand }: Watched, { applied }: State): void {
    const skipped = this.#sessions.commands[nextCommand]
    if (skipped !== undefined && skipped.index <= applied) {
      this.#world.violate(
        "applied-in-order",
        `${nodeId(node)} says that it has applied all up to ${applied}, but not the command at ` +
          `${skipped.index}`
      )
    }
  }

  /** A payload leaves. */
  sent(from: number, to: number, payload: Uint8Array): void {
    const state = this.stateOf(from)
    if (state?.role === "Leader") {
      // It may not live to be looked at after this event.
      this.#logs.set(state.term, state.log)
      this.#checkCommit(from, this.#watched[from]!, state)
    }
    for (const message of PeerMessage.decode(payload) ?? []) {
      if (message._tag === "Append") {
        for (const entry of message.entries) this.members.seen(entry)
      }
      if (message._tag === "Forward") this.#forwards.mark(this.#world.marks, message)
      else if (message._tag === "TimeoutNow") this.#transfers.toldToStand(from, to, state)
      else if ("term" in message) this.#promises.check(from, to, message)
    }
  }
}

/**
 * Wants leadership handed over or the members changed, of one node or another, and holds the nodes
 * to their answers: each request is answered once, in time, and truly.
 *
 * The atlas: it asks for no members of whom half or more have disks that the scenario spoils.
 */
import type { MembershipOutcome, TransferOutcome } from "../node/Node.js"
import type { Configuration } from "../raft/Configuration.js"
import * as Configurations from "../raft/Configuration.js"
import * as Core from "./Core.js"
import type { Host } from "./Host.js"
import type { Oracles } from "./Oracles.js"
import type { Trouble } from "./Scenario.js"
import { nodeId } from "./Scenario.js"
import { NOBODY } from "./Timeline.js"
import type { World } from "./World.js"

/** What was asked for, of the configuration at `expected`. */
export interface Wanted {
  readonly add: ReadonlyArray<string>
  readonly remove: ReadonlyArray<string>
  readonly expected: number
}

type ChangeMembers = Extract<Trouble, { readonly _tag: "ChangeMembers" }>

export class Operator {
  readonly #world: World
  readonly #oracles: Oracles
  readonly #wanted: Array<Wanted> = []

  constructor(world: World, oracles: Oracles) {
    this.#world = world
    this.#oracles = oracles
  }

  /** Asks `host`, if it runs, to have leadership handed to `to`, or to whom the leader chooses. */
  handOver(
    host: Host,
    to: string | undefined,
    decided: (outcome: TransferOutcome) => void = () => {}
  ): void {
    const node = host.status === "Running" ? host.node : undefined
    if (node === undefined) return
    const asked = this.#expectAnswer<TransferOutcome>(host, "a transfer", (outcome) => {
      this.#checkTransfer(host, outcome)
      decided(outcome)
    })
    node.transfer(to, asked.answer)
    asked.hasReturned()
  }

  /** Asks `host`, if it runs, to change the members. Whoever is to come is started. */
  change(host: Host, wish: ChangeMembers, hosts: ReadonlyArray<Host>, leader?: number): void {
    const node = host.status === "Running" ? host.node : undefined
    const configuration = node?.state().configuration
    if (node === undefined || configuration === undefined) return
    const wanted = this.#choose(configuration, wish, leader)
    if (wanted === undefined) return
    this.#wanted.push(wanted)
    for (const { id, number } of hosts) if (wanted.add.includes(id)) hosts[number]!.start()
    const { expected, remove } = wanted
    const add = wanted.add.map((id) => ({ id, address: "" }))
    const asked = this.#expectAnswer<MembershipOutcome>(host, "a change of members", (outcome) => {
      this.#checkChange(host, wanted, outcome)
    })
    node.changeMembers({ add, remove, expected }, asked.answer)
    asked.hasReturned()
  }

  /** The sets of voters that may count because they were asked for. */
  get possible(): ReadonlyArray<ReadonlyArray<string>> {
    return this.#oracles.members.possible.flatMap((configuration) => {
      const { learners, leaving, voters } = configuration
      const staying = voters.filter((id) => !leaving.includes(id))
      const own = learners.length > 0 ? [[...staying, ...learners]] : []
      const asked = this.#wanted.filter(({ expected }) => expected === configuration.index)
      return [...own, ...asked.map((wanted) => votersAfter(configuration, wanted))]
    })
  }

  /** Undefined if there is nothing to do, or if it might cost what the scenario spoils. */
  #choose(
    configuration: Configuration,
    { add, isLeaderFirst, order, remove }: ChangeMembers,
    leader: number | undefined
  ): Wanted | undefined {
    const { scenario } = this.#world
    const isMember = (id: string): boolean => Configurations.isMember(configuration, id)
    const sound = order.filter((node) => !Core.isSpoilt(scenario, node)).map(nodeId)
    const first = isLeaderFirst && leader !== undefined ? [leader, ...order] : order
    const members = [...new Set(first)].map(nodeId).filter(isMember)
    const wanted: Wanted = {
      add: sound.filter((id) => !isMember(id)).slice(0, add),
      remove: members.slice(0, remove),
      expected: configuration.index
    }
    if (wanted.add.length + wanted.remove.length === 0) return undefined
    const after = votersAfter(configuration, wanted)
    const spoilt = Core.range(scenario.nodes).filter((node) => Core.isSpoilt(scenario, node))
    const lost = after.filter((id) => spoilt.some((node) => nodeId(node) === id))
    return 2 * lost.length < after.length ? wanted : undefined
  }

  /** Sees to it that the node answers once, in time, and not before the call has returned. */
  #expectAnswer<A>(host: Host, what: string, answered: (outcome: A) => void) {
    const { node } = host
    let hasReturned = false
    let hasAnswered = false
    const { electionTimeoutMillis, requestTimeoutMillis } = this.#world.scenario
    const { isPaused: wasPaused, pauses } = host
    const millis = 2 * requestTimeoutMillis + 4 * electionTimeoutMillis
    this.#world.timeline.after(1_000 * millis, NOBODY, "deadline", () => {
      const hasLived = host.node === node && host.pauses === pauses && !wasPaused
      if (hasAnswered || !hasLived) return
      this.#world.violate("answered-in-time", `${host.id} has not answered ${what}`)
    })
    return {
      hasReturned: () => void (hasReturned = true),
      answer: (outcome: A): void => {
        if (!hasReturned || hasAnswered) {
          const when = hasAnswered ? "twice" : "before it was asked"
          this.#world.violate("answered-once", `${host.id} has answered ${what} ${when}`)
        }
        hasAnswered = true
        answered(outcome)
      }
    }
  }

  /** What is said to have come about is committed, and is what was asked for. */
  #checkChange(host: Host, { add, remove }: Wanted, outcome: MembershipOutcome): void {
    const { marks } = this.#world
    if (outcome._tag === "ChangeRefused") marks.hit("change of members refused")
    if (outcome._tag === "UnknownOutcome") marks.hit("change of members unknown")
    if (outcome._tag !== "MembershipChanged") return
    marks.hit("change of members begun")
    // Within the step that committed it: the node has not been looked at since.
    this.#oracles.lookAtCommits(host.number)
    const { members } = this.#oracles
    const after = members.asOf(outcome.index)
    const { leaving } = after
    const isSo = members.isCommitted(outcome.index) &&
      add.every((id) => Configurations.isMember(after, id)) &&
      remove.every((id) => leaving.includes(id) || !after.voters.includes(id))
    if (isSo) return
    this.#world.violate(
      "change-true",
      `${host.id} says that the members are changed as of entry ${outcome.index}, and they are not`
    )
  }

  #checkTransfer(host: Host, outcome: TransferOutcome): void {
    if (outcome._tag !== "Transferred" || this.#oracles.hasLed(outcome.to)) return
    this.#world.violate(
      "transfer-true",
      `${host.id} says that ${outcome.to} leads, which has never led`
    )
  }
}

const votersAfter = (
  { learners, leaving, voters }: Configuration,
  { add, remove }: Wanted
): ReadonlyArray<string> =>
  [...voters.filter((id) => !leaving.includes(id)), ...learners, ...add]
    .filter((id) => !remove.includes(id))

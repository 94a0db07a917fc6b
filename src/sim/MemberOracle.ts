/**
 * Who counts, worked out from the logs alone and not from what nodes make of them (thesis 4): what
 * is committed is on the disks of a majority of whoever counts by then, of both sets while two are
 * joint; whoever leads was elected so; every node goes by the last configuration in its log; and
 * nobody is sent away who is a member.
 */
import type { Configuration } from "../raft/Configuration.js"
import * as Configurations from "../raft/Configuration.js"
import type { Entry } from "../raft/Entry.js"
import type { Log } from "../raft/Log.js"
import * as Logs from "../raft/Log.js"
import type { State } from "../raft/State.js"
import type { Promised } from "./Promised.js"
import { nodeId } from "./Scenario.js"
import type { World } from "./World.js"

/** Counted here: an oracle must not share the arithmetic that it judges. */
const isMajority = (set: ReadonlyArray<string>, ids: ReadonlyArray<string>): boolean =>
  set.length === 0 || 2 * set.filter((id) => ids.includes(id)).length > set.length

/** Whether these decide under the configuration. */
export const decide = (
  { outgoing, voters }: Pick<Configuration, "voters" | "outgoing">,
  ids: ReadonlyArray<string>
): boolean => isMajority(voters, ids) && isMajority(outgoing, ids)

export class MemberOracle {
  readonly #world: World
  readonly #first: Configuration
  /** Those that are committed, oldest first. */
  readonly #committed: Array<Configuration>
  /** Every one that was ever in a log, and that may yet be committed. */
  #possible: Array<Configuration> = []

  constructor(world: World) {
    const { nodes, spares } = world.scenario
    this.#world = world
    const members = Array.from({ length: nodes - spares }, (_, node) => nodeId(node))
    this.#first = Configurations.bootstrap(members)
    this.#committed = [this.#first]
  }

  /** The last that is known to be committed. */
  get last(): Configuration {
    return this.#committed[this.#committed.length - 1]!
  }

  /** Those that count, or may count by what is in logs and on its way. */
  get possible(): ReadonlyArray<Configuration> {
    return [this.last, ...this.#possible.filter(({ index }) => index > this.last.index)]
  }

  isCommitted(index: number): boolean {
    return this.#committed.some((each) => each.index === index)
  }

  /** As of an entry that is committed. */
  asOf(index: number): Configuration {
    return this.#committed.findLast((each) => each.index <= index) ?? this.#first
  }

  /** An entry was committed, before all later ones. */
  commit(entry: Entry): void {
    if (entry.kind === "Configuration") this.#committed.push(entry.configuration)
  }

  /** An entry is in a log, or on its way to one. */
  seen(entry: Entry): void {
    if (entry.kind !== "Configuration") return
    const { configuration } = entry
    const isKnown = this.#possible.some((each) => Configurations.equals(each, configuration))
    if (!isKnown) this.#possible = [...this.possible.slice(1), configuration]
  }

  /** The last in the log up to `index`. */
  #lastIn(log: Log, index: number): Configuration {
    for (let at = index; at > log.base.index; at--) {
      const entry = log.at(at)
      if (entry?.kind === "Configuration") return entry.configuration
    }
    return this.asOf(Math.min(index, log.base.index))
  }

  /**
   * Whether these hold enough copies of the entry, by the log of whoever committed it: as of the
   * entry, or by the configuration after it, which may have come before the last copy. An entry
   * that holds a configuration is what the next one waits for.
   */
  isHeld(log: Log, entry: Entry, holders: ReadonlyArray<string>): boolean {
    const { index } = entry
    if (decide(this.#lastIn(log, index), holders)) return true
    if (entry.kind === "Configuration") return false
    for (let at = index + 1; at <= log.last; at++) {
      const next = log.at(at)
      if (next?.kind === "Configuration") return decide(next.configuration, holders)
    }
    return false
  }

  /**
   * `voters` have promised the node their votes in the term that it leads now. Where the members
   * never change, that a term has one leader says as much.
   */
  elected(node: number, { log, term, termStart }: State, voters: ReadonlyArray<string>): void {
    const hasChanged = this.last.index > 0 || this.#possible.length > 0
    if (!hasChanged || decide(this.#lastIn(log, termStart - 1), voters)) return
    this.#world.violate(
      "elected-by-majority",
      `${nodeId(node)} leads term ${term} by the votes of ${voters.join(", ") || "nobody"}`
    )
  }

  /** After a step of the node; `before` is its state in the same life. */
  observe(
    node: number,
    before: State | undefined,
    state: State,
    promisedOf: (id: string) => Promised
  ): void {
    const { configuration, log } = state
    const isSame = before?.configuration === configuration && log.last >= before.log.last
    if (isSame) return
    const expected = this.#lastIn(log, log.last)
    const entry = log.at(configuration.index)
    if (entry !== undefined) {
      this.seen(entry)
      if (state.role === "Leader" && entry.term === state.term) {
        this.#checkChange(node, state, promisedOf)
      }
    }
    const isUnborn = expected.index === 0 && configuration.voters.length === 0
    if (isUnborn || this.#isSame(expected, configuration)) return
    this.#world.violate(
      "last-configuration",
      `${nodeId(node)} goes by the members ${Configurations.describe(configuration)} as of entry ` +
        `${configuration.index}, and its log says ${Configurations.describe(expected)} as of ` +
        `entry ${expected.index}`
    )
  }

  /** A leader has appended a configuration: by what was committed before, and who holds what. */
  #checkChange(
    node: number,
    { commit, configuration: { index, learners, voters }, log, termStart }: State,
    promisedOf: (id: string) => Promised
  ): void {
    const before = this.#lastIn(log, index - 1)
    if (commit < before.index || commit < termStart) {
      this.#world.violate(
        "one-change-at-a-time",
        `${nodeId(node)} changes the members by entry ${index}, and has committed ${commit} ` +
          `entries: not entry ${Math.max(before.index, termStart)}`
      )
    }
    const term = Logs.termAt(log, before.index)
    for (const id of before.learners) {
      if (learners.includes(id) || !voters.includes(id) || term === undefined) continue
      if (promisedOf(id).hasHeld(before.index, term)) continue
      this.#world.violate(
        "learners-first",
        `${nodeId(node)} makes ${id} a voter, which does not hold entry ${before.index}`
      )
    }
  }

  /** Addresses play no part in a simulated network. */
  #isSame(one: Configuration, other: Configuration): boolean {
    return Configurations.equals({ ...one, addresses: {} }, { ...other, addresses: {} })
  }

  /** A snapshot has the configuration as of its entry, for whoever begins anew with it. */
  snapshot(node: number, index: number, configuration: Configuration): void {
    const { marks } = this.#world
    if (Configurations.isJoint(configuration)) marks.hit("snapshot of a joint configuration")
    if (this.#isSame(configuration, this.asOf(index))) return
    this.#world.violate(
      "snapshot-members",
      `${nodeId(node)} has a snapshot up to ${index} with the members ` +
        `${Configurations.describe(configuration)}, and as of then they were ` +
        Configurations.describe(this.asOf(index))
    )
  }

  /** The node's process has ended because it is no member. */
  removed(node: number): void {
    const id = nodeId(node)
    this.#world.marks.hit("removed node ended")
    // It may have come back since, and not have heard of that.
    const isOut = this.#committed.some((each) => !Configurations.isMember(each, id))
    if (isOut && this.last.index > 0) return
    this.#world.violate("removed-is-no-member", `${id} ended as no member, and is one`)
  }
}

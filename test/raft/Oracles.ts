/**
 * What must hold in a cluster over all history, whatever was lost, repeated, delayed or crashed. It
 * judges by what nodes said and by what is on their disks, not by what they believe.
 */
import type { Observation, Outcome, Reply, Send } from "../../src/raft/Action.js"
import * as Configurations from "../../src/raft/Configuration.js"
import * as Entries from "../../src/raft/Entry.js"
import type { Entry } from "../../src/raft/Entry.js"
import type { Index, Term } from "../../src/raft/EntryId.js"
import type { NodeId, Ref } from "../../src/raft/Event.js"
import * as Log from "../../src/raft/Log.js"
import type { Recovered } from "../../src/raft/State.js"
import type { Cluster, Happened } from "./Cluster.js"
import { defined, insist } from "./Insist.js"
import * as Invariants from "./Invariants.js"
import type { Shell } from "./Shell.js"

interface Request {
  readonly node: NodeId
  /** What an answered read must show at least. */
  readonly floor: Index
  /** Of a proposal; undefined for a read. */
  readonly bytes: Uint8Array | undefined
  outcome: Outcome["_tag"] | "Pending" | "Crashed"
}

const termIn = ({ entries }: Recovered, index: Index): Term | undefined =>
  index === 0 ? 0 : entries[index - 1]?.term

/** Counted here: an oracle must not share the arithmetic that it judges. */
export const isMajority = (voters: ReadonlyArray<NodeId>, ids: ReadonlyArray<NodeId>): boolean =>
  2 * voters.filter((voter) => ids.includes(voter)).length > voters.length

/** Commands are told apart by the identity of their bytes. */
const isSame = (one: Entry, other: Entry): boolean =>
  Entries.equals(one, other) && bytesOf(one) === bytesOf(other)

const bytesOf = (entry: Entry | undefined): Uint8Array | undefined =>
  entry?.kind === "Command" ? entry.bytes : undefined

export class Oracles {
  readonly #requests = new Map<Ref, Request>()
  readonly #leaders = new Map<Term, NodeId>()
  /** The last log seen of each leader. */
  readonly #logs = new Map<Term, Log.Log>()
  /** Who was promised a vote, by term and voter. */
  readonly #votes = new Map<string, NodeId>()
  /** Every entry that ever was, by term and index, with the term of the one before it. */
  readonly #entries = new Map<string, { readonly entry: Entry; readonly before: Term }>()
  readonly #committed: Array<{ readonly entry: Entry; readonly inTerm: Term }> = []
  /** The bytes of every command that was ever in a log. */
  readonly #logged = new Set<Uint8Array>()
  /** The highest index that any answer has shown. */
  #shown: Index = 0

  /** The terms that had a leader. */
  get terms(): number {
    return this.#leaders.size
  }

  get commits(): number {
    return this.#committed.length
  }

  /** Of the last configuration that is known to be committed; 0 if that is the first. */
  get lastConfigurationIndex(): Index {
    return this.#committed.findLast(({ entry: { kind } }) => kind === "Configuration")
      ?.entry.index ?? 0
  }

  get pending(): ReadonlyArray<Request> {
    return [...this.#requests.values()].filter(({ outcome }) => outcome === "Pending")
  }

  /** How often each outcome was given to reads and to proposals. */
  get outcomes(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const { bytes, outcome } of this.#requests.values()) {
      const key = `${bytes === undefined ? "read" : "write"} ${outcome}`
      counts[key] = (counts[key] ?? 0) + 1
    }
    return counts
  }

  asked(ref: Ref, node: NodeId, bytes: Uint8Array | undefined): void {
    this.#requests.set(ref, { node, floor: this.#shown, bytes, outcome: "Pending" })
  }

  crashed(node: NodeId): void {
    for (const request of this.#requests.values()) {
      if (request.node === node && request.outcome === "Pending") request.outcome = "Crashed"
    }
  }

  watch(cluster: Cluster, happened: Happened): void {
    const { actions, before, shell } = happened
    const { state } = shell
    Invariants.check(before, state, actions)
    for (const action of actions) {
      if (action._tag === "Persist") {
        for (const entry of action.append) this.#know(state.log, entry)
      }
    }
    this.#checkWritten(shell)
    if (state.role === "Leader") {
      this.#logs.set(state.term, state.log)
      if (before.role !== "Leader") this.#elected(shell)
      this.#checkProgress(cluster, shell)
    }
    this.#checkCommit(cluster, happened)
    for (const action of actions) {
      if (action._tag === "Observe") this.#checkObservation(shell, action.observation)
      if (action._tag === "Send") this.#checkPromise(shell, action)
      else if (action._tag === "Reply") this.#answered(shell, action)
      else if (action._tag === "Apply") this.#checkApply(shell, action.entries)
    }
  }

  /** Two entries of one term and index are one, with all that is before them (log matching). */
  #know(log: Log.Log, entry: Entry): void {
    const key = `${entry.term} ${entry.index}`
    const before = defined(Log.termAt(log, entry.index - 1), "a gap in the log")
    const known = this.#entries.get(key)
    if (known === undefined) {
      this.#entries.set(key, { entry, before })
      if (entry.kind === "Command") this.#logged.add(entry.bytes)
    } else {
      const isKnown = known.before === before && isSame(known.entry, entry)
      insist(isKnown, "logs match up to one entry", entry)
    }
  }

  /** What was handed out to be written is what the node believes it has. */
  #checkWritten(
    { disk, handedOut: { entries, hardState }, state: { log, stable, ...own } }: Shell
  ) {
    insist(entries.length === log.last && entries.at(-1) === log.at(log.last), "the log is written")
    insist(hardState.term === own.term, "the term is written")
    insist(hardState.vote === own.vote, "the vote is written")
    insist(disk.entries[stable - 1] === log.at(stable), "what is called durable is durable")
  }

  #elected({ config: { id }, state: { log, term } }: Shell): void {
    insist((this.#leaders.get(term) ?? id) === id, "one leader a term", term)
    this.#leaders.set(term, id)
    for (const { entry, inTerm } of this.#committed) {
      const isThere = log.at(entry.index)?.term === entry.term
      insist(isThere || inTerm >= term, "a leader has every entry committed before", entry)
    }
  }

  #checkCommit(cluster: Cluster, { before, shell: { state } }: Happened): void {
    for (let index = before.commit + 1; index <= state.commit; index++) {
      const entry = defined(state.log.at(index), "committed beyond the log")
      const known = this.#committed[index - 1]?.entry
      if (known !== undefined) {
        insist(
          isSame(entry, known),
          "one commit an index",
          index
        )
        continue
      }
      insist(state.role === "Leader", "whoever leads commits first")
      this.#committed.push({ entry, inTerm: state.term })
      const holders = cluster.all.filter(({ disk }) => termIn(disk, index) === entry.term)
        .map(({ config: { id } }) => id)
      // What commits the last of one configuration may be what lets the next one begin.
      const isHeld = [before, state].some(({ configuration: { outgoing, voters } }) =>
        isMajority(voters, holders) && (outgoing.length === 0 || isMajority(outgoing, holders))
      )
      insist(isHeld, "what is committed is on the disks of a majority", index)
    }
  }

  #checkApply({ applied, applying, disk }: Shell, entries: ReadonlyArray<Entry>): void {
    insist(applying.length === entries.length, "one Apply at a time")
    entries.forEach((entry, i) => {
      insist(entry.index === applied.length + 1 + i, "entries are applied without a gap")
      const committed = this.#committed[entry.index - 1]?.entry
      insist(
        committed !== undefined && isSame(entry, committed),
        "what is applied is committed",
        entry
      )
      insist(termIn(disk, entry.index) === entry.term, "what is applied is durable here", entry)
    })
  }

  /** Nobody is told to end who has to be there. */
  #checkObservation({ config: { id } }: Shell, observation: Observation): void {
    if (observation._tag !== "Removed") return
    const entry = this.#committed[observation.index - 1]?.entry
    insist(entry?.kind === "Configuration", "whoever is removed is so by what is committed")
    insist(!Configurations.isMember(entry.configuration, id), "whoever is removed is no member")
  }

  /** No message says anything durable before it is true on the sender's disk. */
  #checkPromise({ config, disk }: Shell, { message, to }: Send): void {
    switch (message._tag) {
      case "VoteRequest": {
        const { last, term } = message
        insist(termIn(disk, last.index) === last.term, "an advertised log is durable", message)
        return this.#promised(config.id, config.id, term, disk)
      }
      case "VoteResponse":
        if (message.granted) this.#promised(config.id, to, message.term, disk)
        return
      case "AppendAccepted": {
        const { match, term } = message
        const log = defined(this.#logs.get(term), "an acknowledgement of nobody's entries")
        insist(disk.hardState.term === term, "an acknowledgement's term is durable")
        insist(disk.entries.length >= match, "what is acknowledged is durable", message)
        insist(termIn(disk, match) === Log.termAt(log, match), "it is the leader's", message)
        return insist(this.#leaders.get(term) === to, "it goes to the leader", message)
      }
      case "AppendRejected":
      case "HeartbeatResponse":
        return insist(disk.hardState.term === message.term, "the term is durable", message)
      default:
        return
    }
  }

  #promised(voter: NodeId, candidate: NodeId, term: Term, { hardState }: Recovered): void {
    const isDurable = hardState.term === term && hardState.vote === candidate
    insist(isDurable, "a promised vote is durable", hardState)
    const key = `${term} ${voter}`
    insist((this.#votes.get(key) ?? candidate) === candidate, "one vote a term", term)
    this.#votes.set(key, candidate)
  }

  #answered({ config: { id }, state: { applied } }: Shell, { outcome, ref }: Reply): void {
    const request = defined(this.#requests.get(ref), `nobody asked ${ref}`)
    insist(request.outcome === "Pending" && request.node === id, "one answer to each ref", request)
    request.outcome = outcome._tag
    const { bytes, floor } = request
    if (outcome._tag === "Committed") {
      const committed = this.#committed[outcome.index - 1]?.entry
      insist(
        bytes !== undefined && bytesOf(committed) === bytes,
        "what is acknowledged is committed"
      )
      insist(outcome.index <= applied, "what is acknowledged is applied")
      this.#shown = Math.max(this.#shown, outcome.index)
    } else if (outcome._tag === "MembershipChanged") {
      insist(outcome.index <= applied, "a change that is acknowledged is applied")
      insist(outcome.index <= this.lastConfigurationIndex, "and committed", outcome)
    } else if (outcome._tag === "Readable") {
      insist(bytes === undefined, "a proposal is not read")
      insist(applied >= floor, "a read shows whatever was shown before it began", applied, floor)
      this.#shown = Math.max(this.#shown, applied)
    } else if (bytes !== undefined && outcome._tag !== "Unknown") {
      insist(!this.#logged.has(bytes), "a refusal has no effect")
    }
  }

  /** A leader never believes a follower to hold what is not on that follower's disk. */
  #checkProgress(cluster: Cluster, { state: { log, progress, term } }: Shell): void {
    for (const [peer, { match }] of Object.entries(progress)) {
      const { disk } = cluster.shell(peer)
      if (disk.hardState.term > term) continue // another leader may have replaced what it held
      insist(
        termIn(disk, match) === Log.termAt(log, match),
        "what is matched is durable there",
        peer
      )
    }
  }
}

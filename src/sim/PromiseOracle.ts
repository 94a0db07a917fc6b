/**
 * No message says anything durable before it is true on the sender's disk. Checked when a message
 * is sent, so that a broken promise is found whether or not anybody comes to harm by it.
 */
import type { Term } from "../raft/EntryId.js"
import * as Log from "../raft/Log.js"
import type { Message } from "../raft/Message.js"
import type { Promised } from "./Promised.js"
import { nodeId } from "./Scenario.js"
import type { World } from "./World.js"

export class PromiseOracle {
  readonly #world: World
  /** By node. */
  readonly #promised: ReadonlyArray<Promised>
  /** The last log seen of each term's leader. */
  readonly #logs: ReadonlyMap<Term, Log.Log>
  /** Who was voted for, by term and voter. */
  readonly #votes = new Map<string, string>()

  constructor(
    world: World,
    promised: ReadonlyArray<Promised>,
    logs: ReadonlyMap<Term, Log.Log>
  ) {
    this.#world = world
    this.#promised = promised
    this.#logs = logs
  }

  check(from: number, to: number, message: Message): void {
    const promised = this.#promised[from]!
    switch (message._tag) {
      case "VoteRequest": {
        const { last, term } = message
        if (promised.termAt(last.index) !== last.term) {
          this.#broken(from, `asks for votes with a log up to ${last.index} that is not durable`)
        }
        return this.#checkVote(from, from, term)
      }
      case "VoteResponse":
        return message.granted ? this.#checkVote(from, to, message.term) : undefined
      case "AppendAccepted": {
        const { match, term } = message
        const log = this.#logs.get(term)
        if (promised.hardState.term !== term) {
          return this.#broken(from, `accepts entries in term ${term}, which is not durable`)
        }
        if (promised.entries.length < match) {
          return this.#broken(from, `accepts entries up to ${match} that are not durable`)
        }
        if (log === undefined || match < log.base.index) return
        if (promised.termAt(match) !== Log.termAt(log, match)) {
          this.#broken(from, `accepts entries up to ${match}, and holds others than the leader`)
        }
        return
      }
      case "AppendRejected":
      case "HeartbeatResponse":
      case "SnapshotProgress":
        if (promised.hardState.term === message.term) return
        return this.#broken(from, `answers in term ${message.term}, which is not durable`)
      default:
        return
    }
  }

  /** Who was heard to vote for the node in the term, itself included. */
  votersFor(candidate: number, term: Term): ReadonlyArray<string> {
    return this.#promised.flatMap(({ hardState }, voter) => {
      const isOwn = voter === candidate && hardState.term === term &&
        hardState.vote === nodeId(candidate)
      const voted = this.#votes.get(`${term}/${voter}`)
      return isOwn || voted === nodeId(candidate) ? [nodeId(voter)] : []
    })
  }

  #checkVote(voter: number, candidate: number, term: Term): void {
    const { hardState } = this.#promised[voter]!
    const isDurable = hardState.term === term && hardState.vote === nodeId(candidate)
    if (!isDurable) {
      this.#broken(voter, `votes for ${nodeId(candidate)} in term ${term}, and has not kept that`)
    }
    const key = `${term}/${voter}`
    const other = this.#votes.get(key)
    if (other !== undefined && other !== nodeId(candidate)) {
      this.#world.violate(
        "one-vote-per-term",
        `${nodeId(voter)} votes for ${nodeId(candidate)} in term ${term} after ${other}`
      )
    }
    this.#votes.set(key, nodeId(candidate))
  }

  #broken(node: number, what: string): void {
    this.#world.violate("promise-before-durable", `${nodeId(node)} ${what}`)
  }
}

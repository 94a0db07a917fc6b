/**
 * Which of the committed entries have to take effect, worked out once for the whole cluster and
 * independently of the node's own session table (kv/Session.ts): each node's numbers pass once and
 * in turn, and a newer life of a node ends the older ones (thesis 6.3).
 */
import type { Plain } from "../raft/Entry.js"
import * as Proposal from "../wire/Proposal.js"

export interface Due {
  readonly index: number
  readonly command: Uint8Array
}

export class SessionModel {
  /** The sequence that has its turn, by client and epoch; and each client's newest epoch. */
  readonly #turns = new Map<string, number>()
  readonly #epochs = new Map<string, number>()
  /** In the order of the log. */
  readonly commands: Array<Due> = []

  /** Called for every committed command, in order. Whether its turn has come. */
  commit({ bytes, index }: Plain): boolean {
    const proposal = Proposal.decode(bytes)
    if (proposal === undefined) return false
    const { client, command, epoch, sequence } = proposal
    const newest = Math.max(epoch, this.#epochs.get(client) ?? 0)
    this.#epochs.set(client, newest)
    if (epoch < newest) return false
    const life = `${client}/${epoch}`
    const turn = this.#turns.get(life) ?? 1
    if (sequence !== turn) return false
    this.#turns.set(life, turn + 1)
    if (command !== undefined) this.commands.push({ index, command })
    return true
  }
}

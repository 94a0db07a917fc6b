/**
 * Proposals that other nodes have sent to this one because they take it for the leader. They wait
 * here for the next batch; whoever has some refused is told, and sends them again when it sees fit.
 */
import type { NodeId } from "../raft/Event.js"

/** Bytes of proposals that wait, beyond which more are refused. */
export const WAITING_BYTES = 64 << 20

export interface ForwardedProposal {
  readonly from: NodeId
  readonly proposal: Uint8Array
}

export class Forwarded {
  #waiting: Array<ForwardedProposal> = []
  #bytes = 0

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** False if they were not taken. */
  add(from: NodeId, proposals: ReadonlyArray<Uint8Array>): boolean {
    const bytes = proposals.reduce((sum, proposal) => sum + proposal.length, 0)
    if (this.#bytes + bytes > WAITING_BYTES) return false
    this.#bytes += bytes
    for (const proposal of proposals) this.#waiting.push({ from, proposal })
    return true
  }

  takeAll(): ReadonlyArray<ForwardedProposal> {
    const all = this.#waiting
    this.#waiting = []
    this.#bytes = 0
    return all
  }
}

/**
 * What this node has proposed as the leader of a term, until it is applied, refused or lost with
 * the leadership. Writes are sent again whenever they do not move (Writes.ts), and a leader that
 * appended every copy would make the slow slower: it asks of each what the session table will say
 * of it once all of the log is applied, and appends only what will then have its turn. Nothing but
 * its own appends can change its log while it leads, so the answer is exact.
 */
import * as Session from "../kv/Session.js"
import type { Term } from "../raft/EntryId.js"
import type { NodeId, Ref } from "../raft/Event.js"
import * as Proposal from "../wire/Proposal.js"
import { Numbered } from "./Numbered.js"

export interface Origin {
  /** The node that forwarded it. Undefined if this one did not have to. */
  readonly from: NodeId | undefined
  readonly position: Session.Position
}

export class Proposed {
  readonly #waiting = new Numbered<Origin>()
  #term: Term = 0
  /** As it will be when all of the log of the leader of `#term` is applied. */
  #ahead = Session.make()

  /** Before a leader's proposals: `lookAhead` is asked once in a term. False if it cannot tell. */
  leads(term: Term, lookAhead: () => Session.Table | undefined): boolean {
    if (term === this.#term) return true
    const ahead = lookAhead()
    if (ahead === undefined) return false
    this.#term = term
    this.#ahead = ahead
    return true
  }

  /**
   * `Apply`: it is proposed as `ref`. `Gap`: one before it was lost, and whoever sent it has to
   * begin there again. Otherwise the log has it, or nobody waits for it any more.
   */
  admit(ref: Ref, from: NodeId | undefined, bytes: Uint8Array): Session.Verdict {
    const position = Proposal.decode(bytes)
    if (position === undefined) return "Stale"
    const verdict = Session.admit(this.#ahead, position)
    if (verdict === "Apply") this.#waiting.add(ref, { from, position })
    return verdict
  }

  /** It was applied, or leadership was lost. */
  settled(ref: Ref): void {
    this.#waiting.take(ref)
  }

  /** It is not in the log, nor is what came after it of the same session. */
  refused(ref: Ref): Origin | undefined {
    const origin = this.#waiting.take(ref)
    if (origin === undefined) return undefined
    Session.withdraw(this.#ahead, origin.position)
    return origin
  }
}

/**
 * Coverage in the terms of the domain: how often each noteworthy thing happened. A soak that never
 * saw one of `required` has not tested what it claims, and fails.
 */
export const required = [
  "leader changed",
  "entries truncated",
  "figure 8: old-term entry on a majority, not committed",
  "candidate collided",
  "leader deposed: no majority answered",
  "leader deposed: own disk stalled",
  "leadership handed over",
  "transfer abandoned",
  "leader handed over before it stopped",
  "joint entered",
  "joint left",
  "joint left by another leader",
  "learner promoted",
  "learner promoted by another leader",
  "voter replaced",
  "configuration taken back",
  "change of members begun",
  "change of members refused",
  "change of members unknown",
  "removed leader stepped down",
  "removed node ended",
  "snapshot of a joint configuration",
  "core of changed members converged",
  "even cluster",
  "single node",
  "crash lost unsynced bytes",
  "crash tore the last write",
  "unacknowledged write survived a crash",
  "crash while writing",
  "crash between durable and told",
  "candidate fell unheard",
  "fsync failed and stopped the node",
  "full disk stopped the node",
  "damaged log refused",
  "wiped disk refused",
  "segment begun",
  "process paused",
  "node stopped gracefully",
  "link cut one way",
  "leader cut off",
  "clog released",
  "echo of an earlier time",
  "message dropped",
  "message duplicated",
  "message reordered",
  "follower forwarded a write",
  "forwarded write sent again",
  "write answered unknown",
  "request refused",
  "read served by a follower",
  "read waited for a commit of its term",
  "lease read served",
  "lease read fell back to a round",
  "lease revoked by a transfer",
  "lease ended by a pause or a jump",
  "stale read served",
  "clock jumped back",
  "client abandoned a request",
  "key evicted",
  "write refused for memory",
  "core without some node converged",
  "snapshot taken",
  "log compacted",
  "snapshot installed",
  "stream resumed",
  "stream superseded by a newer snapshot",
  "snapshot not needed after all",
  "snapshot failed",
  "snapshot put off for a follower",
  "crash while taking a snapshot",
  "crash while receiving a snapshot",
  "crash while installing a snapshot",
  "node started from a snapshot",
  "old segments removed"
] as const

export type Mark = (typeof required)[number]

export class Marks {
  readonly #counts = new Map<Mark, number>()

  hit(mark: Mark): void {
    this.#counts.set(mark, (this.#counts.get(mark) ?? 0) + 1)
  }

  /** In the order of `required`; what did not happen is left out. */
  get counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const mark of required) {
      const count = this.#counts.get(mark)
      if (count !== undefined) counts[mark] = count
    }
    return counts
  }
}

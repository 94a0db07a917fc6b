/**
 * What can be seen in a node's state: noteworthy moments of the protocol, for the marks, and where
 * the node stands, for the trace.
 */
import * as Configurations from "../raft/Configuration.js"
import type { Term } from "../raft/EntryId.js"
import * as Leasing from "../raft/Leasing.js"
import * as Log from "../raft/Log.js"
import type { Progress } from "../raft/Progress.js"
import * as Quorum from "../raft/Quorum.js"
import * as Snapshotting from "../raft/Snapshotting.js"
import type { State } from "../raft/State.js"
import type { Forward } from "../wire/PeerMessage.js"
import * as Proposal from "../wire/Proposal.js"
import type { Marks } from "./Marks.js"
import type { NodeState } from "./Trace.js"

/** `before` is the same node's state in the same life; `terms` have had a leader so far. */
export const mark = (marks: Marks, before: State, state: State, terms: number): void => {
  if (state.role === "Leader" && before.role !== "Leader" && terms > 1) marks.hit("leader changed")
  markSnapshots(marks, before, state)
  if (before.role === "Candidate" && state.role === "PreCandidate") marks.hit("candidate collided")
  markTransfer(marks, before, state)
  markMembers(marks, before, state)
  markLease(marks, before, state)
  if (state.role === "Leader") return markLeader(marks, state)
  if (before.role !== "Leader" || state.term !== before.term) return
  if (!Configurations.isVoter(state.configuration, state.config.id)) {
    return marks.hit("removed leader stepped down")
  }
  const oldest = before.writes[0]?.since ?? Infinity
  marks.hit(
    state.now - oldest >= state.config.electionTimeoutTicks
      ? "leader deposed: own disk stalled"
      : "leader deposed: no majority answered"
  )
}

const markSnapshots = (marks: Marks, before: State, state: State): void => {
  const { latest, taking } = before.snapshots
  const now = state.snapshots
  if (state.log.base.index > before.log.base.index) marks.hit("log compacted")
  if (now.latest !== latest && now.latest.id.index === taking?.id.index) {
    marks.hit("snapshot taken")
  } else if (now.latest.id.index > state.applied && now.latest !== latest) {
    marks.hit("snapshot installed")
  }
  if (now.failures > before.snapshots.failures) marks.hit("snapshot failed")
  if (Snapshotting.isPutOff(state) && !Snapshotting.isPutOff(before)) {
    marks.hit("snapshot put off for a follower")
  }
  const { incoming } = before.snapshots
  if (incoming !== undefined && now.incoming === undefined && now.latest === latest) {
    if (state.commit >= incoming.snapshot.id.index) marks.hit("snapshot not needed after all")
  }
  for (const peer in state.progress) markStream(marks, before.progress[peer], state.progress[peer])
}

/** The node is about to end in the middle of things. */
export const markCrash = (
  marks: Marks,
  state: State | undefined,
  isInstalling: boolean
): void => {
  if (state?.snapshots.taking !== undefined) marks.hit("crash while taking a snapshot")
  if (state?.snapshots.incoming !== undefined) marks.hit("crash while receiving a snapshot")
  if (isInstalling) marks.hit("crash while installing a snapshot")
}

const markStream = (marks: Marks, before: Progress | undefined, now: Progress | undefined) => {
  const [old, stream] = [before?.stream, now?.stream]
  if (old === undefined || stream === undefined) return
  if (old.snapshot !== stream.snapshot) marks.hit("stream superseded by a newer snapshot")
  else if (stream.isProbing && !old.isProbing && stream.next > 0) marks.hit("stream resumed")
}

const markLease = (marks: Marks, before: State, state: State): void => {
  if (state.role !== "Leader" || before.lease.since === undefined) return
  if (state.term !== before.term || state.lease.since !== undefined) return
  marks.hit(
    Leasing.isRevoked(state) ? "lease revoked by a transfer" : "lease ended by a pause or a jump"
  )
}

const markMembers = (marks: Marks, before: State, state: State): void => {
  const { configuration: old } = before
  const { configuration: now, log, role, term } = state
  if (old === now) return
  if (now.index < old.index) marks.hit("configuration taken back")
  if (role !== "Leader" || now.index <= old.index) return
  const isOther = Log.termAt(log, old.index) !== term && Log.termAt(log, now.index) === term
  if (Configurations.isJoint(now) && !Configurations.isJoint(old)) {
    marks.hit("joint entered")
    if (now.voters.length > 0 && old.learners.length > 0) {
      marks.hit(isOther ? "learner promoted by another leader" : "learner promoted")
      if (old.leaving.length > 0) marks.hit("voter replaced")
    }
  }
  if (Configurations.isJoint(old) && !Configurations.isJoint(now)) {
    marks.hit(isOther ? "joint left by another leader" : "joint left")
  }
}

const markTransfer = (marks: Marks, before: State, state: State): void => {
  const { transfer } = before
  if (transfer === undefined || state.transfer === transfer) return
  if (state.leader === transfer.to) marks.hit("leadership handed over")
  else if (state.role === "Leader" && state.term === transfer.term) marks.hit("transfer abandoned")
}

const markLeader = (
  marks: Marks,
  { commit, configuration, log, progress, reads, stable, term }: State
): void => {
  if (reads.some(({ index }) => index > commit)) marks.hit("read waited for a commit of its term")
  if (commit === log.last || Log.termAt(log, commit + 1) === term) return
  const held = Quorum.reached(configuration, (voter) => progress[voter]?.match ?? stable)
  if (held <= commit) return
  marks.hit("figure 8: old-term entry on a majority, not committed")
}

/** Whether a description would tell them apart. */
export const differ = (before: State | undefined, state: State): boolean =>
  before === undefined || before.role !== state.role || before.term !== state.term ||
  before.leader !== state.leader || before.log !== state.log || before.commit !== state.commit ||
  before.applied !== state.applied || before.snapshots.latest !== state.snapshots.latest ||
  before.snapshots.incoming?.received !== state.snapshots.incoming?.received

/** `committed` knows the terms of entries that are gone from the log. */
export const describe = (
  { applied, commit, leader, log, role, snapshots, term }: State,
  committed: (index: number) => Term | undefined
): NodeState => ({
  role,
  term,
  leader,
  last: log.last,
  commit,
  applied,
  terms: termsOf(log, committed),
  base: log.base.index,
  snapshot: snapshots.latest.id.index
})

/** Run-length encoded. */
const termsOf = (
  log: Log.Log,
  committed: (index: number) => Term | undefined
): ReadonlyArray<readonly [term: Term, count: number]> => {
  const runs: Array<[term: Term, count: number]> = []
  for (let index = 1; index <= log.last; index++) {
    const term = Log.termAt(log, index) ?? committed(index) ?? 0
    const run = runs.at(-1)
    if (run?.[0] === term) run[1] += 1
    else runs.push([term, 1])
  }
  return runs
}

/** What nodes send to whom they take for the leader, first and again. */
export class Forwards {
  /** The highest sequence so far, by client and epoch. */
  readonly #sent = new Map<string, number>()

  mark(marks: Marks, { proposals }: Forward): void {
    marks.hit("follower forwarded a write")
    for (const bytes of proposals) {
      const proposal = Proposal.decode(bytes)
      if (proposal === undefined) continue
      const life = `${proposal.client}/${proposal.epoch}`
      const isAgain = proposal.sequence <= (this.#sent.get(life) ?? 0)
      if (isAgain) marks.hit("forwarded write sent again")
      else this.#sent.set(life, proposal.sequence)
    }
  }
}

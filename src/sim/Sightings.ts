/**
 * What can be seen in a node's state: noteworthy moments of the protocol, for the marks, and where
 * the node stands, for the trace.
 */
import type { Term } from "../raft/EntryId.js"
import * as Leasing from "../raft/Leasing.js"
import * as Log from "../raft/Log.js"
import * as Quorum from "../raft/Quorum.js"
import type { State } from "../raft/State.js"
import type { Marks } from "./Marks.js"
import type { NodeState } from "./Trace.js"

/** `before` is the same node's state in the same life; `terms` have had a leader so far. */
export const mark = (marks: Marks, before: State, state: State, terms: number): void => {
  if (state.role === "Leader" && before.role !== "Leader" && terms > 1) marks.hit("leader changed")
  if (before.role === "Candidate" && state.role === "PreCandidate") marks.hit("candidate collided")
  markTransfer(marks, before, state)
  markLease(marks, before, state)
  if (state.role === "Leader") return markLeader(marks, state)
  if (before.role !== "Leader" || state.term !== before.term) return
  const oldest = before.writes[0]?.since ?? Infinity
  marks.hit(
    state.now - oldest >= state.config.electionTimeoutTicks
      ? "leader deposed: own disk stalled"
      : "leader deposed: no majority answered"
  )
}

const markLease = (marks: Marks, before: State, state: State): void => {
  if (state.role !== "Leader" || before.lease.since === undefined) return
  if (state.term !== before.term || state.lease.since !== undefined) return
  marks.hit(
    Leasing.isRevoked(state) ? "lease revoked by a transfer" : "lease ended by a pause or a jump"
  )
}

const markTransfer = (marks: Marks, before: State, state: State): void => {
  const { transfer } = before
  if (transfer === undefined || state.transfer === transfer) return
  if (state.leader === transfer.to) marks.hit("leadership handed over")
  else if (state.role === "Leader" && state.term === transfer.term) marks.hit("transfer abandoned")
}

const markLeader = (
  marks: Marks,
  { commit, config, log, progress, reads, stable, term }: State
): void => {
  if (reads.some(({ index }) => index > commit)) marks.hit("read waited for a commit of its term")
  if (commit === log.last || Log.termAt(log, commit + 1) === term) return
  const held = config.voters.map((voter) => progress[voter]?.match ?? stable)
  if (Quorum.reached(held) <= commit) return
  marks.hit("figure 8: old-term entry on a majority, not committed")
}

/** Whether a description would tell them apart. */
export const differ = (before: State | undefined, state: State): boolean =>
  before === undefined || before.role !== state.role || before.term !== state.term ||
  before.leader !== state.leader || before.log !== state.log || before.commit !== state.commit ||
  before.applied !== state.applied

export const describe = ({ applied, commit, leader, log, role, term }: State): NodeState => ({
  role,
  term,
  leader,
  last: log.last,
  commit,
  applied,
  terms: termsOf(log)
})

/** Run-length encoded. */
const termsOf = (log: Log.Log): ReadonlyArray<readonly [term: Term, count: number]> => {
  const runs: Array<[term: Term, count: number]> = []
  for (let index = 1; index <= log.last; index++) {
    const term = Log.termAt(log, index) ?? 0
    const run = runs.at(-1)
    if (run?.[0] === term) run[1] += 1
    else runs.push([term, 1])
  }
  return runs
}

/**
 * Bugs of votes, terms and elections.
 */
import type { Mutant } from "./Mutant.js"

export const mutants: ReadonlyArray<Mutant> = [
  {
    id: "V01",
    title: "A vote leaves before it is durable",
    source: "etcd-io/raft:raft.go send, NodeDB-Lab/nodedb#161",
    file: "raft/Election.ts",
    find: `  Steps.promise(step, from, { _tag: "VoteResponse", term: next.term, granted }, 0)`,
    replace: `  Steps.send(step, from, { _tag: "VoteResponse", term: next.term, granted })`
  },
  {
    id: "V02",
    title: "The vote is not written with its term",
    source: "hashicorp/raft#661, willemt/raft 854a06d",
    file: "wire/LogRecord.ts",
    find: "    if (hardState !== undefined) encodeHardState(writer, hardState)",
    replace:
      "    if (hardState !== undefined) encodeHardState(writer, { ...hardState, vote: undefined })"
  },
  {
    id: "V03",
    title: "Stepping down within a term forgets the vote",
    source: "Mininglamp-OSS/octo-im#42",
    file: "raft/Follower.ts",
    find: `    next.verifiedTo = next.commit
  }
`,
    replace: `    next.verifiedTo = next.commit
  }
  next.vote = undefined
`
  },
  {
    id: "V05",
    title: "The longer log counts as the newer",
    source: "hashicorp/raft 441bd09",
    file: "raft/EntryId.ts",
    find: "self.term > that.term || (self.term === that.term && self.index >= that.index)",
    replace: "self.index > that.index || (self.index === that.index && self.term >= that.term)"
  },
  {
    id: "V06",
    title: "A log must be both newer and as long to be up to date",
    source: "openraft a48a3282",
    file: "raft/EntryId.ts",
    find: "self.term > that.term || (self.term === that.term && self.index >= that.index)",
    replace: "self.term >= that.term && self.index >= that.index"
  },
  {
    id: "V07",
    title: "Half of an even cluster is a majority",
    source: "hashicorp/raft 163a55f, openraft d60f1e85",
    file: "raft/Quorum.ts",
    find: "Math.floor(voters / 2) + 1",
    replace: "Math.ceil(voters / 2)"
  },
  {
    id: "V10",
    title: "The term is taken from the log after a restart",
    source: "bakwc/PySyncObj#202",
    file: "raft/State.ts",
    find: `  const { term, vote } = recovered.hardState
`,
    replace: `  const { vote } = recovered.hardState
  const { term } = Logs.lastId(log)
`
  },
  {
    id: "V13",
    title: "A pre-vote of a lower term is met with silence",
    source: "etcd-io/etcd#8501, raft-rs 3012d3c, openraft#1796",
    file: "raft/Raft.ts",
    find: `    case "PreVoteRequest":
      return Election.preVoteRequested(current, from, message)
    case "PreVoteResponse":`,
    replace: `    case "PreVoteRequest":
      return
    case "PreVoteResponse":`
  },
  {
    id: "V14",
    title: "What a leader of a lower term says is met with silence",
    source: "etcd-io/raft:raft.go lower-term branch, redpanda-data/redpanda#31547",
    file: "raft/Raft.ts",
    find: "  if (message.term < next.term) return refuseStale(current, from, message)",
    replace: `  if (message.term < next.term) {
    if (message._tag === "Append" || message._tag === "Heartbeat") return
    return refuseStale(current, from, message)
  }`
  },
  {
    id: "V19",
    title: "Election timeouts are not random",
    source: "etcd-io/etcd#4887",
    file: "raft/Follower.ts",
    find:
      "next.electionTimeout = next.config.electionTimeoutTicks + value % next.config.electionTimeoutTicks",
    replace: "next.electionTimeout = next.config.electionTimeoutTicks + value % 1"
  },
  {
    id: "V20",
    title: "A late pre-vote makes a follower, or a leader, stand",
    source: "openraft 4490c678",
    file: "raft/Election.ts",
    find: `if (next.role !== "PreCandidate" || answer.campaignTerm`,
    replace: "if (answer.campaignTerm"
  },
  {
    id: "V22",
    title: "A candidate does not vote for itself, and may vote for another",
    source: "analysis",
    file: "raft/Election.ts",
    find: `  next.vote = next.config.id
  next.verifiedTo`,
    replace: `  next.vote = undefined
  next.verifiedTo`
  },
  {
    id: "V25",
    title: "A second vote is granted in the same term",
    source: "analysis",
    file: "raft/Election.ts",
    find: "next.vote === undefined || next.vote === from",
    replace: "next.vote !== next.config.id || next.vote === from"
  },
  {
    id: "V26",
    title: "A leader without a majority stays in office",
    source: "Raft thesis 6.2",
    file: "raft/Election.ts",
    find:
      `  if (now >= Rounds.quorumLostAt(next)) return Follower.stepDown(step, term, "no majority answers")
`,
    replace: ""
  },
  {
    id: "V27",
    title: "A leader whose disk has stalled stays in office",
    source: "analysis",
    file: "raft/Election.ts",
    find:
      `  if (now >= Durability.stalledAt(next)) return Follower.stepDown(step, term, "own disk stalled")
`,
    replace: ""
  },
  {
    id: "V29",
    title: "A heartbeat does not restart the election timer",
    source: "analysis",
    file: "raft/Following.ts",
    find: `  Follower.hear(step, from)
  const { next } = step
  follow(step, commit)`,
    replace: `  const { next } = step
  follow(step, commit)`
  },
  {
    id: "V30",
    title: "A newer term is entered and the old vote kept",
    source: "analysis",
    file: "raft/Follower.ts",
    find: `    next.vote = undefined
`,
    replace: ""
  },
  {
    id: "V28",
    title: "A vote is granted whatever the candidate's log",
    source: "analysis",
    file: "raft/Election.ts",
    find: "  EntryId.atLeast(last, Log.lastId(next.log))",
    replace: "  last.index >= 0 || next.now < 0"
  }
]

/**
 * Bugs of replicating the log and of committing what is in it.
 */
import type { Mutant } from "./Mutant.js"

export const mutants: ReadonlyArray<Mutant> = [
  {
    id: "R01",
    title: "An old append cuts off what came after it",
    source: "openraft 9540c904, microsoft/CCF#5991",
    file: "raft/Following.ts",
    find: `  adopt(step, entries)
`,
    replace:
      `  if (prev.index >= next.commit && entries.length > 0) Durability.truncate(step, prev.index + 1)
  adopt(step, entries)
`
  },
  {
    id: "R02",
    title: "Any append, even a repeated one, rewrites the log from its first entry",
    source: "akka-raft#66",
    file: "raft/Following.ts",
    find: `  const first = entries[fresh]
  if (first === undefined) return
`,
    replace: `  const first = entries[Math.max(fresh, 0)]
  if (first === undefined) return
`
  },
  {
    id: "R04",
    title: "A follower believes any commit index",
    source: "etcd-io/raft:raft.go sendHeartbeat, qdrant/qdrant#1235",
    file: "raft/Following.ts",
    find: "Math.min(leaderCommit, next.verifiedTo)",
    replace: "leaderCommit"
  },
  {
    id: "R06",
    title: "A refusal moves the next index below what is matched",
    source: "etcd-io/etcd 91ff7cd, openraft fbbf37b1",
    file: "raft/Progress.ts",
    find: `  mode: "Probe",
  next: Math.max(self.match + 1, next),`,
    replace: `  mode: "Probe",
  next,`
  },
  {
    id: "R08",
    title: "A missing entry is taken for a match",
    source: "etcd-io/etcd 76f1249, redpanda-data/redpanda#25018",
    file: "raft/Following.ts",
    find: "  if (!Log.has(next.log, prev)) return",
    replace: "  if (prev.index <= next.log.last && !Log.has(next.log, prev)) return"
  },
  {
    id: "R10",
    title: "Messages of an older term are obeyed",
    source: "willemt/raft 75b0104, ce87cec",
    file: "raft/Raft.ts",
    find: `  if (message.term < next.term) return refuseStale(current, from, message)
`,
    replace: ""
  },
  {
    id: "R12",
    title: "After a refusal the same place is asked for again",
    source: "openraft 6d53aa12",
    file: "raft/Replication.ts",
    find: "Math.min(index, candidate)",
    replace: "Math.max(index + 1, candidate)"
  },
  {
    id: "R14",
    title: "A full window whose answers were lost is never opened again",
    source: "etcd-io/etcd#14633",
    file: "raft/Replication.ts",
    find: "silent ? sendAppend(step, from, unmarked, []) : unmarked",
    replace: "unmarked"
  },
  {
    id: "R15",
    title: "The answer to the last append in flight does not free its place",
    source: "etcd-io/etcd dcd623a",
    file: "raft/Progress.ts",
    find: "if (append.last > match) break",
    replace: "if (append.last >= match) break"
  },
  {
    id: "R16",
    title: "Bytes of uncommitted entries leak until no write is taken",
    source: "etcd-io/etcd a370b6f",
    file: "raft/Replication.ts",
    find: "  next.uncommittedBytes -= Log.rangeBytes(next.log, next.commit + 1, index)",
    replace: "  next.uncommittedBytes -= Log.rangeBytes(next.log, next.commit + 2, index)"
  },
  {
    id: "R19",
    title: "A probe that was lost is never sent again",
    source: "analysis",
    file: "raft/Replication.ts",
    find: "    setProgress(next, from, { ...resumed, paused: false })",
    replace: "    setProgress(next, from, resumed)"
  },
  {
    id: "R20",
    title: "An acceptance is not followed by what is still missing",
    source: "analysis",
    file: "raft/Replication.ts",
    find: `  advanceCommit(step)
  feed(step, from)`,
    replace: "  advanceCommit(step)"
  },
  {
    id: "R22",
    title: "The leader takes what it sent for what was accepted",
    source: "analysis",
    file: "raft/Progress.ts",
    find: `  const known = Math.max(self.match, match)
  if (`,
    replace: `  const known = Math.max(self.match, match, self.next - 1)
  if (`
  },
  {
    id: "R23",
    title: "Two versions of the log share a page that one of them overwrites",
    source: "analysis",
    file: "raft/Log.ts",
    find: "} else if (page.length === slot) {",
    replace: "} else if (page.length >= slot) {"
  },
  {
    id: "R24",
    title: "Appending after a conflict keeps the conflicting entries",
    source: "analysis",
    file: "raft/Following.ts",
    find: `    Durability.truncate(step, first.index)
`,
    replace: `    Durability.truncate(step, first.index + 1)
`
  },
  {
    id: "C01",
    title: "An entry of an earlier term commits by counting",
    source: "logcabin/logcabin#44, async-raft/async-raft#106",
    file: "raft/Replication.ts",
    find: "if (index <= next.commit || Log.termAt(next.log, index) !== next.term) return",
    replace: "if (index <= next.commit) return"
  },
  {
    id: "C02",
    title:
      "The commit index of a new leader may lie below its no-op for ever: old entries never commit",
    source: "analysis",
    file: "raft/Replication.ts",
    find: "if (index <= next.commit || Log.termAt(next.log, index) !== next.term) return",
    replace: "if (index <= next.commit || index <= next.termStart) return"
  },
  {
    id: "C03",
    title: "A leader counts its own entries before they are durable",
    source: "openraft a9f696a9, etcd-io/etcd#14370",
    file: "raft/Replication.ts",
    find: "voter === next.config.id ? next.stable :",
    replace: "voter === next.config.id ? next.log.last :"
  },
  {
    id: "C06",
    title: "What did not fit into one batch counts as applied",
    source: "etcd-io/etcd 8ecce32",
    file: "raft/Durability.ts",
    find: `  next.applying = last.index
`,
    replace: `  next.applying = upTo
`
  },
  {
    id: "C08",
    title: "A new leader appends no no-op",
    source: "Raft thesis 6.4",
    file: "raft/Election.ts",
    find: `  next.log = next.log.append([Entry.noop(next.term, first)])
`,
    replace: `  next.termStart = next.log.last
`
  },
  {
    id: "C10",
    title: "Heartbeats carry no commit index",
    source: "etcd-io/raft:testdata/lagging_commit.txt",
    file: "raft/Rounds.ts",
    find: "const commit = Math.min(next.commit, progress.match)",
    replace: "const commit = 0"
  },
  {
    id: "C11",
    title: "A leader commits what any one follower holds",
    source: "analysis",
    file: "raft/Replication.ts",
    find: `  const index = Quorum.reached(
    next.configuration,`,
    replace:
      `  const most = ({ voters }: typeof next.configuration, of: (voter: NodeId) => number) =>
    Math.max(...voters.map(of))
  const index = most(
    next.configuration,`
  },
  {
    id: "C12",
    title: "A leader appends its no-op with the term before",
    source: "analysis",
    file: "raft/Election.ts",
    find: "[Entry.noop(next.term, first)]",
    replace: "[Entry.noop(next.term - 1, first)]"
  }
]

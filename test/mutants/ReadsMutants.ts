/**
 * Bugs of reads without the log.
 */
import type { Mutant } from "./Mutant.js"

export const mutants: ReadonlyArray<Mutant> = [
  {
    id: "Q01",
    title: "A new leader answers reads before it has committed in its term",
    source: "etcd-io/etcd#7331",
    file: "raft/Reading.ts",
    find: "Math.max(next.commit, next.termStart)",
    replace: "next.commit"
  },
  {
    id: "Q02",
    title: "A follower shows its state before it has come to the read's index",
    source: "analysis",
    file: "raft/Reading.ts",
    find: `  if (index <= next.applied) Steps.reply(step, ref, { _tag: "Readable", index })
  else`,
    replace: `  if (index <= next.log.last) Steps.reply(step, ref, { _tag: "Readable", index })
  else`
  },
  {
    id: "Q03",
    title: "Any answer of this term confirms every read",
    source: "analysis",
    file: "raft/Rounds.ts",
    find: `round <= progress.round || round > next.round) return
  next.progress = { ...next.progress, [from]: { ...progress, round, answeredAt: next.now } }`,
    replace: `round > next.round) return
  next.progress = {
    ...next.progress,
    [from]: { ...progress, round: next.round, answeredAt: next.now }
  }`
  },
  {
    id: "Q04",
    title: "A read is confirmed by a round that began before it",
    source: "analysis",
    file: "raft/Reading.ts",
    find: "round: next.round + 1 }]",
    replace: "round: next.round }]"
  },
  {
    id: "Q05",
    title: "A node that believes to lead answers reads by itself",
    source: "hashicorp/consul#54",
    file: "raft/Reading.ts",
    find: "(read.round <= upTo ? ready : waiting)",
    replace: "(read.round <= Math.max(upTo, next.round + 9) ? ready : waiting)"
  },
  {
    id: "Q06",
    title: "Whoever was asked grants a read, leader or not",
    source: "tikv/raft-rs in_lease, etcd-io/raft#166",
    file: "raft/Reading.ts",
    find: `  Steps.send(step, from, { _tag: "ReadIndexRefused", term: next.term, id })`,
    replace:
      `  Steps.send(step, from, { _tag: "ReadIndexGranted", term: next.term, id, index: next.commit })`
  },
  {
    id: "Q11",
    title: "Reads are served by what is committed, not by what is applied",
    source: "analysis",
    file: "raft/Reading.ts",
    find: `  if (index <= next.applied) Steps.reply(step, ref, { _tag: "Readable", index })
  else`,
    replace: `  if (index <= next.commit) Steps.reply(step, ref, { _tag: "Readable", index })
  else`
  },
  {
    id: "Q12",
    title: "A deposed leader forgets the reads it had taken on",
    source: "etcd-io/etcd#9566",
    file: "raft/Follower.ts",
    find: `    if (origin._tag === "Local") {
      Steps.reply(step, origin.ref, { _tag: "NotLeader", leader: undefined })
    } else {`,
    replace: `    if (origin._tag === "Remote") {`
  },
  {
    id: "Q13",
    title: "A forwarded read that was lost is never answered",
    source: "analysis",
    file: "raft/Reading.ts",
    find:
      `    if (since <= deadline) Steps.reply(step, ref, { _tag: "NotLeader", leader: next.leader })`,
    replace: "    void [ref, since]"
  },
  {
    id: "Q15",
    title: "A read that was refused is forgotten",
    source: "analysis",
    file: "node/Reads.ts",
    find: "    this.#waiting = [...this.#take(ref), ...this.#waiting]",
    replace: "    this.#take(ref)"
  },
  {
    id: "Q16",
    title: "A read that was confirmed stays on the list, and is answered again at the end",
    source: "analysis",
    file: "node/Reads.ts",
    find: "    return this.#asked.take(ref)?.reads ?? []",
    replace: "    return this.#asked.get(ref)?.reads ?? []"
  },
  {
    id: "Q20",
    title: "A deposed leader's reads are answered as if confirmed",
    source: "analysis",
    file: "raft/Follower.ts",
    find: `      Steps.reply(step, origin.ref, { _tag: "NotLeader", leader: undefined })
    } else {`,
    replace: `      Steps.reply(step, origin.ref, { _tag: "Readable", index: next.applied })
    } else {`
  },
  {
    id: "Q17",
    title: "Reads wait for ever at a node without a leader",
    source: "analysis",
    file: "node/Reads.ts",
    find: "const late = this.#waiting.filter(({ deadlineAt }) => deadlineAt <= now)",
    replace: "const late = this.#waiting.filter(() => false)"
  },
  {
    id: "Q21",
    title: "A read that was granted waits for ever at a node that is behind",
    source: "analysis",
    file: "node/Reads.ts",
    find: "if (late.length === 0) continue",
    replace: "continue"
  },
  {
    id: "Q14",
    title: "Refs of reads are used again after a restart",
    source: "analysis",
    file: "node/NodeProgram.ts",
    find: "firstRef: epoch * REFS_PER_START",
    replace: "firstRef: REFS_PER_START"
  }
]

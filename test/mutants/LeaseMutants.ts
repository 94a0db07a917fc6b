/**
 * Bugs of leases: reads that the leader serves without asking anybody.
 */
import type { Mutant } from "./Mutant.js"

export const mutants: ReadonlyArray<Mutant> = [
  {
    id: "L01",
    title: "A lease is to believe that one leads",
    source: "tikv/raft-rs in_lease, etcd-io/raft#166, sofastack/sofa-jraft#34",
    file: "raft/Leasing.ts",
    find: `since !== undefined &&
    now < since + lengthTicks(config)`,
    replace: `now >= Math.min(since ?? 0, lengthTicks(config) - 1_000_000)`
  },
  {
    id: "L04",
    title: "A lease lasts as long as the election timeout, whatever clocks do",
    source: "analysis",
    file: "raft/Leasing.ts",
    find: "Math.floor((electionTimeoutTicks - 1) * 100 / (100 + limits.clockDriftPercent)) - 1",
    replace: "Math.floor(electionTimeoutTicks * 100 / (100 + 0 * limits.clockDriftPercent))"
  },
  {
    id: "L05",
    title: "A lease outlives the word to a successor",
    source: "Raft thesis 6.4.1",
    file: "raft/Transferring.ts",
    find: `  Leasing.revoke(next)
`,
    replace: ""
  },
  {
    id: "L07",
    title: "A leader that was paused takes its lease for younger than it is",
    source: "analysis",
    file: "node/Ticker.ts",
    find: "return { ticks: counted, heldUp: true }",
    replace: "return { ticks: counted, heldUp: false }"
  },
  {
    id: "L08",
    title: "A new leader reads by its lease before it has committed in its term",
    source: "etcd-io/etcd#7331",
    file: "raft/Leasing.ts",
    find: `role === "Leader" && commit >= termStart && since`,
    replace: `role === "Leader" && commit >= termStart - 1_000_000_000 && since`
  },
  {
    id: "L09",
    title: "What has arrived is served before the clock is read",
    source: "analysis",
    file: "node/Loop.ts",
    find: `    if (heldUp) this.#advance({ _tag: "Tick", count: ticks, heldUp })
    else if (ticks > 0) this.#advance({ _tag: "Tick", count: ticks })
    for (const input of inputs) this.#take(input)
    this.#serveReads()
`,
    replace: `    for (const input of inputs) this.#take(input)
    this.#serveReads()
    if (heldUp) this.#advance({ _tag: "Tick", count: ticks, heldUp })
    else if (ticks > 0) this.#advance({ _tag: "Tick", count: ticks })
`
  },
  {
    id: "L11",
    title: "One answer is a majority",
    source: "analysis",
    file: "raft/Rounds.ts",
    find: "  const answered = next.rounds.findLast(({ round }) => round <= upTo)\n",
    replace: `  const answered = next.rounds.findLast(({ round }) => round <= upTo)
  const heard = next.rounds.findLast(({ round }) => round <= next.round)
  if (heard !== undefined) Leasing.extend(next, heard)
`
  },
  {
    id: "L13",
    title: "Every read is stale",
    source: "analysis",
    file: "node/Reads.ts",
    find: `mode === "stale"`,
    replace: `mode !== "linearizable"`
  }
]

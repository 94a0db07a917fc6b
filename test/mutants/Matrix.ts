/**
 * The kill matrix: which mutant was found by which oracle, after how long.
 */
import * as OperatingSystem from "node:os"
import type { Outcome } from "./Hunt.js"
import type { Mutant } from "./Mutant.js"

export interface Row {
  readonly mutant: Mutant
  readonly outcome: Outcome
}

export const seedOf = ({ result }: Outcome): number | undefined =>
  result._tag === "Found" ? result.finding.seed : undefined

/** One outcome in one line. */
export const tell = ({ result, seconds }: Outcome): string => {
  const took = `${seconds.toFixed(1)} s`
  switch (result._tag) {
    case "Found": {
      const { finding: { events, message, oracle, seed }, shrunk } = result
      const length = shrunk === undefined ? "" : `, shrunk to ${shrunk.length}`
      return `${oracle}, seed ${seed}, ${events} events${length}, ${took}: ${
        message.split("\n")[0]
      }`
    }
    case "Clean":
      return `alive: every seed kept every promise, ${took}`
    case "BoundExceeded":
      return `alive after ${took}`
    case "Threw":
      return `the simulator failed: ${result.message}`
  }
}

export const line = ({ mutant, outcome }: Row): string => `${mutant.id}  ${tell(outcome)}`

/** The whole of docs/mutants.md. */
export const render = (rows: ReadonlyArray<Row>): string => {
  const seconds = rows.map(({ outcome }) => outcome.seconds).sort((one, other) => one - other)
  const alive = rows.filter(({ outcome: { result } }) => result._tag !== "Found").length
  const median = seconds[seconds.length >> 1] ?? 0
  const longest = seconds.at(-1) ?? 0
  const cores = OperatingSystem.cpus()
  return [
    ...INTRODUCTION,
    "",
    `${rows.length} mutants, ${alive} alive; median ${median.toFixed(1)} s, longest ` +
    `${longest.toFixed(1)} s, each on one core of: ${cores.length} cores ${
      cores[0]?.model.trim() ?? ""
    }, node ${process.versions.node}.`,
    "",
    ...table(rows),
    ""
  ].join("\n")
}

const INTRODUCTION = [
  "# Mutants: does the simulator find real bugs?",
  "",
  "Each mutant is this program with one bug in it: some that other systems have had, by their",
  "source, and some of our own analysis. The edit is made on the fly (`test/mutants/`), and one that",
  "no longer applies fails the run. The simulator then lives seeds 1, 2, 3 and so on until an oracle",
  "fires. The program without any edit lives the same seeds and must keep every promise.",
  "",
  "    npm run mutants -- [--only ID,ID] [--bound SECONDS] [--seeds N] [--workers N]",
  "                       [--shrink] [--write]",
  "",
  "`--write` writes this page. **Seed** is the first that breaks a promise, **oracle** the",
  "promise, **events** how far into that life, **seconds** the wall time from the edit on,",
  "compiling and all seeds before included. **Shrunk** is the length of the smallest failing",
  "life that `--shrink` came to: client operations, faults, and choices that are not the tame",
  "one.",
  "",
  "Some known bugs are not here. Pending reads that nobody looks at again when voters leave are met",
  "by the next heartbeat; learners' votes cannot be counted, since only voters are asked. Others are",
  "defended against twice, so that no single edit makes them: a commit index beyond what was proven",
  "equal (the leader clamps it too), a late append or a stale refusal taken for a conflict (the",
  "answer to a heartbeat repairs both), an entry that is handed out again while it is at work (its",
  "session passes it over), a timer restarted by whoever asks for a vote (it must have the newer log",
  "first), timeouts by the wall clock (what it jumps is cut off), reads left waiting for an index",
  "that no leader may reach (each has a deadline).",
  "",
  "Of snapshots these: a chunk that is no sign of a leader (heartbeats flow beside it), one that is",
  "taken wherever it begins (the file refuses it, and the stream begins anew), a leader that does",
  "not go back to where the follower is, or a log that begins anew without its commit index (the",
  "next heartbeat repairs both). A log without a trailing part costs snapshots and breaks no",
  "promise; a leader to whom a term that is gone counts as 0 never ends its turn. Of members: a",
  "removed leader that hands over once more instead of stepping down comes to its end as well, and a",
  "learner that stands for election like a voter hands over when it leads.",
  "",
  "And these were tried, are real, and were not found within 100 to 200 seconds:",
  "",
  "- forwarded writes that are proposed again in every turn: such a life takes minutes;",
  "- a snapshot that could not be written and is never tried again: the disk must be full just while",
  "  one is written;",
  "- a node that comes back with an empty disk and is heard under its old id, or by whoever has",
  "  forgotten it at a restart: it must have been one of the least majority that held an entry;",
  "- a lease counted from the answer instead of the question, one that is good again after an",
  "  abandoned transfer, one that a new leader keeps from an earlier office, and voters that do not",
  "  wait after their start, or vote although they hear a leader: each needs the other leader to be",
  "  elected within the few ticks by which it is wrong;",
  "- a log that begins anew and keeps its old entries where they reach further than the snapshot: a",
  "  tail that nobody has committed must be as long, and the node restart before it is replaced.",
  "  Seed 1433 found it in an earlier build, none of 4,000 in this one;",
  "- keys that are due at the same millisecond told of in whatever order a replica has them: two of",
  "  them must be, and the replicas have come to hold them in different orders."
]

const table = (rows: ReadonlyArray<Row>): ReadonlyArray<string> => [
  "| Id | What is wrong | Source | File | Oracle | Seed | Events | Seconds | Shrunk |",
  "|---|---|---|---|---|--:|--:|--:|--:|",
  ...rows.map(({ mutant: { file, id, source, title }, outcome }) =>
    `| ${id} | ${title} | ${source} | ${file} | ${cells(outcome).join(" | ")} |`
  )
]

const cells = ({ result, seconds }: Outcome): ReadonlyArray<string> => {
  const took = seconds.toFixed(1)
  if (result._tag !== "Found") return ["**alive**", "", "", took, ""]
  const { finding: { events, oracle, seed }, shrunk } = result
  return [oracle, String(seed), String(events), took, String(shrunk?.length ?? "")]
}

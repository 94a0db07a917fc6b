/**
 * Bugs of handing leadership over.
 */
import type { Mutant } from "./Mutant.js"

export const mutants: ReadonlyArray<Mutant> = [
  {
    id: "T01",
    title: "Voters that hear a leader refuse whom that leader told to stand",
    source: "hashicorp/raft#605, dragonboat 1c7ebd3",
    file: "raft/Raft.ts",
    find: "!message.transfer && Follower.hasLeader(next)",
    replace: "Follower.hasLeader(next)"
  },
  {
    id: "T02",
    title: "Every follower is told to stand, not only the chosen one",
    source: "analysis",
    file: "raft/Transferring.ts",
    find: `next.role !== "Leader" || transfer?.to !== from`,
    replace: `next.role !== "Leader" || transfer === undefined`
  },
  {
    id: "T03",
    title: "A target that is behind is told to stand",
    source: "tikv/raft-rs 24280e8",
    file: "raft/Transferring.ts",
    find: "if (next.progress[from]?.match !== next.log.last) return",
    replace: "if (next.progress[from] === undefined) return"
  },
  {
    id: "T04",
    title: "A transfer that came to nothing is never given up",
    source: "etcd-io/raft abortLeaderTransfer",
    file: "raft/Transferring.ts",
    find: "if (step.next.now >= expireAt(step.next)) finish(step, \"TimedOut\")",
    replace: "if (step.next.now < 0) finish(step, \"TimedOut\")"
  },
  {
    id: "T06",
    title: "Whoever was told to stand asks for votes before its own is durable",
    source: "analysis",
    file: "raft/Election.ts",
    find: "Steps.promise(step, peer, request, last.index)",
    replace:
      "ofTransfer ? Steps.send(step, peer, request) : Steps.promise(step, peer, request, last.index)"
  },
  {
    id: "T07",
    title: "The leader that hands over says so as soon as it steps down",
    source: "analysis",
    file: "raft/Transferring.ts",
    find: `leader === undefined || term === transfer.term) return
  finish(step, leader === transfer.to ? undefined : "OtherLeader")`,
    replace: `term === transfer.term) return
  finish(step, undefined)`
  },
  {
    id: "T08",
    title: "A leader that is to stop stops without handing over",
    source: "analysis",
    file: "node/Transfers.ts",
    find: `    if (role !== "Leader" || Configurations.isAlone(configuration, config.id)) return
    this.#leavingUntil`,
    replace:
      `    if (role !== "Candidate" || Configurations.isAlone(configuration, config.id)) return
    this.#leavingUntil`
  },
  {
    id: "T09",
    title: "Whoever asked a follower for a transfer is never answered",
    source: "analysis",
    file: "node/Transfers.ts",
    find:
      `      door.send(remote.from, { _tag: "TransferAnswered", id: remote.id, outcome: told(outcome) })`,
    replace: `      void told`
  },
  {
    id: "T10",
    title: "A request for a transfer has no deadline",
    source: "analysis",
    file: "node/Transfers.ts",
    find: "if (own.deadlineAt <= now) this.#drop(ref, own, \"NoLeader\")",
    replace: "if (own.deadlineAt < 0 - now) this.#drop(ref, own, \"NoLeader\")"
  }
]

/**
 * `RAFT`: what an operator asks of the cluster through any of its nodes. To add a subcommand is to
 * add an entry to the list. What only the leader can do is passed on to it inside the cluster.
 */
import * as Latin1 from "../kv/Latin1.js"
import type { Refused, Status, TransferOutcome } from "../node/Node.js"
import type { TransferFailure } from "../raft/Action.js"
import type { Writer } from "../wire/RespReply.js"
import { quotable, withHelp, wrongArity } from "./RedisCommand.js"
import type { RedisCommand, Task } from "./RedisCommand.js"
import { VERSION } from "./Version.js"

/** How much of a node's name an error quotes. */
const QUOTED_CHARACTERS = 128

const textOf = (word: Uint8Array): string => Latin1.decode(word, 0, word.length)

const status = (node: Status, out: Writer): void => {
  const fields: ReadonlyArray<readonly [name: string, value: string | number]> = [
    ["node_id", node.id],
    ["role", node.role.toLowerCase()],
    ["term", node.term],
    ["leader_id", node.leader ?? ""],
    ["last_index", node.lastIndex],
    ["commit_index", node.commitIndex],
    ["applied_index", node.appliedIndex],
    ["pending_requests", node.pending],
    ["cluster_id", node.clusterId],
    ["version", VERSION]
  ]
  out.map(fields.length + 1)
  for (const [name, value] of fields) {
    out.text(name)
    if (typeof value === "number") out.integer(value)
    else out.text(value)
  }
  out.text("members")
  out.array(node.members.length)
  for (const member of node.members) out.text(member)
}

const refusals: Readonly<Record<Refused["reason"], string>> = {
  NoLeader: "CLUSTERDOWN No Raft leader: there is nobody who could hand over; try again",
  Overloaded: "TRYAGAIN Too many transfers wait already: this one was not begun",
  Stopping: "CLUSTERDOWN This node is stopping: ask another member"
}

const failures: Readonly<Record<TransferFailure, (to: string, members: string) => string>> = {
  UnderWay: () => "TRYAGAIN Leadership is being handed over already: wait for that to end",
  AlreadyLeads: (to) => `ERR ${to} leads already`,
  NoVoter: (to, members) => `ERR ${to} is no voting member: choose one of ${members}`,
  NobodyElse: () => "ERR no other member answers the leader: start the members that are down",
  Unreachable: (to) =>
    `ERR the connection to ${to} was lost before it took over: the leader goes on leading; ` +
    "check that member and try again",
  TimedOut: (to) =>
    `ERR ${to} has not caught up and taken over within the election timeout: the transfer was ` +
    "given up; see RAFT STATUS and try again",
  OtherLeader: () => "ERR another member was elected meanwhile: see RAFT STATUS"
}

const UNKNOWN = "UNKNOWN the leader has not said in time what became of the transfer: " +
  "see RAFT STATUS"

const tell = (outcome: TransferOutcome, asked: string, node: Status, out: Writer): void => {
  switch (outcome._tag) {
    case "Transferred":
      return out.text(outcome.to)
    case "TransferFailed":
      return out.error(failures[outcome.why](asked, node.members.join(", ")))
    case "Refused":
      return out.error(refusals[outcome.reason])
    case "UnknownOutcome":
      return out.error(UNKNOWN)
  }
}

const transfer: Task["begin"] = (words, server, done) => {
  const to = words[2]
  const asked = to === undefined ? "the chosen member" : quotable(to, QUOTED_CHARACTERS)
  server.transfer(
    to === undefined ? undefined : textOf(to),
    (outcome) => done((out) => tell(outcome, asked, server.status(), out))
  )
}

const subcommands: ReadonlyArray<RedisCommand> = [
  {
    kind: "Local",
    name: "raft|status",
    arity: 2,
    flags: ["admin", "loading", "stale"],
    help: ["STATUS", "Return what this node knows of itself and of the cluster."],
    run: (_words, out, _client, server) => status(server.status(), out)
  },
  {
    kind: "Task",
    name: "raft|transfer",
    arity: -2,
    flags: ["admin"],
    help: [
      "TRANSFER [<id>]",
      "Hand leadership to member <id>, or to one that the leader chooses; return who leads then."
    ],
    begin: (words, server, done) =>
      words.length > 3
        ? done((out) => out.error(wrongArity("raft|transfer")))
        : transfer(words, server, done)
  }
]

export const commands: ReadonlyArray<RedisCommand> = [
  {
    kind: "Container",
    name: "raft",
    arity: -2,
    flags: ["admin"],
    subcommands: withHelp("raft", subcommands)
  }
]

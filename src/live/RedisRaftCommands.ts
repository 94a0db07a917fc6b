/**
 * `RAFT`: what an operator asks of the cluster through any of its nodes. To add a subcommand is to
 * add an entry to the list. What only the leader can do is passed on to it inside the cluster.
 */
import * as Latin1 from "../kv/Latin1.js"
import { readModes } from "../node/Node.js"
import type { ReadMode, Refused, Status, TransferOutcome } from "../node/Node.js"
import type { TransferFailure } from "../raft/Action.js"
import type { Writer } from "../wire/RespReply.js"
import { container, entriesOf, matches, quotable, wrongArity } from "./RedisCommand.js"
import type { RedisCommand, Run, Task } from "./RedisCommand.js"
import * as RedisMemberCommands from "./RedisMemberCommands.js"
import { VERSION } from "./Version.js"

/** How much of a node's name an error quotes. */
const QUOTED_CHARACTERS = 128

const textOf = (word: Uint8Array): string => Latin1.decode(word, 0, word.length)

const status: Run = (_words, out, _client, server) => {
  const node = server.status()
  const fields: ReadonlyArray<readonly [name: string, value: string | number]> = [
    ["node_id", node.id],
    ["role", node.role.toLowerCase()],
    ["term", node.term],
    ["leader_id", node.leader ?? ""],
    ["last_index", node.lastIndex],
    ["commit_index", node.commitIndex],
    ["applied_index", node.appliedIndex],
    ["snapshot_index", node.snapshotIndex],
    ["members_index", node.membership.index],
    ["members_joint", node.membership.isJoint ? 1 : 0],
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
  Behind: "TRYAGAIN This node is behind the others: ask another member",
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

const transfer: Task["begin"] = (words, _, server, done) => {
  if (words.length > 3) return done((out) => out.error(wrongArity("raft|transfer")))
  const to = words[2]
  const asked = to === undefined ? "the chosen member" : quotable(to, QUOTED_CHARACTERS)
  server.transfer(
    to === undefined ? undefined : textOf(to),
    (outcome) => done((out) => tell(outcome, asked, server.status(), out))
  )
}

const SNAPSHOT_FAILED = "ERR the snapshot could not be written, and will be tried again: the log " +
  "of the node's messages says why"

const snapshot: Task["begin"] = (_words, _client, server, done) =>
  server.snapshot((outcome) =>
    done((out) => {
      if (outcome._tag === "SnapshotTaken") out.integer(outcome.index)
      else out.error(outcome._tag === "Refused" ? refusals[outcome.reason] : SNAPSHOT_FAILED)
    })
  )

const UNKNOWN_MODE = `ERR reads are one of ${readModes.join(", ")}`

const modeOf = (word: Uint8Array): ReadMode | undefined =>
  readModes.find((mode) => matches(word, mode))

/** Takes effect for the next request, and for none before it: a task runs alone. */
const reads: Task["begin"] = (words, client, _, done) => {
  const mode = words[2] === undefined ? client.reads : modeOf(words[2])
  if (words.length > 3) return done((out) => out.error(wrongArity("raft|reads")))
  if (mode === undefined) return done((out) => out.error(UNKNOWN_MODE))
  client.reads = mode
  done((out) => out.text(mode))
}

const OWN = { group: "raft", since: "0.1.0" } as const
const { local, task } = entriesOf({ group: OWN.group, flags: ["admin"] })

const MODES = `<${readModes.join(" | ").toUpperCase()}>`

const subcommands: ReadonlyArray<RedisCommand> = [
  local(
    "raft|status",
    "",
    2,
    OWN.since,
    status,
    "Returns what this node knows of itself and of the cluster.",
    { flags: ["admin", "loading", "stale"] }
  ),
  task(
    "raft|transfer",
    "[id]",
    -2,
    OWN.since,
    transfer,
    "Hands leadership to a member, or to one that the leader chooses; returns who leads then."
  ),
  ...RedisMemberCommands.subcommands,
  task(
    "raft|snapshot",
    "",
    2,
    OWN.since,
    snapshot,
    "Takes a snapshot of this node; returns up to which entry it goes when it is durable."
  ),
  task(
    "raft|reads",
    MODES.replace("<", "[").replace(">", "]"),
    -2,
    OWN.since,
    reads,
    "Sets what the reads of this connection may show; returns what they may.",
    { flags: ["fast"] }
  ),
  {
    ...OWN,
    kind: "Prefix",
    name: "raft|read",
    arity: -4,
    flags: ["readonly", "fast"],
    syntax: `${MODES} command [argument ...]`,
    summary: "Runs a command that reads, and only this one, in that mode.",
    unwrap: (words) => {
      const mode = modeOf(words[2]!)
      return mode === undefined ? UNKNOWN_MODE : { reads: mode, words: words.slice(3) }
    }
  }
]

export const commands: ReadonlyArray<RedisCommand> = [
  container({
    ...OWN,
    name: "raft",
    flags: ["admin"],
    helpSince: OWN.since,
    summary: "Tells of the cluster, and changes it."
  }, subcommands)
]

/**
 * `RAFT MEMBERS`, `ADD`, `REMOVE`, `REPLACE`: who belongs to the cluster, asked and changed through
 * any of its nodes. A change is carried out by the leader, whichever node was asked.
 */
import { Either } from "effect"
import * as Latin1 from "../kv/Latin1.js"
import * as Members from "../node/Members.js"
import * as MembershipRefusals from "../node/MembershipRefusals.js"
import type { Change } from "../node/Memberships.js"
import type { Membership, MembershipOutcome, Refused, Status } from "../node/Node.js"
import type { NewMember } from "../raft/Event.js"
import type { Writer } from "../wire/RespReply.js"
import { entriesOf, matches, NOT_AN_INTEGER, SYNTAX_ERROR } from "./RedisCommand.js"
import type { RedisCommand, Run, Server, Tell, Words } from "./RedisCommand.js"

const textOf = (word: Uint8Array): string => Latin1.decode(word, 0, word.length)

const members: Run = (_words, out, _client, server) => {
  const status = server.status()
  const { index, isJoint, members } = status.membership
  out.map(5)
  out.text("index")
  out.integer(index)
  out.text("joint")
  out.integer(isJoint ? 1 : 0)
  out.text("cluster_id")
  out.text(status.clusterId)
  out.text("leader_id")
  out.text(status.leader ?? "")
  out.text("members")
  out.array(members.length)
  for (const member of members) tellMember(member, out)
}

const tellMember = (
  { address, behind, id, role }: Membership["members"][number],
  out: Writer
): void => {
  out.map(4)
  out.text("id")
  out.text(id)
  out.text("address")
  out.text(address)
  out.text("role")
  out.text(role.toLowerCase())
  out.text("behind")
  if (behind === undefined) out.nil()
  else out.integer(behind)
}

const refusals: Readonly<Record<Refused["reason"], string>> = {
  NoLeader: "CLUSTERDOWN No Raft leader: there is nobody who could change the members; try again",
  Overloaded: "TRYAGAIN Too many changes wait already: this one was not begun",
  Behind: "TRYAGAIN This node is behind the others: ask another member",
  Stopping: "CLUSTERDOWN This node is stopping: ask another member"
}

const UNKNOWN = "UNKNOWN the leader has not said in time what became of the change: " +
  "see RAFT MEMBERS"

const tell = (outcome: MembershipOutcome, node: Status, out: Writer): void => {
  switch (outcome._tag) {
    case "MembershipChanged":
      return out.integer(outcome.index)
    case "ChangeRefused": {
      const code = MembershipRefusals.isPassing(outcome.why) ? "TRYAGAIN" : "ERR"
      return out.error(`${code} ${MembershipRefusals.describe(outcome.why, node.members)}`)
    }
    case "Refused":
      return out.error(refusals[outcome.reason])
    case "UnknownOutcome":
      return out.error(UNKNOWN)
  }
}

/** What the words after the subcommand ask for, or the error to answer. */
type Read = (words: Words) => Change | string

/** The words up to `REMOVE` or `EXPECT`, and what follows it. */
const until = (words: Words, keyword: string): readonly [Words, Words | undefined] => {
  const at = words.findIndex((word) => matches(word, keyword))
  return at < 0 ? [words, undefined] : [words.slice(0, at), words.slice(at + 1)]
}

const readExpected = (words: Words | undefined): number | undefined | string => {
  if (words === undefined) return undefined
  if (words.length !== 1) return SYNTAX_ERROR
  const text = textOf(words[0]!)
  return /^\d{1,15}$/.test(text) ? Number(text) : NOT_AN_INTEGER
}

const change = (
  added: Words,
  removed: Words,
  expectedWords: Words | undefined
): Change | string => {
  const expected = readExpected(expectedWords)
  if (typeof expected === "string") return expected
  const add: Array<NewMember> = []
  for (const word of added) {
    const member = Members.parseMember(textOf(word))
    if (Either.isLeft(member)) return `ERR ${member.left}`
    add.push(Members.toNew(member.right))
  }
  return { add, remove: removed.map(textOf), expected }
}

const readAdd: Read = (words) => {
  const [rest, expected] = until(words, "expect")
  const [added, removed = []] = until(rest, "remove")
  return added.length === 0 ? SYNTAX_ERROR : change(added, removed, expected)
}

const readRemove: Read = (words) => {
  const [removed, expected] = until(words, "expect")
  return removed.length === 0 ? SYNTAX_ERROR : change([], removed, expected)
}

const readReplace: Read = ([old, added, ...rest]) =>
  old === undefined || added === undefined || rest.length > 0
    ? SYNTAX_ERROR
    : change([added], [old], undefined)

/** Mistakes that the core cannot see: to it an address means nothing. */
const mistake = ({ add, remove }: Change, { membership: { members } }: Status) => {
  const stay = members.filter(({ id }) => !remove.includes(id))
  for (const { address, id } of add) {
    const holder = stay.find((member) => member.address === address && member.id !== id)
    if (holder !== undefined) return `ERR ${address} is where ${holder.id} is`
  }
  const added = add.filter(({ id }) => !members.some((member) => member.id === id))
  const count = stay.length + added.length
  return count > Members.MEMBERS_LIMIT && added.length > 0
    ? `ERR ${count} members are too many: at most ${Members.MEMBERS_LIMIT}`
    : undefined
}

const begin =
  (read: Read) =>
  (words: Words, _client: unknown, server: Server, done: (tell: Tell) => void): void => {
    const asked = read(words.slice(2))
    if (typeof asked === "string") return done((out) => out.error(asked))
    const wrong = mistake(asked, server.status())
    if (wrong !== undefined) return done((out) => out.error(wrong))
    server.changeMembers(asked, (outcome) => done((out) => tell(outcome, server.status(), out)))
  }

const { local, task } = entriesOf({ group: "raft", flags: ["admin"] })

export const subcommands: ReadonlyArray<RedisCommand> = [
  local(
    "raft|members",
    "",
    2,
    "0.1.0",
    members,
    "Returns the members of the cluster as this node knows them.",
    { flags: ["admin", "loading", "stale"] }
  ),
  task(
    "raft|add",
    "id=host:port [id=host:port ...] [REMOVE id [id ...]] [EXPECT index]",
    -3,
    "0.1.0",
    begin(readAdd),
    "Adds members, who vote once they have caught up; returns the new version of the members."
  ),
  task(
    "raft|remove",
    "id [id ...] [EXPECT index]",
    -3,
    "0.1.0",
    begin(readRemove),
    "Removes members; returns the new version of the members."
  ),
  task(
    "raft|replace",
    "old-id id=host:port",
    4,
    "0.1.0",
    begin(readReplace),
    "Adds a member in the place of another, who stays until it has caught up."
  )
]

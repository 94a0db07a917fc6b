/**
 * `ACL`, as far as there is something to tell of: users have names and passwords, and all may do
 * the same. They are told by files and the environment of the node (cli/Secrets.ts), and are not
 * changed by commands.
 */
import * as Latin1 from "../kv/Latin1.js"
import type { Writer } from "../wire/RespReply.js"
import { container, entriesOf } from "./RedisCommand.js"
import type { RedisCommand, Run, Server } from "./RedisCommand.js"
import { DEFAULT_USER } from "./Users.js"

const textOf = (word: Uint8Array): string => Latin1.decode(word, 0, word.length)

/** As ACL LIST tells it, without the password: that is nobody's affair. */
const ruleOf = (name: string, { users }: Server): string =>
  `user ${name} on ${users.initial === name ? "nopass " : ""}~* &* +@all`

const tell = (items: ReadonlyArray<string>, out: Writer): void => {
  out.array(items.length)
  for (const item of items) out.text(item)
}

const getUser: Run = (words, out, _client, { users }) => {
  const name = textOf(words[2]!)
  if (!users.names.includes(name)) return out.nil()
  out.map(6)
  out.text("flags")
  const flags = users.initial === name ? ["on", "nopass"] : ["on"]
  out.set(flags.length)
  for (const flag of flags) out.text(flag)
  out.text("passwords")
  out.array(0)
  out.text("commands")
  out.text("+@all")
  out.text("keys")
  out.text("~*")
  out.text("channels")
  out.text("&*")
  out.text("selectors")
  out.array(0)
}

const list: Run = (_words, out, _client, server) =>
  tell(server.users.names.map((name) => ruleOf(name, server)), out)

const { local } = entriesOf({
  group: "server",
  flags: ["admin", "noscript", "loading", "stale"]
})
const SAME_RIGHTS = { differs: "All users may do the same." } as const

const subcommands: ReadonlyArray<RedisCommand> = [
  local(
    "acl|getuser",
    "username",
    3,
    "6.0.0",
    getUser,
    "Returns what a user may do.",
    SAME_RIGHTS
  ),
  local("acl|list", "", 2, "6.0.0", list, "Returns a line about each user.", SAME_RIGHTS),
  local(
    "acl|users",
    "",
    2,
    "6.0.0",
    (_words, out, _client, { users }) => tell(users.names, out),
    "Returns the names of all users."
  ),
  local(
    "acl|whoami",
    "",
    2,
    "6.0.0",
    (_words, out, client) => out.text(client.user ?? DEFAULT_USER),
    "Returns the name of the user who asks.",
    { flags: ["noscript", "loading", "stale"] }
  )
]

export const commands: ReadonlyArray<RedisCommand> = [
  container({
    name: "acl",
    group: "server",
    since: "6.0.0",
    helpSince: "6.0.0",
    summary: "Tells who the users are."
  }, subcommands)
]

/**
 * `ACL`, as far as there is something to tell of: users have names and passwords, and all may do
 * the same. They are told by files and the environment of the node (cli/Secrets.ts), and are not
 * changed by commands.
 */
import * as Latin1 from "../kv/Latin1.js"
import type { Writer } from "../wire/RespReply.js"
import { container } from "./RedisCommand.js"
import type { Local, RedisCommand, Run, Server } from "./RedisCommand.js"
import { DEFAULT_USER } from "./Users.js"

const textOf = (word: Uint8Array): string => Latin1.decode(word, 0, word.length)

/** As ACL LIST tells it, without the password: that is nobody's affair. */
const ruleOf = (name: string, { users }: Server): string =>
  `user ${name} on ${users.initial === name ? "nopass " : ""}~* &* +@all`

const list = (items: ReadonlyArray<string>, out: Writer): void => {
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

const ADMIN = ["admin", "noscript", "loading", "stale"] as const
const SAME_RIGHTS = "All users may do the same."

const subcommand = (
  name: string,
  syntax: string,
  arity: number,
  summary: string,
  run: Run,
  others: Partial<Local> = {}
): Local => ({
  kind: "Local",
  name: `acl|${name}`,
  syntax,
  arity,
  flags: ADMIN,
  group: "server",
  since: "6.0.0",
  summary,
  run,
  ...others
})

const subcommands: ReadonlyArray<RedisCommand> = [
  subcommand("getuser", "username", 3, "Returns what a user may do.", getUser, {
    differs: SAME_RIGHTS
  }),
  subcommand("list", "", 2, "Returns a line about each user.", (_words, out, _client, server) => {
    list(server.users.names.map((name) => ruleOf(name, server)), out)
  }, { differs: SAME_RIGHTS }),
  subcommand(
    "users",
    "",
    2,
    "Returns the names of all users.",
    (_words, out, _client, { users }) => list(users.names, out)
  ),
  subcommand(
    "whoami",
    "",
    2,
    "Returns the name of the user who asks.",
    (_words, out, client) => out.text(client.user ?? DEFAULT_USER),
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

/**
 * `AUTH` and `HELLO`, by which a connection says who it is, and `ACL` as far as there is something
 * to tell of: users have names and passwords, and all may do the same. They are told by files and
 * the environment of the node (cli/Secrets.ts), and are not changed by commands.
 */
import * as Integer from "../kv/Integer.js"
import * as Latin1 from "../kv/Latin1.js"
import type { Writer } from "../wire/RespReply.js"
import { isPlain, matches, quotable, SYNTAX_ERROR, withHelp } from "./RedisCommand.js"
import type { Client, RedisCommand, Run, Server, Task, Words } from "./RedisCommand.js"
import * as RedisInfo from "./RedisInfo.js"
import { DEFAULT_USER } from "./Users.js"

const FLAGS = ["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"] as const

const WRONG_PASSWORD = "WRONGPASS invalid username-password pair or user is disabled."
const NO_PASSWORD = "ERR AUTH <password> called without any password configured for the default " +
  "user. Are you sure your configuration is correct?"
const HELLO_FIRST = "NOAUTH HELLO must be called with the client already authenticated, " +
  "otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and " +
  "select the RESP protocol version at the same time"
export const INVALID_NAME =
  "ERR Client names cannot contain spaces, newlines or special characters."

/** Redis quotes no more than this of what it does not understand. */
const QUOTED_CHARACTERS = 128

const textOf = (word: Uint8Array): string => Latin1.decode(word, 0, word.length)

/** Tries the password; who it is becomes who the client is. */
const enter = (
  { name, password }: Credentials,
  client: Client,
  server: Server,
  done: (isRight: boolean) => void
): void =>
  server.users.verify(name, password, (isRight) => {
    if (isRight) client.user = name
    else server.totals.deniedPasswords++
    done(isRight)
  })

interface Credentials {
  readonly name: string
  readonly password: Uint8Array
}

const authenticate: Task["begin"] = (words, client, server, done) => {
  const refuse = (message: string) => done((out) => out.error(message))
  if (words.length > 3) return refuse(SYNTAX_ERROR)
  if (words.length === 2 && server.users.initial !== undefined) return refuse(NO_PASSWORD)
  const name = words.length === 3 ? textOf(words[1]!) : DEFAULT_USER
  enter(
    { name, password: words.at(-1)! },
    client,
    server,
    (isRight) => isRight ? done((out) => out.simple("OK")) : refuse(WRONG_PASSWORD)
  )
}

interface Greeting {
  readonly credentials: Credentials | undefined
  /** What it is called once the password was right. */
  readonly clientName: string | undefined
  /** The error to answer; as in Redis, the options before it take effect. */
  readonly refusal: string | undefined
}

/** Names the client at once if nothing has to be right for it. */
const readOptions = (words: Words, client: Client): Greeting => {
  let credentials: Credentials | undefined
  let clientName: string | undefined
  for (let index = 2; index < words.length; index++) {
    const option = words[index]!
    const following = words.length - 1 - index
    if (matches(option, "auth") && following >= 2) {
      credentials = { name: textOf(words[index + 1]!), password: words[index + 2]! }
      index += 2
    } else if (matches(option, "setname") && following >= 1) {
      if (!isPlain(words[index + 1]!)) return { credentials, clientName, refusal: INVALID_NAME }
      const name = textOf(words[index + 1]!)
      if (credentials === undefined) client.name = name
      else clientName = name
      index += 1
    } else {
      const shown = quotable(option, QUOTED_CHARACTERS)
      const refusal = `ERR Syntax error in HELLO option '${shown}'`
      return { credentials, clientName, refusal }
    }
  }
  return { credentials, clientName, refusal: undefined }
}

const hello: Task["begin"] = (words, client, server, done) => {
  const refuse = (message: string) => done((out) => out.error(message))
  const version = words[1] === undefined ? client.protocol : Integer.parse(words[1])
  if (version === undefined) {
    return refuse("ERR Protocol version is not an integer or out of range")
  }
  if (version !== 2 && version !== 3) return refuse("NOPROTO unsupported protocol version")
  const { clientName, credentials, refusal } = readOptions(words, client)
  const greet = (isRight: boolean): void => {
    if (!isRight) return refuse(WRONG_PASSWORD)
    if (clientName !== undefined) client.name = clientName
    if (refusal !== undefined) return refuse(refusal)
    if (client.user === undefined) return refuse(HELLO_FIRST)
    client.protocol = version
    done((out) => welcome(out, client, server))
  }
  if (credentials === undefined) greet(true)
  else enter(credentials, client, server, greet)
}

const welcome = (out: Writer, client: Client, { status }: Server): void => {
  out.protocol = client.protocol
  out.map(7)
  out.text("server")
  out.text("redis")
  out.text("version")
  out.text(RedisInfo.REDIS_VERSION)
  out.text("proto")
  out.integer(client.protocol)
  out.text("id")
  out.integer(client.id)
  out.text("mode")
  out.text("standalone")
  out.text("role")
  out.text(status().role === "Leader" ? "master" : "replica")
  out.text("modules")
  out.array(0)
}

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

const aclSubcommands: ReadonlyArray<RedisCommand> = [
  {
    kind: "Local",
    name: "acl|getuser",
    arity: 3,
    flags: ["admin", "noscript", "loading", "stale"],
    help: ["GETUSER <username>", "Return what the user may do: everything."],
    run: getUser
  },
  {
    kind: "Local",
    name: "acl|list",
    arity: 2,
    flags: ["admin", "noscript", "loading", "stale"],
    help: ["LIST", "Return a line about each user."],
    run: (_words, out, _client, server) =>
      list(server.users.names.map((name) => ruleOf(name, server)), out)
  },
  {
    kind: "Local",
    name: "acl|users",
    arity: 2,
    flags: ["admin", "noscript", "loading", "stale"],
    help: ["USERS", "Return the names of all users."],
    run: (_words, out, _client, { users }) => list(users.names, out)
  },
  {
    kind: "Local",
    name: "acl|whoami",
    arity: 2,
    flags: ["noscript", "loading", "stale"],
    help: ["WHOAMI", "Return the name of the user of the current connection."],
    run: (_words, out, client) => out.text(client.user ?? DEFAULT_USER)
  }
]

export const commands: ReadonlyArray<RedisCommand> = [
  { kind: "Task", name: "auth", arity: -2, flags: FLAGS, begin: authenticate },
  { kind: "Task", name: "hello", arity: -1, flags: FLAGS, turns: true, begin: hello },
  {
    kind: "Container",
    name: "acl",
    arity: -2,
    flags: [],
    subcommands: withHelp("acl", aclSubcommands)
  }
]

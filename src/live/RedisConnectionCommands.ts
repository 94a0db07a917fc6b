/**
 * The commands that concern a connection and not the data: greeting, naming, leaving. There are no
 * users and no passwords, as in a Redis without any: the user "default" may do everything.
 */
import * as Integer from "../kv/Integer.js"
import * as Latin1 from "../kv/Latin1.js"
import type { Writer } from "../wire/RespReply.js"
import {
  matches,
  NOT_AN_INTEGER,
  quotable,
  SYNTAX_ERROR,
  withHelp,
  wrongArity
} from "./RedisCommand.js"
import type { Client, RedisCommand, Run, Words } from "./RedisCommand.js"
import * as RedisInfo from "./RedisInfo.js"

const ANYTIME = ["noscript", "loading", "stale", "fast"] as const
const ABOUT_CLIENT = ["noscript", "loading", "stale"] as const

const WRONG_PASSWORD = "WRONGPASS invalid username-password pair or user is disabled."
const NO_PASSWORD = "ERR AUTH <password> called without any password configured for the default " +
  "user. Are you sure your configuration is correct?"
const INVALID_NAME = "ERR Client names cannot contain spaces, newlines or special characters."
const OUT_OF_RANGE = "ERR value is out of range, value must between -2147483648 and 2147483647"

/** Redis quotes no more than this of what it does not understand. */
const QUOTED_CHARACTERS = 128

const textOf = (word: Uint8Array): string => Latin1.decode(word, 0, word.length)

/** Whether it can stand in a list of clients: no spaces, no line breaks, nothing beyond ASCII. */
const isPlain = (word: Uint8Array): boolean => word.every((byte) => byte > 0x20 && byte < 0x7f)

const isDefaultUser = (word: Uint8Array): boolean => textOf(word) === "default"

const ok: Run = (_, out) => out.simple("OK")

const ping: Run = (words, out) => {
  if (words.length > 2) return out.error(wrongArity("ping"))
  if (words.length === 2) out.bulk(words[1]!)
  else out.simple("PONG")
}

const authenticate: Run = (words, out) => {
  if (words.length > 3) return out.error(SYNTAX_ERROR)
  if (words.length === 2) return out.error(NO_PASSWORD)
  if (isDefaultUser(words[1]!)) out.simple("OK")
  else out.error(WRONG_PASSWORD)
}

const select: Run = (words, out) => {
  const database = Integer.parse(words[1]!)
  if (database === undefined) out.error(NOT_AN_INTEGER)
  else if (Number(database) !== (Number(database) | 0)) out.error(OUT_OF_RANGE)
  else if (database !== 0) out.error("ERR DB index is out of range")
  else out.simple("OK")
}

const hello: Run = (words, out, client, { status }) => {
  const version = words[1] === undefined ? client.protocol : Integer.parse(words[1])
  if (version === undefined) {
    return out.error("ERR Protocol version is not an integer or out of range")
  }
  if (version !== 2 && version !== 3) return out.error("NOPROTO unsupported protocol version")
  const refusal = applyHelloOptions(words, client)
  if (refusal !== undefined) return out.error(refusal)
  client.protocol = version
  out.protocol = version
  out.map(7)
  out.text("server")
  out.text("redis")
  out.text("version")
  out.text(RedisInfo.REDIS_VERSION)
  out.text("proto")
  out.integer(version)
  out.text("id")
  out.integer(client.id)
  out.text("mode")
  out.text("standalone")
  out.text("role")
  out.text(status().role === "Leader" ? "master" : "replica")
  out.text("modules")
  out.array(0)
}

/** The error to answer, if any; as in Redis, the options before it have taken effect. */
const applyHelloOptions = (words: Words, client: Client): string | undefined => {
  for (let index = 2; index < words.length; index++) {
    const option = words[index]!
    const following = words.length - 1 - index
    if (matches(option, "auth") && following >= 2) {
      if (!isDefaultUser(words[index + 1]!)) return WRONG_PASSWORD
      index += 2
    } else if (matches(option, "setname") && following >= 1) {
      const name = words[index + 1]!
      if (!isPlain(name)) return INVALID_NAME
      client.name = textOf(name)
      index += 1
    } else {
      return `ERR Syntax error in HELLO option '${quotable(option, QUOTED_CHARACTERS)}'`
    }
  }
  return undefined
}

const reset: Run = (_, out, client) => {
  client.protocol = 2
  out.protocol = 2
  client.name = ""
  out.simple("RESET")
}

const setName: Run = (words, out, client) => {
  if (!isPlain(words[2]!)) return out.error(INVALID_NAME)
  client.name = textOf(words[2]!)
  out.simple("OK")
}

const setInfo: Run = (words, out, client) => {
  const [, , attribute, value] = words as readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  const isName = matches(attribute, "lib-name")
  if (!isName && !matches(attribute, "lib-ver")) {
    return out.error(`ERR Unrecognized option '${quotable(attribute, QUOTED_CHARACTERS)}'`)
  }
  if (!isPlain(value)) {
    const shown = quotable(attribute, QUOTED_CHARACTERS)
    return out.error(`ERR ${shown} cannot contain spaces, newlines or special characters.`)
  }
  if (isName) client.libraryName = textOf(value)
  else client.libraryVersion = textOf(value)
  out.simple("OK")
}

const getName = (client: Client, out: Writer): void => {
  if (client.name === "") out.nil()
  else out.text(client.name)
}

const describe = (client: Client): string => {
  const age = Math.floor((Date.now() - client.connectedAtMillis) / 1000)
  return `id=${client.id} addr=${client.address()} laddr=${client.localAddress()} ` +
    `name=${client.name} age=${age} db=0 cmd=client|info user=default resp=${client.protocol} ` +
    `lib-name=${client.libraryName} lib-ver=${client.libraryVersion}\n`
}

const clientSubcommands: ReadonlyArray<RedisCommand> = [
  {
    kind: "Local",
    name: "client|id",
    arity: 2,
    flags: ABOUT_CLIENT,
    help: ["ID", "Return the ID of the current connection."],
    run: (_, out, client) => out.integer(client.id)
  },
  {
    kind: "Local",
    name: "client|info",
    arity: 2,
    flags: ABOUT_CLIENT,
    help: ["INFO", "Return information about the current client connection."],
    run: (_, out, client) => out.verbatim(describe(client))
  },
  {
    kind: "Local",
    name: "client|getname",
    arity: 2,
    flags: ABOUT_CLIENT,
    help: ["GETNAME", "Return the name of the current connection."],
    run: (_, out, client) => getName(client, out)
  },
  {
    kind: "Local",
    name: "client|setname",
    arity: 3,
    flags: ABOUT_CLIENT,
    help: ["SETNAME <name>", "Assign the name <name> to the current connection."],
    run: setName
  },
  {
    kind: "Local",
    name: "client|setinfo",
    arity: 4,
    flags: ABOUT_CLIENT,
    help: ["SETINFO (LIB-NAME|LIB-VER) <value>", "Tell what library the client is."],
    run: setInfo
  }
]

export const commands: ReadonlyArray<RedisCommand> = [
  { kind: "Local", name: "ping", arity: -1, flags: ["fast"], run: ping },
  {
    kind: "Local",
    name: "echo",
    arity: 2,
    flags: ["loading", "stale", "fast"],
    run: (words, out) => out.bulk(words[1]!)
  },
  {
    kind: "Local",
    name: "auth",
    arity: -2,
    flags: [...ANYTIME, "no_auth", "allow_busy"],
    run: authenticate
  },
  {
    kind: "Local",
    name: "hello",
    arity: -1,
    flags: [...ANYTIME, "no_auth", "allow_busy"],
    run: hello
  },
  { kind: "Local", name: "select", arity: 2, flags: ["loading", "stale", "fast"], run: select },
  {
    kind: "Local",
    name: "reset",
    arity: 1,
    flags: [...ANYTIME, "no_auth", "allow_busy"],
    run: reset
  },
  {
    kind: "Local",
    name: "quit",
    arity: -1,
    flags: [...ANYTIME, "no_auth", "allow_busy"],
    last: true,
    run: ok
  },
  // Every node answers reads as fresh as the leader's: there is nothing to opt into.
  { kind: "Local", name: "readonly", arity: 1, flags: ["loading", "stale", "fast"], run: ok },
  { kind: "Local", name: "readwrite", arity: 1, flags: ["loading", "stale", "fast"], run: ok },
  {
    kind: "Container",
    name: "client",
    arity: -2,
    flags: [],
    subcommands: withHelp("client", clientSubcommands)
  }
]

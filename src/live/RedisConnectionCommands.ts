/**
 * The commands that concern a connection and not the data: naming, resetting, leaving.
 */
import * as Integer from "../kv/Integer.js"
import * as Latin1 from "../kv/Latin1.js"
import type { Writer } from "../wire/RespReply.js"
import { INVALID_NAME } from "./RedisAuthentication.js"
import { isPlain, matches, NOT_AN_INTEGER, quotable, withHelp, wrongArity } from "./RedisCommand.js"
import type { Client, RedisCommand, Run } from "./RedisCommand.js"
import { DEFAULT_USER } from "./Users.js"

const ANYTIME = ["noscript", "loading", "stale", "fast"] as const
const ABOUT_CLIENT = ["noscript", "loading", "stale"] as const

const OUT_OF_RANGE = "ERR value is out of range, value must between -2147483648 and 2147483647"

/** Redis quotes no more than this of what it does not understand. */
const QUOTED_CHARACTERS = 128

const textOf = (word: Uint8Array): string => Latin1.decode(word, 0, word.length)

const ok: Run = (_, out) => out.simple("OK")

const ping: Run = (words, out) => {
  if (words.length > 2) return out.error(wrongArity("ping"))
  if (words.length === 2) out.bulk(words[1]!)
  else out.simple("PONG")
}

const select: Run = (words, out) => {
  const database = Integer.parse(words[1]!)
  if (database === undefined) out.error(NOT_AN_INTEGER)
  else if (Number(database) !== (Number(database) | 0)) out.error(OUT_OF_RANGE)
  else if (database !== 0) out.error("ERR DB index is out of range")
  else out.simple("OK")
}

const reset: Run = (_, out, client, { users }) => {
  client.protocol = 2
  out.protocol = 2
  client.name = ""
  client.user = users.initial
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
    `name=${client.name} age=${age} db=0 cmd=client|info user=${
      client.user ?? DEFAULT_USER
    } resp=${client.protocol} ` +
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

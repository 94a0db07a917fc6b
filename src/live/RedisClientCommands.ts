/**
 * `CLIENT`: what a connection says about itself, and what it asks about all of them.
 */
import * as Integer from "../kv/Integer.js"
import * as Latin1 from "../kv/Latin1.js"
import { INVALID_NAME } from "./RedisAuthentication.js"
import {
  container,
  entriesOf,
  isPlain,
  matches,
  ok,
  quotable,
  SYNTAX_ERROR
} from "./RedisCommand.js"
import type { Client, RedisCommand, Run, Server, Words } from "./RedisCommand.js"
import * as RedisTrackingCommands from "./RedisTrackingCommands.js"
import * as Subscriptions from "./Subscriptions.js"

/** Redis quotes no more than this of what it does not understand. */
const QUOTED_CHARACTERS = 128

const textOf = (word: Uint8Array): string => Latin1.decode(word, 0, word.length)

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

const getName: Run = (_words, out, client) => {
  if (client.name === "") out.nil()
  else out.text(client.name)
}

const secondsSince = (millis: number): number => Math.floor((Date.now() - millis) / 1000)

const flagsOf = (client: Client): string => {
  const { tracker } = client
  const flags = [
    ...Subscriptions.isListening(client) ? ["P"] : [],
    ...tracker?.mode === undefined ? [] : ["t"],
    ...tracker?.isBroken === true ? ["R"] : [],
    ...tracker?.mode?.prefixes === undefined ? [] : ["B"]
  ]
  return flags.length > 0 ? flags.join("") : "N"
}

const describe = (client: Client): string => {
  const { channel, pattern, shard } = client.subscribed
  return `id=${client.id} addr=${client.address()} laddr=${client.localAddress()} ` +
    `name=${client.name} age=${secondsSince(client.connectedAtMillis)} ` +
    `idle=${secondsSince(client.heardAtMillis)} flags=${flagsOf(client)} db=0 ` +
    `sub=${channel.size} psub=${pattern.size} ssub=${shard.size} cmd=${client.command} ` +
    `user=${client.user ?? "(none)"} redir=${RedisTrackingCommands.redirectOf(client)} ` +
    `resp=${client.protocol} ` +
    `lib-name=${client.libraryName} lib-ver=${client.libraryVersion}\n`
}

/** Which clients are meant; or the error to answer. */
type Filter = (client: Client) => boolean

const TYPES: ReadonlyArray<string> = ["normal", "master", "replica", "slave", "pubsub"]

const ofType = (word: Uint8Array): Filter | string => {
  const type = TYPES.find((each) => matches(word, each))
  if (type === undefined) {
    return `ERR Unknown client type '${quotable(word, QUOTED_CHARACTERS)}'`
  }
  return (client) => type === (Subscriptions.isListening(client) ? "pubsub" : "normal")
}

const withId = (word: Uint8Array, least: number, otherwise: string): Filter | string => {
  const id = Integer.parse(word)
  return id === undefined || id < least ? otherwise : (client) => client.id === id
}

const ofUser = (word: Uint8Array, { users }: Server): Filter | string => {
  const name = textOf(word)
  return users.names.includes(name)
    ? (client) => client.user === name
    : `ERR No such user '${quotable(word, QUOTED_CHARACTERS)}'`
}

const clientsOf = (server: Server): ReadonlyArray<Client> =>
  Array.from(server.connections, ({ client }) => client)

const readListFilter = (words: Words): Filter | string => {
  if (words.length === 2) return () => true
  if (words.length === 4 && matches(words[2]!, "type")) return ofType(words[3]!)
  if (words.length < 4 || !matches(words[2]!, "id")) return SYNTAX_ERROR
  const filters: Array<Filter> = []
  for (const word of words.slice(3)) {
    const filter = withId(word, -Infinity, "ERR Invalid client ID")
    if (typeof filter === "string") return filter
    filters.push(filter)
  }
  return (client) => filters.some((filter) => filter(client))
}

const list: Run = (words, out, _client, server) => {
  const filter = readListFilter(words)
  if (typeof filter === "string") return out.error(filter)
  out.verbatim(clientsOf(server).filter(filter).map(describe).join(""))
}

const readKillFilter = (
  name: Uint8Array,
  value: Uint8Array,
  server: Server
): Filter | string => {
  const text = textOf(value)
  if (matches(name, "id")) return withId(value, 1, "ERR client-id should be greater than 0")
  if (matches(name, "type")) return ofType(value)
  if (matches(name, "user")) return ofUser(value, server)
  if (matches(name, "addr")) return (client) => client.address() === text
  if (matches(name, "laddr")) return (client) => client.localAddress() === text
  return SYNTAX_ERROR
}

/** What the words ask for, each of which must hold, and whether whoever asks is spared. */
const readKill = (words: Words, server: Server) => {
  const filters: Array<Filter> = []
  let skipsMe = true
  for (let at = 2; at < words.length; at += 2) {
    const [name, value] = [words[at]!, words[at + 1]]
    if (value === undefined) return SYNTAX_ERROR
    if (matches(name, "skipme")) {
      skipsMe = matches(value, "yes")
      if (!skipsMe && !matches(value, "no")) return SYNTAX_ERROR
      continue
    }
    const filter = readKillFilter(name, value, server)
    if (typeof filter === "string") return filter
    filters.push(filter)
  }
  return { filters, skipsMe }
}

const kill: Run = (words, out, client, server) => {
  if (words.length === 3) {
    const address = textOf(words[2]!)
    const victim = clientsOf(server).find((each) => each.address() === address)
    if (victim === undefined) return out.error("ERR No such client")
    victim.kill(client)
    return out.simple("OK")
  }
  const asked = readKill(words, server)
  if (typeof asked === "string") return out.error(asked)
  const victims = clientsOf(server).filter((each) =>
    !(asked.skipsMe && each === client) && asked.filters.every((filter) => filter(each))
  )
  for (const victim of victims) victim.kill(client)
  out.integer(victims.length)
}

const reply: Run = (words, out, client) => {
  if (matches(words[2]!, "on")) {
    client.replies = "on"
    out.simple("OK")
  } else if (matches(words[2]!, "off")) {
    client.replies = "off"
  } else if (!matches(words[2]!, "skip")) {
    out.error(SYNTAX_ERROR)
  } else if (client.replies !== "off") {
    client.replies = "skip"
  }
}

const onOrOff = (set: (client: Client, isOn: boolean) => void): Run => (words, out, client) => {
  const isOn = matches(words[2]!, "on")
  if (!isOn && !matches(words[2]!, "off")) return out.error(SYNTAX_ERROR)
  set(client, isOn)
  out.simple("OK")
}

const FLAGS = ["noscript", "loading", "stale"] as const
const { local } = entriesOf({ group: "connection", flags: FLAGS })
const ADMIN = { flags: ["admin", ...FLAGS] } as const
const TIPS = ["nondeterministic_output"] as const
const ON_OFF = "<ON | OFF>"
const KILL = "<ip:port | [ID client-id] [TYPE <NORMAL | MASTER | SLAVE | REPLICA | PUBSUB>] " +
  "[USER username] [ADDR ip:port] [LADDR ip:port] [SKIPME yes/no]>"
const LIST = "[TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id [client-id ...]]"

const subcommands: ReadonlyArray<RedisCommand> = [
  local("client|getname", "", 2, "2.6.9", getName, "Returns the name of the connection."),
  local(
    "client|id",
    "",
    2,
    "5.0.0",
    (_words, out, client) => out.integer(client.id),
    "Returns the number of the connection."
  ),
  local(
    "client|info",
    "",
    2,
    "6.2.0",
    (_words, out, client) => out.verbatim(describe(client)),
    "Returns a line about the connection.",
    { tips: TIPS, differs: "Fewer fields." }
  ),
  local("client|kill", KILL, -3, "2.4.0", kill, "Closes the connections that fit.", ADMIN),
  local("client|list", LIST, -2, "2.4.0", list, "Returns a line about each connection.", {
    ...ADMIN,
    tips: TIPS,
    differs: "Fewer fields, of the node that is asked."
  }),
  local("client|no-evict", ON_OFF, 3, "7.0.0", onOrOff(() => {}), "Does nothing.", {
    ...ADMIN,
    differs: "No client is ever evicted."
  }),
  local(
    "client|no-touch",
    ON_OFF,
    3,
    "7.2.0",
    onOrOff((client, isOn) => {
      client.leavesTraces = !isOn
    }),
    "Says whether what the connection reads counts as unused."
  ),
  local(
    "client|reply",
    "<ON | OFF | SKIP>",
    3,
    "3.2.0",
    reply,
    "Says which replies the connection wants."
  ),
  local(
    "client|setinfo",
    "<LIB-NAME libname | LIB-VER libver>",
    4,
    "7.2.0",
    setInfo,
    "Says what library the client is."
  ),
  local("client|setname", "connection-name", 3, "2.6.9", setName, "Names the connection."),
  local("client|unpause", "", 2, "6.2.0", ok, "Does nothing.", {
    ...ADMIN,
    differs: "Clients are never paused."
  }),
  ...RedisTrackingCommands.subcommands
]

export const commands: ReadonlyArray<RedisCommand> = [
  container({
    name: "client",
    group: "connection",
    since: "2.4.0",
    helpSince: "5.0.0",
    summary: "Tells of connections, and of this one."
  }, subcommands)
]

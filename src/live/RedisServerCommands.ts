/**
 * The commands that ask about the server: what it is, how it is set up, what it can do. Of Redis's
 * settings those are told that mean something here; what can be changed this way is this node's own
 * and holds until it stops.
 */
import * as Command from "../kv/Command.js"
import * as Latin1 from "../kv/Latin1.js"
import type { Writer } from "../wire/RespReply.js"
import * as Notifications from "./Notifications.js"
import { matches, quotable, SYNTAX_ERROR, withHelp, wrongArity } from "./RedisCommand.js"
import type { RedisCommand, Run, Server, Words } from "./RedisCommand.js"
import * as RedisInfo from "./RedisInfo.js"
import * as TrackingTable from "./TrackingTable.js"

const textOf = (word: Uint8Array): string => Latin1.decode(word, 0, word.length).toLowerCase()

/** Redis quotes no more than this of what it does not know. */
const QUOTED_CHARACTERS = 128

const NOTIFY = "notify-keyspace-events"

const settings = (server: Server): ReadonlyArray<readonly [name: string, value: string]> => [
  // Neither of Redis's own files: what is durable here is the Raft log.
  ["save", ""],
  ["appendonly", "no"],
  ["databases", "1"],
  ["maxclients", String(server.connectionsLimit)],
  ["maxmemory", "0"],
  ["maxmemory-policy", "noeviction"],
  [NOTIFY, server.notifications.letters],
  ["port", String(server.port())],
  ["proto-max-bulk-len", String(Command.VALUE_LIMIT_BYTES)],
  ["timeout", "0"],
  ["tracking-table-max-keys", String(TrackingTable.LIMITS.keys)]
]

/** Whether `text` is matched by `pattern`, where * stands for anything and ? for one character. */
const isMatch = (text: string, pattern: string): boolean => {
  let at = 0
  let next = 0
  let star = -1
  let starAt = 0
  while (at < text.length) {
    if (pattern[next] === "*") {
      star = next++
      starAt = at
    } else if (next < pattern.length && (pattern[next] === "?" || pattern[next] === text[at])) {
      at++
      next++
    } else if (star >= 0) {
      // The last star takes one character more.
      next = star + 1
      at = ++starAt
    } else {
      return false
    }
  }
  while (pattern[next] === "*") next++
  return next === pattern.length
}

const configGet: Run = (words, out, _, server) => {
  const patterns = words.slice(2).map(textOf)
  const found = settings(server).filter(([name]) =>
    patterns.some((pattern) => isMatch(name, pattern))
  )
  out.map(found.length)
  for (const [name, value] of found) {
    out.text(name)
    out.text(value)
  }
}

/**
 * All or nothing. What is already so may be said: tools set what they need to be sure of it.
 */
const configSet: Run = (words, out, _, server) => {
  if (words.length % 2 !== 0) return out.error(wrongArity("config|set"))
  let letters: string | undefined
  for (let at = 2; at < words.length; at += 2) {
    const name = textOf(words[at]!)
    const setting = settings(server).find(([each]) => each === name)
    const shown = quotable(words[at]!, QUOTED_CHARACTERS)
    if (setting === undefined) {
      return out.error(`ERR Unknown option or number of arguments for CONFIG SET - '${shown}'`)
    }
    const failed = `ERR CONFIG SET failed (possibly related to argument '${shown}') - `
    if (name === NOTIFY) {
      letters = Latin1.decode(words[at + 1]!, 0, words[at + 1]!.length)
      if (!Notifications.isValid(letters)) return out.error(failed + Notifications.INVALID)
    } else if (setting[1] !== textOf(words[at + 1]!)) {
      return out.error(`${failed}can't set immutable config`)
    }
  }
  if (letters !== undefined) server.notifications.choose(letters)
  out.simple("OK")
}

const resetStatistics: Run = (_words, out, _client, { totals }) => {
  totals.connections = 0
  totals.rejectedConnections = 0
  totals.commands = 0
  totals.deniedPasswords = 0
  out.simple("OK")
}

/** Words of the named command that are keys, or the error to answer. */
const keysOf = (words: Words, all: ReadonlyArray<RedisCommand>): Words | string => {
  const command = all.find(({ name }) => matches(words[0]!, name))
  if (command === undefined) return "ERR Invalid command specified"
  const { arity, keys = NO_KEYS } = command
  const [first, last, step] = keys
  if (first === 0) return "ERR The command has no key arguments"
  if (arity < 0 ? words.length < -arity : words.length !== arity) {
    return "ERR Invalid number of arguments specified for command"
  }
  const end = last < 0 ? words.length + last : last
  return words.filter((_word, at) => at >= first && at <= end && (at - first) % step === 0)
}

const listCommands = (words: Words, all: ReadonlyArray<RedisCommand>): Words | string => {
  const names = all.map(({ name }) => name)
  if (words.length === 2) return names.map(Latin1.encode)
  const [, , by, filter, value] = words
  const isFilter = words.length === 5 && matches(by!, "filterby")
  if (!isFilter || !matches(filter!, "pattern")) return SYNTAX_ERROR
  return names.filter((name) => isMatch(name, textOf(value!))).map(Latin1.encode)
}

const tellWords = (found: Words | string, out: Writer): void => {
  if (typeof found === "string") return out.error(found)
  out.array(found.length)
  for (const word of found) out.bulk(word)
}

const NO_KEYS = [0, 0, 0] as const

/** As Redis tells it: name, arity, flags, keys, then categories, tips and key specifications. */
const describe = (command: RedisCommand, out: Writer): void => {
  out.array(10)
  out.text(command.name)
  out.integer(command.arity)
  out.set(command.flags.length)
  for (const flag of command.flags) out.simple(flag)
  for (const position of command.keys ?? NO_KEYS) out.integer(position)
  out.set(0)
  out.set(0)
  out.set(0)
  const subcommands = command.subcommands ?? []
  out.array(subcommands.length)
  for (const subcommand of subcommands) describe(subcommand, out)
}

const aboutCommands = (all: () => ReadonlyArray<RedisCommand>): ReadonlyArray<RedisCommand> => [
  {
    kind: "Local",
    name: "command|count",
    arity: 2,
    flags: ["loading", "stale"],
    help: ["COUNT", "Return the total number of commands in this server."],
    run: (_, out) => out.integer(all().length)
  },
  {
    kind: "Local",
    name: "command|docs",
    arity: -2,
    flags: ["loading", "stale"],
    help: ["DOCS [<command-name> ...]", "Return no documentation: there is none in the server."],
    run: (_, out) => out.map(0)
  },
  {
    kind: "Local",
    name: "command|getkeys",
    arity: -4,
    flags: ["loading", "stale"],
    help: ["GETKEYS <full-command>", "Return the keys from a full command."],
    run: (words, out) => tellWords(keysOf(words.slice(2), all()), out)
  },
  {
    kind: "Local",
    name: "command|info",
    arity: -2,
    flags: ["loading", "stale"],
    help: ["INFO [<command-name> ...]", "Return details about the named commands, or about all."],
    run: (words, out) => {
      const names = words.length > 2 ? words.slice(2).map(textOf) : all().map(({ name }) => name)
      out.array(names.length)
      for (const name of names) {
        const command = all().find((one) => one.name === name)
        if (command === undefined) out.nil()
        else describe(command, out)
      }
    }
  },
  {
    kind: "Local",
    name: "command|list",
    arity: -2,
    flags: ["loading", "stale"],
    help: ["LIST [FILTERBY PATTERN <pattern>]", "Return a list of the commands in this server."],
    run: (words, out) => tellWords(listCommands(words, all()), out)
  }
]

const config: ReadonlyArray<RedisCommand> = [
  {
    kind: "Local",
    name: "config|get",
    arity: -3,
    flags: ["admin", "noscript", "loading", "stale"],
    help: ["GET <pattern>", "Return parameters matching the glob-like <pattern> and their values."],
    run: configGet
  },
  {
    kind: "Local",
    name: "config|resetstat",
    arity: 2,
    flags: ["admin", "noscript", "loading", "stale"],
    help: ["RESETSTAT", "Reset the statistics reported by the INFO command."],
    run: resetStatistics
  },
  {
    kind: "Local",
    name: "config|rewrite",
    arity: 2,
    flags: ["admin", "noscript", "loading", "stale"],
    help: ["REWRITE", "Refuse: there is no configuration file."],
    run: (_words, out) => out.error("ERR The server is running without a config file")
  },
  {
    kind: "Local",
    name: "config|set",
    arity: -4,
    flags: ["admin", "noscript", "loading", "stale"],
    turns: true,
    help: [
      "SET <directive> <value> [...]",
      "Choose notify-keyspace-events, or say what is so already."
    ],
    run: configSet
  }
]

/** `all` are the commands of the server, these included. */
export const commands = (
  all: () => ReadonlyArray<RedisCommand>
): ReadonlyArray<RedisCommand> => [
  {
    kind: "Local",
    name: "info",
    arity: -1,
    flags: ["loading", "stale"],
    run: (words, out, client, server) =>
      out.verbatim(RedisInfo.render(server, client, words.slice(1).map(textOf)))
  },
  {
    kind: "Container",
    name: "config",
    arity: -2,
    flags: [],
    subcommands: withHelp("config", config)
  },
  {
    kind: "Local",
    name: "command",
    arity: -1,
    flags: ["loading", "stale"],
    subcommands: withHelp("command", aboutCommands(all)),
    run: (_, out) => {
      out.array(all().length)
      for (const command of all()) describe(command, out)
    }
  }
]

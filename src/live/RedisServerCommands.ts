/**
 * The commands that ask about the server: what it is, how it is set up, what it can do. Of Redis's
 * settings those are told that mean something here; none can be changed this way.
 */
import * as Command from "../kv/Command.js"
import * as Latin1 from "../kv/Latin1.js"
import type { Writer } from "../wire/RespReply.js"
import { SYNTAX_ERROR, withHelp } from "./RedisCommand.js"
import type { RedisCommand, Run, Server } from "./RedisCommand.js"
import * as RedisInfo from "./RedisInfo.js"

const textOf = (word: Uint8Array): string => Latin1.decode(word, 0, word.length).toLowerCase()

const settings = (server: Server): ReadonlyArray<readonly [name: string, value: string]> => [
  // Neither of Redis's own files: what is durable here is the Raft log.
  ["save", ""],
  ["appendonly", "no"],
  ["databases", "1"],
  ["maxclients", String(server.connectionsLimit)],
  ["maxmemory", "0"],
  ["maxmemory-policy", "noeviction"],
  ["port", String(server.port())],
  ["proto-max-bulk-len", String(Command.VALUE_LIMIT_BYTES)],
  ["timeout", "0"]
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
    help: ["LIST", "Return a list of all commands in this server."],
    run: (words, out) => {
      if (words.length > 2) return out.error(SYNTAX_ERROR)
      out.array(all().length)
      for (const { name } of all()) out.text(name)
    }
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

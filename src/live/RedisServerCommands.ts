/**
 * The commands that ask about the server: what it is and what it can do.
 */
import * as Latin1 from "../kv/Latin1.js"
import * as Pattern from "../kv/Pattern.js"
import type { Writer } from "../wire/RespReply.js"
import { matches, SYNTAX_ERROR, withHelp } from "./RedisCommand.js"
import type { RedisCommand, Words } from "./RedisCommand.js"
import * as RedisInfo from "./RedisInfo.js"

const textOf = (word: Uint8Array): string => Latin1.decode(word, 0, word.length).toLowerCase()

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
  return names.filter((name) => Pattern.isMatch(textOf(value!), name)).map(Latin1.encode)
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

/**
 * `COMMAND`: what this server can do, as the registry has it (RedisCommands.ts).
 */
import { NO_KEYS } from "../kv/DataCommand.js"
import * as Latin1 from "../kv/Latin1.js"
import * as Pattern from "../kv/Pattern.js"
import type { Writer } from "../wire/RespReply.js"
import * as CommandDocs from "./CommandDocs.js"
import * as CommandInfo from "./CommandInfo.js"
import { entriesOf, fits, matches, SYNTAX_ERROR, withHelp } from "./RedisCommand.js"
import type { Description, RedisCommand, Run, Words } from "./RedisCommand.js"
import { keyPlaces } from "./RedisDataCommands.js"

type All = () => ReadonlyArray<RedisCommand>

const textOf = (word: Uint8Array): string => Latin1.decode(word, 0, word.length).toLowerCase()

/** A subcommand by both names, "client|id". */
const find = (name: string, all: All): RedisCommand | undefined => {
  const [container] = name.split("|")
  const command = all().find((each) => each.name === container)
  return name === container ? command : command?.subcommands?.find((each) => each.name === name)
}

/** Commands, each followed by its subcommands. */
const everyName = (all: All): ReadonlyArray<RedisCommand> =>
  all().flatMap((command) => [command, ...(command.subcommands ?? [])])

/** What a full request asks for. */
const commandOf = (words: Words, all: All): Description | undefined => {
  const command = find(textOf(words[0]!), all)
  if (command?.subcommands === undefined || words.length === 1) return command
  return find(`${command.name}|${textOf(words[1]!)}`, all)
}

interface Found {
  readonly key: Uint8Array
  readonly access: ReadonlyArray<string>
}

/** The keys of a full request and what is done with each, or the error to answer. */
const keysOf = (words: Words, all: All): ReadonlyArray<Found> | string => {
  const command = commandOf(words, all)
  if (command === undefined) return "ERR Invalid command specified"
  const { access = "", arity, keys = NO_KEYS } = command
  if (keys[0] === 0) return "ERR The command has no key arguments"
  if (!fits(arity, words)) return "ERR Invalid number of arguments specified for command"
  return keyPlaces(keys, words).map((place, at) => ({
    key: words[place]!,
    access: (typeof access === "string" ? access : access[at] ?? "").split(" ")
      .filter((flag) => flag !== "variable_flags")
  }))
}

const getKeys = (all: All, tell: (found: Found, out: Writer) => void): Run => (words, out) => {
  const found = keysOf(words.slice(2), all)
  if (typeof found === "string") return out.error(found)
  out.array(found.length)
  for (const each of found) tell(each, out)
}

const tellKey = ({ key }: Found, out: Writer): void => out.bulk(key)

const tellKeyAndFlags = ({ access, key }: Found, out: Writer): void => {
  out.array(2)
  out.bulk(key)
  out.set(access.length)
  for (const flag of access) out.simple(flag)
}

type Filter = (command: RedisCommand) => boolean

const filterOf = (words: Words): Filter | string => {
  const [, , by, filter, value] = words
  if (words.length !== 5 || !matches(by!, "filterby")) return SYNTAX_ERROR
  const text = textOf(value!)
  if (matches(filter!, "pattern")) return ({ name }) => Pattern.isMatch(text, name)
  if (matches(filter!, "aclcat")) {
    return (command) => CommandInfo.categoriesOf(command).includes(text)
  }
  // There are no modules.
  return matches(filter!, "module") ? () => false : SYNTAX_ERROR
}

const list = (all: All): Run => (words, out) => {
  const filter = words.length === 2 ? () => true : filterOf(words)
  if (typeof filter === "string") return out.error(filter)
  const found = everyName(all).filter(filter)
  out.array(found.length)
  for (const { name } of found) out.text(name)
}

const count = (all: All): Run => (_words, out) => out.integer(all().length)

const info = (all: All): Run => (words, out) => {
  const found = words.length > 2 ? words.slice(2).map((name) => find(textOf(name), all)) : all()
  out.array(found.length)
  for (const command of found) {
    if (command === undefined) out.nil()
    else CommandInfo.tell(command, out)
  }
}

const docs = (all: All): Run => (words, out) => {
  const asked = words.slice(2).flatMap((name) => find(textOf(name), all) ?? [])
  const found = words.length > 2 ? asked : all()
  out.map(found.length)
  for (const command of found) CommandDocs.tell(command, out)
}

const CATEGORIES = ["connection"] as const
const { local } = entriesOf({
  group: "server",
  flags: ["loading", "stale"],
  categories: CATEGORIES,
  tips: ["nondeterministic_output_order"]
})
const ORDERED = { tips: [] } as const

const HELP = {
  name: "command",
  categories: CATEGORIES,
  group: "server",
  since: "5.0.0"
} as const

const NAMES = "[command-name ...]"
const FULL_COMMAND = "command argument [argument ...]"
const FILTER = "[FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]"

/** `all` are the commands of the server, these included. */
export const commands = (all: All): ReadonlyArray<RedisCommand> => {
  const subcommands = [
    local("command|count", "", 2, "2.8.13", count(all), "Counts the commands.", ORDERED),
    local("command|docs", NAMES, -2, "7.0.0", docs(all), "Documents the named commands, or all.", {
      differs: "Without complexity and history."
    }),
    local(
      "command|getkeys",
      FULL_COMMAND,
      -4,
      "2.8.13",
      getKeys(all, tellKey),
      "Returns the keys of a request.",
      ORDERED
    ),
    local(
      "command|getkeysandflags",
      FULL_COMMAND,
      -4,
      "7.0.0",
      getKeys(all, tellKeyAndFlags),
      "Returns the keys of a request and what is done with each.",
      { ...ORDERED, differs: "Of SET it says that it may read the key, with GET or without." }
    ),
    local("command|info", NAMES, -2, "2.8.13", info(all), "Describes the named commands, or all."),
    local("command|list", FILTER, -2, "7.0.0", list(all), "Returns the names of commands.")
  ]
  return [
    local("command", "", -1, "2.8.13", info(all), "Describes all commands.", {
      subcommands: withHelp(HELP, subcommands)
    })
  ]
}

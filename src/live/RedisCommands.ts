/**
 * Every command this server has, and how a request finds its own. To add a command is to add an
 * entry to one of the lists; dispatch, arity and `COMMAND` follow from the entry.
 */
import * as CommandTable from "../kv/CommandTable.js"
import * as RedisAclCommands from "./RedisAclCommands.js"
import * as RedisAuthentication from "./RedisAuthentication.js"
import * as RedisClientCommands from "./RedisClientCommands.js"
import * as RedisClusterCommands from "./RedisClusterCommands.js"
import { fits, matches, quotable, wrongArity } from "./RedisCommand.js"
import type { RedisCommand, Runnable, Words } from "./RedisCommand.js"
import * as RedisConfigCommands from "./RedisConfigCommands.js"
import * as RedisConnectionCommands from "./RedisConnectionCommands.js"
import * as RedisDataCommands from "./RedisDataCommands.js"
import * as RedisMemoryCommands from "./RedisMemoryCommands.js"
import * as RedisRaftCommands from "./RedisRaftCommands.js"
import * as RedisRegistryCommands from "./RedisRegistryCommands.js"
import * as RedisSentinelCommands from "./RedisSentinelCommands.js"
import * as RedisServerCommands from "./RedisServerCommands.js"
import * as RedisSlowLogCommands from "./RedisSlowLogCommands.js"
import * as RedisSubscribeCommands from "./RedisSubscribeCommands.js"
import * as RedisToolCommands from "./RedisToolCommands.js"
import * as RedisTransactionCommands from "./RedisTransactionCommands.js"
import * as RedisUnsupported from "./RedisUnsupported.js"

/** How much of what a client sent an error quotes; Redis's numbers. */
const QUOTED_CHARACTERS = 128

export const all: ReadonlyArray<RedisCommand> = [
  ...RedisDataCommands.commands,
  ...RedisAuthentication.commands,
  ...RedisAclCommands.commands,
  ...RedisConnectionCommands.commands,
  ...RedisClientCommands.commands,
  ...RedisClusterCommands.commands,
  ...RedisSentinelCommands.commands,
  ...RedisRaftCommands.commands,
  ...RedisTransactionCommands.commands,
  ...RedisSubscribeCommands.commands,
  ...RedisConfigCommands.commands,
  ...RedisServerCommands.commands,
  ...RedisRegistryCommands.commands(() => all),
  ...RedisSlowLogCommands.commands,
  ...RedisMemoryCommands.commands,
  ...RedisToolCommands.commands
]

const NAME_LIMIT = Math.max(...all.map(({ name }) => name.length))

const byHash = CommandTable.indexOf(all)

/** What the request asks for, or the error to answer. `words` holds at least the name. */
export const find = (words: Words): Runnable | string => {
  const name = words[0]!
  const command = name.length <= NAME_LIMIT ? byHash.get(CommandTable.hashOf(name)) : undefined
  if (command === undefined || !matches(name, command.name)) return unknown(words)
  if (command.subcommands !== undefined && words.length > 1) {
    return findSubcommand(command.name, command.subcommands, words)
  }
  return fits(command.arity, words) && command.kind !== "Container"
    ? command
    : wrongArity(command.name)
}

const findSubcommand = (
  container: string,
  subcommands: ReadonlyArray<RedisCommand>,
  words: Words
): Runnable | string => {
  const name = words[1]!
  const command = subcommands.find((one) => matches(name, one.name.slice(container.length + 1)))
  if (command === undefined || command.kind === "Container") {
    const shown = quotable(name, QUOTED_CHARACTERS)
    return `ERR unknown subcommand '${shown}'. Try ${container.toUpperCase()} HELP.`
  }
  return fits(command.arity, words) ? command : wrongArity(command.name)
}

const unknown = (words: Words): string => {
  const refusal = RedisUnsupported.refusalOf(words[0]!)
  if (refusal !== undefined) return refusal
  let quoted = ""
  for (let index = 1; index < words.length && quoted.length < QUOTED_CHARACTERS; index++) {
    quoted += `'${quotable(words[index]!, QUOTED_CHARACTERS - quoted.length)}' `
  }
  const name = quotable(words[0]!, QUOTED_CHARACTERS)
  return `ERR unknown command '${name}', with args beginning with: ${quoted}`
}

/**
 * Whether these are the first words of an HTTP request: a browser was lured here, as Redis knows.
 */
export const isHttp = (words: Words): boolean =>
  matches(words[0]!, "post") || matches(words[0]!, "host:")

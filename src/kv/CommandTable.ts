/**
 * Every command on keys, and how a request finds its own. To add a command is to add an entry to
 * one of the lists; dispatch, arity, `COMMAND` and the table in docs/redis.md follow from it.
 */
import * as BitCommands from "./BitCommands.js"
import type { Words } from "./Command.js"
import { matches } from "./DataCommand.js"
import type { DataCommand } from "./DataCommand.js"
import * as ExpiryCommands from "./ExpiryCommands.js"
import * as HashCommands from "./HashCommands.js"
import * as KeyCommands from "./KeyCommands.js"
import * as LcsCommand from "./LcsCommand.js"
import * as MemoryCommand from "./MemoryCommand.js"
import * as NumberCommands from "./NumberCommands.js"
import * as PublishCommands from "./PublishCommands.js"
import * as SetCommands from "./SetCommands.js"
import * as StringCommands from "./StringCommands.js"

/** Those that Redis has, too. */
export const all: ReadonlyArray<DataCommand> = [
  ...StringCommands.commands,
  ...SetCommands.commands,
  ...NumberCommands.commands,
  ...BitCommands.commands,
  ...LcsCommand.commands,
  ...KeyCommands.commands,
  ...ExpiryCommands.commands,
  ...HashCommands.commands,
  ...MemoryCommand.commands,
  ...PublishCommands.commands
]

/** The same for a name in any case, and for few other words. */
export const hashOf = (word: ArrayLike<number>): number => {
  let value = word.length
  for (let at = 0; at < word.length; at++) value = (Math.imul(value, 31) + (word[at]! | 0x20)) | 0
  return value
}

const codesOf = (name: string): ReadonlyArray<number> =>
  Array.from(name, (character) => character.charCodeAt(0))

/** By the hash of the name, so that finding a command makes no string of its name. */
export const indexOf = <A extends { readonly name: string }>(
  commands: ReadonlyArray<A>
): ReadonlyMap<number, A> => new Map(commands.map((each) => [hashOf(codesOf(each.name)), each]))

const SEPARATOR = "|"

const plain = indexOf(
  [...all, ...SetCommands.ownCommands].filter(({ name }) => !name.includes(SEPARATOR))
)

const subcommands = all.filter(({ name }) => name.includes(SEPARATOR))

/** What the words of a command in the log ask for; undefined if nothing that this version has. */
export const find = (words: Words): DataCommand | undefined => {
  const command = plain.get(hashOf(words[0]!))
  if (command !== undefined) return matches(words[0]!, command.name) ? command : undefined
  return subcommands.find(({ name }) => {
    const [container, subcommand] = name.split(SEPARATOR) as [string, string]
    return words.length > 1 && matches(words[0]!, container) && matches(words[1]!, subcommand)
  })
}

/**
 * A command as `COMMAND DOCS` tells it: to people, and to tools that help them while they type.
 */
import type { Writer } from "../wire/RespReply.js"
import { keySpecificationsOf } from "./CommandInfo.js"
import type { RedisCommand } from "./RedisCommand.js"
import * as Syntax from "./Syntax.js"
import type { Argument } from "./Syntax.js"

/** Which key specification the next key belongs to. */
interface Keys {
  next: number
  readonly last: number
}

export const tell = (command: RedisCommand, out: Writer): void => {
  const { group, name, since, subcommands = [], summary, syntax } = command
  const specifications = keySpecificationsOf(command)
  const inner = Syntax.parse(syntax, specifications.length > 0)
  const hasArguments = inner.length > 0
  const hasSubcommands = subcommands.length > 0
  out.text(name)
  out.map(3 + (hasArguments ? 1 : 0) + (hasSubcommands ? 1 : 0))
  out.text("summary")
  out.text(summary)
  out.text("since")
  out.text(since)
  out.text("group")
  out.text(group)
  if (hasArguments) {
    out.text("arguments")
    tellArguments(inner, { next: 0, last: specifications.length - 1 }, out)
  }
  if (!hasSubcommands) return
  out.text("subcommands")
  out.map(subcommands.length)
  for (const subcommand of subcommands) tell(subcommand, out)
}

const tellArguments = (inner: ReadonlyArray<Argument>, keys: Keys, out: Writer): void => {
  out.array(inner.length)
  for (const argument of inner) tellArgument(argument, keys, out)
}

const tellArgument = (argument: Argument, keys: Keys, out: Writer): void => {
  const { arguments: inner, isMultiple, isOptional, isTokenMultiple, name, token, type } = argument
  const flags = [
    ...(isOptional ? ["optional"] : []),
    ...(isMultiple ? ["multiple"] : []),
    ...(isTokenMultiple ? ["multiple_token"] : [])
  ]
  const isKey = type === "key"
  const parts = [isKey, token !== undefined, flags.length > 0, inner.length > 0]
  out.map(2 + parts.filter((isThere) => isThere).length)
  out.text("name")
  out.text(name)
  out.text("type")
  out.text(type)
  if (isKey) {
    out.text("key_spec_index")
    out.integer(keys.next)
    keys.next = Math.min(keys.last, keys.next + 1)
  }
  if (token !== undefined) {
    out.text("token")
    out.text(token)
  }
  if (flags.length > 0) {
    out.text("flags")
    out.set(flags.length)
    for (const flag of flags) out.simple(flag)
  }
  if (inner.length === 0) return
  out.text("arguments")
  tellArguments(inner, keys, out)
}

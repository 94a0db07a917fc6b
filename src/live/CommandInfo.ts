/**
 * A command as `COMMAND INFO` tells it. Flags, ACL categories and key specifications say the same
 * thing thrice, because clients of different ages read different ones; the registry says it once.
 */
import { NO_KEYS } from "../kv/DataCommand.js"
import type { Description } from "../kv/Description.js"
import type { Writer } from "../wire/RespReply.js"
import type { RedisCommand } from "./RedisCommand.js"

/** In Redis's order. */
const CATEGORIES: ReadonlyArray<string> = [
  ..."keyspace read write set sortedset list hash string bitmap hyperloglog geo stream".split(" "),
  ..."pubsub admin fast slow blocking dangerous connection transaction scripting".split(" ")
]

/** What a group is called among the categories; those that are none are left out. */
const OF_GROUP: Partial<Record<Description["group"], string>> = {
  bitmap: "bitmap",
  connection: "connection",
  generic: "keyspace",
  hash: "hash",
  scripting: "scripting",
  string: "string",
  transactions: "transaction"
}

/** Without the @ before each. */
export const categoriesOf = (
  { categories, flags, group }: Description
): ReadonlyArray<string> => {
  const found = new Set(categories ?? [OF_GROUP[group]])
  if (flags.includes("readonly")) found.add("read")
  if (flags.includes("write")) found.add("write")
  if (flags.includes("pubsub")) found.add("pubsub")
  if (flags.includes("admin")) found.add("admin").add("dangerous")
  found.add(flags.includes("fast") ? "fast" : "slow")
  return CATEGORIES.filter((category) => found.has(category))
}

interface KeySpecification {
  readonly flags: ReadonlyArray<string>
  readonly first: number
  /** Counted from the first, or from the end when negative. */
  readonly last: number
  readonly step: number
}

export const keySpecificationsOf = (
  { access, keys = NO_KEYS }: Description
): ReadonlyArray<KeySpecification> => {
  const [first, last, step] = keys
  if (access === undefined || first === 0) return []
  if (typeof access === "string") {
    return [{ flags: access.split(" "), first, last: last < 0 ? last : last - first, step }]
  }
  return access.map((each, at) => ({ flags: each.split(" "), first: first + at, last: 0, step: 1 }))
}

const tellKeySpecification = (
  { first, flags, last, step }: KeySpecification,
  out: Writer
): void => {
  out.map(3)
  out.text("flags")
  out.set(flags.length)
  for (const flag of flags) out.simple(flag)
  out.text("begin_search")
  tellSearch("index", { index: first }, out)
  out.text("find_keys")
  tellSearch("range", { lastkey: last, keystep: step, limit: 0 }, out)
}

const tellSearch = (type: string, fields: Readonly<Record<string, number>>, out: Writer): void => {
  const entries = Object.entries(fields)
  out.map(2)
  out.text("type")
  out.text(type)
  out.text("spec")
  out.map(entries.length)
  for (const [name, value] of entries) {
    out.text(name)
    out.integer(value)
  }
}

export const tell = (command: RedisCommand, out: Writer): void => {
  const { arity, flags, keys = NO_KEYS, name, subcommands = [], tips = [] } = command
  const categories = categoriesOf(command)
  const specifications = keySpecificationsOf(command)
  out.array(10)
  out.text(name)
  out.integer(arity)
  out.set(flags.length)
  for (const flag of flags) out.simple(flag)
  for (const position of keys) out.integer(position)
  out.set(categories.length)
  for (const category of categories) out.simple(`@${category}`)
  out.set(tips.length)
  for (const tip of tips) out.text(tip)
  out.set(specifications.length)
  for (const specification of specifications) tellKeySpecification(specification, out)
  out.set(subcommands.length)
  for (const subcommand of subcommands) tell(subcommand, out)
}

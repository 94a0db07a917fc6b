/**
 * What the registry says of the commands that Redis has, too, compared with what a real Redis 7.0
 * says of them: a client that has learned Redis's commands has learned those of this server.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import * as RedisCommands from "../../src/live/RedisCommands.js"
import * as RedisUnsupported from "../../src/live/RedisUnsupported.js"
import * as Conversations from "./redis/Conversation.js"
import * as RedisPair from "./redis/RedisPair.js"
import type { Reply } from "./redis/Reply.js"

const commands = RedisCommands.all.flatMap((one) => [one, ...(one.subcommands ?? [])])
const names = commands.map(({ name }) => name)

/** Of a description, in order. After the keys come subcommands, each compared for itself. */
const ITEMS = ["name", "arity", "flags", "first key", "last key", "step", "categories", "tips"]
const KEYS = ITEMS.length

interface Difference {
  readonly item: "keys" | "arguments"
  readonly names: ReadonlyArray<string>
  readonly why: string
}

/** All that is not as in Redis. */
const differences: ReadonlyArray<Difference> = [
  { item: "keys", names: ["getex", "set"], why: "Redis explains their flags in a note" },
  { item: "arguments", names: ["set"], why: "it has IFEQ and IFNE, as Redis 8.4" },
  { item: "arguments", names: ["client|kill"], why: "filters in any order are no choice of one" },
  {
    item: "arguments",
    names: ["client|list", "config|get", "psubscribe"],
    why: "Redis makes a group of what stands alone"
  },
  {
    item: "arguments",
    names: ["command|getkeys", "command|getkeysandflags", "debug"],
    why: "Redis documents none, although it wants some"
  }
]

const expected = (item: Difference["item"]): ReadonlyArray<string> =>
  differences.flatMap((each) => each.item === item ? each.names : []).toSorted()

/** Keys and values of a map. */
const fieldsOf = ({ items }: Reply): ReadonlyMap<string, Reply> =>
  new Map(items.flatMap((item, at) => at % 2 === 0 ? [[item.text, items[at + 1]!] as const] : []))

/**
 * An argument in one line, without what Redis alone tells, and without the names of choices and
 * groups, which nobody types.
 */
const argumentOf = (reply: Reply): string => {
  const fields = fieldsOf(reply)
  const text = (name: string) => fields.get(name)?.text ?? ""
  const inner = fields.get("arguments")?.items.map(argumentOf) ?? []
  const flags = fields.get("flags")?.items.map((flag) => flag.text).join(",") ?? ""
  const isGroup = inner.length > 0
  const itself = isGroup ? `(${inner.join(text("type") === "oneof" ? "|" : " ")})` : text("name")
  return [text("token"), itself, isGroup ? "" : text("type"), text("key_spec_index"), flags]
    .join(":")
}

describe.skipIf(!RedisPair.isInstalled)("the registry, compared with that of Redis itself", () => {
  const scope = Effect.runSync(Scope.make())
  let pair: RedisPair.RedisPair

  beforeAll(async () => {
    pair = await Effect.runPromise(Scope.extend(RedisPair.make, scope))
  })

  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  /** In RESP3, where maps and sets are told apart from lists. */
  const ask = async (...words: ReadonlyArray<string>) => {
    const said = { ...Conversations.alone(words), protocol: "3" as const }
    const { ours, theirs } = await Conversations.withBoth(pair, said)
    return [ours.replies[0]!, theirs.replies[0]!] as const
  }

  /** Of each command that both have, in our order. */
  const both = async () => {
    const [ours, theirs] = await ask("COMMAND", "INFO", ...names)
    return names.flatMap((name, at) => {
      const [our, their] = [ours.items[at]!.items, theirs.items[at]!.items]
      return their.length === 0 ? [] : [{ name, our, their }]
    })
  }

  it.each(ITEMS.map((item, at) => [item, at] as const))("has the %s of every command", async (
    _,
    at
  ) => {
    const different = (await both()).filter(({ our, their }) => our[at]!.raw !== their[at]!.raw)
    assert.deepStrictEqual(different.map(({ name }) => name), [])
  })

  it("says what is done with the keys of every command", async () => {
    const different = (await both()).filter(({ our, their }) => our[KEYS]!.raw !== their[KEYS]!.raw)
    assert.deepStrictEqual(different.map(({ name }) => name).toSorted(), expected("keys"))
  })

  const documents = async () => {
    const [ours, theirs] = (await ask("COMMAND", "DOCS", ...names)).map(fieldsOf)
    return names.flatMap((name) => {
      const [our, their] = [ours!.get(name), theirs!.get(name)]
      return our === undefined || their === undefined
        ? []
        : [{ name, our: fieldsOf(our), their: fieldsOf(their) }]
    })
  }

  it.each(["since", "group"])("documents the %s of every command", async (field) => {
    const different = (await documents()).filter(({ our, their }) =>
      our.get(field)?.raw !== their.get(field)?.raw
    )
    assert.deepStrictEqual(different.map(({ name }) => name), [])
  })

  it("documents the arguments of every command", async () => {
    const shown = (fields: ReadonlyMap<string, Reply>) =>
      fields.get("arguments")?.items.map(argumentOf).join(" ")
    const different = (await documents()).filter(({ our, their }) => shown(our) !== shown(their))
    assert.deepStrictEqual(different.map(({ name }) => name).toSorted(), expected("arguments"))
  })

  it("says nothing in Redis's own words", async () => {
    const same = (await documents()).filter(({ our, their }) =>
      our.get("summary")!.text === their.get("summary")!.text
    )
    assert.deepStrictEqual(same.map(({ name }) => name), [])
  })

  it("names every command of Redis that is not here", async () => {
    const [, theirs] = await ask("COMMAND")
    const missing = theirs.items.map(({ items }) => items[0]!.text).filter((name) =>
      !names.includes(name) && !RedisUnsupported.has(name)
    )
    assert.deepStrictEqual(missing, [])
  })
})

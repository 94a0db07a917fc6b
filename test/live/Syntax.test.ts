import { describe, expect, it } from "@effect/vitest"
import * as RedisCommands from "../../src/live/RedisCommands.js"
import * as Syntax from "../../src/live/Syntax.js"
import type { Argument } from "../../src/live/Syntax.js"

/** One word for each argument: what is optional in brackets, what may be repeated with a star. */
const shown = (argument: Argument): string => {
  const { arguments: inner, isMultiple, isOptional, isTokenMultiple, name, token, type } = argument
  const held = inner.map(shown).join(type === "oneof" ? "|" : " ")
  const itself = type === "oneof" || type === "block" ? `(${held})` : `${name}:${type}`
  const announced = token === undefined ? itself : `${token}${isTokenMultiple ? "*" : ""} ${itself}`
  const repeated = isMultiple ? `${announced}*` : announced
  return isOptional ? `[${repeated}]` : repeated
}

const read = (syntax: string, hasKeys = true): string =>
  Syntax.parse(syntax, hasKeys).map(shown).join(" ")

describe("the syntax of a command", () => {
  it.each([
    ["", ""],
    ["key", "key:key"],
    ["key value", "key:key value:string"],
    ["key offset value:integer", "key:key offset:integer value:integer"],
    ["key [key ...]", "key:key*"],
    ["key value [key value ...]", "(key:key value:string)*"],
    ["key field value [field value ...]", "key:key (field:string value:string)*"],
    ["[event ...]", "[event:string*]"],
    ["[username] password", "[username:string] password:string"],
    ["[NX | XX]", "[(NX nx:pure-token|XX xx:pure-token)]"],
    ["<ON | OFF>", "(ON on:pure-token|OFF off:pure-token)"],
    ["[GET] [COUNT count]", "[GET get:pure-token] [COUNT count:integer]"],
    ["[EX seconds | KEEPTTL]", "[(EX seconds:integer|KEEPTTL keepttl:pure-token)]"],
    ["[count [WITHVALUES]]", "[(count:integer [WITHVALUES withvalues:pure-token])]"],
    ["[AUTH username password]", "[AUTH (username:string password:string)]"],
    ["[ID id [id ...]]", "[ID id:string*]"],
    ["[PREFIX prefix [PREFIX prefix ...]]", "[PREFIX* prefix:string*]"],
    ["[TYPE <A | B>]", "[TYPE (A a:pure-token|B b:pure-token)]"]
  ])("%j is read as %j", (syntax, meaning) => {
    expect(read(syntax)).toBe(meaning)
  })

  it("speaks of a key as of any text where the command has none", () => {
    expect(read("key", false)).toBe("key:string")
  })

  const all = RedisCommands.all.flatMap((one) => [one, ...(one.subcommands ?? [])])

  /** QUIT takes whatever follows, and CLIENT KILL wants one filter at least, whichever it is. */
  const lenient = ["quit", "client|kill"]

  it.each(
    all.filter(({ name, subcommands }) => subcommands === undefined && !lenient.includes(name))
      .map((command) => [command.name, command] as const)
  )("of %s has as many words as its arity wants", (name, { arity, keys, syntax }) => {
    const { isFixed, least } = Syntax.countOf(Syntax.parse(syntax, keys !== undefined))
    const count = name.split("|").length + least
    expect(arity).toBe(isFixed ? count : -count)
  })
})

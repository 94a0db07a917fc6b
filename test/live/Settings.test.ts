import { describe, expect, it } from "@effect/vitest"
import * as Command from "../../src/kv/Command.js"
import * as Settings from "../../src/live/Settings.js"

const make = () => {
  const values = { size: 5, mood: "glad" as "glad" | "sad" }
  const settings = [
    Settings.fixed("shape", () => "round"),
    Settings.integer("size", { least: 1, most: 9 }, () => values.size, (value) => {
      values.size = value
    }),
    Settings.choice("mood", ["glad", "sad"], () => values.mood, (value) => {
      values.mood = value
    })
  ]
  return {
    values,
    get: (...patterns: ReadonlyArray<string>) =>
      Settings.matching(settings, Command.words(...patterns)),
    set: (...pairs: ReadonlyArray<string>) => Settings.change(settings, Command.words(...pairs))
  }
}

const failed = (name: string, why: string) =>
  `ERR CONFIG SET failed (possibly related to argument '${name}') - ${why}`

const unknown = (name: string) =>
  `ERR Unknown option or number of arguments for CONFIG SET - '${name}'`

describe("a setting", () => {
  it("is told if any of the patterns matches it, once", () => {
    const { get } = make()
    expect(get("s*", "size")).toEqual([["shape", "round"], ["size", "5"]])
    expect(get("[MS]*[DE]")).toEqual([["shape", "round"], ["size", "5"], ["mood", "glad"]])
    expect(get("siz", "sizes", "?ize?")).toEqual([])
  })

  it("is told by the name by which it was asked for", () => {
    const { get } = make()
    expect(get("SIZE", "size")).toEqual([["SIZE", "5"]])
  })

  it("is changed as soon as it is said to be", () => {
    const { get, set, values } = make()
    expect(set("SIZE", "7", "mood", "Sad")).toBeUndefined()
    expect(values).toEqual({ size: 7, mood: "sad" })
    expect(get("*")).toEqual([["shape", "round"], ["size", "7"], ["mood", "sad"]])
  })

  it("may be said to be what it is, although it cannot be changed", () => {
    const { set, values } = make()
    expect(set("shape", "round", "size", "6")).toBeUndefined()
    expect(values.size).toBe(6)
    expect(set("Shape", "square")).toBe(failed("Shape", "can't set immutable config"))
  })

  it.each([
    [["size", "x"], failed("size", "argument couldn't be parsed into an integer")],
    [["SIZE", "0"], failed("size", "argument must be between 1 and 9 inclusive")],
    [["size", "10"], failed("size", "argument must be between 1 and 9 inclusive")],
    [["mood", "sad", "size", ""], failed("size", "argument couldn't be parsed into an integer")],
    [["mood", "odd"], failed("mood", "argument(s) must be one of the following: glad, sad")],
    [["size", "6", "SIZE", "7"], failed("SIZE", "duplicate parameter")],
    [["mood", "sad", "size"], "ERR syntax error"],
    [["mood", "odd", "no\r\nne", "1"], unknown("no  ne")]
  ])("is left as it is by %j, and so are all that were named with it", (pairs, error) => {
    const { set, values } = make()
    expect(set(...pairs)).toBe(error)
    expect(values).toEqual({ size: 5, mood: "glad" })
  })
})

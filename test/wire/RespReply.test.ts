import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Answer from "../../src/kv/Answer.js"
import * as Latin1 from "../../src/kv/Latin1.js"
import * as RespReply from "../../src/wire/RespReply.js"

const written = (
  protocol: RespReply.Protocol,
  write: (writer: RespReply.Writer) => void
): string => {
  const writer = new RespReply.Writer()
  writer.protocol = protocol
  write(writer)
  return Latin1.decode(writer.written(), 0, writer.length)
}

const bytes = Latin1.encode

describe("a reply", () => {
  it.each<[string, (writer: RespReply.Writer) => void, string, string]>([
    ["a status", (writer) => writer.simple("OK"), "+OK\r\n", "+OK\r\n"],
    ["an error", (writer) => writer.error("ERR no"), "-ERR no\r\n", "-ERR no\r\n"],
    ["an integer", (writer) => writer.integer(-12), ":-12\r\n", ":-12\r\n"],
    ["no value", (writer) => writer.nil(), "$-1\r\n", "_\r\n"],
    [
      "a value",
      (writer) => writer.bulk(Uint8Array.of(0, 255)),
      "$2\r\n\0\xff\r\n",
      "$2\r\n\0\xff\r\n"
    ],
    ["an empty value", (writer) => writer.text(""), "$0\r\n\r\n", "$0\r\n\r\n"],
    [
      "a text for people",
      (writer) => writer.verbatim("a\nb"),
      "$3\r\na\nb\r\n",
      "=7\r\ntxt:a\nb\r\n"
    ],
    ["an array", (writer) => writer.array(10), "*10\r\n", "*10\r\n"],
    ["a set", (writer) => writer.set(2), "*2\r\n", "~2\r\n"],
    ["a map", (writer) => writer.map(7), "*14\r\n", "%7\r\n"],
    ["a done command", (writer) => writer.answer(Answer.ok), "+OK\r\n", "+OK\r\n"],
    ["a failed condition", (writer) => writer.answer(Answer.nil), "$-1\r\n", "_\r\n"],
    ["a number answered", (writer) => writer.answer(Answer.integer(42)), ":42\r\n", ":42\r\n"],
    [
      "a value answered",
      (writer) => writer.answer(Answer.bulk(bytes("v"))),
      "$1\r\nv\r\n",
      "$1\r\nv\r\n"
    ],
    [
      "an error answered",
      (writer) => writer.answer(Answer.error("ERR no")),
      "-ERR no\r\n",
      "-ERR no\r\n"
    ]
  ])("is %s in both versions", (_, write, second, third) => {
    expect(written(2, write)).toBe(second)
    expect(written(3, write)).toBe(third)
  })

  it.prop("has the length of any value, short or long", [fc.nat(3000)], ([length]) => {
    expect(written(2, (writer) => writer.bulk(new Uint8Array(length).fill(0x78))))
      .toBe(`$${length}\r\n${"x".repeat(length)}\r\n`)
  })

  it("follows the one before, through any growth of the memory", () => {
    const lengths = [0, 1, 31, 32, 33, 5000, 20_000, 300_000, 9, 99_999]
    const expected = lengths.map((length) => `$${length}\r\n${"x".repeat(length)}\r\n`).join("")
    expect(written(2, (writer) => {
      for (const length of lengths) writer.bulk(new Uint8Array(length).fill(0x78))
    })).toBe(expected)
  })

  it("is not overwritten by later ones while somebody uses it", () => {
    const writer = new RespReply.Writer()
    writer.simple("first")
    const first = writer.written()
    writer.clear(true)
    writer.simple("other")
    expect(Latin1.decode(first, 0, first.length)).toBe("+first\r\n")
    writer.clear(false)
    writer.simple("third")
    expect(Latin1.decode(writer.written(), 0, writer.length)).toBe("+third\r\n")
  })
})

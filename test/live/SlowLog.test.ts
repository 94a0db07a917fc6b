import { afterEach, describe, expect, it, vi } from "@effect/vitest"
import { Effect } from "effect"
import { serve } from "./FakeServer.js"
import type { RawClient } from "./RawClient.js"
import { request } from "./RawClient.js"
import * as Reply from "./redis/Reply.js"

/** What the client is told next. */
const ask = (client: RawClient, ...words: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const { length } = client.received
    client.send(request(...words))
    await client.until((text) => Reply.read(text, length) !== undefined)
    return Reply.read(client.received, length)!
  })

interface Told {
  readonly micros: number
  readonly words: ReadonlyArray<string>
  readonly clientName: string
}

const entriesOf = ({ items }: Reply.Reply): ReadonlyArray<Told> =>
  items.map(({ items: [, , micros, words, , clientName] }) => ({
    micros: Number(micros!.text),
    words: words!.items.map(({ text }) => text),
    clientName: clientName!.text
  }))

const latest = (client: RawClient, count = 1) =>
  Effect.map(ask(client, "SLOWLOG", "GET", String(count)), entriesOf)

/** A server that keeps whatever it is asked. */
const serveAll = Effect.gen(function*() {
  const served = yield* serve()
  const client = yield* served.connect
  yield* ask(client, "CONFIG", "SET", "slowlog-log-slower-than", "0")
  return { ...served, client }
})

afterEach(() => void vi.restoreAllMocks())

describe("SLOWLOG", () => {
  it.scopedLive("shows requests with their words, of whatever kind, and who has asked", () =>
    Effect.gen(function*() {
      const { client } = yield* serveAll
      yield* ask(client, "CLIENT", "SETNAME", "me")
      yield* ask(client, "SET", "a", "1")
      yield* ask(client, "RAFT", "READ", "stale", "GET", "a")
      yield* ask(client, "WAIT", "0", "0")
      const shown = (yield* latest(client, 4)).map((
        { clientName, words }
      ) => [clientName, ...words])
      expect(shown).toEqual([
        ["me", "WAIT", "0", "0"],
        ["me", "GET", "a"],
        ["me", "SET", "a", "1"],
        ["me", "CLIENT", "SETNAME", "me"]
      ])
    }))

  it.scopedLive("measures until the reply, the work of the log included", () =>
    Effect.gen(function*() {
      const { client, node } = yield* serveAll
      node.held = true
      const clock = vi.spyOn(performance, "now").mockReturnValue(1_000)
      client.send(request("SET", "a", "1"))
      const [write] = yield* Effect.promise(() => node.called(1))
      clock.mockReturnValue(1_012.5)
      write!.answer()
      yield* Effect.promise(() => client.until((text) => text.endsWith("+OK\r\n+OK\r\n")))
      expect(yield* latest(client)).toEqual([
        { micros: 12_500, words: ["SET", "a", "1"], clientName: "" }
      ])
    }))

  it.scopedLive("measures a reply that takes long to make, and those that wait behind it", () =>
    Effect.gen(function*() {
      const { client } = yield* serveAll
      let millis = 0
      // A reading at the beginning of a turn, and one after each slow reply.
      vi.spyOn(performance, "now").mockImplementation(() => ++millis)
      client.send(request("INFO") + request("PING"))
      yield* Effect.promise(() => client.until((text) => text.endsWith("+PONG\r\n")))
      expect((yield* latest(client, 2)).map(({ micros, words }) => [words[0], micros])).toEqual([
        ["PING", 1_000],
        ["INFO", 1_000]
      ])
    }))

  it.scopedLive("keeps no more of a request than Redis does", () =>
    Effect.gen(function*() {
      const { client } = yield* serveAll
      const keys = Array.from({ length: 32 }, (_, at) => `k${at}`)
      yield* ask(client, "DEL", ...keys.slice(1))
      yield* ask(client, "DEL", ...keys)
      yield* ask(client, "SET", "a", "x".repeat(129))
      const [set, all, fits] = yield* latest(client, 3)
      expect(set!.words[2]).toBe(`${"x".repeat(128)}... (1 more bytes)`)
      expect(all!.words).toEqual(["DEL", ...keys.slice(0, 30), "... (2 more arguments)"])
      expect(fits!.words).toEqual(["DEL", ...keys.slice(1)])
    }))

  it.scopedLive("shows no password", () =>
    Effect.gen(function*() {
      const { client } = yield* serveAll
      yield* ask(client, "AUTH", "default", "secret")
      yield* ask(client, "HELLO", "2", "AUTH", "default", "secret", "SETNAME", "me")
      expect((yield* latest(client, 2)).map(({ words }) => words.join(" "))).toEqual([
        "HELLO 2 AUTH (redacted) (redacted) SETNAME me",
        "AUTH (redacted) (redacted)"
      ])
    }))

  it.scopedLive("leaves out what was not carried out, and what only began a transaction's end", () =>
    Effect.gen(function*() {
      const { client } = yield* serveAll
      yield* ask(client, "PING")
      for (const words of [["GET"], ["nope"], ["MULTI"], ["PING"], ["SET", "a", "1"], ["EXEC"]]) {
        yield* ask(client, ...words)
      }
      expect((yield* latest(client)).map(({ words }) => words)).toEqual([["PING"]])
    }))

  it.scopedLive("keeps so many entries, each with a number of its own", () =>
    Effect.gen(function*() {
      const { client } = yield* serveAll
      yield* ask(client, "CONFIG", "SET", "slowlog-max-len", "2")
      yield* ask(client, "PING")
      yield* ask(client, "PING")
      expect((yield* ask(client, "SLOWLOG", "LEN")).text).toBe("2")
      const before = yield* ask(client, "SLOWLOG", "GET", "-1")
      yield* ask(client, "SLOWLOG", "RESET")
      const after = yield* ask(client, "SLOWLOG", "GET")
      const ids = [...after.items, ...before.items].map(({ items }) => Number(items[0]!.text))
      expect(ids).toEqual(ids.toSorted((one, other) => other - one))
      expect(new Set(ids).size).toBe(3)
    }))

  it.scopedLive("keeps nothing when it is off", () =>
    Effect.gen(function*() {
      const { client } = yield* serveAll
      yield* ask(client, "CONFIG", "SET", "slowlog-log-slower-than", "-1")
      yield* ask(client, "SLOWLOG", "RESET")
      yield* ask(client, "INFO")
      expect((yield* ask(client, "SLOWLOG", "LEN")).text).toBe("0")
    }))
})

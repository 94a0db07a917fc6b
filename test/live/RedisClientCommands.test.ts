import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { serve } from "./FakeServer.js"
import type { RawClient } from "./RawClient.js"
import { request } from "./RawClient.js"

const addressOf = (client: RawClient) => {
  const { localAddress, localPort } = client.socket
  return `${localAddress}:${localPort}`
}

/** What the client is told next. */
const ask = (client: RawClient, ...words: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const { length } = client.received
    client.send(request(...words))
    const received = await client.until((text) => text.length > length && text.endsWith("\r\n"))
    return received.slice(length)
  })

/** Two connections, named after their order. */
const two = Effect.gen(function*() {
  const { connect } = yield* serve()
  const [one, other] = [yield* connect, yield* connect]
  yield* ask(one, "CLIENT", "SETNAME", "one")
  yield* ask(other, "CLIENT", "SETNAME", "other")
  return [one, other] as const
})

const ended = (client: RawClient) => Effect.promise(() => client.ended())

describe("CLIENT", () => {
  it.scopedLive("LIST tells of all connections, or of those that are asked for", () =>
    Effect.gen(function*() {
      const [one, other] = yield* two
      const lines = (yield* ask(one, "CLIENT", "LIST")).split(/\r?\n/).slice(1, 3)
      expect(lines[0]).toMatch(
        new RegExp(
          `^id=1 addr=${addressOf(one)} laddr=\\S+ name=one age=\\d+ idle=\\d+ flags=N db=0 ` +
            "sub=0 psub=0 ssub=0 " +
            "cmd=client\\|list user=default redir=-1 resp=2 lib-name= lib-ver=$"
        )
      )
      expect(lines[1]).toMatch(/^id=2 .* name=other .* cmd=client\|setname /)
      expect(yield* ask(other, "CLIENT", "LIST", "ID", "2", "9")).toMatch(/\nid=2 [^\n]*\n\r\n$/)
    }))

  it.scopedLive("KILL closes the connection that it names", () =>
    Effect.gen(function*() {
      const [one, other] = yield* two
      expect(yield* ask(one, "CLIENT", "KILL", addressOf(other))).toBe("+OK\r\n")
      yield* ended(other)
    }))

  it.scopedLive("KILL closes those for which all filters hold, but not whoever asks", () =>
    Effect.gen(function*() {
      const [one, other] = yield* two
      expect(yield* ask(one, "CLIENT", "KILL", "ID", "2", "ADDR", addressOf(one))).toBe(":0\r\n")
      expect(yield* ask(one, "CLIENT", "KILL", "TYPE", "normal", "USER", "default")).toBe(":1\r\n")
      yield* ended(other)
      expect(yield* ask(one, "PING")).toBe("+PONG\r\n")
    }))

  it.scopedLive("KILL tells whoever is to be killed so first, if it asks for it", () =>
    Effect.gen(function*() {
      const [one] = yield* two
      expect(yield* ask(one, "CLIENT", "KILL", "ID", "1", "SKIPME", "no")).toBe(":1\r\n")
      expect(yield* ended(one)).toBe("+OK\r\n:1\r\n")
    }))
})

describe("WAIT", () => {
  it.scopedLive("tells how many others have every write before it: a majority has", () =>
    Effect.gen(function*() {
      const { converse } = yield* serve()
      // Two voters and a learner.
      expect(yield* converse(request("SET", "a", "1"), request("WAIT", "1", "0"))).toBe(
        "+OK\r\n:1\r\n"
      )
    }))
})

describe("CONFIG RESETSTAT", () => {
  it.scopedLive("counts from the beginning, and gives no number to two connections", () =>
    Effect.gen(function*() {
      const { connect } = yield* serve()
      const one = yield* connect
      yield* ask(one, "CONFIG", "RESETSTAT")
      expect(yield* ask(one, "INFO", "stats")).toContain("total_commands_processed:1\r\n")
      expect(yield* ask(yield* connect, "CLIENT", "ID")).toBe(":2\r\n")
    }))
})

/**
 * Clients that ask for much or say little, on real sockets: others do not notice them. How little
 * they cost is shown where it is counted: Resp.test.ts, RedisServer.test.ts.
 */
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { serve } from "./FakeServer.js"
import { RawClient, request } from "./RawClient.js"

const MEBIBYTE = 1024 * 1024

/** Both ends of a connection are of this process, and a process may have so many files by default. */
const IDLE_CONNECTIONS = 400
const PIPELINED = 100_000

const PONG = "+PONG\r\n"

/** A round trip of a client that asks for nothing special. */
const ping = (client: RawClient) =>
  Effect.promise(async () => {
    const { length } = client.received
    client.send(request("PING"))
    await client.until((received) => received.length >= length + PONG.length)
    return client.received.slice(length)
  })

describe("others do not notice when a client", () => {
  it.scopedLive("sends 100,000 commands at once, and gets every reply", () =>
    Effect.gen(function*() {
      const { connect, node } = yield* serve()
      const [eager, other] = [yield* connect, yield* connect]
      eager.send(request("INCR", "count").repeat(PIPELINED))
      expect(yield* ping(other)).toBe(PONG)
      expect(node.calls.length).toBeLessThan(PIPELINED)
      const last = `:${PIPELINED}\r\n`
      const received = yield* Effect.promise(() => eager.until((text) => text.endsWith(last)))
      expect(received.split("\r\n").length).toBe(PIPELINED + 1)
    }))

  it.scopedLive("announces 512 MiB, and sends some of them", () =>
    Effect.gen(function*() {
      const { connect } = yield* serve()
      const [broad, other] = [yield* connect, yield* connect]
      broad.send("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$536870912\r\n")
      const part = "x".repeat(MEBIBYTE)
      for (let sent = 0; sent < 32; sent++) {
        broad.send(part)
        expect(yield* ping(other)).toBe(PONG)
      }
      expect(broad.received).toBe("")
    }))

  it.scopedLive("announces a million arguments, and sends none", () =>
    Effect.gen(function*() {
      const { connect } = yield* serve()
      const clients = yield* Effect.all(Array.from({ length: 50 }, () => connect))
      for (const client of clients) client.send("*1048576\r\n$10\r\n")
      expect(yield* ping(yield* connect)).toBe(PONG)
    }))

  it.scopedLive("sends its request a byte at a time, and never its last", () =>
    Effect.gen(function*() {
      const { connect, node } = yield* serve()
      const [slow, other] = [yield* connect, yield* connect]
      for (const byte of request("GET", "a").slice(0, -1)) {
        slow.send(byte)
        expect(yield* ping(other)).toBe(PONG)
      }
      expect(slow.received).toBe("")
      expect(node.calls).toEqual([])
    }))

  it.scopedLive("has said its last word and never reads, with much to be told", () =>
    Effect.gen(function*() {
      const { connect, converse, where } = yield* serve()
      const value = "v".repeat(MEBIBYTE)
      yield* converse(request("SET", "a", value))
      const deaf = yield* Effect.promise(() => RawClient.connect(where))
      deaf.socket.pause()
      deaf.socket.end(request("GET", "a").repeat(200), "latin1")
      const other = yield* connect
      for (let round = 0; round < 20; round++) expect(yield* ping(other)).toBe(PONG)
      expect(deaf.closed).toBe(false)
      deaf.socket.destroy()
    }))

  it.scopedLive("is one of hundreds that say nothing", () =>
    Effect.gen(function*() {
      const { connect } = yield* serve()
      const idle = yield* Effect.forEach(Array.from({ length: IDLE_CONNECTIONS }), () => connect, {
        concurrency: 32
      })
      const other = yield* connect
      other.send(request("INFO", "clients"))
      const told = `connected_clients:${IDLE_CONNECTIONS + 1}\r\n`
      yield* Effect.promise(() => other.until((received) => received.includes(told)))
      for (const client of idle) expect(client.closed).toBe(false)
    }))
})

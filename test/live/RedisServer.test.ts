import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Scope, TestClock } from "effect"
import { vi } from "vitest"
import * as Command from "../../src/kv/Command.js"
import * as Key from "../../src/kv/Key.js"
import * as RedisConnection from "../../src/live/RedisConnection.js"
import * as RedisRefusals from "../../src/live/RedisRefusals.js"
import * as RedisServer from "../../src/live/RedisServer.js"
import { FakeNode } from "./FakeNode.js"
import { RawClient, request } from "./RawClient.js"

const HOST = "127.0.0.1"

/** A server over a fake node, for as long as the scope is open. */
const serve = (options: Partial<RedisServer.Options> = {}) =>
  Effect.gen(function*() {
    const node = new FakeNode()
    const layer = RedisServer.layer({ host: HOST, port: 0, ...options })
    const services = yield* Layer.build(Layer.provide(layer, node.layer))
    const { port } = yield* Effect.provide(RedisServer.RedisServer, services)
    const where = { host: HOST, port }
    return {
      node,
      where,
      connect: Effect.promise(() => RawClient.connect(where)),
      converse: (...parts: ReadonlyArray<string>) =>
        Effect.promise(() => RawClient.converse(where, parts.join("")))
    }
  })

const called = (node: FakeNode, count: number) => Effect.promise(() => node.called(count))

const until = (client: RawClient, satisfied: (received: string) => boolean) =>
  Effect.promise(() => client.until(satisfied))

/**
 * A round trip. What others have sent before was read meanwhile, unless the server reads them not.
 */
const ping = (client: RawClient, round: number) => {
  client.send(request("PING"))
  return until(client, (received) => received.length === 7 * round)
}

const has = (text: string) => (received: string) => received.includes(text)

const kinds = (node: FakeNode) => node.calls.map(({ kind }) => kind)

describe("a client of the Redis server", () => {
  it.scopedLive("gets the replies to a pipeline in order, even after its last word", () =>
    Effect.gen(function*() {
      const { converse } = yield* serve()
      const replies = yield* converse(
        request("PING"),
        request("SET", "a", "1"),
        request("get", "a"),
        "ECHO typed\r\n",
        request("INCR", "a"),
        request("GET", "b"),
        request("HELLO", "3"),
        request("GET", "b"),
        request("MGET", "a", "b")
      )
      const greeting = "%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n" +
        "$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:1\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n" +
        "$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n"
      expect(replies).toBe(
        "+PONG\r\n+OK\r\n$1\r\n1\r\n$5\r\ntyped\r\n:2\r\n$-1\r\n" + greeting +
          "_\r\n*2\r\n$1\r\n2\r\n_\r\n"
      )
    }))

  it.scopedLive("gets the same replies when its bytes arrive one by one", () =>
    Effect.gen(function*() {
      const { connect } = yield* serve()
      const client = yield* connect
      client.socket.setNoDelay(true)
      for (const byte of request("SET", "a", "\r\n") + request("GET", "a")) client.send(byte)
      expect(yield* until(client, has("$2"))).toBe("+OK\r\n$2\r\n\r\n\r\n")
    }))

  it.scopedLive("keeps every byte of its keys and values", () =>
    Effect.gen(function*() {
      const { converse } = yield* serve()
      const bytes = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("")
      expect(yield* converse(request("SET", bytes, bytes), request("GET", bytes)))
        .toBe(`+OK\r\n$256\r\n${bytes}\r\n`)
    }))

  it.scopedLive("leaves with QUIT, and nothing after it is carried out", () =>
    Effect.gen(function*() {
      const { connect, node } = yield* serve()
      const client = yield* connect
      client.send(request("SET", "a", "1") + request("QUIT") + request("SET", "a", "2"))
      expect(yield* Effect.promise(() => client.ended())).toBe("+OK\r\n+OK\r\n")
      expect(kinds(node)).toEqual(["write"])
    }))

  it.scopedLive("is told of a broken protocol after its other replies, and cut", () =>
    Effect.gen(function*() {
      const { connect } = yield* serve()
      const client = yield* connect
      client.send(request("INCR", "a") + "*1\r\n:1\r\n" + request("PING"))
      expect(yield* Effect.promise(() => client.ended()))
        .toBe(":1\r\n-ERR Protocol error: expected '$', got ':'\r\n")
    }))

  it.scopedLive("is cut without a word when it speaks HTTP: it may be a lured browser", () =>
    Effect.gen(function*() {
      const { connect, node } = yield* serve()
      const client = yield* connect
      client.send("POST / HTTP/1.1\r\nHost: x\r\n\r\nFLUSHALL\r\n")
      expect(yield* Effect.promise(() => client.ended())).toBe("")
      expect(node.calls).toEqual([])
    }))

  it.scopedLive("is told that a value is too long, and goes on", () =>
    Effect.gen(function*() {
      const { converse } = yield* serve()
      const value = "v".repeat(Command.VALUE_LIMIT_BYTES)
      const replies = yield* converse(
        request("SET", "a", `${value}v`),
        request("SET", "b", value),
        request("STRLEN", "b"),
        request("SET", "k".repeat(Key.LIMIT_BYTES + 1), "")
      )
      expect(replies).toBe(
        "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n+OK\r\n" +
          `:${Command.VALUE_LIMIT_BYTES}\r\n` +
          `-ERR the key is longer than ${Key.LIMIT_BYTES} bytes: use a shorter one\r\n`
      )
    }))

  it.scopedLive("is told to ask for less when a reply would be too long", () =>
    Effect.gen(function*() {
      const { converse } = yield* serve()
      const value = "v".repeat(Command.VALUE_LIMIT_BYTES)
      const replies = yield* converse(
        request("SET", "a", value),
        request("MGET", ...Array.from({ length: 9 }, () => "a"))
      )
      expect(replies).toMatch(/^\+OK\r\n-ERR the values together exceed 67108864 bytes: ask for/)
    }))
})

describe("the order of a connection", () => {
  it.scopedLive("lets consecutive writes travel together", () =>
    Effect.gen(function*() {
      const { connect, node } = yield* serve()
      node.held = true
      const client = yield* connect
      client.send(request("SET", "a", "1") + request("PING") + request("INCR", "a"))
      yield* called(node, 2)
      expect(kinds(node)).toEqual(["write", "write"])
      for (const { answer } of node.calls) answer()
      expect(yield* until(client, has(":2"))).toBe("+OK\r\n+PONG\r\n:2\r\n")
    }))

  it.scopedLive("lets reads that arrive together share one read of the node", () =>
    Effect.gen(function*() {
      const { connect, node } = yield* serve()
      node.held = true
      const client = yield* connect
      client.send(request("GET", "a") + request("PING") + request("EXISTS", "a"))
      const [read] = yield* called(node, 1)
      read!.answer()
      expect(yield* until(client, has(":0"))).toBe("$-1\r\n+PONG\r\n:0\r\n")
      client.send(request("GET", "a"))
      const calls = yield* called(node, 2)
      expect(kinds(node)).toEqual(["read", "read"])
      calls[1]!.answer()
    }))

  it.scopedLive("starts no read before the writes ahead of it are answered, and the reverse", () =>
    Effect.gen(function*() {
      const { connect, node } = yield* serve()
      node.held = true
      const client = yield* connect
      client.send(
        request("SET", "a", "1") + request("SET", "a", "2") + request("GET", "a") +
          request("SET", "a", "3") + request("GET", "a")
      )
      const calls = yield* called(node, 2)
      expect(kinds(node)).toEqual(["write", "write"])
      calls[0]!.answer()
      yield* until(client, has("+OK"))
      expect(kinds(node)).toEqual(["write", "write"])
      calls[1]!.answer()
      yield* called(node, 3)
      calls[2]!.answer()
      yield* called(node, 4)
      yield* until(client, has("2"))
      calls[3]!.answer()
      yield* called(node, 5)
      calls[4]!.answer()
      expect(yield* until(client, has("3"))).toBe("+OK\r\n+OK\r\n$1\r\n2\r\n+OK\r\n$1\r\n3\r\n")
      expect(kinds(node)).toEqual(["write", "write", "read", "write", "read"])
    }))

  it.scopedLive("is that of the requests, in whatever order the node answers", () =>
    Effect.gen(function*() {
      const { connect, node } = yield* serve()
      node.held = true
      const client = yield* connect
      client.send(request("SET", "a", "1") + request("INCR", "b") + request("PING"))
      const calls = yield* called(node, 2)
      calls[1]!.answer()
      calls[0]!.answer({ _tag: "UnknownOutcome" })
      expect(yield* until(client, has("PONG")))
        .toBe("-UNKNOWN write outcome unknown\r\n:1\r\n+PONG\r\n")
    }))

  it.scopedLive("changes the protocol for later replies, not for those still under way", () =>
    Effect.gen(function*() {
      const { connect, node } = yield* serve()
      node.held = true
      const client = yield* connect
      client.send(request("GET", "a") + request("HELLO", "3") + request("GET", "a"))
      const [before] = yield* called(node, 1)
      before!.answer()
      const [, after] = yield* called(node, 2)
      after!.answer()
      const replies = yield* until(client, has("_\r\n"))
      expect(replies).toMatch(/^\$-1\r\n%7\r\n[^]*_\r\n$/)
    }))
})

describe("a node that does not carry out a request", () => {
  it.scopedLive.each(
    [
      ["NoLeader", "CLUSTERDOWN No Raft leader: "],
      ["Overloaded", "TRYAGAIN "],
      ["Stopping", "CLUSTERDOWN This node is stopping: "]
    ] as const
  )(
    "is reported for %s to readers and writers, and never cuts them",
    ([reason, text]) =>
      Effect.gen(function*() {
        const { connect, node } = yield* serve()
        node.held = true
        const client = yield* connect
        client.send(request("GET", "a") + request("GET", "b"))
        ;(yield* called(node, 1))[0]!.answer({ _tag: "Refused", reason })
        yield* until(client, (received) => received.split("\r\n").length === 3)
        client.send(request("INCR", "a"))
        ;(yield* called(node, 2))[1]!.answer({ _tag: "Refused", reason })
        client.send(request("PING"))
        const lines = (yield* until(client, has("PONG"))).split("\r\n")
        const refusal = `-${RedisRefusals.REFUSALS[reason]}`
        expect(lines).toEqual([refusal, refusal, refusal, "+PONG", ""])
        expect(refusal.startsWith(`-${text}`)).toBe(true)
      })
  )

  it.scopedLive("has clients told that a write's outcome is unknown in exactly these words", () =>
    Effect.gen(function*() {
      const { connect, node } = yield* serve()
      node.held = true
      const client = yield* connect
      client.send(request("SET", "a", "1"))
      ;(yield* called(node, 1))[0]!.answer({ _tag: "UnknownOutcome" })
      expect(yield* until(client, has("\r\n"))).toBe("-UNKNOWN write outcome unknown\r\n")
    }))
})

describe("a client that asks faster than it is answered", () => {
  it.scopedLive("has a bounded number of requests under way, and gets every reply", () =>
    Effect.gen(function*() {
      const { connect, node } = yield* serve()
      node.held = true
      const client = yield* connect
      const count = 5 * RedisConnection.UNANSWERED_LIMIT
      client.send(request("INCR", "a").repeat(count))
      yield* called(node, RedisConnection.UNANSWERED_LIMIT)
      // A round trip of another client: what the first could start, it has started by now.
      const other = yield* connect
      yield* ping(other, 1)
      expect(node.calls.length).toBe(RedisConnection.UNANSWERED_LIMIT)
      node.held = false
      for (const { answer } of node.calls) answer()
      const replies = Array.from({ length: count }, (_, index) => `:${index + 1}\r\n`).join("")
      expect(yield* until(client, (received) => received.length >= replies.length)).toBe(replies)
    }))

  it.scopedLive("is not read from while what it has sent waits", () =>
    Effect.gen(function*() {
      const { connect, node } = yield* serve()
      node.held = true
      const client = yield* connect
      const echo = request("ECHO", "e".repeat(64 * 1024))
      const count = 300
      client.send(request("INCR", "a") + request("GET", "a") + echo.repeat(count))
      const [write] = yield* called(node, 1)
      const other = yield* connect
      for (let round = 1; round <= 50; round++) yield* ping(other, round)
      // The system's own buffers hold less than half of it.
      expect(client.socket.writableLength).toBeGreaterThan((count * echo.length) / 2)
      write!.answer()
      const [, read] = yield* called(node, 2)
      read!.answer()
      const replies = ":1\r\n$1\r\n1\r\n" + echo.slice(echo.lastIndexOf("$")).repeat(count)
      const received = yield* until(client, (text) => text.length >= replies.length)
      expect(received === replies).toBe(true)
    }))

  it.scopedLive("costs a bounded number of replies while it reads none, and loses none", () =>
    Effect.gen(function*() {
      const { connect, node } = yield* serve()
      const other = yield* connect
      const values = ["a", "b", "c"].map((letter) => letter.repeat(64 * 1024))
      for (const value of values) other.send(request("SET", value[0]!, value))
      yield* called(node, 3)
      const looked = vi.spyOn(node.store, "get")

      const client = yield* connect
      client.socket.pause()
      const count = 400
      let replies = ""
      for (let sent = 0; sent < count; sent++) {
        const value = values[sent % values.length]!
        client.send(request("GET", value[0]!))
        yield* called(node, 4 + sent)
        replies += `$${value.length}\r\n${value}\r\n`
      }
      yield* until(other, (received) => received === "+OK\r\n".repeat(3))
      // The system's own buffers take some of them, ours no more than its limit.
      expect(looked.mock.calls.length).toBeLessThan(count / 2)

      client.socket.resume()
      const received = yield* until(client, (text) => text.length >= replies.length)
      expect(received === replies).toBe(true)
      expect(looked.mock.calls.length).toBe(count)
    }))

  it.scopedLive("may go away at any time", () =>
    Effect.gen(function*() {
      const { connect, converse, node } = yield* serve()
      node.held = true
      const client = yield* connect
      client.send(request("INCR", "a") + request("GET", "a"))
      const [write] = yield* called(node, 1)
      client.socket.resetAndDestroy()
      yield* until(client, () => false)
      yield* converse(request("PING"))
      write!.answer()
      node.held = false
      expect(yield* converse(request("GET", "a"))).toBe("$1\r\n1\r\n")
    }))
})

describe("the Redis server", () => {
  it.scopedLive("refuses connections beyond its limit, as Redis does, and counts them", () =>
    Effect.gen(function*() {
      const { connect, converse } = yield* serve({ connectionsLimit: 2 })
      const one = yield* connect
      const two = yield* connect
      one.send(request("INFO", "stats", "clients"))
      expect(yield* until(one, has("rejected"))).toContain("connected_clients:2\r\nmaxclients:2")
      expect(yield* converse("")).toBe("-ERR max number of clients reached\r\n")
      two.send(request("INFO", "stats"))
      expect(yield* until(two, has("rejected"))).toContain("rejected_connections:1")
      two.send(request("QUIT"))
      yield* Effect.promise(() => two.ended())
      expect(yield* converse(request("PING"))).toBe("+PONG\r\n")
    }))

  it.scopedLive("says what to do when its port is taken", () =>
    Effect.gen(function*() {
      const { where } = yield* serve()
      const error = yield* Effect.flip(serve({ port: where.port }))
      expect(error.reason).toBe("AddressInUse")
      expect(error.message).toBe(
        `port ${where.port} of 127.0.0.1 is taken by another process: stop it, or choose another ` +
          "port for Redis clients (0 takes any free one)"
      )
    }))

  it.scopedLive("says what to do when it cannot listen at all", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(serve({ host: "192.0.2.1", protectedMode: false }))
      expect(error.reason).toBe("Listen")
      expect(error.message).toContain("choose an address of this machine")
    }))

  it.live("answers what it has taken before it closes", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { connect, node } = yield* Scope.extend(serve(), scope)
      node.held = true
      const busy = yield* connect
      const idle = yield* connect
      busy.send(request("INCR", "a"))
      const [write] = yield* called(node, 1)
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      expect(yield* Effect.promise(() => idle.ended())).toBe("")
      write!.answer()
      expect(yield* Effect.promise(() => busy.ended())).toBe(":1\r\n")
      yield* Fiber.join(closing)
    }))

  it.effect("tells its clients that they have to go, before it closes their connections", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { connect } = yield* Scope.extend(serve(), scope)
      const busy = yield* connect
      const idle = yield* connect
      yield* ping(idle, 1)
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* Effect.yieldNow()
      busy.send(request("INCR", "a") + request("GET", "a"))
      const stopping = /^(-CLUSTERDOWN This node is stopping[^\n]*\n){2}$/
      yield* until(busy, (received) => stopping.test(received))
      busy.socket.end()
      expect(yield* Effect.promise(() => busy.ended())).toMatch(stopping)
      yield* TestClock.adjust(RedisServer.LINGER_MILLIS - 1)
      expect(idle.closed).toBe(false)
      yield* TestClock.adjust(1)
      expect(yield* Effect.promise(() => idle.ended())).toBe("+PONG\r\n")
      yield* Fiber.join(closing)
    }))

  it.effect("closes at once when they have gone", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { connect } = yield* Scope.extend(serve(), scope)
      const client = yield* connect
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      client.socket.end()
      yield* Fiber.join(closing)
    }))

  it.effect("waits for those answers no longer than its grace, then says what is true", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { connect, node } = yield* Scope.extend(serve(), scope)
      node.held = true
      const client = yield* connect
      client.send(request("INCR", "a") + request("GET", "a"))
      yield* called(node, 1)
      const closed = yield* Deferred.make<void>()
      yield* Effect.fork(
        Scope.close(scope, Exit.void).pipe(
          Effect.zipRight(Deferred.succeed(closed, undefined))
        )
      )
      yield* TestClock.adjust(RedisServer.LINGER_MILLIS)
      yield* TestClock.adjust(RedisServer.CLOSE_GRACE_MILLIS - 1)
      expect(yield* Deferred.isDone(closed)).toBe(false)
      expect(client.closed).toBe(false)
      yield* TestClock.adjust(1)
      yield* Deferred.await(closed)
      expect(yield* Effect.promise(() => client.ended())).toMatch(
        /^-UNKNOWN write outcome unknown\r\n-CLUSTERDOWN This node is stopping[^\n]*\n$/
      )
    }))
})

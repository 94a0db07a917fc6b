import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { serve } from "./FakeServer.js"
import type { RawClient } from "./RawClient.js"
import { request } from "./RawClient.js"

/** What stands between two things that a client hears. */
const SYNC = "sync"

const lines = (...requests: ReadonlyArray<string>): string =>
  requests.map((line) => request(...line.split(" "))).join("")

/** Up to where what each client has received was looked at. */
const heard = new WeakMap<RawClient, number>()

/** All that the client hears, since the last time, until it has the reply to its last request. */
const say = (client: RawClient, ...requests: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const from = heard.get(client) ?? 0
    client.send(lines(...requests, `ECHO ${SYNC}`))
    const end = `$${SYNC.length}\r\n${SYNC}\r\n`
    const received = await client.until((text) => text.slice(from).endsWith(end))
    heard.set(client, received.length)
    return received.slice(from, -end.length)
  })

const invalidate = (...keys: ReadonlyArray<string>): string =>
  `>2\r\n$10\r\ninvalidate\r\n*${keys.length}\r\n` +
  keys.map((key) => `$${key.length}\r\n${key}\r\n`).join("")

const ALL_GONE = ">2\r\n$10\r\ninvalidate\r\n_\r\n"

/** A client that tracks, and another one. */
const two = (...options: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const server = yield* serve()
    const [one, other] = [yield* server.connect, yield* server.connect]
    yield* say(one, "HELLO 3", ["CLIENT TRACKING ON", ...options].join(" "))
    return { ...server, one, other }
  })

describe("CLIENT TRACKING", () => {
  it.scopedLive("tells a client of the next change of what it has read", () =>
    Effect.gen(function*() {
      const { one, other } = yield* two()
      yield* say(one)
      yield* say(one, "GET a", "HGET h f", "EXISTS b c", "MEMORY USAGE d", "OBJECT ENCODING e")
      yield* say(other, "MSET b 1 e 1", "SET a 1", "HSET h f 1", "SET d 1", "SET a 2", "SET z 1")
      const told = ["b", "e", "a", "h", "d"].map((key) => invalidate(key)).join("")
      assert.strictEqual(yield* say(one), told)
    }))

  it.scopedLive("tells a client of its own change behind the reply to it", () =>
    Effect.gen(function*() {
      const { one } = yield* two()
      assert.strictEqual(
        yield* say(one, "GET a", "SET a 1", "PING", "GET a", "INCR a", "INCR a"),
        `_\r\n+OK\r\n${invalidate("a")}+PONG\r\n$1\r\n1\r\n:2\r\n${invalidate("a")}:3\r\n`
      )
      assert.strictEqual(yield* say(one, "FLUSHALL", "PING"), `+OK\r\n${ALL_GONE}+PONG\r\n`)
    }))

  it.scopedLive("tells a client behind the reply to EXEC of what was read and written there", () =>
    Effect.gen(function*() {
      const { one, other } = yield* two()
      assert.strictEqual(
        yield* say(one, "MULTI", "GET a", "GET b", "SET a 1", "EXEC", "PING"),
        `+OK\r\n${"+QUEUED\r\n".repeat(3)}*3\r\n_\r\n_\r\n+OK\r\n${invalidate("a")}+PONG\r\n`
      )
      yield* say(other, "MSET a 2 b 2")
      assert.strictEqual(yield* say(one), invalidate("b"))
    }))

  it.scopedLive("remembers nothing of a transaction that was not carried out", () =>
    Effect.gen(function*() {
      const { one, other } = yield* two()
      yield* say(one, "WATCH a")
      yield* say(other, "SET a 1")
      assert.match(yield* say(one, "MULTI", "GET b", "EXEC"), /_\r\n$/)
      yield* say(other, "SET b 1")
      assert.strictEqual(yield* say(one), "")
    }))

  it.scopedLive("tells of TTL and PTTL, which the log carries, as of other reads", () =>
    Effect.gen(function*() {
      const { one, other } = yield* two()
      assert.strictEqual(yield* say(one, "TTL a", "PTTL b"), ":-2\r\n:-2\r\n")
      yield* say(other, "MSET a 1 b 1")
      assert.strictEqual(yield* say(one), invalidate("a") + invalidate("b"))
    }))

  it.scopedLive("tells who has wanted no replies all the same", () =>
    Effect.gen(function*() {
      const { one, other } = yield* two()
      one.send(lines("GET a", "CLIENT REPLY OFF", "GET b", "SET b 1"))
      yield* say(other, "SET a 1")
      yield* Effect.promise(() => one.until((received) => received.endsWith(invalidate("a"))))
      assert.include(one.received, `_\r\n${invalidate("b")}`)
    }))

  it.scopedLive("tells nothing after OFF, RESET, or in version 2", () =>
    Effect.gen(function*() {
      const { one, other } = yield* two()
      for (const end of ["CLIENT TRACKING OFF", "RESET", "HELLO 2"]) {
        yield* say(one, "HELLO 3", "CLIENT TRACKING ON", "GET a", end)
        yield* say(other, "SET a 1", "FLUSHALL")
        assert.strictEqual(yield* say(one), "", end)
      }
    }))

  it.scopedLive("goes on with what was read before when it is switched off and on", () =>
    Effect.gen(function*() {
      const { one, other } = yield* two()
      yield* say(one, "GET a", "CLIENT TRACKING OFF", "CLIENT TRACKING ON")
      yield* say(other, "SET a 1")
      assert.strictEqual(yield* say(one), invalidate("a"))
    }))
})

describe("CLIENT CACHING", () => {
  const kept = (options: string, ...requests: ReadonlyArray<string>) =>
    Effect.gen(function*() {
      const { one, other } = yield* two(options)
      yield* say(one, ...requests)
      yield* say(other, "MSET a 1 b 1")
      const told = yield* say(one)
      return ["a", "b"].filter((key) => told.includes(invalidate(key)))
    })

  it.scopedLive.each(
    [
      ["OPTIN", "a", ["CLIENT CACHING YES", "GET a", "GET b"]],
      ["OPTIN", "", ["CLIENT CACHING YES", "PING", "GET a"]],
      ["OPTIN", "", ["CLIENT CACHING YES", "NOSUCH", "GET a"]],
      ["OPTIN", "a", ["CLIENT CACHING YES", "CLIENT ID", "CLIENT CACHING x", "GET a"]],
      ["OPTIN", "ab", ["CLIENT CACHING YES", "MULTI", "GET a", "TTL b", "EXEC"]],
      ["OPTIN", "b", ["MULTI", "GET a", "CLIENT CACHING YES", "PING", "GET b", "EXEC"]],
      ["OPTIN", "", ["CLIENT CACHING YES", "MULTI", "MULTI", "GET a", "DISCARD", "GET b"]],
      ["OPTIN", "", [
        "CLIENT CACHING YES",
        "CLIENT TRACKING OFF",
        "CLIENT TRACKING ON OPTIN",
        "GET a"
      ]],
      ["OPTOUT", "b", ["CLIENT CACHING NO", "GET a", "GET b"]],
      ["OPTOUT", "", ["CLIENT CACHING NO", "MGET a b"]]
    ] as const
  )(
    "with %s decides: %s of what is read by %j is told",
    ([options, keys, requests]) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* kept(options, ...requests)).join(""), keys)
      })
  )
})

describe("CLIENT TRACKING with REDIRECT", () => {
  it.scopedLive("has another client told, until that is gone", () =>
    Effect.gen(function*() {
      const { connect, one, other } = yield* two("NOLOOP")
      const third = yield* connect
      yield* say(third, "HELLO 3", "CLIENT TRACKING ON REDIRECT 1", "GET a")
      assert.strictEqual(yield* say(third, "CLIENT GETREDIR"), ":1\r\n")
      yield* say(other, "SET a 1")
      assert.strictEqual(yield* say(one), invalidate("a"))
      assert.strictEqual(yield* say(third, "GET a"), "$1\r\n1\r\n")
      one.send(lines("QUIT"))
      yield* Effect.promise(() => one.ended())
      yield* say(other, "SET a 2")
      assert.strictEqual(yield* say(third), ">2\r\n$21\r\ntracking-redir-broken\r\n:1\r\n")
      assert.include(yield* say(third, "CLIENT TRACKINGINFO"), "broken_redirect")
    }))
})

describe("a client that tracks and does not read what it is sent", () => {
  const LONG = "v".repeat(64 * 1024)
  /** More than the system's buffers and ours take of such values. */
  const COUNT = 400

  const FRAME = `$${LONG.length}\r\n${LONG}\r\n`

  it.scopedLive.each(
    [
      ["has a read carried out when its reply is written", "GET", 1, ["GET a"], "_\r\n"],
      [
        "has a transaction carried out when its reply is written",
        "GET",
        1,
        ["MULTI", "GET b", "EXEC"],
        "+OK\r\n+QUEUED\r\n*1\r\n$3\r\nnew\r\n"
      ],
      [
        "hears of a change behind the older reply to a read that the log has carried",
        "GETEX",
        COUNT + 1,
        ["TTL a"],
        `:-1\r\n${invalidate("a")}`
      ]
    ] as const
  )("%s", ([, filler, calls, requests, end]) =>
    Effect.gen(function*() {
      const { node, one, other } = yield* two("OPTIN")
      yield* say(other, `SET long ${LONG}`, "SET a old")
      yield* say(one)
      const { length } = one.received
      const called = node.calls.length
      one.socket.pause()
      one.send(lines(`${filler} long`).repeat(COUNT) + lines("CLIENT CACHING YES", ...requests))
      yield* Effect.promise(() => node.called(called + calls))
      yield* say(other, "DEL a", "SET b new")
      assert.include(yield* say(other, "INFO stats"), "tracking_total_keys:0\r\n")
      one.socket.resume()
      const wanted = length + COUNT * FRAME.length + `+OK\r\n${end}`.length
      const received = yield* Effect.promise(() => one.until((text) => text.length >= wanted))
      assert.strictEqual(received.slice(-end.length), end)
    }))
})

describe("a client that tracks, when more is applied before its reply is written", () => {
  it.scopedLive.each(
    [
      ["TTL", ["TTL a"], ":-1\r\n"],
      ["EXEC", ["MULTI", "GET a", "EXEC"], "+OK\r\n+QUEUED\r\n*1\r\n$3\r\nold\r\n"]
    ] as const
  )("hears of the change behind the reply to %s", ([, requests, reply]) =>
    Effect.gen(function*() {
      const { node, one, other } = yield* two()
      yield* say(other, "SET a old")
      yield* say(one)
      node.held = true
      const from = node.calls.length
      one.send(lines(...requests))
      yield* Effect.promise(() => node.called(from + 1))
      other.send(lines("SET a new"))
      const calls = yield* Effect.promise(() => node.called(from + 2))
      for (const { answer } of calls.slice(from)) answer()
      assert.strictEqual(yield* say(one), reply + invalidate("a"))
    }))
})

describe("a client that tracks, when more is applied before its read is carried out", () => {
  it.scopedLive("hears of all of it before the reply, which may show it", () =>
    Effect.gen(function*() {
      const { node, one, other } = yield* two()
      yield* say(one, "GET a")
      node.held = true
      const from = node.calls.length
      one.send(lines("GET b"))
      yield* Effect.promise(() => node.called(from + 1))
      other.send(lines("MSET a 1 b 1"))
      const calls = yield* Effect.promise(() => node.called(from + 2))
      for (const { answer } of calls.slice(from)) answer()
      assert.strictEqual(yield* say(one), `${invalidate("a")}$1\r\n1\r\n`)
    }))
})

describe("the server", () => {
  it.scopedLive("tells in CLIENT LIST, CLIENT INFO and INFO who tracks what", () =>
    Effect.gen(function*() {
      const { one, other } = yield* two()
      yield* say(one, "GET a", "GET b")
      yield* say(other, "CLIENT TRACKING ON BCAST PREFIX p PREFIX q REDIRECT 1")
      const list = yield* say(one, "CLIENT LIST")
      assert.match(list, /id=1 [^\n]* flags=t [^\n]* redir=0 resp=3/)
      assert.match(list, /id=2 [^\n]* flags=tB [^\n]* redir=1 resp=2/)
      const info = yield* say(one, "INFO clients", "INFO stats", "CONFIG GET tracking*")
      assert.include(info, "tracking_clients:2\r\n")
      assert.include(info, "tracking_total_keys:2\r\n")
      assert.include(info, "tracking_total_items:2\r\n")
      assert.include(info, "tracking_total_prefixes:2\r\n")
      assert.include(info, "$23\r\ntracking-table-max-keys\r\n$7\r\n1000000\r\n")
      yield* say(other, "CLIENT TRACKING OFF")
      assert.match(yield* say(other, "CLIENT INFO"), /flags=N [^\n]* redir=-1 /)
    }))

  it.scopedLive("lets go of what a client has read when that is gone", () =>
    Effect.gen(function*() {
      const { node, one, other } = yield* two()
      yield* say(one, "GET a")
      assert.strictEqual(node.store.observers.size, 1)
      one.socket.end()
      yield* Effect.promise(() => one.ended())
      assert.include(yield* say(other, "INFO stats"), "tracking_total_keys:0\r\n")
      assert.strictEqual(node.store.observers.size, 0)
    }))
})

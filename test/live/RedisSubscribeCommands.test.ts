import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as PasswordHash from "../../src/live/PasswordHash.js"
import * as RedisRefusals from "../../src/live/RedisRefusals.js"
import * as Users from "../../src/live/Users.js"
import { serve } from "./FakeServer.js"
import { request } from "./RawClient.js"
import type { RawClient } from "./RawClient.js"

/** What the client hears from here on until `end` has come. */
const hear = (client: RawClient, end: string): Effect.Effect<string> =>
  Effect.promise(async () => {
    const isThere = (received: string) => received.includes(end)
    await client.until(isThere)
    const at = client.received.indexOf(end) + end.length
    const heard = client.received.slice(0, at)
    client.received = client.received.slice(at)
    return heard
  })

/** Says this, request by request, and hears all up to what a PING behind it is answered. */
const say = (client: RawClient, lines = ""): Effect.Effect<string> => {
  const requests = lines.split("; ").filter((line) => line !== "")
  client.send(
    [...requests, "PING mark"].map((line) => request(...line.split(" "))).join("")
  )
  return Effect.map(
    hear(client, "mark\r\n"),
    (heard) => heard.replace(/(\*2\r\n\$4\r\npong\r\n)?\$4\r\nmark\r\n$/, "")
  )
}

const bulks = (...texts: ReadonlyArray<string>): string =>
  texts.map((text) => `$${text.length}\r\n${text}\r\n`).join("")

const push2 = (...texts: ReadonlyArray<string>): string => `*${texts.length}\r\n${bulks(...texts)}`

const push3 = (...texts: ReadonlyArray<string>): string => `>${texts.length}\r\n${bulks(...texts)}`

const confirmed = (verb: string, name: string, count: number): string =>
  `*3\r\n${bulks(verb, name)}:${count}\r\n`

const refused = (name: string): string =>
  `-ERR Can't execute '${name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET ` +
  "are allowed in this context\r\n"

const pair = Effect.gen(function*() {
  const served = yield* serve()
  return { ...served, subscriber: yield* served.connect, publisher: yield* served.connect }
})

describe("a subscriber", () => {
  it.scopedLive("is told what is published to its channels and patterns, and how many it has", () =>
    Effect.gen(function*() {
      const { publisher, subscriber } = yield* pair
      expect(yield* say(subscriber, "SUBSCRIBE a b; PSUBSCRIBE a*; SSUBSCRIBE a")).toBe(
        confirmed("subscribe", "a", 1) + confirmed("subscribe", "b", 2) +
          confirmed("psubscribe", "a*", 3) + confirmed("ssubscribe", "a", 1)
      )
      expect(yield* say(publisher, "PUBLISH a x; PUBLISH b y; SPUBLISH a z; PUBLISH c w"))
        .toBe(":2\r\n:1\r\n:1\r\n:0\r\n")
      expect(yield* say(subscriber)).toBe(
        push2("message", "a", "x") + push2("pmessage", "a*", "a", "x") +
          push2("message", "b", "y") + push2("smessage", "a", "z")
      )
      expect(yield* say(subscriber, "UNSUBSCRIBE; PUNSUBSCRIBE a*; SUNSUBSCRIBE a")).toBe(
        confirmed("unsubscribe", "a", 2) + confirmed("unsubscribe", "b", 1) +
          confirmed("punsubscribe", "a*", 0) + confirmed("sunsubscribe", "a", 0)
      )
      expect(yield* say(publisher, "PUBLISH a x; SPUBLISH a z")).toBe(":0\r\n:0\r\n")
      expect(yield* say(subscriber, "UNSUBSCRIBE")).toBe(
        "*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n"
      )
    }))

  it.scopedLive("of version 3 is told beside its replies, before that to its own message", () =>
    Effect.gen(function*() {
      const { subscriber } = yield* pair
      yield* say(subscriber, "HELLO 3; SUBSCRIBE a")
      expect(yield* say(subscriber, "GET k; PUBLISH a x; SET k 1; PUBLISH a y; GET k")).toBe(
        "_\r\n" + push3("message", "a", "x") + ":1\r\n+OK\r\n" +
          push3("message", "a", "y") + ":1\r\n$1\r\n1\r\n"
      )
    }))

  it.scopedLive("of version 2 may ask for nothing else, from its subscription to its end", () =>
    Effect.gen(function*() {
      const { node, subscriber } = yield* pair
      const replies = yield* say(
        subscriber,
        "SUBSCRIBE a; SET k 1; GET k; MULTI; HELLO 3; GET; UNSUBSCRIBE a; GET k; SSUBSCRIBE a; " +
          "CONFIG GET port; EXEC; RESET; GET k"
      )
      expect(replies).toBe(
        confirmed("subscribe", "a", 1) + ["set", "get", "multi", "hello"].map(refused).join("") +
          "-ERR wrong number of arguments for 'get' command\r\n" +
          confirmed("unsubscribe", "a", 0) + "$-1\r\n" + confirmed("ssubscribe", "a", 1) +
          refused("config|get") +
          refused("exec").replace("-ERR ", "-EXECABORT Transaction discarded because of: ") +
          "+RESET\r\n$-1\r\n"
      )
      expect(node.store.keys.size).toBe(0)
    }))

  it.scopedLive("is answered to PING as it is told of messages", () =>
    Effect.gen(function*() {
      const { subscriber } = yield* pair
      yield* say(subscriber, "SUBSCRIBE a")
      expect(yield* say(subscriber, "PING; PING x; PING x y")).toBe(
        push2("pong", "") + push2("pong", "x") +
          "-ERR wrong number of arguments for 'ping' command\r\n"
      )
    }))

  it.scopedLive("that wants no replies is told all the same", () =>
    Effect.gen(function*() {
      const { publisher, subscriber } = yield* pair
      subscriber.send(request("CLIENT", "REPLY", "OFF") + request("SUBSCRIBE", "a"))
      const subscribed = confirmed("subscribe", "a", 1)
      expect(yield* hear(subscriber, ":1\r\n")).toBe(subscribed)
      yield* say(publisher, "PUBLISH a x")
      expect(yield* hear(subscriber, "x\r\n")).toBe(push2("message", "a", "x"))
    }))

  it.scopedLive("that has gone, was closed or has begun anew is not counted any more", () =>
    Effect.gen(function*() {
      const { connect, publisher, subscriber } = yield* pair
      const [closed, reset] = [yield* connect, yield* connect]
      for (const each of [subscriber, closed, reset]) yield* say(each, "SUBSCRIBE a")
      expect(yield* say(publisher, "PUBLISH a x")).toBe(":3\r\n")
      yield* say(reset, "RESET")
      subscriber.send(request("QUIT"))
      yield* Effect.promise(() => subscriber.ended())
      expect(yield* say(publisher, "CLIENT KILL TYPE pubsub")).toBe(":1\r\n")
      yield* Effect.promise(() => closed.ended())
      expect(yield* say(publisher, "PUBLISH a x; PUBSUB CHANNELS")).toBe(":0\r\n*0\r\n")
    }))

  it.scopedLive("is shown among the clients and in the numbers of the node", () =>
    Effect.gen(function*() {
      const { publisher, subscriber } = yield* pair
      yield* say(subscriber, "SUBSCRIBE a b; PSUBSCRIBE c*; SSUBSCRIBE d")
      const listed = yield* say(publisher, "CLIENT LIST TYPE pubsub")
      expect(listed).toMatch(/^\$\d+\r\nid=1 .* flags=P db=0 sub=2 psub=1 ssub=1 .*\n\r\n$/)
      expect(yield* say(publisher, "CLIENT LIST TYPE normal")).toMatch(/ flags=N db=0 sub=0 /)
      expect(yield* say(publisher, "INFO stats")).toContain(
        "pubsub_channels:2\r\npubsub_patterns:1\r\npubsubshard_channels:1\r\n"
      )
    }))
})

describe("a subscription", () => {
  it.scopedLive("begins when the node may be read: nothing that was told before is heard", () =>
    Effect.gen(function*() {
      const { node, publisher, subscriber } = yield* pair
      node.held = true
      subscriber.send(request("SUBSCRIBE", "a"))
      yield* Effect.promise(() => node.called(1))
      publisher.send(request("PUBLISH", "a", "before"))
      const [read, write] = yield* Effect.promise(() => node.called(2))
      write!.answer()
      expect(yield* say(publisher)).toBe(":0\r\n")
      read!.answer()
      expect(yield* hear(subscriber, ":1\r\n")).toBe(confirmed("subscribe", "a", 1))
    }))

  it.scopedLive("begins also where the node may not be read, because nobody leads", () =>
    Effect.gen(function*() {
      const { node, subscriber } = yield* pair
      node.held = true
      subscriber.send(request("SUBSCRIBE", "a"))
      const [read] = yield* Effect.promise(() => node.called(1))
      read!.answer({ _tag: "Refused", reason: "NoLeader" })
      expect(yield* hear(subscriber, ":1\r\n")).toBe(confirmed("subscribe", "a", 1))
    }))

  it.scopedLive("needs a password as all else does", () =>
    Effect.gen(function*() {
      const hash = yield* PasswordHash.make(new TextEncoder().encode("secret"))
      const { converse } = yield* serve({ users: yield* Users.make(new Map([["default", hash]])) })
      expect(yield* converse(request("SUBSCRIBE", "a") + request("PUBSUB", "NUMPAT"))).toBe(
        `-${RedisRefusals.NO_AUTHENTICATION}\r\n`.repeat(2)
      )
    }))
})

describe("PUBLISH in a transaction", () => {
  it.scopedLive("is answered with the number that heard it, among the other replies", () =>
    Effect.gen(function*() {
      const { publisher, subscriber } = yield* pair
      yield* say(subscriber, "SUBSCRIBE a")
      const replies = yield* say(
        publisher,
        "MULTI; PUBLISH a x; INCR k; PUBLISH b y; SPUBLISH a z; PUBLISH a w; EXEC"
      )
      expect(replies).toBe(
        "+OK\r\n" + "+QUEUED\r\n".repeat(5) + "*5\r\n:1\r\n:1\r\n:0\r\n:0\r\n:1\r\n"
      )
      expect(yield* say(subscriber)).toBe(push2("message", "a", "x") + push2("message", "a", "w"))
    }))

  it.scopedLive("is not told if the transaction is not carried out", () =>
    Effect.gen(function*() {
      const { publisher, subscriber } = yield* pair
      yield* say(subscriber, "SUBSCRIBE a")
      yield* say(publisher, "WATCH k; SET k 1")
      expect(yield* say(publisher, "MULTI; PUBLISH a x; EXEC")).toBe(
        "+OK\r\n+QUEUED\r\n*-1\r\n"
      )
      expect(yield* say(subscriber)).toBe("")
    }))

  it.scopedLive("may be followed by a subscription, which then changes what may be asked", () =>
    Effect.gen(function*() {
      const { subscriber } = yield* pair
      const replies = yield* say(
        subscriber,
        "MULTI; SUBSCRIBE a; PING; EXEC; GET k; UNSUBSCRIBE; GET k"
      )
      expect(replies).toBe(
        "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n" + confirmed("subscribe", "a", 1) + push2("pong", "") +
          refused("get") + confirmed("unsubscribe", "a", 0) + "$-1\r\n"
      )
    }))
})

describe("keyspace notifications", () => {
  it.scopedLive("are told as they are chosen, and not before", () =>
    Effect.gen(function*() {
      const { publisher, subscriber } = yield* pair
      yield* say(subscriber, "PSUBSCRIBE *")
      yield* say(publisher, "SET k 1; CONFIG SET notify-keyspace-events K$; SET k 2; DEL k")
      yield* say(publisher, "CONFIG SET notify-keyspace-events Eg; SET k 1; DEL k")
      expect(yield* say(subscriber)).toBe(
        push2("pmessage", "*", "__keyspace@0__:k", "set") +
          push2("pmessage", "*", "__keyevent@0__:del", "k")
      )
    }))

  it.scopedLive("can be chosen when the server starts", () =>
    Effect.gen(function*() {
      const { connect } = yield* serve({ notifyKeyspaceEvents: "EA" })
      const [subscriber, other] = [yield* connect, yield* connect]
      expect(yield* say(other, "CONFIG GET notify-keyspace-events")).toBe(
        push2("notify-keyspace-events", "AE")
      )
      yield* say(subscriber, "PSUBSCRIBE *")
      yield* say(other, "HSET h f 1")
      expect(yield* say(subscriber)).toBe(push2("pmessage", "*", "__keyevent@0__:hset", "h"))
    }))

  it.scopedLive("are told of reads that find nothing, by the node that was asked", () =>
    Effect.gen(function*() {
      const { publisher, subscriber } = yield* pair
      yield* say(publisher, "CONFIG SET notify-keyspace-events Em")
      yield* say(subscriber, "PSUBSCRIBE *")
      yield* say(publisher, "GET k")
      expect(yield* say(subscriber)).toBe(push2("pmessage", "*", "__keyevent@0__:keymiss", "k"))
    }))

  it.scopedLive("are chosen all or nothing", () =>
    Effect.gen(function*() {
      const { publisher } = yield* pair
      const replies = yield* say(
        publisher,
        "CONFIG SET notify-keyspace-events KA save nope; CONFIG SET notify-keyspace-events Kq; " +
          "CONFIG GET notify-keyspace-events"
      )
      expect(replies).toBe(
        "-ERR CONFIG SET failed (possibly related to argument 'save') - can't set immutable config" +
          "\r\n-ERR CONFIG SET failed (possibly related to argument 'notify-keyspace-events') - " +
          "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.\r\n" +
          push2("notify-keyspace-events", "")
      )
    }))
})

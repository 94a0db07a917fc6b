import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as PasswordHash from "../../src/live/PasswordHash.js"
import * as RedisClient from "../../src/live/RedisClient.js"
import * as Users from "../../src/live/Users.js"
import * as Resp from "../../src/wire/Resp.js"
import { HOST, serve } from "./FakeServer.js"
import { request } from "./RawClient.js"

const hashOf = (password: string) => PasswordHash.make(new TextEncoder().encode(password))

const NOAUTH = "-NOAUTH Authentication required.\r\n"
const WRONGPASS = "-WRONGPASS invalid username-password pair or user is disabled.\r\n"

/** With the users "default" and "ann". */
const guarded = Effect.gen(function*() {
  const hashes = new Map([["default", yield* hashOf("secret")], ["ann", yield* hashOf("hers")]])
  return yield* serve({ users: yield* Users.make(hashes) })
})

describe("a connection to a server with users", () => {
  it.scopedLive("is told to say who it is, whatever it asks for", () =>
    Effect.gen(function*() {
      const { converse, node } = yield* guarded
      const replies = yield* converse(
        request("PING"),
        request("GET", "a"),
        request("SET", "a", "1"),
        request("SET", "a", "1", "NONSENSE"),
        request("RAFT", "READ", "stale", "GET", "a"),
        request("RAFT", "SNAPSHOT"),
        request("CLIENT", "ID")
      )
      expect(replies).toBe(NOAUTH.repeat(7))
      expect(node.calls).toEqual([])
    }))

  // As in Redis 7.0.
  it.scopedLive("may say who it is, leave, and ask for what there is not", () =>
    Effect.gen(function*() {
      const { converse } = yield* guarded
      const replies = yield* converse(
        request("NOPE"),
        request("GET"),
        request("HELLO", "3"),
        request("AUTH", "wrong"),
        request("AUTH", "nobody", "secret"),
        request("HELLO", "3", "AUTH", "ann", "secret"),
        request("RESET"),
        request("QUIT")
      )
      expect(replies).toBe(
        "-ERR unknown command 'NOPE', with args beginning with: \r\n" +
          "-ERR wrong number of arguments for 'get' command\r\n" +
          "-NOAUTH HELLO must be called with the client already authenticated, otherwise the " +
          "HELLO AUTH <user> <pass> option can be used to authenticate the client and select " +
          "the RESP protocol version at the same time\r\n" +
          WRONGPASS.repeat(3) + "+RESET\r\n+OK\r\n"
      )
    }))

  it.scopedLive("is refused by HELLO with the first wrong password, whatever it says after that", () =>
    Effect.gen(function*() {
      const { converse } = yield* guarded
      const replies = yield* converse(
        request("HELLO", "2", "SETNAME", "one", "AUTH", "ann", "wrong", "AUTH", "ann", "hers"),
        request("AUTH", "secret"),
        request("CLIENT", "GETNAME"),
        request("ACL", "WHOAMI")
      )
      expect(replies).toBe(`${WRONGPASS}+OK\r\n$3\r\none\r\n$7\r\ndefault\r\n`)
    }))

  it.scopedLive("is served from when it has, in one pipeline with it, until it resets", () =>
    Effect.gen(function*() {
      const { converse } = yield* guarded
      const replies = yield* converse(
        request("AUTH", "secret"),
        request("SET", "a", "1"),
        request("ACL", "WHOAMI"),
        request("HELLO", "2", "AUTH", "ann", "hers"),
        request("GET", "a"),
        request("ACL", "WHOAMI"),
        request("RESET"),
        request("GET", "a")
      )
      expect(replies).toMatch(/^\+OK\r\n\+OK\r\n\$7\r\ndefault\r\n\*14\r\n/)
      expect(replies.slice(replies.indexOf("*0"))).toBe(
        `*0\r\n$1\r\n1\r\n$3\r\nann\r\n+RESET\r\n${NOAUTH}`
      )
    }))

  it.scopedLive("begins no transaction before, and may within one say that it is somebody else", () =>
    Effect.gen(function*() {
      const { converse } = yield* guarded
      const replies = yield* converse(
        request("MULTI"),
        request("AUTH", "secret"),
        request("EXEC"),
        request("MULTI"),
        request("ACL", "WHOAMI"),
        request("AUTH", "ann", "hers"),
        request("ACL", "WHOAMI"),
        request("AUTH", "ann", "secret"),
        request("EXEC")
      )
      expect(replies).toBe(
        `${NOAUTH}+OK\r\n-ERR EXEC without MULTI\r\n+OK\r\n${"+QUEUED\r\n".repeat(4)}` +
          `*4\r\n$7\r\ndefault\r\n+OK\r\n$3\r\nann\r\n${WRONGPASS}`
      )
    }))

  // As in Redis 7.0. In one pipeline, what it may say is decided by what has become of AUTH.
  it.scopedLive("may say little at once, until it has said who it is", () =>
    Effect.gen(function*() {
      const { connect, converse } = yield* guarded
      const broad = request("ECHO", "x".repeat(Resp.STRANGER_BULK_LIMIT_BYTES + 1))
      const many = request("DEL", ...Array.from({ length: Resp.STRANGER_ARGUMENTS_LIMIT }, String))
      const tooBroad = "-ERR Protocol error: unauthenticated bulk length\r\n"
      const tooMany = "-ERR Protocol error: unauthenticated multibulk length\r\n"
      expect(yield* converse(broad, request("PING"))).toBe(tooBroad)
      expect(yield* converse(many, request("PING"))).toBe(tooMany)
      const wrong = request("AUTH", "wrong")
      expect(yield* converse(wrong, many)).toBe(WRONGPASS + tooMany)
      expect(yield* converse(wrong, wrong, broad)).toBe(WRONGPASS.repeat(2) + tooBroad)
      const right = request("AUTH", "secret")
      expect(yield* converse(right, many)).toBe("+OK\r\n:0\r\n")
      const hello = request("HELLO", "2", "AUTH", "ann", "hers")
      expect(yield* converse(hello, broad)).toContain(`$${Resp.STRANGER_BULK_LIMIT_BYTES + 1}\r\n`)
      const client = yield* connect
      const reset = "+OK\r\n+RESET\r\n"
      client.send(right + request("RESET"))
      yield* Effect.promise(() => client.until((received) => received === reset))
      client.send(many)
      expect(yield* Effect.promise(() => client.ended())).toBe(reset + tooMany)
    }))

  it.scopedLive("is counted when its password is wrong", () =>
    Effect.gen(function*() {
      const { converse, where } = yield* guarded
      yield* converse(request("AUTH", "wrong"))
      const credentials = { user: "ann", password: "hers" }
      const info = yield* RedisClient.ask({ ...where, credentials }, ["INFO", "stats"])
      expect(info).toContain("acl_access_denied_auth:1\r\n")
    }))

  it.scopedLive("learns of the users, and nothing of their passwords", () =>
    Effect.gen(function*() {
      const { where } = yield* guarded
      const credentials = { user: "ann", password: "hers" }
      const ask = (...words: ReadonlyArray<string>) =>
        RedisClient.ask({ ...where, credentials }, ["ACL", ...words])
      expect(yield* ask("USERS")).toEqual(["ann", "default"])
      expect(yield* ask("LIST")).toEqual([
        "user ann on ~* &* +@all",
        "user default on ~* &* +@all"
      ])
      expect(JSON.stringify(yield* ask("GETUSER", "ann"))).toBe(
        `["flags",["on"],"passwords",[],"commands","+@all","keys","~*",` +
          `"channels","&*","selectors",[]]`
      )
      expect(yield* ask("GETUSER", "nobody")).toBeNull()
    }))

  it.scopedLive("is one of the program's own when it knows a password", () =>
    Effect.gen(function*() {
      const { where } = yield* guarded
      const wrong = { ...where, credentials: { user: "ann", password: "secret" } }
      const error = yield* Effect.flip(RedisClient.ask(wrong, ["PING"]))
      expect(error).toMatchObject({ reason: "Refused", message: /^WRONGPASS/ })
      expect((yield* Effect.flip(RedisClient.ask(where, ["PING"]))).message).toMatch(/^NOAUTH/)
    }))
})

describe("protected mode", () => {
  it.scopedLive("does not let a server without a password serve beyond its machine", () =>
    Effect.gen(function*() {
      for (const host of ["0.0.0.0", "::", "192.0.2.1"]) {
        const error = yield* Effect.flip(serve({ host }))
        expect(error).toMatchObject({ reason: "Unprotected" })
        expect(error.message).toContain("--requirepass-file")
      }
      yield* serve({ host: "0.0.0.0", protectedMode: false })
      yield* serve({
        host: "0.0.0.0",
        users: yield* Users.make(new Map([["a", yield* hashOf("")]]))
      })
      yield* serve({ host: HOST })
    }))
})

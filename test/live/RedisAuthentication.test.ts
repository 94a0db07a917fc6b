import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as PasswordHash from "../../src/live/PasswordHash.js"
import * as RedisClient from "../../src/live/RedisClient.js"
import * as Users from "../../src/live/Users.js"
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

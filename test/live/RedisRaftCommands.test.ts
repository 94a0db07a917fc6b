import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as RedisClient from "../../src/live/RedisClient.js"
import * as RedisServer from "../../src/live/RedisServer.js"
import { VERSION } from "../../src/live/Version.js"
import type { TransferFailure } from "../../src/raft/Action.js"
import { FakeNode } from "./FakeNode.js"
import { RawClient, request } from "./RawClient.js"

const HOST = "127.0.0.1"

const serve = Effect.gen(function*() {
  const node = new FakeNode()
  const layer = RedisServer.layer({ host: HOST, port: 0 })
  const services = yield* Layer.build(Layer.provide(layer, node.layer))
  const { port } = yield* Effect.provide(RedisServer.RedisServer, services)
  const where = { host: HOST, port }
  return {
    node,
    ask: (...words: ReadonlyArray<string>) => RedisClient.ask(where, words),
    converse: (...parts: ReadonlyArray<string>) =>
      Effect.promise(() => RawClient.converse(where, parts.join("")))
  }
})

describe("RAFT", () => {
  it.scopedLive("STATUS tells what the node knows, as a map where the protocol has one", () =>
    Effect.gen(function*() {
      const { ask, converse } = yield* serve
      expect(yield* ask("RAFT", "status")).toEqual([
        "node_id",
        "n1",
        "role",
        "leader",
        "term",
        3,
        "leader_id",
        "n1",
        "last_index",
        1,
        "commit_index",
        0,
        "applied_index",
        0,
        "snapshot_index",
        0,
        "members_index",
        7,
        "members_joint",
        0,
        "pending_requests",
        0,
        "cluster_id",
        "00000000000000c1",
        "version",
        VERSION,
        "members",
        ["n1", "n2", "n3"]
      ])
      expect(yield* converse(request("HELLO", "3"), request("RAFT", "STATUS"))).toContain(
        "\r\n%14\r\n"
      )
    }))

  it.scopedLive("TRANSFER has leadership handed over, and tells who leads then", () =>
    Effect.gen(function*() {
      const { ask, node } = yield* serve
      expect(yield* ask("RAFT", "TRANSFER", "n2")).toBe("n2")
      node.transferOutcome = { _tag: "Transferred", to: "n3" }
      expect(yield* ask("RAFT", "TRANSFER")).toBe("n3")
      expect(node.transfers).toEqual(["n2", undefined])
    }))

  it.scopedLive("TRANSFER waits for what came before it, and is waited for", () =>
    Effect.gen(function*() {
      const { converse, node } = yield* serve
      const replies = yield* converse(
        request("SET", "a", "1"),
        request("RAFT", "TRANSFER", "n2"),
        request("RAFT", "TRANSFER", "n3"),
        request("GET", "a")
      )
      expect(replies).toBe("+OK\r\n$2\r\nn2\r\n$2\r\nn2\r\n$1\r\n1\r\n")
      expect(node.transfers).toEqual(["n2", "n3"])
    }))

  it.scopedLive("TRANSFER says why it came to nothing", () =>
    Effect.gen(function*() {
      const { ask, node } = yield* serve
      const said = (...words: ReadonlyArray<string>) =>
        Effect.map(Effect.flip(ask("RAFT", "TRANSFER", ...words)), ({ message }) => message)
      const failed = (why: TransferFailure) => {
        node.transferOutcome = { _tag: "TransferFailed", why }
        return said("n9")
      }
      expect(yield* failed("NoVoter"))
        .toBe("ERR n9 is no voting member: choose one of n1, n2, n3")
      expect(yield* failed("AlreadyLeads")).toBe("ERR n9 leads already")
      expect(yield* failed("UnderWay")).toMatch(/^TRYAGAIN /)
      for (const why of ["NobodyElse", "Unreachable", "TimedOut", "OtherLeader"] as const) {
        expect(yield* failed(why)).toMatch(/^ERR /)
      }
      node.transferOutcome = { _tag: "UnknownOutcome" }
      expect(yield* said()).toMatch(/^UNKNOWN /)
      node.transferOutcome = { _tag: "Refused", reason: "NoLeader" }
      expect(yield* said()).toMatch(/^CLUSTERDOWN /)
      expect(yield* said("n1", "n2")).toMatch(/^ERR wrong number of arguments/)
      expect(yield* Effect.map(Effect.flip(ask("RAFT", "FLY")), ({ message }) => message))
        .toBe("ERR unknown subcommand 'FLY'. Try RAFT HELP.")
    }))

  it.scopedLive("READS sets what the reads of its connection may show, from the next one on", () =>
    Effect.gen(function*() {
      const { converse, node } = yield* serve
      const replies = yield* converse(
        request("RAFT", "READS"),
        request("GET", "a"),
        request("RAFT", "READS", "Lease"),
        request("GET", "a"),
        request("EXISTS", "a"),
        request("RAFT", "READS", "fast"),
        request("RAFT", "READS", "stale", "now"),
        request("RAFT", "READS", "stale"),
        request("GET", "a")
      )
      expect(replies.split("\r\n").filter((line) => !/^[$:]/.test(line))).toEqual([
        "linearizable",
        "lease",
        "-ERR reads are one of linearizable, lease, stale",
        "-ERR wrong number of arguments for 'raft|reads' command",
        "stale",
        ""
      ])
      expect(node.modes).toEqual(["linearizable", "lease", "stale"])
      yield* converse(request("GET", "a"))
      expect(node.modes.at(-1)).toBe("linearizable")
    }))

  it.scopedLive("READ runs one command that reads in a mode of its own", () =>
    Effect.gen(function*() {
      const { converse, node } = yield* serve
      const replies = yield* converse(
        request("SET", "a", "1"),
        request("RAFT", "READ", "stale", "GET", "a"),
        request("RAFT", "READ", "lease", "mget", "a", "b"),
        request("GET", "a"),
        request("RAFT", "READ", "stale", "SET", "a", "2"),
        request("RAFT", "READ", "stale", "GET"),
        request("RAFT", "READ", "soon", "GET", "a"),
        request("RAFT", "READ", "stale", "NOTHING")
      )
      expect(replies).toBe(
        "+OK\r\n$1\r\n1\r\n*2\r\n$1\r\n1\r\n$-1\r\n$1\r\n1\r\n" +
          "-ERR RAFT READ takes a command that only reads\r\n" +
          "-ERR wrong number of arguments for 'get' command\r\n" +
          "-ERR reads are one of linearizable, lease, stale\r\n" +
          "-ERR unknown command 'NOTHING', with args beginning with: \r\n"
      )
      expect(node.modes).toEqual(["stale", "lease", "linearizable"])
    }))
})

describe("a question to a node", () => {
  it.live("where nobody listens ends with what to do", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(RedisClient.ask({ host: HOST, port: 1 }, ["PING"]))
      expect(error.message).toMatch(/^no answer from 127\.0\.0\.1:1 \(.*\): check that a node/)
    }))
})

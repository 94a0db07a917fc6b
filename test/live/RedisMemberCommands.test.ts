/**
 * `RAFT MEMBERS` and the changes of them, over a connection to a server whose node only notes what
 * it is asked.
 */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as RedisClient from "../../src/live/RedisClient.js"
import * as RedisServer from "../../src/live/RedisServer.js"
import type { MembershipOutcome } from "../../src/node/Node.js"
import { FakeNode } from "./FakeNode.js"

const HOST = "127.0.0.1"

const serve = Effect.gen(function*() {
  const node = new FakeNode()
  const layer = RedisServer.layer({ host: HOST, port: 0 })
  const { port } = yield* Effect.provide(
    RedisServer.RedisServer,
    yield* Layer.build(
      Layer.provide(layer, node.layer)
    )
  )
  const ask = (...words: ReadonlyArray<string>) => RedisClient.ask({ host: HOST, port }, words)
  return {
    node,
    ask,
    refusal: (...words: ReadonlyArray<string>) =>
      Effect.map(Effect.flip(ask(...words)), ({ message }) => message)
  }
})

describe("RAFT", () => {
  it.scopedLive("MEMBERS tells who they are, where, in which role, and who lacks how much", () =>
    Effect.gen(function*() {
      const { ask } = yield* serve
      const { members, ...rest } = RedisClient.fieldsOf(yield* ask("RAFT", "members"))
      expect(rest).toEqual({
        index: 7,
        joint: 0,
        cluster_id: "00000000000000c1",
        leader_id: "n1"
      })
      expect((members as ReadonlyArray<never>).map(RedisClient.fieldsOf)).toEqual([
        { id: "n1", address: "10.0.0.1:7101", role: "voter", behind: 0 },
        { id: "n2", address: "10.0.0.2:7101", role: "leaving", behind: 2 },
        { id: "n3", address: "10.0.0.3:7101", role: "learner", behind: null }
      ])
    }))

  it.scopedLive("ADD, REMOVE and REPLACE ask for one change, and return its version", () =>
    Effect.gen(function*() {
      const { ask, node } = yield* serve
      const n4 = { id: "n4", address: "10.0.0.4:7101" }
      const n5 = { id: "n5", address: "[::1]:7101" }
      expect(yield* ask("RAFT", "ADD", "n4=10.0.0.4:7101")).toBe(8)
      yield* ask("RAFT", "add", "n4=10.0.0.4:7101", "n5=[::1]:7101", "expect", "7")
      yield* ask("RAFT", "ADD", "n4=10.0.0.4:7101", "remove", "n2", "n3", "EXPECT", "0")
      yield* ask("RAFT", "REMOVE", "n2", "n3")
      yield* ask("RAFT", "REMOVE", "n2", "EXPECT", "7")
      yield* ask("RAFT", "REPLACE", "n2", "n4=10.0.0.4:7101")
      expect(node.changes).toEqual([
        { add: [n4], remove: [], expected: undefined },
        { add: [n4, n5], remove: [], expected: 7 },
        { add: [n4], remove: ["n2", "n3"], expected: 0 },
        { add: [], remove: ["n2", "n3"], expected: undefined },
        { add: [], remove: ["n2"], expected: 7 },
        { add: [n4], remove: ["n2"], expected: undefined }
      ])
    }))

  it.scopedLive("says what is wrong with a change, and asks nobody for it", () =>
    Effect.gen(function*() {
      const { node, refusal } = yield* serve
      expect(yield* refusal("RAFT", "ADD", "n4")).toBe("ERR \"n4\" is not id=host:port")
      expect(yield* refusal("RAFT", "ADD", "n 4=a:1")).toMatch(/^ERR "n 4" is no node id/)
      expect(yield* refusal("RAFT", "ADD", "REMOVE", "n1")).toBe("ERR syntax error")
      expect(yield* refusal("RAFT", "REMOVE", "EXPECT", "7")).toBe("ERR syntax error")
      expect(yield* refusal("RAFT", "REMOVE", "n1", "EXPECT")).toBe("ERR syntax error")
      expect(yield* refusal("RAFT", "REMOVE", "n1", "EXPECT", "-1"))
        .toBe("ERR value is not an integer or out of range")
      expect(yield* refusal("RAFT", "REPLACE", "n1"))
        .toBe("ERR wrong number of arguments for 'raft|replace' command")
      expect(yield* refusal("RAFT", "ADD", "n4=10.0.0.1:7101"))
        .toBe("ERR 10.0.0.1:7101 is where n1 is")
      const many = Array.from({ length: 7 }, (_, at) => `m${at}=10.0.1.${at}:7101`)
      expect(yield* refusal("RAFT", "ADD", ...many))
        .toBe("ERR 10 members are too many: at most 9")
      expect(node.changes).toEqual([])
    }))

  it.scopedLive("tells why the members are as they were, and whether to try again", () =>
    Effect.gen(function*() {
      const { node, refusal } = yield* serve
      const said = (outcome: MembershipOutcome) => {
        node.membershipOutcome = outcome
        return refusal("RAFT", "REMOVE", "n2")
      }
      expect(yield* said({ _tag: "ChangeRefused", why: "UnderWay" }))
        .toMatch(/^TRYAGAIN another change of the members is not complete yet/)
      expect(yield* said({ _tag: "ChangeRefused", why: "NotMember" }))
        .toBe("ERR one of those to remove is no member: members are n1, n2, n3")
      expect(yield* said({ _tag: "Refused", reason: "NoLeader" })).toMatch(/^CLUSTERDOWN /)
      expect(yield* said({ _tag: "UnknownOutcome" })).toMatch(/^UNKNOWN /)
    }))

  it.scopedLive("SNAPSHOT returns up to where the snapshot goes, or says why there is none", () =>
    Effect.gen(function*() {
      const { ask, node, refusal } = yield* serve
      expect(yield* ask("RAFT", "SNAPSHOT")).toBe(5)
      node.snapshotOutcome = { _tag: "SnapshotNotTaken" }
      expect(yield* refusal("RAFT", "SNAPSHOT")).toMatch(/^ERR the snapshot could not be written/)
      node.snapshotOutcome = { _tag: "Refused", reason: "Stopping" }
      expect(yield* refusal("RAFT", "SNAPSHOT")).toMatch(/^CLUSTERDOWN /)
    }))
})

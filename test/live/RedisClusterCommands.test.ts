import { assert, describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { FakeNode } from "./FakeNode.js"
import { HOST, serve } from "./FakeServer.js"
import { request } from "./RawClient.js"

const nameOf = (id: string) => createHash("sha1").update(`00000000000000c1/${id}`).digest("hex")

/** n1, whose peers have said where they serve clients. */
const cluster = Effect.suspend(() => {
  const node = new FakeNode()
  node.served.set("n2", { host: "10.0.0.2", port: 6380 })
  node.served.set("n3", { host: "0.0.0.0", port: 6381 })
  return serve({}, node)
})

describe("CLUSTER", () => {
  it.scopedLive("SLOTS tells of one range, the leader first, then the others", () =>
    Effect.gen(function*() {
      const { ask, node, where: { port } } = yield* cluster
      const n1 = [HOST, port, nameOf("n1"), []]
      const n2 = ["10.0.0.2", 6380, nameOf("n2"), []]
      // It listens everywhere, so where nodes reach it, clients do.
      const n3 = ["10.0.0.3", 6381, nameOf("n3"), []]
      expect(yield* ask("CLUSTER", "SLOTS")).toEqual([[0, 16_383, n1, n2, n3]])
      node.leader = "n3"
      expect(yield* ask("CLUSTER", "SLOTS")).toEqual([[0, 16_383, n3, n1, n2]])
      node.disconnected.add("n2")
      expect(yield* ask("CLUSTER", "SLOTS")).toEqual([[0, 16_383, n3, n1]])
    }))

  it.scopedLive("puts the node that is asked first as long as no leader can be told of", () =>
    Effect.gen(function*() {
      const { ask, node, where: { port } } = yield* cluster
      const first = `[[0,16383,["${HOST}",${port},`
      const slots = Effect.map(ask("CLUSTER", "SLOTS"), (reply) => JSON.stringify(reply))
      node.leader = undefined
      expect(yield* slots).toContain(first)
      expect(yield* ask("CLUSTER", "INFO")).toMatch(/^cluster_state:fail\r\n/)
      node.leader = "n2"
      node.disconnected.add("n2")
      expect(yield* slots).toContain(first)
      node.disconnected.clear()
      node.served.delete("n2")
      expect(yield* slots).toContain(first)
    }))

  it.scopedLive("tells where this node is as it was told to, or as the client has found it", () =>
    Effect.gen(function*() {
      const announce = { host: "cache.example.org", port: 16_379 }
      const told = yield* serve({ announce })
      expect(told.node.announced).toEqual(announce)
      expect(yield* told.ask("CLUSTER", "SLOTS")).toEqual([
        [0, 16_383, ["cache.example.org", 16_379, nameOf("n1"), []]]
      ])
      const everywhere = yield* serve({ host: "0.0.0.0", protectedMode: false })
      const { port } = everywhere.where
      expect(everywhere.node.announced).toEqual({ host: "0.0.0.0", port })
      expect(yield* everywhere.ask("CLUSTER", "SLOTS")).toEqual([
        [0, 16_383, [HOST, port, nameOf("n1"), []]]
      ])
    }))

  it.scopedLive("SHARDS tells the same with names", () =>
    Effect.gen(function*() {
      const { ask, node, where: { port } } = yield* serve()
      node.leader = "n2"
      const self = `["id","${nameOf("n1")}","port",${port},"ip","${HOST}","endpoint","${HOST}",` +
        `"role","master","replication-offset",0,"health","online"]`
      expect(JSON.stringify(yield* ask("CLUSTER", "SHARDS"))).toBe(
        `[["slots",[0,16383],"nodes",[${self}]]]`
      )
      node.served.set("n2", { host: "10.0.0.2", port: 6380 })
      expect(JSON.stringify(yield* ask("CLUSTER", "SHARDS"))).toMatch(
        /"10.0.0.2","role","master".*"role","replica"/
      )
    }))

  it.scopedLive("NODES has a line for each member, those without an address too", () =>
    Effect.gen(function*() {
      const { ask, node, where: { port } } = yield* cluster
      node.leader = "n2"
      node.disconnected.add("n3")
      node.served.delete("n3")
      const [n1, n2, n3] = ["n1", "n2", "n3"].map(nameOf)
      expect(yield* ask("CLUSTER", "NODES")).toBe(
        `${n1} ${HOST}:${port}@7101 myself,slave ${n2} 0 0 3 connected\n` +
          `${n2} 10.0.0.2:6380@7101 master - 0 0 3 connected 0-16383\n` +
          `${n3} :0@7101 slave,fail?,noaddr ${n2} 0 0 3 disconnected\n`
      )
      expect(yield* ask("CLUSTER", "MYID")).toBe(n1)
    }))

  it.scopedLive("INFO tells that all slots are served", () =>
    Effect.gen(function*() {
      const { ask } = yield* cluster
      expect(yield* ask("CLUSTER", "INFO")).toBe(
        "cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:16384\r\n" +
          "cluster_slots_pfail:0\r\ncluster_slots_fail:0\r\ncluster_known_nodes:3\r\n" +
          "cluster_size:1\r\ncluster_current_epoch:3\r\ncluster_my_epoch:3\r\n"
      )
    }))

  it.scopedLive("finds the keys of a slot", () =>
    Effect.gen(function*() {
      const { converse } = yield* cluster
      const replies = yield* converse(
        request("MSET", "{foo}1", "", "{foo}2", "", "bar", ""),
        request("CLUSTER", "COUNTKEYSINSLOT", "12182"),
        request("CLUSTER", "GETKEYSINSLOT", "12182", "1"),
        request("CLUSTER", "GETKEYSINSLOT", "12182", "0"),
        request("CLUSTER", "GETKEYSINSLOT", "1", "10"),
        request("CLUSTER", "KEYSLOT", "a{foo}")
      )
      expect(replies).toBe("+OK\r\n:2\r\n*1\r\n$6\r\n{foo}2\r\n*0\r\n*0\r\n:12182\r\n")
    }))

  it.scopedLive("sends a client that has said READONLY to the leader for what it writes", () =>
    Effect.gen(function*() {
      const { converse, node } = yield* cluster
      const moved = "-MOVED 12182 10.0.0.2:6380\r\n"
      node.leader = "n2"
      const set = request("SET", "foo", "1")
      assert.strictEqual(yield* converse(set), "+OK\r\n")
      assert.strictEqual(
        yield* converse(request("READONLY"), set, request("GET", "foo"), request("TTL", "foo")),
        `+OK\r\n${moved}$1\r\n1\r\n:-1\r\n`
      )
      assert.strictEqual(
        yield* converse(request("READONLY"), request("MULTI"), set, request("EXEC")),
        `+OK\r\n+OK\r\n${moved}` +
          "-EXECABORT Transaction discarded because of previous errors.\r\n"
      )
      for (const takenBack of ["READWRITE", "RESET"]) {
        const replies = yield* converse(request("READONLY"), request(takenBack), set)
        assert.match(replies, /\+OK\r\n$/)
      }
    }))

  it.scopedLive("passes on what nobody can be sent to the leader with", () =>
    Effect.gen(function*() {
      const { converse, node } = yield* cluster
      const asked = [request("READONLY"), request("SET", "foo", "1"), request("FLUSHALL")]
      for (const leader of ["n1", undefined]) {
        node.leader = leader
        assert.strictEqual(yield* converse(...asked), "+OK\r\n+OK\r\n+OK\r\n")
      }
      node.leader = "n2"
      node.disconnected.add("n2")
      assert.strictEqual(yield* converse(...asked), "+OK\r\n+OK\r\n+OK\r\n")
    }))

  // The words of Redis 7.0 with its cluster support on.
  it.scopedLive.each<[ReadonlyArray<string>, string]>([
    [["COUNTKEYSINSLOT", "16384"], "ERR Invalid slot"],
    [["COUNTKEYSINSLOT", "x"], "ERR value is not an integer or out of range"],
    [["GETKEYSINSLOT", "-1", "1"], "ERR Invalid slot or number of keys"],
    [["GETKEYSINSLOT", "1", "-1"], "ERR Invalid slot or number of keys"],
    [["GETKEYSINSLOT", "1", "x"], "ERR value is not an integer or out of range"]
  ])("refuses %j", ([words, message]) =>
    Effect.gen(function*() {
      const { ask } = yield* cluster
      expect(yield* Effect.flip(ask("CLUSTER", ...words))).toHaveProperty("message", message)
    }))
})

import { describe, expect, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { createHash } from "node:crypto"
import * as RedisClient from "../../src/live/RedisClient.js"
import * as RedisSwitch from "../../src/live/RedisSwitch.js"
import { FakeNode } from "./FakeNode.js"
import { HOST, serve } from "./FakeServer.js"
import { request } from "./RawClient.js"

const nameOf = (id: string) => createHash("sha1").update(`00000000000000c1/${id}`).digest("hex")

/** n1, whose peers have said where they serve clients. */
const cluster = Effect.suspend(() => {
  const node = new FakeNode()
  node.served.set("n2", { host: "10.0.0.2", port: 6380 })
  node.served.set("n3", { host: "10.0.0.3", port: 6381 })
  return serve({ groupName: "group" }, node)
})

describe("SENTINEL", () => {
  it.scopedLive("GET-MASTER-ADDR-BY-NAME tells where the leader is, whatever the name", () =>
    Effect.gen(function*() {
      const { ask, node, where: { port } } = yield* cluster
      const address = ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster")
      expect(yield* address).toEqual([HOST, String(port)])
      node.leader = "n2"
      expect(yield* address).toEqual(["10.0.0.2", "6380"])
      node.disconnected.add("n2")
      expect(yield* address).toBeNull()
      node.leader = undefined
      expect(yield* address).toBeNull()
    }))

  it.scopedLive("MASTER and MASTERS tell what Redis would, as far as it is so here", () =>
    Effect.gen(function*() {
      const { ask, node, where: { port } } = yield* cluster
      const fields = RedisClient.fieldsOf(yield* ask("SENTINEL", "MASTER", "mymaster"))
      expect(fields).toEqual({
        name: "mymaster",
        ip: HOST,
        port: String(port),
        runid: nameOf("n1"),
        flags: "master",
        "role-reported": "master",
        "config-epoch": "3",
        "num-slaves": "2",
        "num-other-sentinels": "2",
        quorum: "2"
      })
      const [only] = yield* ask("SENTINEL", "MASTERS") as Effect.Effect<ReadonlyArray<[]>>
      expect(RedisClient.fieldsOf(only!)).toEqual({ ...fields, name: "group" })
      node.leader = undefined
      expect(yield* ask("SENTINEL", "MASTERS")).toEqual([])
      const { message } = yield* Effect.flip(ask("SENTINEL", "MASTER", "mymaster"))
      expect(message).toMatch(/^CLUSTERDOWN /)
    }))

  it.scopedLive.each(["REPLICAS", "SLAVES"])(
    "%s tells of all but the leader",
    (subcommand) =>
      Effect.gen(function*() {
        const { ask, node, where: { port } } = yield* cluster
        node.leader = "n2"
        node.disconnected.add("n3")
        const replicas = yield* ask("SENTINEL", subcommand, "mymaster")
        const told = (replicas as ReadonlyArray<[]>).map(RedisClient.fieldsOf)
        expect(told).toMatchObject([
          {
            name: `${HOST}:${port}`,
            flags: "slave",
            "master-link-status": "ok",
            "master-host": "10.0.0.2",
            "master-port": "6380"
          },
          { name: "10.0.0.3:6381", flags: "slave,s_down", "master-link-status": "err" }
        ])
      })
  )

  it.scopedLive("SENTINELS tells of all other nodes: each is one", () =>
    Effect.gen(function*() {
      const { ask, node } = yield* cluster
      node.served.delete("n3")
      const sentinels = yield* ask("SENTINEL", "SENTINELS", "mymaster")
      expect((sentinels as ReadonlyArray<[]>).map(RedisClient.fieldsOf)).toEqual([{
        name: nameOf("n2"),
        ip: "10.0.0.2",
        port: "6380",
        runid: nameOf("n2"),
        flags: "sentinel"
      }])
      expect(yield* ask("SENTINEL", "MYID")).toBe(nameOf("n1"))
    }))

  it.scopedLive("CKQUORUM tells whether a majority of the voters is connected", () =>
    Effect.gen(function*() {
      const { ask, node } = yield* cluster
      const check = ask("SENTINEL", "CKQUORUM", "mymaster")
      expect(yield* check).toMatch(/^OK 2 usable Sentinels\./)
      // The third is a learner.
      node.disconnected.add("n2")
      expect((yield* Effect.flip(check)).message).toMatch(/^NOQUORUM 1 usable Sentinels\./)
    }))
})

describe("a change of leader", () => {
  it.scoped("is published to the subscribers of a node as Redis Sentinel does", () =>
    Effect.gen(function*() {
      const node = new FakeNode()
      node.served.set("n2", { host: "10.0.0.2", port: 6380 })
      const options = { announce: { host: "10.0.0.1", port: 6379 }, groupName: "group" }
      const { connect } = yield* serve(options, node)
      const client = yield* connect
      // The server waits for its clients by a clock that stands still.
      yield* Effect.addFinalizer(() => Effect.sync(() => client.socket.destroy()))
      client.send(request("HELLO", "3") + request("PSUBSCRIBE", "*switch-master"))
      const greeting = yield* Effect.promise(() =>
        client.until((received) => received.endsWith(":1\r\n"))
      )
      const look = TestClock.adjust(RedisSwitch.LOOK_MILLIS)
      yield* look
      node.leader = undefined
      yield* look
      node.leader = "n1"
      yield* look
      node.leader = "n2"
      yield* look
      yield* look
      client.send(request("ECHO", "nothing else"))
      const heard = yield* Effect.promise(() =>
        client.until((received) => received.includes("nothing else"))
      )
      expect(heard.slice(greeting.length)).toBe(
        ">4\r\n$8\r\npmessage\r\n$14\r\n*switch-master\r\n$14\r\n+switch-master\r\n" +
          "$33\r\ngroup 10.0.0.1 6379 10.0.0.2 6380\r\n$12\r\nnothing else\r\n"
      )
    }))
})

describe("INFO replication", () => {
  const replication = (lines: ReadonlyArray<string>) => ["# Replication", ...lines, ""].join("\r\n")

  it.scopedLive("tells of the others at the leader", () =>
    Effect.gen(function*() {
      const { ask, node } = yield* cluster
      node.disconnected.add("n3")
      expect(yield* ask("INFO", "replication")).toBe(replication([
        "role:master",
        "connected_slaves:1",
        "slave0:ip=10.0.0.2,port=6380,state=online,offset=-1,lag=0",
        "master_repl_offset:1"
      ]))
    }))

  it.scopedLive("tells of the leader elsewhere", () =>
    Effect.gen(function*() {
      const { ask, node } = yield* cluster
      const told = (host: string, port: number, link: string) =>
        replication([
          "role:slave",
          `master_host:${host}`,
          `master_port:${port}`,
          `master_link_status:${link}`,
          "slave_repl_offset:0",
          "slave_read_only:0",
          "connected_slaves:0",
          "master_repl_offset:1"
        ])
      node.leader = "n3"
      expect(yield* ask("INFO", "replication")).toBe(told("10.0.0.3", 6381, "up"))
      node.leader = undefined
      expect(yield* ask("INFO", "replication")).toBe(told("?", 0, "down"))
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, HashMap, Logger, Option, Queue } from "effect"
import * as TcpConnection from "../../src/live/TcpConnection.js"
import * as TcpNetwork from "../../src/live/TcpNetwork.js"
import * as Frame from "../../src/wire/Frame.js"
import * as Handshake from "../../src/wire/Handshake.js"
import { join } from "../service/NetworkContract.js"
import * as RawPeer from "./RawPeer.js"

/** Where nobody listens, and no other test ever will. */
const NOWHERE = 1

/** A node n1 whose peers n2 and n3 are only raw connections, and what it has warned of. */
const lonely = (limits: Partial<TcpNetwork.Limits> = {}) =>
  Effect.gen(function*() {
    const port = yield* RawPeer.freePort
    const reasons = yield* Queue.unbounded<string>()
    const logger = Logger.make(({ annotations }) => {
      const reason = Option.getOrElse(HashMap.get(annotations, "reason"), () => "none")
      // That n1 cannot reach them is not what these tests are about.
      if (reason !== "Unreachable") reasons.unsafeOffer(String(reason))
    })
    const listen = { host: RawPeer.host, port }
    const network = TcpNetwork.layer({ ...RawPeer.options("n1"), listen, limits })
    const nowhere = `${RawPeer.host}:${NOWHERE}`
    const n1 = yield* Effect.provide(
      join(network, { n2: nowhere, n3: nowhere }),
      Logger.replace(Logger.defaultLogger, logger)
    )
    return { n1, port, reasons }
  })

const helloOf = (nodeId: string): Uint8Array => Handshake.hello(RawPeer.identity(nodeId), "n1")

/** A connection on which n1 takes what is written for `nodeId`'s. */
const connect = (port: number, nodeId: string) =>
  Effect.gen(function*() {
    const peer = yield* RawPeer.dial(port)
    RawPeer.write(peer, helloOf(nodeId))
    const answer = Handshake.examineAnswer(yield* Queue.take(peer.payloads), "n1", {
      self: RawPeer.identity(nodeId)
    })
    assert.strictEqual(answer._tag, "Met")
    return peer
  })

const changed = (identity: Partial<Handshake.Identity>, to = "n1"): Uint8Array =>
  Frame.encode(Handshake.hello({ ...RawPeer.identity("n2"), ...identity }, to))

const spoilt = (payload: Uint8Array): Uint8Array => {
  const frame = Frame.encode(payload)
  frame[frame.length - 1]! ^= 1
  return frame
}

/** More than a hello at once. */
const impatient = (hello: Uint8Array): Uint8Array =>
  Buffer.concat([Frame.encode(hello), Frame.encode(Uint8Array.of(9))])

const announcing = (length: number): Uint8Array => {
  const header = new Uint8Array(Frame.HEADER_BYTES)
  new DataView(header.buffer).setUint32(0, length, true)
  return header
}

describe("a node that listens", () => {
  describe.each([
    ["another cluster", "WrongCluster", changed({ clusterId: "c2" })],
    ["itself", "WrongNode", changed({ nodeId: "n1" })],
    ["a peer that looks for another", "WrongNode", changed({}, "n3")],
    ["something that speaks otherwise", "FrameTooLong", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["something that is no hello", "NoHandshake", Frame.encode(Uint8Array.of(1, 2, 3))],
    ["a hello over the limit of hellos", "FrameTooLong", announcing(4097)],
    ["a spoilt hello", "BadChecksum", spoilt(helloOf("n2"))],
    ["one that does not wait for its answer", "NoHandshake", impatient(helloOf("n2"))]
  ])("closes the connection of %s", (_, reason, bytes) => {
    it.scopedLive("and says why, and goes on with others", () =>
      Effect.gen(function*() {
        const { n1, port, reasons } = yield* lonely()
        const friend = yield* connect(port, "n3")
        const other = yield* RawPeer.dial(port)
        other.socket.write(bytes)
        yield* other.closed
        assert.strictEqual(yield* Queue.take(reasons), reason)
        RawPeer.write(friend, Uint8Array.of(3))
        assert.deepStrictEqual(yield* Queue.take(n1.received), ["n3", Uint8Array.of(3)])
      }))
  })

  describe.each([
    ["over the limit", "FrameTooLong", announcing(Frame.FRAME_LIMIT_BYTES + 1)],
    ["with a wrong checksum", "BadChecksum", spoilt(Uint8Array.of(9))]
  ])("closes a peer's connection after a frame %s", (_, reason, bytes) => {
    it.scopedLive("and takes the peer's next one", () =>
      Effect.gen(function*() {
        const { n1, port, reasons } = yield* lonely()
        const first = yield* connect(port, "n2")
        RawPeer.write(first, Uint8Array.of(1))
        first.socket.write(bytes)
        yield* first.closed
        assert.strictEqual(yield* Queue.take(reasons), reason)
        const second = yield* connect(port, "n2")
        RawPeer.write(second, Uint8Array.of(2))
        const received = yield* Queue.takeN(n1.received, 2)
        assert.deepStrictEqual([...received], [["n2", Uint8Array.of(1)], ["n2", Uint8Array.of(2)]])
      }))
  })

  it.scopedLive("tells the one it refuses why", () =>
    Effect.gen(function*() {
      const { port } = yield* lonely()
      const other = yield* RawPeer.dial(port)
      other.socket.write(changed({ clusterId: "c2" }))
      const answer = Handshake.examineAnswer(yield* Queue.take(other.payloads), "n1", {
        self: RawPeer.identity("n2")
      })
      assert(answer._tag === "Refused")
      assert.strictEqual(answer.reason, "RefusedByPeer")
      assert.include(answer.message, "n2 belongs to cluster c2, n1 to c1")
    }))

  it.scopedLive("takes nothing from one it refuses, whatever follows", () =>
    Effect.gen(function*() {
      const { n1, port } = yield* lonely()
      const other = yield* RawPeer.dial(port)
      const refused = Handshake.hello(RawPeer.identity("n1"), "n1")
      RawPeer.write(other, refused, helloOf("n2"), Uint8Array.of(9))
      yield* other.closed
      const friend = yield* connect(port, "n2")
      RawPeer.write(friend, Uint8Array.of(2))
      assert.deepStrictEqual(yield* Queue.take(n1.received), ["n2", Uint8Array.of(2)])
    }))

  it.scopedLive("refuses a peer that comes back with another data folder", () =>
    Effect.gen(function*() {
      const { port, reasons } = yield* lonely()
      yield* connect(port, "n2")
      const wiped = yield* RawPeer.dial(port)
      wiped.socket.write(changed({ incarnation: "a new folder" }))
      const answer = Handshake.examineAnswer(yield* Queue.take(wiped.payloads), "n1", {
        self: RawPeer.identity("n2")
      })
      assert(answer._tag === "Refused")
      assert.include(answer.message, "raftcache --id NEW --join HOST:PORT --replaces n2")
      yield* wiped.closed
      assert.strictEqual(yield* Queue.take(reasons), "WrongIncarnation")
    }))

  it.scopedLive("hears one that it does not know as a peer, and answers on its connection", () =>
    Effect.gen(function*() {
      const { n1, port } = yield* lonely()
      const unknown = yield* connect(port, "n9")
      RawPeer.write(unknown, Uint8Array.of(9))
      assert.deepStrictEqual(yield* Queue.take(n1.received), ["n9", Uint8Array.of(9)])
      n1.send("n9", Uint8Array.of(1))
      assert.deepStrictEqual(yield* Queue.take(unknown.payloads), Uint8Array.of(1))
      unknown.socket.destroy()
      assert.strictEqual(yield* Queue.take(n1.unreachable), "n9")
    }))

  it.scopedLive("warns once of what a peer does again and again", () =>
    Effect.gen(function*() {
      const { port, reasons } = yield* lonely()
      for (const bytes of [spoilt, spoilt, () => announcing(5000)]) {
        const other = yield* RawPeer.dial(port)
        other.socket.write(bytes(helloOf("n2")))
        yield* other.closed
      }
      const warned = yield* Queue.takeN(reasons, 2)
      assert.deepStrictEqual([...warned], ["BadChecksum", "FrameTooLong"])
    }))

  it.scopedLive("closes a connection without a handshake after a while", () =>
    Effect.gen(function*() {
      const { port, reasons } = yield* lonely({ handshakeMillis: 20 })
      const silent = yield* RawPeer.dial(port)
      silent.socket.write(Frame.encode(helloOf("n2")).subarray(0, 20))
      yield* silent.closed
      assert.strictEqual(yield* Queue.take(reasons), "HandshakeTimeout")
    }))

  it.scopedLive("keeps few connections without a handshake, and any number of others", () =>
    Effect.gen(function*() {
      const { n1, port, reasons } = yield* lonely({ strangersLimit: 1 })
      yield* connect(port, "n3")
      const stranger = yield* RawPeer.dial(port)
      const another = yield* RawPeer.dial(port)
      yield* another.closed
      assert.strictEqual(yield* Queue.take(reasons), "TooManyStrangers")
      RawPeer.write(stranger, helloOf("n2"))
      yield* Queue.take(stranger.payloads)
      RawPeer.write(stranger, Uint8Array.of(2))
      assert.deepStrictEqual(yield* Queue.take(n1.received), ["n2", Uint8Array.of(2)])
    }))

  it.scopedLive("has room for a stranger again when one is gone", () =>
    Effect.gen(function*() {
      const { port } = yield* lonely({ strangersLimit: 1 })
      for (const bytes of [changed({ clusterId: "c2" }), changed({ nodeId: "n1" })]) {
        const stranger = yield* RawPeer.dial(port)
        stranger.socket.write(bytes)
        yield* Queue.take(stranger.payloads)
        yield* stranger.closed
      }
      yield* connect(port, "n2")
    }))

  it.scopedLive("replaces a peer's connection by a newer one", () =>
    Effect.gen(function*() {
      const { n1, port } = yield* lonely()
      const older = yield* connect(port, "n2")
      const newer = yield* connect(port, "n2")
      yield* older.closed
      RawPeer.write(newer, Uint8Array.of(2))
      assert.deepStrictEqual(yield* Queue.take(n1.received), ["n2", Uint8Array.of(2)])
    }))

  it.scopedLive("gives up a connection on which nothing is heard", () =>
    Effect.gen(function*() {
      const { port, reasons } = yield* lonely({ pingMillis: 5 })
      const silent = yield* connect(port, "n2")
      yield* silent.closed
      assert.strictEqual(yield* Queue.take(reasons), "Silent")
    }))

  it.scopedLive("keeps a connection on which there are only pings", () =>
    Effect.gen(function*() {
      const { n1, port } = yield* lonely({ pingMillis: 20 })
      const idle = yield* connect(port, "n2")
      for (let pings = 0; pings < 2 * TcpConnection.SILENCE_LIMIT_PINGS; pings++) {
        assert.strictEqual((yield* Queue.take(idle.payloads)).length, 0)
        RawPeer.write(idle, new Uint8Array(0))
      }
      RawPeer.write(idle, Uint8Array.of(1))
      assert.deepStrictEqual(yield* Queue.take(n1.received), ["n2", Uint8Array.of(1)])
    }))
})

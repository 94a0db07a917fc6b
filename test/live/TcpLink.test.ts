import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue, TestClock } from "effect"
import { BACK_OFF_MIN_MILLIS, UNCONNECTED_LIMIT_BYTES } from "../../src/live/TcpLink.js"
import * as TcpNetwork from "../../src/live/TcpNetwork.js"
import * as Handshake from "../../src/wire/Handshake.js"
import { join } from "../service/NetworkContract.js"
import * as RawPeer from "./RawPeer.js"

/** A node n1 that listens on `port` and whose only peer is n2, a raw listener. */
const dialling = (limits: Partial<TcpNetwork.Limits> = {}) =>
  Effect.gen(function*() {
    const n2 = yield* RawPeer.listen
    const port = yield* RawPeer.freePort
    const listen = { host: RawPeer.host, port }
    const n1 = yield* join(
      TcpNetwork.layer({ ...RawPeer.options("n1"), listen, limits }),
      { n2: `${RawPeer.host}:${n2.port}` }
    )
    return { n1, n2, port }
  })

/** The next connection of n1, after its hello. */
const next = (n2: RawPeer.RawListener) =>
  Effect.gen(function*() {
    const connection = yield* Queue.take(n2.accepted)
    const hello = Handshake.examineHello(yield* Queue.take(connection.payloads), {
      self: RawPeer.identity("n2")
    })
    assert.strictEqual(hello._tag, "Met")
    return connection
  })

const accept = (connection: RawPeer.RawPeer, as: Partial<Handshake.Identity> = {}): void =>
  RawPeer.write(connection, Handshake.accepted({ ...RawPeer.identity("n2"), ...as }, "n1"))

describe("a node that dials a peer", () => {
  it.scopedLive("sends only after the peer has agreed, then all that waits", () =>
    Effect.gen(function*() {
      const { n1, n2 } = yield* dialling()
      n1.send("n2", Uint8Array.of(1))
      n1.send("n2", Uint8Array.of(2))
      const connection = yield* next(n2)
      assert.strictEqual(yield* Queue.size(connection.payloads), 0)
      accept(connection)
      const payloads = yield* Queue.takeN(connection.payloads, 2)
      assert.deepStrictEqual([...payloads], [Uint8Array.of(1), Uint8Array.of(2)])
    }))

  it.scopedLive("keeps only the newest of what it has to say before they are connected", () =>
    Effect.gen(function*() {
      const { n1, n2 } = yield* dialling()
      const third = UNCONNECTED_LIMIT_BYTES / 3
      for (let at = 0; at < 4; at++) n1.send("n2", new Uint8Array(third).fill(at))
      const connection = yield* next(n2)
      accept(connection)
      const payloads = yield* Queue.takeN(connection.payloads, 2)
      assert.deepStrictEqual([...payloads].map(([first]) => first), [2, 3])
    }))

  it.scopedLive("dials again until it is answered, and is told of a loss only once connected", () =>
    Effect.gen(function*() {
      const { n1, n2 } = yield* dialling()
      for (let attempts = 0; attempts < 2; attempts++) {
        const refused = yield* next(n2)
        refused.socket.destroy()
        assert.strictEqual(yield* Queue.size(n1.unreachable), 0)
      }
      const connection = yield* next(n2)
      accept(connection)
      n1.send("n2", Uint8Array.of(1))
      yield* Queue.take(connection.payloads)
      connection.socket.destroy()
      assert.strictEqual(yield* Queue.take(n1.unreachable), "n2")
      yield* next(n2)
    }))

  it.scopedLive("leaves a listener that is another node, or of another cluster", () =>
    Effect.gen(function*() {
      const { n2 } = yield* dialling()
      for (const wrong of [{ nodeId: "n3" }, { clusterId: "c2" }]) {
        const connection = yield* next(n2)
        accept(connection, wrong)
        yield* connection.closed
      }
      yield* next(n2)
    }))

  it.scopedLive("leaves a peer that comes back with another data folder", () =>
    Effect.gen(function*() {
      const { n1, n2 } = yield* dialling()
      const first = yield* next(n2)
      accept(first)
      n1.send("n2", Uint8Array.of(1))
      yield* Queue.take(first.payloads)
      first.socket.destroy()
      const wiped = yield* next(n2)
      accept(wiped, { incarnation: "a new folder" })
      yield* wiped.closed
      const restored = yield* next(n2)
      n1.send("n2", Uint8Array.of(2))
      accept(restored)
      assert.deepStrictEqual(yield* Queue.take(restored.payloads), Uint8Array.of(2))
    }))

  it.scopedLive("leaves a listener that does not answer, or not like a node", () =>
    Effect.gen(function*() {
      const { n2 } = yield* dialling({ dialMillis: 20 })
      const mute = yield* next(n2)
      yield* mute.closed
      const other = yield* next(n2)
      other.socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")
      yield* other.closed
      yield* next(n2)
    }))

  it.scopedLive("gives up a peer that falls silent, and dials it anew", () =>
    Effect.gen(function*() {
      const { n1, n2 } = yield* dialling({ pingMillis: 5 })
      const silent = yield* next(n2)
      accept(silent)
      yield* silent.closed
      assert.strictEqual(yield* Queue.take(n1.unreachable), "n2")
      yield* next(n2)
    }))

  // With real sockets and a clock that stands still: no attempt is made because time passes.
  it.scoped("waits after a failure, the longer the more there were", () =>
    Effect.gen(function*() {
      const { n2 } = yield* dialling()
      let leastMillis = BACK_OFF_MIN_MILLIS
      for (let failures = 1; failures <= 3; failures++) {
        const refused = yield* next(n2)
        refused.socket.end()
        yield* refused.closed
        yield* TestClock.adjust(leastMillis - 1)
        assert.strictEqual(yield* Queue.size(n2.accepted), 0)
        while ((yield* Queue.size(n2.accepted)) === 0) yield* TestClock.adjust(leastMillis)
        leastMillis *= 2
      }
    }))

  it.scoped("does not wait any longer when the peer itself has dialled", () =>
    Effect.gen(function*() {
      const { n2, port } = yield* dialling()
      const refused = yield* next(n2)
      refused.socket.end()
      yield* refused.closed
      const incoming = yield* RawPeer.dial(port)
      RawPeer.write(incoming, Handshake.hello(RawPeer.identity("n2"), "n1"))
      yield* next(n2)
    }))

  it.scopedLive("drops the oldest of what a slow peer does not read, and keeps the order", () =>
    Effect.gen(function*() {
      const slow = { queueLimitBytes: 1 << 20, pingMillis: 60_000 }
      const { n1, n2 } = yield* dialling(slow)
      const connection = yield* next(n2)
      accept(connection)
      n1.send("n2", Uint8Array.of(0))
      yield* Queue.take(connection.payloads)
      connection.socket.pause()
      const last = 199
      for (let at = 0; at <= last; at++) n1.send("n2", new Uint8Array(256 * 1024).fill(at))
      connection.socket.resume()
      const numbers: Array<number> = []
      while (numbers.at(-1) !== last) {
        numbers.push((yield* Queue.take(connection.payloads))[0] ?? -1)
      }
      assert.isBelow(numbers.length, last)
      assert.deepStrictEqual(numbers.slice(-3), [last - 2, last - 1, last])
      assert.deepStrictEqual(numbers, [...new Set(numbers)].sort((a, b) => a - b))
    }))

  it.scopedLive("drops what waits when the connection is lost", () =>
    Effect.gen(function*() {
      const { n1, n2 } = yield* dialling({ pingMillis: 60_000 })
      const connection = yield* next(n2)
      accept(connection)
      n1.send("n2", Uint8Array.of(0))
      yield* Queue.take(connection.payloads)
      connection.socket.pause()
      for (let at = 0; at < 100; at++) n1.send("n2", new Uint8Array(256 * 1024))
      n1.send("n2", Uint8Array.of(1))
      connection.socket.destroy()
      yield* Queue.take(n1.unreachable)
      n1.send("n2", Uint8Array.of(2))
      const again = yield* next(n2)
      accept(again)
      assert.deepStrictEqual(yield* Queue.take(again.payloads), Uint8Array.of(2))
    }))
})

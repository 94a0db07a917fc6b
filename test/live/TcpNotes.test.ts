/**
 * What networks tell each other beside what they carry: where their nodes serve Redis clients.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Queue } from "effect"
import { Endpoints } from "../../src/live/Endpoints.js"
import * as TcpNetwork from "../../src/live/TcpNetwork.js"
import * as Frame from "../../src/wire/Frame.js"
import * as Handshake from "../../src/wire/Handshake.js"
import * as Note from "../../src/wire/Note.js"
import { join } from "../service/NetworkContract.js"
import * as RawPeer from "./RawPeer.js"

const HERE = { host: RawPeer.host, port: 6379 }

/** n1, whose only peer is what listens at `peerPort`. */
const node = (peerPort: number) =>
  Effect.gen(function*() {
    const port = yield* RawPeer.freePort
    const listen = { host: RawPeer.host, port }
    const context = yield* Layer.build(TcpNetwork.layer({ ...RawPeer.options("n1"), listen }))
    const member = yield* join(
      Layer.succeedContext(context),
      { n2: `${RawPeer.host}:${peerPort}` }
    )
    return { ...member, endpoints: Context.get(context, Endpoints), port }
  })

describe("a node that serves clients", () => {
  it.scopedLive("tells its peer so on every connection, and at once when that changes", () =>
    Effect.gen(function*() {
      const n2 = yield* RawPeer.listen
      const n1 = yield* node(n2.port)
      assert.isFalse(n1.endpoints.isConnected("n2"))
      n1.endpoints.announce(HERE)
      const first = yield* RawPeer.accept(n2, "n2", "n1")
      assert.deepStrictEqual(yield* Queue.take(first.notes), Note.serves("127.0.0.1:6379"))
      assert.isTrue(n1.endpoints.isConnected("n2"))
      n1.endpoints.announce({ ...HERE, port: 6380 })
      assert.deepStrictEqual(yield* Queue.take(first.notes), Note.serves("127.0.0.1:6380"))
      first.socket.destroy()
      const second = yield* RawPeer.accept(n2, "n2", "n1")
      assert.deepStrictEqual(yield* Queue.take(second.notes), Note.serves("127.0.0.1:6380"))
    }))

  it.scopedLive("does not tell a peer that knows no notes", () =>
    Effect.gen(function*() {
      const n2 = yield* RawPeer.listen
      const n1 = yield* node(n2.port)
      n1.endpoints.announce(HERE)
      const connection = yield* RawPeer.accept(n2, "n2", "n1", { min: 1, max: 1 })
      n1.send("n2", Uint8Array.of(1))
      assert.deepStrictEqual(yield* Queue.take(connection.payloads), Uint8Array.of(1))
      assert.strictEqual(yield* Queue.size(connection.notes), 0)
    }))

  it.scopedLive("knows where its peer does, as long as that can be told to clients", () =>
    Effect.gen(function*() {
      const n1 = yield* node(yield* RawPeer.freePort)
      const n2 = yield* RawPeer.dial(n1.port)
      RawPeer.write(n2, Handshake.hello(RawPeer.identity("n2"), "n1"))
      yield* Queue.take(n2.payloads)
      const notes = ["127.0.0.1:6381", "nowhere", "a b:1", "a\n:1"].map(Note.serves)
      n2.socket.write(Buffer.concat([...notes, Uint8Array.of(99)].map(Frame.encodeNote)))
      RawPeer.write(n2, Uint8Array.of(1))
      assert.deepStrictEqual(yield* Queue.take(n1.received), ["n2", Uint8Array.of(1)])
      assert.deepStrictEqual(n1.endpoints.of("n2"), { host: "127.0.0.1", port: 6381 })
      assert.isUndefined(n1.endpoints.of("n3"))
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue } from "effect"
import * as TcpNetwork from "../../src/live/TcpNetwork.js"
import { contract, join } from "../service/NetworkContract.js"
import * as RawPeer from "./RawPeer.js"

/** Three nodes on free ports of this machine; `gate` is in front of n1. */
const world = (gate: TcpNetwork.Gate = { isOpen: () => true }) =>
  Effect.map(
    Effect.forEach(["n1", "n2", "n3"], (id) =>
      Effect.map(RawPeer.freePort, (port) => ({ id, host: RawPeer.host, port }))),
    (peers) => (node: string) =>
      TcpNetwork.layer({
        identity: RawPeer.identity(node),
        listen: peers.find(({ id }) =>
          id === node
        ) ?? assert.fail(`no node ${node}`),
        peers,
        ...(node === "n1" ? { gate } : {})
      })
  )

contract("the network over TCP", world())

describe("the network over TCP", () => {
  it.scopedLive("says what to do when its address is taken", () =>
    Effect.gen(function*() {
      const other = yield* RawPeer.listen
      const error = yield* Effect.flip(join(TcpNetwork.layer({
        identity: RawPeer.identity("n1"),
        listen: { host: RawPeer.host, port: other.port },
        peers: []
      })))
      assert.strictEqual(error.reason, "AddressInUse")
      assert.include(error.message, `127.0.0.1:${other.port}: another process does. Stop it, or`)
    }))

  it.scopedLive("says what to do when it cannot listen at all", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(join(TcpNetwork.layer({
        identity: RawPeer.identity("n1"),
        listen: { host: "192.0.2.1", port: 7001 },
        peers: []
      })))
      assert.strictEqual(error.reason, "Listen")
      assert.include(error.message, "an address that this machine has")
    }))

  it.scopedLive("carries nothing through a closed gate, either way, until it opens", () =>
    Effect.gen(function*() {
      let open = false
      const asked = yield* Queue.unbounded<string>()
      const isOpen = (peer: string) => {
        asked.unsafeOffer(peer)
        return open
      }
      const network = yield* world({ isOpen })
      const n1 = yield* join(network("n1"))
      const n2 = yield* join(network("n2"))
      n1.send("n2", Uint8Array.of(9))
      n2.send("n1", Uint8Array.of(9))
      assert.deepStrictEqual([...yield* Queue.takeN(asked, 2)], ["n2", "n2"])
      open = true
      n1.send("n2", Uint8Array.of(1))
      n2.send("n1", Uint8Array.of(2))
      assert.deepStrictEqual(yield* Queue.take(n2.received), ["n1", Uint8Array.of(1)])
      assert.deepStrictEqual(yield* Queue.take(n1.received), ["n2", Uint8Array.of(2)])
    }))
})

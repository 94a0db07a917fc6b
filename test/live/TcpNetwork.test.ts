import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue } from "effect"
import * as TcpNetwork from "../../src/live/TcpNetwork.js"
import * as Members from "../../src/node/Members.js"
import { contract, join } from "../service/NetworkContract.js"
import * as RawPeer from "./RawPeer.js"

/** Three nodes on free ports of this machine; `gate` is in front of n1. */
const world = (gate: TcpNetwork.Gate = { isOpen: () => true }) =>
  Effect.map(
    Effect.forEach(["n1", "n2", "n3"], (id) =>
      Effect.map(RawPeer.freePort, (port) => ({ id, host: RawPeer.host, port }))),
    (members) => ({
      addresses: Members.addressesOf(members),
      network: (node: string) =>
        TcpNetwork.layer({
          ...RawPeer.options(node),
          listen: members.find(({ id }) =>
            id === node
          ) ?? assert.fail(`no node ${node}`),
          ...(node === "n1" ? { gate } : {})
        })
    })
  )

contract("the network over TCP", world())

describe("the network over TCP", () => {
  it.scopedLive("says what to do when its address is taken", () =>
    Effect.gen(function*() {
      const other = yield* RawPeer.listen
      const error = yield* Effect.flip(join(
        TcpNetwork.layer({
          ...RawPeer.options("n1"),
          listen: { host: RawPeer.host, port: other.port }
        }),
        {}
      ))
      assert.strictEqual(error.reason, "AddressInUse")
      assert.include(error.message, `127.0.0.1:${other.port}: another process does. Stop it, or`)
    }))

  it.scopedLive("says what to do when it cannot listen at all", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(join(
        TcpNetwork.layer({
          ...RawPeer.options("n1"),
          listen: { host: "192.0.2.1", port: 7001 }
        }),
        {}
      ))
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
      const { addresses, network } = yield* world({ isOpen })
      const n1 = yield* join(network("n1"), addresses)
      const n2 = yield* join(network("n2"), addresses)
      n1.send("n2", Uint8Array.of(9))
      n2.send("n1", Uint8Array.of(9))
      assert.deepStrictEqual([...yield* Queue.takeN(asked, 2)], ["n2", "n2"])
      open = true
      n1.send("n2", Uint8Array.of(1))
      n2.send("n1", Uint8Array.of(2))
      assert.deepStrictEqual(yield* Queue.take(n2.received), ["n1", Uint8Array.of(1)])
      assert.deepStrictEqual(yield* Queue.take(n1.received), ["n2", Uint8Array.of(2)])
    }))

  it.scopedLive("follows a peer that moves to another address", () =>
    Effect.gen(function*() {
      const before = yield* RawPeer.listen
      const after = yield* RawPeer.listen
      const port = yield* RawPeer.freePort
      const n1 = yield* join(
        TcpNetwork.layer({ ...RawPeer.options("n1"), listen: { host: RawPeer.host, port } }),
        { n2: `${RawPeer.host}:${before.port}` }
      )
      const old = yield* RawPeer.accept(before, "n2", "n1")
      n1.setPeers({ n2: `${RawPeer.host}:${after.port}` })
      n1.send("n2", Uint8Array.of(2))
      yield* old.closed
      const moved = yield* RawPeer.accept(after, "n2", "n1")
      assert.deepStrictEqual(yield* Queue.take(moved.payloads), Uint8Array.of(2))
      assert.strictEqual(yield* Queue.size(n1.unreachable), 0)
    }))

  it.scopedLive("dials where an operator says that a peer has moved to, whatever the log says", () =>
    Effect.gen(function*() {
      const n2 = yield* RawPeer.listen
      const port = yield* RawPeer.freePort
      const n1 = yield* join(
        TcpNetwork.layer({
          ...RawPeer.options("n1"),
          listen: { host: RawPeer.host, port },
          moved: { n2: `${RawPeer.host}:${n2.port}`, n9: "192.0.2.1:7001" }
        }),
        { n2: "192.0.2.1:7001" }
      )
      n1.send("n2", Uint8Array.of(2))
      const connection = yield* RawPeer.accept(n2, "n2", "n1")
      assert.deepStrictEqual(yield* Queue.take(connection.payloads), Uint8Array.of(2))
    }))

  it.scopedLive("says which address of a peer is none, and reaches the others", () =>
    Effect.gen(function*() {
      const n2 = yield* RawPeer.listen
      const port = yield* RawPeer.freePort
      yield* join(
        TcpNetwork.layer({ ...RawPeer.options("n1"), listen: { host: RawPeer.host, port } }),
        { n3: "nowhere", n2: `${RawPeer.host}:${n2.port}` }
      )
      yield* RawPeer.accept(n2, "n2", "n1")
    }))
})

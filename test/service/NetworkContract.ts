/**
 * What every layer of the Network port keeps, whatever carries it. Each layer's own test runs it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Logger, Queue, Scope } from "effect"
import { Network } from "../../src/service/Network.js"
import type { Addresses, NetworkError } from "../../src/service/Network.js"
import { FRAME_LIMIT_BYTES } from "../../src/wire/Frame.js"

export interface Member {
  readonly send: (to: string, payload: Uint8Array) => void
  readonly setPeers: (addresses: Addresses) => void
  readonly received: Queue.Queue<readonly [from: string, payload: Uint8Array]>
  readonly unreachable: Queue.Queue<string>
  readonly leave: Effect.Effect<void>
}

/** A node that runs on `network`, in silence, until it leaves or the test ends. */
export const join = (
  network: Layer.Layer<Network>,
  peers: Addresses
): Effect.Effect<Member, NetworkError, Scope.Scope> =>
  Effect.gen(function*() {
    const received = yield* Queue.unbounded<readonly [string, Uint8Array]>()
    const unreachable = yield* Queue.unbounded<string>()
    const scope = yield* Effect.acquireRelease(
      Scope.make(),
      (scope) => Scope.close(scope, Exit.void)
    )
    const context = yield* Layer.buildWithScope(network, scope)
    const { run, send, setPeers } = Context.get(context, Network)
    setPeers(peers)
    yield* Scope.extend(
      run({
        received: (from, payload) => void received.unsafeOffer([from, payload]),
        unreachable: (peer) => void unreachable.unsafeOffer(peer)
      }),
      scope
    )
    return { send, setPeers, received, unreachable, leave: Scope.close(scope, Exit.void) }
  }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))

/** The network of three nodes, n1 to n3. The same node may join again after it has left. */
export interface Three {
  readonly network: (node: string) => Layer.Layer<Network>
  readonly addresses: Addresses
}

export type World = Effect.Effect<Three, never, Scope.Scope>

const bytes = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (at * 31 + seed * 17) & 0xff)

const sameBytes = (actual: Uint8Array, expected: Uint8Array): void => {
  assert.strictEqual(Buffer.compare(actual, expected), 0)
  assert.strictEqual(Object.getPrototypeOf(actual), Uint8Array.prototype)
}

/** Two nodes that have already heard each other. */
const pair = (world: World) =>
  Effect.gen(function*() {
    const { addresses, network } = yield* world
    const n1 = yield* join(network("n1"), addresses)
    const n2 = yield* join(network("n2"), addresses)
    n1.send("n2", Uint8Array.of(1))
    n2.send("n1", Uint8Array.of(2))
    yield* Queue.take(n2.received)
    yield* Queue.take(n1.received)
    return { network, addresses, n1, n2 }
  })

export const contract = (name: string, world: World): unknown =>
  describe(`${name}, as every network,`, () => {
    it.scopedLive("delivers payloads whole and unaltered, small and big", () =>
      Effect.gen(function*() {
        const { n1, n2 } = yield* pair(world)
        for (const length of [1, 4096, 4097, 100_000, 8 << 20]) {
          const payload = bytes(length, length)
          n1.send("n2", payload)
          const [, delivered] = yield* Queue.take(n2.received)
          sameBytes(delivered, payload)
        }
      }))

    it.scopedLive("gives payloads away: what receivers do to them concerns nobody else", () =>
      Effect.gen(function*() {
        const { n1, n2 } = yield* pair(world)
        const payload = bytes(5000, 1)
        n1.send("n2", payload)
        const [, first] = yield* Queue.take(n2.received)
        first.fill(0)
        n1.send("n2", payload)
        const [, second] = yield* Queue.take(n2.received)
        sameBytes(second, bytes(5000, 1))
        assert.strictEqual(Buffer.compare(payload, second), 0)
      }))

    it.scopedLive("says who has sent a payload", () =>
      Effect.gen(function*() {
        const { addresses, network } = yield* world
        const [n1, n2, n3] = yield* Effect.all([
          join(network("n1"), addresses),
          join(network("n2"), addresses),
          join(network("n3"), addresses)
        ])
        n1.send("n2", Uint8Array.of(1))
        n3.send("n2", Uint8Array.of(3))
        for (const [from, payload] of yield* Queue.takeN(n2.received, 2)) {
          assert.strictEqual(from, `n${payload[0]}`)
        }
        assert.strictEqual(yield* Queue.size(n1.received), 0)
      }))

    it.scopedLive("keeps the order of many small payloads while nothing is wrong", () =>
      Effect.gen(function*() {
        const { n1, n2 } = yield* pair(world)
        const payloads = Array.from({ length: 5000 }, (_, at) => bytes(1 + at % 40, at))
        for (const payload of payloads) n1.send("n2", payload)
        const delivered = yield* Queue.takeN(n2.received, payloads.length)
        assert.deepStrictEqual([...delivered].map(([, payload]) => payload), payloads)
      }))

    it.scopedLive("never delivers from within the call that sends", () =>
      Effect.gen(function*() {
        const { n1, n2 } = yield* pair(world)
        n1.send("n2", Uint8Array.of(1))
        assert.strictEqual(yield* Queue.size(n2.received), 0)
        yield* Queue.take(n2.received)
      }))

    it.scopedLive("drops what is for nobody, for the sender itself or over the limit", () =>
      Effect.gen(function*() {
        const { n1, n2 } = yield* pair(world)
        n1.send("n9", Uint8Array.of(9))
        n1.send("n1", Uint8Array.of(9))
        n1.send("n2", new Uint8Array(FRAME_LIMIT_BYTES + 1))
        n1.send("n2", Uint8Array.of(1))
        n2.send("n1", Uint8Array.of(2))
        assert.deepStrictEqual(yield* Queue.take(n2.received), ["n1", Uint8Array.of(1)])
        assert.deepStrictEqual(yield* Queue.take(n1.received), ["n2", Uint8Array.of(2)])
      }))

    it.scopedLive("delivers nothing to a node that has left, and again when it is back", () =>
      Effect.gen(function*() {
        const { addresses, n1, n2, network } = yield* pair(world)
        yield* n2.leave
        assert.strictEqual(yield* Queue.take(n1.unreachable), "n2")
        n2.send("n1", Uint8Array.of(9))
        const back = yield* join(network("n2"), addresses)
        n1.send("n2", Uint8Array.of(1))
        back.send("n1", Uint8Array.of(2))
        assert.deepStrictEqual(yield* Queue.take(back.received), ["n1", Uint8Array.of(1)])
        assert.deepStrictEqual(yield* Queue.take(n1.received), ["n2", Uint8Array.of(2)])
        assert.strictEqual(yield* Queue.size(n2.received), 0)
        assert.strictEqual(yield* Queue.size(n2.unreachable), 0)
      }))

    it.scopedLive("reaches a peer from when it is one until it is none any more", () =>
      Effect.gen(function*() {
        const { addresses, network } = yield* world
        const n1 = yield* join(network("n1"), {})
        const n2 = yield* join(network("n2"), {})
        n1.send("n2", Uint8Array.of(9))
        n1.setPeers(addresses)
        n1.send("n2", Uint8Array.of(1))
        assert.deepStrictEqual(yield* Queue.take(n2.received), ["n1", Uint8Array.of(1)])
        n1.setPeers({})
        n1.send("n2", Uint8Array.of(9))
        n1.setPeers(addresses)
        n1.send("n2", Uint8Array.of(2))
        assert.deepStrictEqual(yield* Queue.take(n2.received), ["n1", Uint8Array.of(2)])
      }))

    it.scopedLive("hears whoever speaks, peer or not, and can answer", () =>
      Effect.gen(function*() {
        const { addresses, network } = yield* world
        const n1 = yield* join(network("n1"), addresses)
        const n2 = yield* join(network("n2"), {})
        n2.send("n1", Uint8Array.of(9))
        n1.send("n2", Uint8Array.of(1))
        assert.deepStrictEqual(yield* Queue.take(n2.received), ["n1", Uint8Array.of(1)])
        n2.send("n1", Uint8Array.of(2))
        assert.deepStrictEqual(yield* Queue.take(n1.received), ["n2", Uint8Array.of(2)])
      }))
  })

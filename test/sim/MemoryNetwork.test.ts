import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue, TestClock } from "effect"
import * as MemoryNetwork from "../../src/sim/MemoryNetwork.js"
import { contract, join } from "../service/NetworkContract.js"

const addresses = { n1: "", n2: "", n3: "" }

contract(
  "the network in memory",
  Effect.map(
    MemoryNetwork.make({ seed: 1 }),
    (hub) => ({ network: (node: string) => MemoryNetwork.layer(hub, node), addresses })
  )
)

const three = (options: MemoryNetwork.Options) =>
  Effect.gen(function*() {
    const hub = yield* MemoryNetwork.make(options)
    const n1 = yield* join(MemoryNetwork.layer(hub, "n1"), addresses)
    const n2 = yield* join(MemoryNetwork.layer(hub, "n2"), addresses)
    const n3 = yield* join(MemoryNetwork.layer(hub, "n3"), addresses)
    return { hub, n1, n2, n3 }
  })

/** The first byte of everything that has arrived, in order. */
const arrived = (member: { readonly received: Queue.Queue<readonly [string, Uint8Array]> }) =>
  Effect.map(Queue.takeAll(member.received), (all) => [...all].map(([, payload]) => payload[0]))

/** What n2 has received of a hundred payloads, a second after n1 sent them. */
const history = (options: MemoryNetwork.Options) =>
  Effect.scoped(Effect.gen(function*() {
    const { n1, n2 } = yield* three(options)
    for (let at = 0; at < 100; at++) n1.send("n2", Uint8Array.of(at))
    yield* TestClock.adjust(1000)
    return yield* arrived(n2)
  }))

const sorted = (numbers: ReadonlyArray<number | undefined>) =>
  [...numbers].sort((a, b) => (a ?? 0) - (b ?? 0))

const tenMillis = { delayMinMillis: 10, delayMaxMillis: 10 }

const inOrder = Array.from({ length: 100 }, (_, at) => at)

describe.concurrent("the network in memory", () => {
  it.scoped("delivers when the clock has reached a delay, and not before", () =>
    Effect.gen(function*() {
      const { n1, n2 } = yield* three({ seed: 1, faults: tenMillis })
      n1.send("n2", Uint8Array.of(1))
      yield* TestClock.adjust(9)
      n1.send("n2", Uint8Array.of(2))
      assert.deepStrictEqual(yield* arrived(n2), [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* arrived(n2), [1])
      yield* TestClock.adjust(9)
      assert.deepStrictEqual(yield* arrived(n2), [2])
    }))

  it.effect("keeps the order of a link under varying delays", () =>
    Effect.gen(function*() {
      const received = yield* history({ seed: 1, faults: { delayMaxMillis: 100 } })
      assert.deepStrictEqual(received, inOrder)
    }))

  it.effect("drops some", () =>
    Effect.gen(function*() {
      const received = yield* history({ seed: 1, faults: { dropProbability: 0.5 } })
      assert.isAbove(received.length, 20)
      assert.isBelow(received.length, 80)
      assert.deepStrictEqual(received, sorted(received))
    }))

  it.effect("repeats some, and only later", () =>
    Effect.gen(function*() {
      const received = yield* history({ seed: 1, faults: { duplicateProbability: 0.5 } })
      assert.deepStrictEqual([...new Set(received)], inOrder)
      assert.isAbove(received.length, 120)
      assert.isBelow(received.length, 180)
    }))

  it.effect("reorders some, and loses none of them", () =>
    Effect.gen(function*() {
      const received = yield* history({ seed: 1, faults: { reorderProbability: 0.5 } })
      assert.notDeepEqual(received, inOrder)
      assert.deepStrictEqual(sorted(received), inOrder)
    }))

  it.effect("has the same history for the same seed, and another for another", () =>
    Effect.gen(function*() {
      const faults = {
        dropProbability: 0.2,
        duplicateProbability: 0.2,
        reorderProbability: 0.2,
        delayMaxMillis: 20
      }
      const first = yield* history({ seed: 7, faults })
      assert.deepStrictEqual(yield* history({ seed: 7, faults }), first)
      assert.notDeepEqual(yield* history({ seed: 8, faults }), first)
    }))

  it.scoped("cuts one direction of a link", () =>
    Effect.gen(function*() {
      const { hub, n1, n2 } = yield* three({ seed: 1 })
      hub.cut("n1", "n2")
      n1.send("n2", Uint8Array.of(1))
      n2.send("n1", Uint8Array.of(2))
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* arrived(n2), [])
      assert.deepStrictEqual(yield* arrived(n1), [2])
    }))

  it.scoped("loses what is sent on a cut link, and what would arrive on it", () =>
    Effect.gen(function*() {
      const { hub, n1, n2 } = yield* three({ seed: 1, faults: tenMillis })
      n1.send("n2", Uint8Array.of(1))
      yield* TestClock.adjust(5)
      hub.cut("n1", "n2")
      n1.send("n2", Uint8Array.of(2))
      yield* TestClock.adjust(7)
      hub.heal()
      n1.send("n2", Uint8Array.of(3))
      yield* TestClock.adjust(10)
      assert.deepStrictEqual(yield* arrived(n2), [3])
    }))

  it.scoped("parts two sides, and heals", () =>
    Effect.gen(function*() {
      const { hub, n1, n2, n3 } = yield* three({ seed: 1 })
      const all = [n1, n2, n3]
      const everyoneSends = () => {
        for (const [at, member] of all.entries()) {
          for (const to of ["n1", "n2", "n3"]) member.send(to, Uint8Array.of(at + 1))
        }
      }
      hub.partition(["n1"], ["n2", "n3"])
      everyoneSends()
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* Effect.forEach(all, arrived), [[], [3], [2]])
      hub.heal()
      hub.isolate("n3")
      everyoneSends()
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* Effect.forEach(all, arrived), [[2], [1], []])
      hub.heal()
      everyoneSends()
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* Effect.forEach(all, arrived), [[2, 3], [1, 3], [1, 2]])
    }))

  it.scoped("does not tell those who are cut off that a node has left", () =>
    Effect.gen(function*() {
      const { hub, n1, n2, n3 } = yield* three({ seed: 1 })
      hub.isolate("n3")
      yield* n1.leave
      yield* TestClock.adjust(1)
      assert.deepStrictEqual([...yield* Queue.takeAll(n2.unreachable)], ["n1"])
      assert.deepStrictEqual([...yield* Queue.takeAll(n3.unreachable)], [])
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, FastCheck as fc, Layer, Scope } from "effect"
import * as Configurations from "../../src/raft/Configuration.js"
import { Network } from "../../src/service/Network.js"
import { Storage } from "../../src/service/Storage.js"
import type { Acquaintances } from "../../src/service/Storage.js"
import * as Chooser from "../../src/sim/Chooser.js"
import type { Scenario } from "../../src/sim/Scenario.js"
import { nodeId } from "../../src/sim/Scenario.js"
import { HELD_LIMIT, SimNetwork } from "../../src/sim/SimNetwork.js"
import { NOBODY } from "../../src/sim/Timeline.js"
import type { World } from "../../src/sim/World.js"
import * as PeerMessage from "../../src/wire/PeerMessage.js"
import * as Acquainted from "../service/Acquainted.js"
import { contract } from "../service/NetworkContract.js"
import * as Scenarios from "./Scenarios.js"

/** All that the network wants to know of it. */
const storage = (incarnation: string, acquaintances: Acquaintances): Layer.Layer<Storage> =>
  Layer.succeed(Storage, {
    recovered: {
      identity: { clusterId: "0123456789abcdef", nodeId: "any", incarnation },
      start: 1,
      hardState: { term: 0, vote: undefined },
      bootstrap: Configurations.none,
      snapshot: undefined,
      base: { term: 0, index: 0 },
      entries: [],
      memory: []
    },
    releaseLog: () => {},
    persist: () => Effect.void,
    acquaintances,
    snapshots: {
      save: () => Effect.die("not asked for"),
      store: () => Effect.void,
      finish: () => Effect.void,
      read: () => Effect.die("not asked for"),
      load: () => Effect.void
    }
  })

/** As a node's own, and at once. */
const remembering = (): Acquaintances => {
  const met = new Map<string, string>()
  return {
    meet: (peer, incarnation) =>
      Effect.sync(() => {
        const known = met.get(peer) ?? incarnation
        met.set(peer, known)
        return known === incarnation
          ? { _tag: "Welcome" }
          : { _tag: "Refused", message: "it is another" }
      }),
    settle: () => Effect.void
  }
}

const addresses = { n1: "", n2: "", n3: "" }

/** Time passes, soon, whenever somebody has done something. */
const impatient = (world: World, network: SimNetwork, node: number): Layer.Layer<Network> => {
  const memory = storage(`00000000000000f${node}`, Acquainted.make(nodeId(node)))
  return Layer.map(Layer.provide(network.layer(node), memory), (context) => {
    const { run, send, setPeers } = Context.get(context, Network)
    const soon = (): void => queueMicrotask(() => Scenarios.settle(world))
    return Context.make(Network, {
      run: (receiver) =>
        Effect.zipRight(Effect.addFinalizer(() => Effect.sync(soon)), run(receiver)),
      setPeers,
      send: (to, payload) => {
        send(to, payload)
        soon()
      }
    })
  })
}

contract(
  "the simulated network",
  Effect.sync(() => {
    const world = Scenarios.world()
    const network = new SimNetwork(world, () => {})
    return {
      addresses,
      network: (node: string) => impatient(world, network, Number(node.slice(1)) - 1)
    }
  })
)

/** One life of a node: what has arrived, by its first byte, with the instant. */
interface Member {
  readonly send: (to: number, byte: number) => void
  readonly received: Array<readonly [from: string, byte: number, atMicros: number]>
  readonly unreachable: Array<readonly [peer: string, atMicros: number]>
  readonly leave: () => void
}

/** Three nodes that have joined. */
class Bench {
  readonly world: World
  readonly network: SimNetwork
  readonly members: ReadonlyArray<Member>
  readonly watched: Array<readonly [from: number, to: number, byte: number]> = []
  /** Of each node, through all its lives. */
  readonly #acquaintances = [0, 1, 2].map(remembering)

  constructor(conditions: Partial<Scenario["network"]> = {}, strategy = Chooser.fifo) {
    this.world = Scenarios.world(Scenarios.network(conditions), strategy)
    this.network = new SimNetwork(
      this.world,
      (from, to, payload) => this.watched.push([from, to, payload[0]!])
    )
    this.members = [0, 1, 2].map((node) => this.join(node))
  }

  join(node: number, incarnation = `00000000000000f${node}`): Member {
    const scope = Effect.runSync(Scope.make())
    const memory = storage(incarnation, this.#acquaintances[node]!)
    const layer = Layer.provide(this.network.layer(node), memory)
    const context = Effect.runSync(Layer.buildWithScope(layer, scope))
    const { run, send, setPeers } = Context.get(context, Network)
    setPeers(addresses)
    const received: Member["received"] = []
    const unreachable: Member["unreachable"] = []
    const receiver = {
      received: (from: string, payload: Uint8Array) =>
        void received.push([from, payload[0]!, this.world.nowMicros]),
      unreachable: (peer: string) => void unreachable.push([peer, this.world.nowMicros])
    }
    Effect.runSync(Scope.extend(run(receiver), scope))
    return {
      send: (to, byte) => send(nodeId(to), Uint8Array.of(byte)),
      received,
      unreachable,
      leave: () => Effect.runSync(Scope.close(scope, Exit.void))
    }
  }

  get n1(): Member {
    return this.members[0]!
  }

  get n2(): Member {
    return this.members[1]!
  }

  get n3(): Member {
    return this.members[2]!
  }

  /** Sends them from n1 to n2, all at once, and waits for what becomes of them. */
  sendAll(...bytes: ReadonlyArray<number>): void {
    for (const byte of bytes) this.n1.send(1, byte)
    Scenarios.settle(this.world)
  }

  /** What n2 has received, and forgets it. */
  take(): Array<number> {
    return this.n2.received.splice(0).map(([, byte]) => byte)
  }
}

const some = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, at) => at)

const ascending = (one: number, other: number): number => one - other

describe("the simulated network", () => {
  it("delivers after the delay, with the sender's name, and shows the oracles what leaves", () => {
    const bench = new Bench()
    bench.sendAll(7)
    assert.deepStrictEqual(bench.n2.received, [["n1", 7, 1_000]])
    assert.deepStrictEqual(bench.watched, [[0, 1, 7]])
    assert.strictEqual(bench.network.sentMessages, 1)
  })

  it("gives every receiver its own bytes, those of the moment of delivery", () => {
    const bench = new Bench({ duplicatePerMille: 1_000 })
    const payloads: Array<Uint8Array> = []
    const layer = Layer.provide(bench.network.layer(1), storage("00000000000000f1", remembering()))
    const { run } = Context.get(
      Effect.runSync(Effect.scoped(Layer.build(layer))),
      Network
    )
    const receiver = {
      received: (_: string, payload: Uint8Array) => void payloads.push(payload),
      unreachable: () => {}
    }
    Effect.runSync(Scope.extend(run(receiver), Effect.runSync(Scope.make())))
    bench.sendAll(7)
    payloads[0]![0] = 9
    assert.deepStrictEqual(payloads.map(([byte]) => byte), [9, 7])
  })

  it("keeps the order of a link, whatever the delays", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const bench = new Bench(
          { delay: { leastMicros: 0, meanMicros: 10_000 } },
          Chooser.random(seed)
        )
        bench.sendAll(...some(20))
        assert.deepStrictEqual(bench.take(), some(20))
      }),
      { numRuns: 20 }
    )
  })

  it("keeps no order where the scenario says so, and loses nothing by that", () => {
    const bench = new Bench(
      { delay: { leastMicros: 0, meanMicros: 10_000 }, isUnordered: true },
      Chooser.random(1)
    )
    bench.sendAll(...some(50))
    const taken = bench.take()
    assert.notDeepEqual(taken, some(50))
    assert.deepStrictEqual([...taken].sort(ascending), some(50))
  })

  it("holds back some messages, which later ones overtake", () => {
    const bench = new Bench({ reorderPerMille: 200 }, Chooser.random(1))
    bench.sendAll(...some(50))
    const taken = bench.take()
    assert.notDeepEqual(taken, some(50))
    assert.deepStrictEqual([...taken].sort(ascending), some(50))
    const late = bench.world.marks.counts["message reordered"]!
    assert.isAbove(late, 0)
    assert.deepStrictEqual(
      taken.slice(0, 50 - late),
      taken.slice(0, 50 - late).sort(ascending)
    )
  })

  it("repeats some messages, and the second comes late", () => {
    const bench = new Bench({ duplicatePerMille: 1_000 })
    bench.sendAll(7)
    assert.deepStrictEqual(bench.n2.received, [["n1", 7, 1_000], ["n1", 7, 11_000]])
    assert.deepStrictEqual(bench.world.marks.counts, { "message duplicated": 1 })
  })

  it("loses as many messages as the scenario says", () => {
    const all = new Bench({ dropPerMille: 1_000 }, Chooser.random(1))
    all.sendAll(...some(20))
    assert.deepStrictEqual(all.take(), [])
    const few = new Bench({ dropPerMille: 300 }, Chooser.random(1))
    few.sendAll(...some(200))
    assert.isAbove(few.n2.received.length, 100)
    assert.isBelow(few.n2.received.length, 180)
    const none = new Bench({}, Chooser.random(1))
    none.sendAll(...some(200))
    assert.strictEqual(none.n2.received.length, 200)
  })

  it("goes by other conditions from when they are set", () => {
    const bench = new Bench({ dropPerMille: 1_000 }, Chooser.random(1))
    bench.sendAll(1)
    bench.network.setConditions(Scenarios.calm.network)
    bench.sendAll(2)
    assert.deepStrictEqual(bench.take(), [2])
  })

  it("has half a second of patience with older messages when its conditions change", () => {
    const bench = new Bench({ reorderPerMille: 1_000 })
    const held = (leastMicros: number) =>
      Scenarios.network({
        reorderPerMille: 1_000,
        heldBack: { leastMicros, meanMicros: 0 }
      }).network
    bench.network.setConditions(held(400_000))
    bench.n1.send(1, 1)
    bench.network.setConditions(held(600_000))
    bench.n1.send(1, 2)
    Scenarios.advanceTo(bench.world, 10)
    bench.network.setConditions(Scenarios.calm.network)
    bench.sendAll(3)
    assert.deepStrictEqual(bench.take(), [3, 1])
  })

  it("tells in the trace what was sent, and whether it was delivered or lost", () => {
    const bench = new Bench()
    const text = PeerMessage.encode([{ _tag: "VoteResponse", term: 3, granted: true }])
    Effect.runSync(
      Effect.provide(
        Effect.map(Network, ({ send, setPeers }) => {
          setPeers(addresses)
          send("n2", text)
        }),
        Layer.provide(bench.network.layer(0), storage("00000000000000f0", remembering()))
      )
    )
    Scenarios.settle(bench.world)
    bench.network.cut([[0, 1]])
    bench.sendAll(1)
    const { trace } = bench.world.recorder
    assert.deepStrictEqual(trace.map(({ _tag }) => _tag), ["Sent", "Delivered", "Sent", "Lost"])
    assert.deepInclude(trace[1]!, {
      from: "n1",
      to: "n2",
      sentMicros: 0,
      atMicros: 1_000,
      text: "voted: yes, in term 3"
    })
    assert.strictEqual(Scenarios.events(trace, "Delivered")[0]!.id, 1)
    assert.strictEqual(Scenarios.events(trace, "Lost")[0]!.id, 2)
  })
})

describe("a cut link", () => {
  it("loses what is sent one way, and what goes the other way arrives", () => {
    const bench = new Bench()
    bench.network.cut([[0, 1]])
    assert.isTrue(bench.network.isCut(0, 1))
    assert.isFalse(bench.network.isCut(1, 0))
    bench.n2.send(0, 5)
    bench.n1.send(2, 6)
    bench.sendAll(1)
    assert.deepStrictEqual(bench.take(), [])
    assert.deepStrictEqual(bench.n1.received.map(([, byte]) => byte), [5])
    assert.deepStrictEqual(bench.n3.received.map(([, byte]) => byte), [6])
  })

  it("loses what is under way when it is cut, and nothing comes back when it is mended", () => {
    const bench = new Bench()
    bench.n1.send(1, 1)
    bench.network.cut([[0, 1]])
    bench.sendAll(2)
    bench.network.mend([[0, 1]])
    bench.sendAll(3)
    assert.deepStrictEqual(bench.take(), [3])
  })

  it("that was cut twice needs two mends, and a mend too many does no harm", () => {
    const bench = new Bench()
    bench.network.cut([[0, 1]])
    bench.network.cut([[0, 1], [0, 2]])
    bench.network.mend([[0, 1]])
    bench.sendAll(1)
    bench.network.mend([[0, 1]])
    bench.sendAll(2)
    bench.network.mend([[0, 1]])
    bench.network.cut([[0, 1]])
    bench.sendAll(3)
    assert.deepStrictEqual(bench.take(), [2])
    assert.isTrue(bench.network.isCut(0, 2))
  })
})

describe("a clogged link", () => {
  it("holds up all that is sent, which arrives in one burst and in order", () => {
    const bench = new Bench()
    bench.network.clog([[0, 1]])
    bench.n2.send(0, 5)
    for (const byte of some(10)) {
      Scenarios.advanceTo(bench.world, 5_000 * byte)
      bench.n1.send(1, byte)
    }
    Scenarios.advanceTo(bench.world, 100_000)
    assert.deepStrictEqual(bench.n2.received, [])
    assert.strictEqual(bench.n1.received.length, 1)
    bench.network.unclog([[0, 1]])
    assert.deepStrictEqual(
      bench.n2.received,
      some(10).map((byte) => ["n1", byte, 100_000] as const)
    )
    assert.deepStrictEqual(bench.world.marks.counts, { "clog released": 1 })
  })

  it("that was clogged twice is free after two ends", () => {
    const bench = new Bench()
    bench.network.clog([[0, 1]])
    bench.network.clog([[0, 1]])
    bench.sendAll(1)
    bench.network.unclog([[0, 1]])
    assert.deepStrictEqual(bench.take(), [])
    assert.deepStrictEqual(bench.world.marks.counts, {})
    bench.network.unclog([[0, 1]])
    assert.deepStrictEqual(bench.take(), [1])
  })

  it("holds only so much: the oldest are lost", () => {
    const bench = new Bench()
    bench.network.clog([[0, 1]])
    bench.sendAll(...Array.from({ length: HELD_LIMIT + 2 }, (_, at) => at < 3 ? at : 9))
    bench.network.unclog([[0, 1]])
    assert.strictEqual(bench.n2.received.length, HELD_LIMIT)
    assert.deepStrictEqual(bench.take().slice(0, 2), [2, 9])
  })

  it("loses what it held if it is cut when it is freed", () => {
    const bench = new Bench()
    bench.network.clog([[0, 1]])
    bench.sendAll(1)
    bench.network.cut([[0, 1]])
    bench.network.unclog([[0, 1]])
    assert.deepStrictEqual(bench.take(), [])
  })
})

describe("a link that echoes", () => {
  it("brings all that arrived meanwhile once more at the end, in one burst and in order", () => {
    const bench = new Bench()
    bench.sendAll(1)
    bench.network.remember([[0, 1]])
    bench.sendAll(2, 3)
    assert.deepStrictEqual(bench.take(), [1, 2, 3])
    bench.network.repeat([[0, 1]])
    bench.sendAll(4)
    assert.deepStrictEqual(bench.take(), [2, 3, 4])
    assert.deepStrictEqual(bench.world.marks.counts, { "echo of an earlier time": 1 })
  })

  it("that echoes twice over is quiet until the second end", () => {
    const bench = new Bench()
    bench.network.remember([[0, 1]])
    bench.network.remember([[0, 1]])
    bench.sendAll(1)
    bench.network.repeat([[0, 1]])
    assert.deepStrictEqual(bench.take(), [1])
    bench.network.repeat([[0, 1]])
    assert.deepStrictEqual(bench.take(), [1])
  })

  it("remembers only so much: the oldest are not repeated", () => {
    const bench = new Bench()
    bench.network.remember([[0, 1]])
    bench.sendAll(...Array.from({ length: HELD_LIMIT + 2 }, (_, at) => at < 3 ? at : 9))
    bench.take()
    bench.network.repeat([[0, 1]])
    assert.deepStrictEqual(bench.n2.received.slice(0, 2).map(([, byte]) => byte), [2, 9])
    assert.strictEqual(bench.take().length, HELD_LIMIT)
  })

  it("repeats nothing once it is healed", () => {
    const bench = new Bench()
    bench.network.remember([[0, 1]])
    bench.sendAll(1)
    assert.deepStrictEqual(bench.take(), [1])
    bench.network.heal([1])
    bench.network.repeat([[0, 1]])
    assert.deepStrictEqual(bench.take(), [])
  })
})

describe("healing nodes", () => {
  it("mends and frees all of their links, in both directions, and no others", () => {
    const bench = new Bench()
    for (const links of [Scenarios.linksBetween(0, 1), Scenarios.linksBetween(1, 2)]) {
      bench.network.cut(links)
      bench.network.cut(links)
      bench.network.clog(links)
    }
    bench.network.cut(Scenarios.linksBetween(0, 2))
    bench.network.heal([1])
    bench.n2.send(2, 1)
    bench.n3.send(1, 2)
    bench.n1.send(2, 3)
    bench.sendAll(4)
    assert.deepStrictEqual(bench.take().sort(ascending), [2, 4])
    assert.deepStrictEqual(bench.n3.received.map(([, byte]) => byte), [1])
    assert.isTrue(bench.network.isCut(0, 2))
  })
})

describe("a paused process", () => {
  it("receives when it goes on, in order, what has arrived meanwhile", () => {
    const bench = new Bench()
    bench.network.pause(1)
    bench.sendAll(1, 2, 3)
    assert.deepStrictEqual(bench.n2.received, [])
    Scenarios.advanceTo(bench.world, 50_000)
    bench.network.resume(1)
    assert.deepStrictEqual(bench.n2.received, [], "sockets are handed over one by one")
    Scenarios.settle(bench.world)
    assert.deepStrictEqual(bench.n2.received, [
      ["n1", 1, 50_000],
      ["n1", 2, 50_000],
      ["n1", 3, 50_000]
    ])
  })

  it("that dies takes along what has arrived", () => {
    const bench = new Bench()
    bench.network.pause(1)
    bench.sendAll(1)
    bench.network.detach(1)
    const next = bench.join(1)
    bench.network.resume(1)
    bench.sendAll(2)
    assert.deepStrictEqual(next.received.map(([, byte]) => byte), [2])
    assert.deepStrictEqual(bench.n2.received, [])
  })
})

describe("a process that dies", () => {
  it("receives nothing any more; the next on its machine does, also what was under way", () => {
    const bench = new Bench()
    bench.n1.send(1, 1)
    bench.network.detach(1)
    bench.sendAll()
    bench.n1.send(1, 2)
    const next = bench.join(1)
    bench.sendAll(3)
    assert.deepStrictEqual(bench.n2.received, [])
    assert.deepStrictEqual(next.received.map(([, byte]) => byte), [2, 3])
  })

  it("is told of to all who can hear it, after a delay", () => {
    const bench = new Bench()
    bench.network.cut([[1, 2]])
    bench.network.detach(1)
    assert.deepStrictEqual(bench.n1.unreachable, [])
    Scenarios.settle(bench.world)
    assert.deepStrictEqual(bench.n1.unreachable, [["n2", 1_000]])
    assert.deepStrictEqual(bench.n3.unreachable, [])
  })

  it("is told of to nobody where the scenario says so", () => {
    const bench = new Bench({ tellsUnreachable: false })
    bench.network.detach(1)
    Scenarios.settle(bench.world)
    assert.deepStrictEqual([...bench.n1.unreachable, ...bench.n3.unreachable], [])
  })

  it("is left alone by the end of an earlier one", () => {
    const bench = new Bench()
    bench.network.detach(1)
    const next = bench.join(1)
    bench.n2.leave()
    bench.sendAll(1)
    assert.deepStrictEqual(next.received.map(([, byte]) => byte), [1])
  })
})

describe("a node that comes back with another incarnation", () => {
  it("is not heard and hears nothing; with its own it is", () => {
    const bench = new Bench()
    bench.network.detach(1)
    const same = bench.join(1)
    bench.sendAll(1)
    assert.strictEqual(same.received.length, 1)
    bench.network.detach(1)
    const other = bench.join(1, "00000000000000ff")
    other.send(0, 2)
    bench.sendAll(3)
    const again = bench.join(1)
    again.send(2, 4)
    bench.sendAll(5)
    assert.deepStrictEqual(
      [other, again, bench.n1, bench.n3].map(({ received }) => received.length),
      [0, 1, 0, 1]
    )
    assert.isAtLeast(bench.world.marks.counts["wiped disk refused"] ?? 0, 1)
  })
})

describe("a message of a simulated node", () => {
  it("is an event of its receiver, so that the oracles look at whom it may have changed", () => {
    const bench = new Bench()
    bench.n1.send(1, 1)
    const timer = bench.world.timeline.next()
    assert.strictEqual(timer?.owner, 1)
    assert.notStrictEqual(timer?.owner, NOBODY)
  })
})

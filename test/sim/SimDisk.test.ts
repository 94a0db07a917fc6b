import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, FastCheck as fc, Layer } from "effect"
import type { Exit } from "effect"
import * as WriteAheadLog from "../../src/node/WriteAheadLog.js"
import * as Entry from "../../src/raft/Entry.js"
import { Disk } from "../../src/service/Disk.js"
import type { DiskError } from "../../src/service/Disk.js"
import { Storage } from "../../src/service/Storage.js"
import * as Chooser from "../../src/sim/Chooser.js"
import { SECTOR_BYTES } from "../../src/sim/MemoryDisk.js"
import { sameBytes } from "../../src/sim/Promised.js"
import type { Scenario } from "../../src/sim/Scenario.js"
import { SimClock } from "../../src/sim/SimClock.js"
import { SimDisk } from "../../src/sim/SimDisk.js"
import type { World } from "../../src/sim/World.js"
import { contract } from "./DiskContract.js"
import * as Scenarios from "./Scenarios.js"

type Survival = Scenario["disk"]["survival"]

/** A disk whose operations let simulated time pass until they have ended. */
const impatient = (world: World, self: SimDisk): Layer.Layer<Disk> =>
  Layer.map(self.layer(), (context) => {
    const disk = Context.get(context, Disk)
    const now = <A>(effect: Effect.Effect<A, DiskError>): Effect.Effect<A, DiskError> =>
      Effect.suspend(() => Scenarios.perform(world, effect))
    return Context.make(Disk, {
      location: disk.location,
      list: now(disk.list),
      read: (file) => now(disk.read(file)),
      readPart: (file, offset, target) => now(disk.readPart(file, offset, target)),
      append: (file, bytes) => now(disk.append(file, bytes)),
      sync: (file) => now(disk.sync(file)),
      truncate: (file, size) => now(disk.truncate(file, size)),
      rename: (from, to) => now(disk.rename(from, to)),
      remove: (file) => now(disk.remove(file)),
      syncDirectory: now(disk.syncDirectory)
    })
  })

contract(
  "a simulated disk",
  Effect.sync(() => {
    const world = Scenarios.world(Scenarios.disk({ write: { leastMicros: 20, meanMicros: 0 } }))
    return impatient(world, new SimDisk(world, 0))
  })
)

const bytes = (...values: ReadonlyArray<number>): Uint8Array => Uint8Array.from(values)

/** A disk with an empty file "a" whose name is durable. */
class Bench {
  readonly world: World
  readonly self: SimDisk

  constructor(changes: Partial<Scenario["disk"]> = {}, strategy = Chooser.fifo) {
    this.world = Scenarios.world(Scenarios.disk(changes), strategy)
    this.self = new SimDisk(this.world, 0)
    this.append(bytes())
    this.value((disk) => disk.syncDirectory)
  }

  use<A>(use: (disk: Disk["Type"]) => Effect.Effect<A, DiskError>): Effect.Effect<A, DiskError> {
    return Effect.flatMap(Disk, use).pipe(Effect.provide(this.self.layer()))
  }

  value<A>(use: (disk: Disk["Type"]) => Effect.Effect<A, DiskError>): A {
    return Scenarios.value(this.world, this.use(use))
  }

  reasonOf(use: (disk: Disk["Type"]) => Effect.Effect<void, DiskError>): DiskError["reason"] {
    return Scenarios.failure(this.world, this.use(use)).reason
  }

  append(content: Uint8Array): void {
    this.value((disk) => disk.append("a", content))
  }

  sync(): void {
    this.value((disk) => disk.sync("a"))
  }

  /** Begins one, and says how it ended, if it has. */
  beginSync(): () => Exit.Exit<void, DiskError> | undefined {
    const fiber = Scenarios.fork(this.world, this.use((disk) => disk.sync("a")))
    return () => Scenarios.ended(fiber)
  }

  /** How long the next takes. */
  syncMicros(): number {
    const before = this.world.nowMicros
    this.sync()
    return this.world.nowMicros - before
  }

  get content(): Uint8Array {
    return this.value((disk) => disk.read("a"))
  }
}

/** What is written, without zeros, and whether it is synced then. */
const writes = fc.array(
  fc.record({
    content: fc.uint8Array({ min: 1, minLength: 1, maxLength: 700, size: "max" }),
    isSynced: fc.boolean()
  }),
  { minLength: 1, maxLength: 6 }
)

/** All that was written, what of it was synced, and what a power cut has left. */
const afterPowerCut = (
  survival: Survival,
  all: ReadonlyArray<{ readonly content: Uint8Array; readonly isSynced: boolean }>,
  seed: number
) => {
  const bench = new Bench({ survival }, Chooser.random(seed))
  let syncedBytes = 0
  const written: Array<number> = []
  for (const { content, isSynced } of all) {
    bench.append(content)
    written.push(...content)
    if (isSynced) {
      bench.sync()
      syncedBytes = written.length
    }
  }
  bench.self.cutPower()
  return { written: Uint8Array.from(written), syncedBytes, left: bench.content }
}

describe("a power cut", () => {
  it("spares every byte that was synced, whatever survives besides", () => {
    const survival = fc.constantFrom<Survival>("none", "prefix", "sectors")
    fc.assert(fc.property(survival, writes, fc.nat(), (kind, all, seed) => {
      const { left, syncedBytes, written } = afterPowerCut(kind, all, seed)
      assert.isTrue(sameBytes(left.slice(0, syncedBytes), written.slice(0, syncedBytes)))
      assert.isAtMost(left.length, written.length)
    }))
  })

  it("leaves nothing else with survival none", () => {
    fc.assert(fc.property(writes, fc.nat(), (all, seed) => {
      const { left, syncedBytes } = afterPowerCut("none", all, seed)
      assert.strictEqual(left.length, syncedBytes)
    }))
  })

  it("leaves a beginning of the rest as it was written with survival prefix", () => {
    const lengths = new Set<string>()
    fc.assert(
      fc.property(writes, fc.nat(), (all, seed) => {
        const { left, syncedBytes, written } = afterPowerCut("prefix", all, seed)
        assert.isTrue(sameBytes(left, written.slice(0, left.length)))
        if (syncedBytes === written.length) return
        if (left.length === syncedBytes) lengths.add("nothing")
        else lengths.add(left.length === written.length ? "all" : "some")
      }),
      { numRuns: 60 }
    )
    assert.isTrue(lengths.has("some"))
  })

  it("leaves whole sectors of the rest, or zeros for them, with survival sectors", () => {
    let torn = 0
    fc.assert(fc.property(writes, fc.nat(), (all, seed) => {
      const { left, syncedBytes, written } = afterPowerCut("sectors", all, seed)
      for (let at = syncedBytes; at < left.length;) {
        const end = Math.min(left.length, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES)
        const sector = left.slice(at, end)
        if (sector[0] === 0) assert.isTrue(sector.every((byte) => byte === 0))
        else assert.isTrue(sameBytes(sector, written.slice(at, end)))
        if (sector[0] === 0 && at > syncedBytes) torn += 1
        at = end
      }
    }))
    assert.isAbove(torn, 0)
  })

  it("takes a file whose name was not synced, for all that is synced in it", () => {
    const bench = new Bench()
    bench.value((disk) => Effect.zipRight(disk.append("b", bytes(1)), disk.sync("b")))
    bench.self.cutPower()
    assert.deepStrictEqual(bench.value((disk) => disk.list), ["a"])
  })

  it("ends what is on its way: a sync neither returns nor makes anything durable", () => {
    const bench = new Bench()
    bench.append(bytes(1))
    const ended = bench.beginSync()
    assert.isTrue(bench.self.isWriting)
    bench.self.cutPower()
    assert.isFalse(bench.self.isWriting)
    Scenarios.settle(bench.world)
    assert.isUndefined(ended())
    bench.self.cutPower()
    assert.deepStrictEqual(bench.content, bytes())
  })

  it("does not undo what a sync has made durable while more was written", () => {
    const bench = new Bench()
    bench.append(bytes(1))
    const ended = bench.beginSync()
    bench.append(bytes(2))
    Scenarios.settle(bench.world)
    assert.strictEqual(ended()?._tag, "Success")
    bench.self.cutPower()
    assert.deepStrictEqual(bench.content, bytes(1))
  })

  it("is noticed by the marks that a soak must have seen", () => {
    const marks = (survival: Survival, strategy: Chooser.Strategy) => {
      const bench = new Bench({ survival }, strategy)
      bench.append(bytes(1, 2, 3, 4))
      bench.self.cutPower()
      return bench.world.marks.counts
    }
    const halfway: Chooser.Strategy = { choose: (_, arity) => arity >> 1 }
    assert.deepStrictEqual(marks("prefix", Chooser.fifo), {})
    assert.deepStrictEqual(marks("none", Chooser.fifo), { "crash lost unsynced bytes": 1 })
    assert.deepStrictEqual(marks("prefix", halfway), {
      "crash lost unsynced bytes": 1,
      "crash tore the last write": 1
    })
  })
})

describe("the death of a process on a simulated disk", () => {
  it("leaves what was written there, synced or not", () => {
    const bench = new Bench()
    bench.append(bytes(1, 2))
    bench.self.abandon()
    assert.deepStrictEqual(bench.content, bytes(1, 2))
  })

  it("ends a write that is on its way", () => {
    const bench = new Bench({ write: { leastMicros: 100, meanMicros: 0 } })
    Scenarios.fork(bench.world, bench.use((disk) => disk.append("a", bytes(1))))
    bench.self.abandon()
    Scenarios.settle(bench.world)
    assert.deepStrictEqual(bench.content, bytes())
  })
})

describe("a simulated disk", () => {
  it("takes as long as the scenario says", () => {
    const bench = new Bench({
      write: { leastMicros: 70, meanMicros: 0 },
      sync: { leastMicros: 900, meanMicros: 0 }
    })
    const before = bench.world.nowMicros
    bench.append(bytes(1))
    assert.strictEqual(bench.world.nowMicros, before + 70)
    assert.strictEqual(bench.syncMicros(), 900)
  })

  it("that is full writes as much as fits and says so; with space again it goes on", () => {
    const bench = new Bench()
    bench.self.freeBytes = 3
    bench.append(bytes(1))
    assert.strictEqual(bench.reasonOf((disk) => disk.append("a", bytes(2, 3, 4, 5))), "NoSpace")
    assert.deepStrictEqual(bench.content, bytes(1, 2, 3))
    assert.strictEqual(bench.reasonOf((disk) => disk.append("a", bytes(9))), "NoSpace")
    bench.self.freeBytes = Infinity
    bench.append(bytes(4))
    assert.deepStrictEqual(bench.content, bytes(1, 2, 3, 4))
  })

  it("whose sync fails says so once, and has made nothing durable", () => {
    const bench = new Bench()
    bench.append(bytes(1))
    bench.self.failSync = true
    assert.strictEqual(bench.reasonOf((disk) => disk.sync("a")), "Failed")
    const again = new Bench()
    again.self.failSync = true
    again.reasonOf((disk) => disk.sync("a"))
    again.append(bytes(1))
    again.sync()
    bench.self.cutPower()
    again.self.cutPower()
    assert.deepStrictEqual(bench.content, bytes())
    assert.deepStrictEqual(again.content, bytes(1))
  })

  it("whose sync fails loses those bytes with the power, though a later sync succeeds", () => {
    const bench = new Bench()
    bench.append(bytes(1))
    bench.sync()
    bench.append(bytes(2, 3))
    bench.self.failSync = true
    bench.reasonOf((disk) => disk.sync("a"))
    assert.deepStrictEqual(bench.content, bytes(1, 2, 3))
    bench.append(bytes(4))
    bench.sync()
    bench.self.cutPower()
    assert.deepStrictEqual(bench.content, bytes(1, 0, 0, 4))
  })

  it("that stalls ends no sync before its time, and then is as fast as before", () => {
    const bench = new Bench()
    bench.self.stalledUntilMicros = 1_000_000
    bench.self.stalledUntilMicros = 400_000
    const ended = bench.beginSync()
    Scenarios.advanceTo(bench.world, 999_999)
    assert.isUndefined(ended())
    Scenarios.settle(bench.world)
    assert.isDefined(ended())
    assert.strictEqual(bench.world.nowMicros, 1_000_000)
    assert.strictEqual(bench.syncMicros(), 500)
  })

  it("stalls now and then where the scenario says so", () => {
    const often = new Bench({ stallPerMille: 1_000, stall: { leastMicros: 7_000, meanMicros: 0 } })
    assert.strictEqual(often.syncMicros(), 7_500)
    assert.strictEqual(new Bench({ stallPerMille: 0 }).syncMicros(), 500)
  })

  it("lets a crash happen within the next sync, once, and in no write", () => {
    fc.assert(fc.property(fc.nat(), (seed) => {
      const bench = new Bench({}, Chooser.random(seed))
      const crashes: Array<readonly [atMicros: number, isWriting: boolean]> = []
      bench.self.crashWhileWriting = () =>
        crashes.push([bench.world.nowMicros, bench.self.isWriting])
      bench.append(bytes(1))
      Scenarios.settle(bench.world)
      assert.deepStrictEqual(crashes, [])
      const before = bench.world.nowMicros
      bench.sync()
      bench.sync()
      assert.strictEqual(crashes.length, 1)
      const [[atMicros, isWriting]] = crashes as [[number, boolean]]
      assert.isTrue(isWriting)
      assert.isBelow(atMicros, before + 500)
    }))
  })

  it("lets a crash happen at the end of the next sync, once, which its caller never hears of", () => {
    const bench = new Bench({}, Chooser.random(1))
    const crashes: Array<number> = []
    bench.self.crashWhenSynced = () => {
      crashes.push(bench.world.nowMicros)
      bench.self.cutPower()
    }
    bench.append(bytes(1))
    const before = bench.world.nowMicros
    const ended = bench.beginSync()
    Scenarios.settle(bench.world)
    assert.deepStrictEqual(crashes, [before + 500])
    assert.isUndefined(ended())
    assert.deepStrictEqual(bench.content, bytes(1))
  })

  it("that is healed ends soon what it was about, and nothing is wrong with it any more", () => {
    const bench = new Bench({ stallPerMille: 1_000, sync: { leastMicros: 90_000, meanMicros: 0 } })
    let crashes = 0
    bench.self.stalledUntilMicros = 60_000_000
    const ended = bench.beginSync()
    bench.self.failSync = true
    bench.self.freeBytes = 0
    bench.self.crashWhileWriting = () => crashes++
    const healedAt = bench.world.nowMicros
    bench.self.heal()
    Scenarios.settle(bench.world)
    assert.strictEqual(ended()?._tag, "Success")
    assert.isBelow(bench.world.nowMicros, healedAt + 10_000)
    bench.append(bytes(1))
    assert.isBelow(bench.syncMicros(), 10_000)
    assert.strictEqual(crashes, 0)
  })

  it("that is wiped is empty, and no sync of the old one reaches it", () => {
    const bench = new Bench()
    bench.append(bytes(1))
    const ended = bench.beginSync()
    bench.self.wipe()
    Scenarios.settle(bench.world)
    assert.isUndefined(ended())
    assert.deepStrictEqual(bench.value((disk) => disk.list), [])
  })
})

const opened = (world: World, disk: Layer.Layer<Disk>) =>
  Effect.provide(
    Storage,
    Layer.provide(
      WriteAheadLog.layer({
        clusterId: "0123456789abcdef",
        nodeId: "n1",
        members: { n1: "" },
        segmentLimitBytes: 1_024
      }),
      disk
    )
  ).pipe(Effect.withClock(new SimClock(world.timeline, 0, STEADY).service))

const STEADY = { skewMillis: 0, driftPartsPerMillion: 0 }

/** A node's disk with so many entries, each of them synced, and where the last of them begins. */
const written = (sizes: ReadonlyArray<number>, seed: number) => {
  const world = Scenarios.world({}, Chooser.random(seed))
  const self = new SimDisk(world, 0)
  let last = { file: "", at: 0 }
  const watched = Layer.map(self.layer(), (context) => {
    const disk = Context.get(context, Disk)
    const append: Disk["Type"]["append"] = (file, content) =>
      disk.read(file).pipe(
        Effect.orElseSucceed(() => bytes()),
        Effect.map(({ length }) => {
          last = { file, at: length }
        }),
        Effect.zipRight(disk.append(file, content))
      )
    return Context.make(Disk, { ...disk, append })
  })
  const files = (): ReadonlyMap<string, Uint8Array> =>
    Scenarios.value(
      world,
      Effect.gen(function*() {
        const disk = yield* Disk
        const all = new Map<string, Uint8Array>()
        for (const name of yield* disk.list) all.set(name, yield* disk.read(name))
        return all
      }).pipe(Effect.provide(self.layer()))
    )
  const { persist } = Scenarios.value(world, opened(world, watched))
  for (const [at, size] of sizes.entries()) {
    const append = [Entry.command(1, at + 1, new Uint8Array(size).fill(at + 1))]
    Scenarios.value(
      world,
      persist([{
        _tag: "Persist",
        seq: at + 1,
        hardState: undefined,
        truncateFrom: undefined,
        append
      }])
    )
  }
  return { world, self, last, after: files(), files }
}

/** Offsets in all files at which they are not the same. */
const differences = (
  one: ReadonlyMap<string, Uint8Array>,
  other: ReadonlyMap<string, Uint8Array>
): ReadonlyArray<readonly [file: string, at: number]> =>
  [...one].flatMap(([file, content]) =>
    [...content.keys()]
      .filter((at) => content[at] !== other.get(file)?.[at])
      .map((at) => [file, at] as const)
  )

const sizes = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 8 })

describe.each(["rot", "misdirect"] as const)("%s of a simulated disk", (damage) => {
  it("never touches what the last sync has added: no single copy could notice it", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (all, seed) => {
        const { after, files, last, self } = written(all, seed)
        self[damage]()
        for (const [file, at] of differences(after, files())) {
          if (file === last.file) assert.isBelow(at, last.at)
        }
      }),
      { numRuns: 40 }
    )
  })

  it("is noticed when the disk is next opened", () => {
    let damaged = 0
    fc.assert(
      fc.property(sizes, fc.nat(), (all, seed) => {
        const { after, files, self, world } = written(all, seed)
        const wasDone = self[damage]()
        const changed = differences(after, files())
        if (!wasDone) assert.deepStrictEqual(changed, [])
        if (changed.length === 0) return
        damaged += 1
        const { _tag, message } = Scenarios.failure(world, opened(world, self.layer()))
        assert.strictEqual(_tag, "StorageError", message)
      }),
      { numRuns: 40 }
    )
    assert.isAbove(damaged, 0)
  })
})

describe("the damages of a simulated disk", () => {
  it("are a bit, or a sector", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (all, seed) => {
        const one = written(all, seed)
        one.self.rot()
        assert.isAtMost(differences(one.after, one.files()).length, 1)
        const other = written(all, seed)
        other.self.misdirect()
        const places = differences(other.after, other.files())
        const sectors = new Set(
          places.map(([file, at]) => `${file}/${Math.floor(at / SECTOR_BYTES)}`)
        )
        assert.isAtMost(sectors.size, 2)
      }),
      { numRuns: 40 }
    )
  })

  it("are remembered, as a wipe is: only a spoilt disk may be refused", () => {
    const one = written([600, 600, 600], 1)
    assert.isFalse(one.self.isSpoilt)
    one.self.rot()
    assert.isTrue(one.self.isSpoilt)
    const bench = new Bench()
    bench.self.cutPower()
    assert.isFalse(bench.self.isSpoilt)
    bench.self.wipe()
    assert.isTrue(bench.self.isSpoilt)
  })

  it("do not happen to an empty disk", () => {
    const world = Scenarios.world()
    assert.isFalse(new SimDisk(world, 0).rot())
    assert.isFalse(new SimDisk(world, 0).misdirect())
  })
})

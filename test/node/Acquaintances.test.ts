/**
 * Whom a node has met, on a disk in memory: one incarnation of each, through restarts and crashes,
 * until the cluster has committed that it left.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import * as Acquaintances from "../../src/node/Acquaintances.js"
import { Disk } from "../../src/service/Disk.js"
import type { Acquaintances as Service } from "../../src/service/Storage.js"
import * as MemoryDisk from "../../src/sim/MemoryDisk.js"

/** One start of n1 on `disk`. */
const using = <A, E>(disk: MemoryDisk.MemoryDisk, use: (self: Service) => Effect.Effect<A, E>) =>
  Effect.runSync(
    Effect.flatMap(Acquaintances.make("n1"), use).pipe(
      Effect.provide(MemoryDisk.layer(disk)),
      Effect.either
    )
  )

/** What this start of n1 says to `peer` with `incarnation`. */
const meets = (disk: MemoryDisk.MemoryDisk, peer: string, incarnation: string): string =>
  Either.getOrThrow(
    using(disk, ({ meet }) => Effect.map(meet(peer, incarnation), ({ _tag }) => _tag))
  )

const settles = (
  disk: MemoryDisk.MemoryDisk,
  index: number,
  members: ReadonlyArray<string>
): void => Either.getOrThrow(using(disk, ({ settle }) => settle(index, members)))

const all = ["n1", "n2", "n3"]

describe("a node", () => {
  it("hears a peer with the incarnation that it has first met, and with no other", () => {
    const disk = MemoryDisk.make()
    assert.strictEqual(meets(disk, "n2", "i2"), "Welcome")
    assert.strictEqual(meets(disk, "n3", "i3"), "Welcome")
    assert.strictEqual(meets(disk, "n2", "wiped"), "Refused")
    assert.strictEqual(meets(disk, "n2", "i2"), "Welcome")
  })

  it("says what happened to the other, and which command helps", () => {
    const disk = MemoryDisk.make()
    meets(disk, "n2", "i2")
    const meeting = Either.getOrThrow(using(disk, ({ meet }) => meet("n2", "wiped")))
    assert(meeting._tag === "Refused")
    assert.include(meeting.message, "n2 lost its data folder or runs twice, for n1 has met it")
    assert.include(meeting.message, "raftcache --id NEW --join HOST:PORT --replaces n2")
  })

  it("knows all again after a power cut, however the cut treats what was not synced", () => {
    for (const part of [0, 1]) {
      const disk = MemoryDisk.make()
      meets(disk, "n2", "i2")
      settles(disk, 5, all)
      MemoryDisk.crash(disk, {
        steps: (_, count) => part * count,
        names: (count) => part * count
      })
      assert.strictEqual(meets(disk, "n2", "wiped"), "Refused")
    }
  })

  it("hears another of an id that has left, and then the former one no more", () => {
    const disk = MemoryDisk.make()
    meets(disk, "n3", "i3")
    settles(disk, 1, all)
    settles(disk, 7, ["n1", "n2"])
    assert.strictEqual(meets(disk, "n3", "i3"), "Welcome")
    assert.strictEqual(meets(disk, "n3", "new"), "Welcome")
    assert.strictEqual(meets(disk, "n3", "i3"), "Refused")
  })

  it("knows that one has left whom it met when that one was a member already", () => {
    const disk = MemoryDisk.make()
    settles(disk, 0, all)
    meets(disk, "n3", "i3")
    settles(disk, 7, ["n1", "n2"])
    assert.strictEqual(meets(disk, "n3", "new"), "Welcome")
  })

  it("hears whichever comes first of an id that is given again", () => {
    const disk = MemoryDisk.make()
    meets(disk, "n3", "i3")
    settles(disk, 1, all)
    settles(disk, 7, ["n1", "n2"])
    settles(disk, 9, all)
    assert.strictEqual(meets(disk, "n3", "i3"), "Welcome")
    assert.strictEqual(meets(disk, "n3", "new"), "Refused")
  })

  it("does not take one for gone that has never been a member: it may be one further on", () => {
    const disk = MemoryDisk.make()
    meets(disk, "n4", "i4")
    settles(disk, 7, all)
    assert.strictEqual(meets(disk, "n4", "i4"), "Welcome")
    assert.strictEqual(meets(disk, "n4", "wiped"), "Refused")
  })

  it("passes over a configuration that is not newer than the last", () => {
    const disk = MemoryDisk.make()
    meets(disk, "n3", "i3")
    settles(disk, 1, all)
    settles(disk, 7, ["n1", "n2"])
    settles(disk, 1, all)
    settles(disk, 7, all)
    assert.strictEqual(meets(disk, "n3", "new"), "Welcome")
  })

  it("remembers a bounded number of those that have left, the last ones", () => {
    const disk = MemoryDisk.make()
    const ids = Array.from({ length: Acquaintances.LEFT_LIMIT + 1 }, (_, at) => `m${at}`)
    for (const id of ids) meets(disk, id, "i")
    settles(disk, 1, ids)
    settles(disk, 2, ["n1"])
    const { peers } = JSON.parse(
      new TextDecoder().decode(
        Either.getOrThrow(Effect.runSync(
          Effect.flatMap(Disk, ({ read }) => read(Acquaintances.FILE)).pipe(
            Effect.provide(MemoryDisk.layer(disk)),
            Effect.either
          )
        ))
      ).split("\n")[0]!
    )
    assert.deepStrictEqual(peers.map(({ id }: { id: string }) => id), ids.slice(1))
  })

  it("refuses to start with a file that was damaged", () => {
    const disk = MemoryDisk.make()
    meets(disk, "n2", "i2")
    MemoryDisk.flipBit(disk, Acquaintances.FILE, 100)
    const error = Either.flip(using(disk, ({ meet }) => meet("n2", "i2"))).pipe(Either.getOrThrow)
    assert(error._tag === "StorageError")
    assert.strictEqual(error.reason, "Corrupt")
  })
})

describe("a meeting that the disk does not take down", () => {
  it("did not come about, says why, and may come about later", () => {
    const disk = MemoryDisk.make()
    const outcome = using(disk, ({ meet }) =>
      Effect.gen(function*() {
        disk.fault = () => "NoSpace"
        const failed = yield* Effect.flip(meet("n2", "i2"))
        disk.fault = () => undefined
        return [failed, yield* meet("n2", "i2")] as const
      }))
    const [failed, later] = Either.getOrThrow(outcome)
    assert.strictEqual(failed.reason, "Full")
    assert.include(failed.message, "could not take down who was met")
    assert.strictEqual(later._tag, "Welcome")
  })

  it("leaves the node as it was before or after, wherever it is interrupted", () => {
    for (const part of [0, 1]) {
      for (let operations = 0, hasFailed = true; hasFailed; operations++) {
        const disk = MemoryDisk.make()
        meets(disk, "n2", "i2")
        let left = operations
        disk.fault = () => left-- > 0 ? undefined : "Failed"
        hasFailed = Either.isLeft(using(disk, ({ meet }) => meet("n3", "i3")))
        disk.fault = () => undefined
        MemoryDisk.crash(disk, {
          steps: (_, count) => part * count,
          names: (count) => part * count
        })
        assert.strictEqual(meets(disk, "n2", "wiped"), "Refused")
        const known = meets(disk, "n3", "wiped")
        if (hasFailed) assert.include(["Welcome", "Refused"], known)
        else assert.strictEqual(known, "Refused")
      }
    }
  })
})

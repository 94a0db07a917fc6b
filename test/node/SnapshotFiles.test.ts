/**
 * Snapshots beside the log, on a disk in memory: what is saved comes back, what is sent arrives,
 * and a crash at any moment leaves the old beginning or the new one, whole.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Layer, Logger, LogLevel } from "effect"
import * as WriteAheadLog from "../../src/node/WriteAheadLog.js"
import type { Write } from "../../src/raft/Action.js"
import * as Configurations from "../../src/raft/Configuration.js"
import * as EntryId from "../../src/raft/EntryId.js"
import type { Snapshot } from "../../src/raft/Snapshot.js"
import { Storage } from "../../src/service/Storage.js"
import type { StorageError } from "../../src/service/Storage.js"
import * as MemoryDisk from "../../src/sim/MemoryDisk.js"
import { entry, options, persist } from "./StorageContract.js"

type Service = Storage["Type"]

const configuration = Configurations.bootstrap(["n1", "n2", "n3"])

const id = EntryId.make

const partsOf = (index: number): ReadonlyArray<Uint8Array> =>
  Array.from({ length: 5 }, (_, at) => new Uint8Array(20 * at).fill(index))

/** Opens the log on `disk` and uses it. Small blocks and segments, so that there are several. */
const using = <A>(
  disk: MemoryDisk.MemoryDisk,
  use: (storage: Service) => Effect.Effect<A, StorageError>
): Effect.Effect<Either.Either<A, StorageError>> =>
  Effect.flatMap(Storage, use).pipe(
    Effect.provide(Layer.provide(
      WriteAheadLog.layer({ ...options, segmentLimitBytes: 200, snapshotBlockBytes: 64 }),
      MemoryDisk.layer(disk)
    )),
    Logger.withMinimumLogLevel(LogLevel.None),
    Effect.either
  )

const save = ({ snapshots }: Service, term: number, index: number) =>
  snapshots.save(id(term, index), configuration, partsOf(index))

const load = ({ snapshots }: Service, snapshot: Snapshot) =>
  Effect.gen(function*() {
    const parts: Array<Uint8Array> = []
    yield* snapshots.load(snapshot, (bytes, from, to) => parts.push(bytes.slice(from, to)))
    return parts
  })

const compact = (snapshot: Snapshot, term: number, upTo: number): Write => ({
  _tag: "Compact",
  seq: 1,
  snapshot,
  upTo: id(term, upTo)
})

const install = (snapshot: Snapshot): Write => ({ _tag: "InstallSnapshot", seq: 1, snapshot })

const entries = (from: number, to: number) =>
  persist({
    append: Array.from({ length: to - from + 1 }, (_, at) => entry(from + at, 1, 60)),
    hardState: { term: 1, vote: "n1" }
  })

/** A snapshot of another node, and its bytes. */
const foreign = (index: number) =>
  Effect.map(
    using(MemoryDisk.make(), (storage) =>
      Effect.gen(function*() {
        const snapshot = yield* save(storage, 1, index)
        return [snapshot, yield* storage.snapshots.read(snapshot, 0, snapshot.sizeBytes)] as const
      })),
    Either.getOrThrow
  )

const receive = ({ snapshots }: Service, snapshot: Snapshot, bytes: Uint8Array) =>
  Effect.gen(function*() {
    for (let at = 0; at < bytes.length; at += 50) {
      yield* snapshots.store(snapshot, at, bytes.slice(at, at + 50))
    }
    yield* snapshots.finish(snapshot)
  })

const namesOf = (disk: MemoryDisk.MemoryDisk, ending: string) =>
  MemoryDisk.fileNames(disk).filter((name) => name.endsWith(ending))

describe("a snapshot", () => {
  it.effect("comes back in the parts that it was saved in", () =>
    Effect.gen(function*() {
      const disk = MemoryDisk.make()
      const parts = yield* using(disk, (storage) =>
        Effect.flatMap(save(storage, 1, 7), (snapshot) => load(storage, snapshot)))
      assert.deepStrictEqual(Either.getOrThrow(parts), partsOf(7))
    }))

  it.effect("counts from when the log says so, and is gone with a start before that", () =>
    Effect.gen(function*() {
      const disk = MemoryDisk.make()
      yield* using(
        disk,
        (storage) => Effect.zipRight(storage.persist([entries(1, 9)]), save(storage, 1, 7))
      )
      assert.lengthOf(namesOf(disk, ".snapshot"), 1)
      const again = yield* using(disk, ({ recovered }) => Effect.succeed(recovered))
      assert.isUndefined(Either.getOrThrow(again).snapshot)
      assert.lengthOf(namesOf(disk, ".snapshot"), 0)
    }))

  it.effect("lets go of the entries before its trailing part, of their files, and of older ones", () =>
    Effect.gen(function*() {
      const disk = MemoryDisk.make()
      yield* using(disk, (storage) =>
        Effect.gen(function*() {
          for (let index = 1; index <= 12; index++) yield* storage.persist([entries(index, index)])
          yield* storage.persist([compact(yield* save(storage, 1, 5), 1, 4)])
          yield* storage.persist([compact(yield* save(storage, 1, 11), 1, 9)])
        }))
      assert.lengthOf(namesOf(disk, ".snapshot"), 1)
      assert.isFalse(MemoryDisk.exists(disk, "000000000001.log"))
      const found = yield* using(disk, (storage) =>
        Effect.gen(function*() {
          const { recovered } = storage
          assert.deepStrictEqual(yield* load(storage, recovered.snapshot!), partsOf(11))
          yield* storage.persist([entries(13, 13)])
          return recovered
        }))
      const { base, entries: kept, hardState, snapshot } = Either.getOrThrow(found)
      assert.deepStrictEqual([base, snapshot?.id, snapshot?.configuration], [
        id(1, 9),
        id(1, 11),
        configuration
      ])
      assert.deepStrictEqual(kept.map(({ index }) => index), [10, 11, 12])
      assert.deepStrictEqual(hardState, { term: 1, vote: "n1" })
    }))

  it.effect("of another node takes the place of all that was in the log", () =>
    Effect.gen(function*() {
      const disk = MemoryDisk.make()
      const [snapshot, bytes] = yield* foreign(20)
      yield* using(disk, (storage) =>
        Effect.gen(function*() {
          yield* storage.persist([entries(1, 30)])
          yield* receive(storage, snapshot, bytes)
          yield* storage.persist([install(snapshot), entries(21, 22)])
        }))
      const found = yield* using(disk, (storage) =>
        Effect.map(load(storage, snapshot), (parts) => {
          assert.deepStrictEqual(parts, partsOf(20))
          return storage.recovered
        }))
      const { base, entries: kept, snapshot: recovered } = Either.getOrThrow(found)
      assert.deepStrictEqual([base, recovered], [id(1, 20), snapshot])
      assert.deepStrictEqual(kept.map(({ index }) => index), [21, 22])
    }))

  it.effect("that does not arrive as it was sent is refused, and leaves nothing", () =>
    Effect.gen(function*() {
      const disk = MemoryDisk.make()
      const [snapshot, bytes] = yield* foreign(20)
      const wrong = bytes.slice()
      wrong[70] = wrong[70]! ^ 1
      const refused = yield* using(disk, (storage) => receive(storage, snapshot, wrong))
      assert.include(String(Either.getOrUndefined(Either.flip(refused))?.message), "as it was sent")
      const gap = yield* using(disk, ({ snapshots }) =>
        Effect.zipRight(
          snapshots.store(snapshot, 0, bytes.slice(0, 50)),
          snapshots.store(snapshot, 60, bytes.slice(60))
        ))
      assert.isTrue(Either.isLeft(gap))
      assert.deepStrictEqual(namesOf(disk, ".partial"), [])
      assert.isTrue(
        Either.isRight(yield* using(disk, (storage) => receive(storage, snapshot, bytes)))
      )
    }))

  it.effect("with any bit flipped, or cut off anywhere, is refused when it is loaded", () =>
    Effect.gen(function*() {
      const disk = MemoryDisk.make()
      const saved = yield* using(disk, (storage) =>
        Effect.gen(function*() {
          yield* storage.persist([entries(1, 3)])
          const snapshot = yield* save(storage, 1, 3)
          yield* storage.persist([compact(snapshot, 1, 2)])
          return snapshot
        }))
      const snapshot = Either.getOrThrow(saved)
      const [file] = namesOf(disk, ".snapshot")
      for (let at = 0; at < snapshot.sizeBytes; at += 3) {
        const spoilt = MemoryDisk.copy(disk)
        MemoryDisk.flipBit(spoilt, file!, 8 * at + at % 8)
        const cut = MemoryDisk.copy(disk)
        MemoryDisk.cut(cut, file!, at)
        for (const each of [spoilt, cut]) {
          const loaded = yield* using(each, (storage) => load(storage, snapshot))
          const error = Either.getOrUndefined(Either.flip(loaded))
          assert.strictEqual(error?.reason, "Corrupt", `at ${at}`)
        }
      }
    }))

  it.effect("that is missing, or without the entries after it, is said to be so", () =>
    Effect.gen(function*() {
      const disk = MemoryDisk.make()
      yield* using(disk, (storage) =>
        Effect.gen(function*() {
          for (let index = 1; index <= 9; index++) yield* storage.persist([entries(index, index)])
          yield* storage.persist([compact(yield* save(storage, 1, 4), 1, 3)])
        }))
      const without = MemoryDisk.copy(disk)
      MemoryDisk.remove(without, namesOf(disk, ".snapshot")[0]!)
      const lost = yield* using(without, (storage) => load(storage, storage.recovered.snapshot!))
      assert.include(Either.getOrUndefined(Either.flip(lost))!.message, "it is missing")
      const gap = MemoryDisk.copy(disk)
      for (const name of namesOf(disk, ".log").sort().slice(0, 2)) MemoryDisk.remove(gap, name)
      const refused = yield* using(gap, ({ recovered }) => Effect.succeed(recovered))
      assert.include(Either.getOrUndefined(Either.flip(refused))!.message, "are missing")
    }))
})

describe("a crash while a snapshot is taken, installed or the log is let go of", () => {
  /** Everything in one life. What is found afterwards is told by the last write that returned. */
  const life = (storage: Service, foreign: readonly [Snapshot, Uint8Array], done: Array<string>) =>
    Effect.gen(function*() {
      for (let index = 1; index <= 6; index++) yield* storage.persist([entries(index, index)])
      done.push("0..6")
      yield* storage.persist([compact(yield* save(storage, 1, 5), 1, 3)])
      done.push("3..6")
      const [snapshot, bytes] = foreign
      yield* receive(storage, snapshot, bytes)
      yield* storage.persist([install(snapshot)])
      done.push("20..20")
      yield* storage.persist([entries(21, 24)])
      done.push("20..24")
      yield* storage.persist([compact(yield* save(storage, 1, 23), 1, 22)])
      done.push("22..24")
    })

  const outcomes = ["", "0..6", "3..6", "20..20", "20..24", "22..24"]

  it.effect(
    "leaves the beginning before or the one after, and its snapshot whole",
    () =>
      Effect.gen(function*() {
        const sent = yield* foreign(20)
        for (let limit = 10;; limit++) {
          const disk = MemoryDisk.make()
          let left = limit
          disk.fault = () => left-- > 0 ? undefined : "Failed"
          const done: Array<string> = []
          const outcome = yield* using(disk, (storage) => life(storage, sent, done))
          for (const steps of [0, 1, 4, 8]) {
            for (const names of [0, 1, 2, 9]) {
              const after = MemoryDisk.copy(disk)
              MemoryDisk.crash(after, {
                steps: (_, count) => Math.floor(count * steps / 8),
                names: (count) => Math.min(names, count)
              })
              const found = yield* using(after, (storage) =>
                Effect.gen(function*() {
                  const { base, entries: kept, snapshot } = storage.recovered
                  if (snapshot !== undefined) {
                    assert.deepStrictEqual(
                      yield* load(storage, snapshot),
                      partsOf(snapshot.id.index)
                    )
                  }
                  return `${base.index}..${base.index + kept.length}`
                }))
              const range = Either.getOrThrow(found)
              const least = done.length
              const allowed = least === 0 ? /^0\.\./ : outcomes.slice(least, least + 2)
              if (Array.isArray(allowed)) assert.include(allowed, range, `after ${limit}`)
              else assert.match(range, allowed)
            }
          }
          if (Either.isRight(outcome)) return
        }
      }),
    60_000
  )
})

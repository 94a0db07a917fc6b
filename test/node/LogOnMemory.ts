/**
 * The write-ahead log on a disk in memory, used synchronously: what the tests of the log and of its
 * recovery share.
 */
import { Effect, Either, Layer, Logger, LogLevel } from "effect"
import * as WriteAheadLog from "../../src/node/WriteAheadLog.js"
import type { Persist } from "../../src/raft/Action.js"
import { Storage } from "../../src/service/Storage.js"
import type { Recovered, StorageError } from "../../src/service/Storage.js"
import * as MemoryDisk from "../../src/sim/MemoryDisk.js"
import { entry, options, persist } from "./StorageContract.js"

export interface Session {
  readonly recovered: Recovered
  readonly persist: (writes: ReadonlyArray<Persist>) => Either.Either<void, StorageError>
}

/** Opens the log and hands it to `use`. */
export const attempt = <A>(
  disk: MemoryDisk.MemoryDisk,
  use: (session: Session) => A,
  given: Partial<WriteAheadLog.Options> = {}
): Either.Either<A, StorageError> =>
  Effect.map(
    Storage,
    ({ persist, recovered }) =>
      use({ recovered, persist: (writes) => Effect.runSync(Effect.either(persist(writes))) })
  ).pipe(
    Effect.provide(
      Layer.provide(WriteAheadLog.layer({ ...options, ...given }), MemoryDisk.layer(disk))
    ),
    Logger.withMinimumLogLevel(LogLevel.None),
    Effect.either,
    Effect.runSync
  )

/** As `attempt`, but the log must open. */
export const open = <A>(
  disk: MemoryDisk.MemoryDisk,
  use: (session: Session) => A,
  given: Partial<WriteAheadLog.Options> = {}
): A => Either.getOrThrow(attempt(disk, use, given))

export const recover = (
  disk: MemoryDisk.MemoryDisk,
  given: Partial<WriteAheadLog.Options> = {}
): Either.Either<Recovered, StorageError> => attempt(disk, ({ recovered }) => recovered, given)

export const refusal = (result: Either.Either<unknown, StorageError>): StorageError =>
  Either.getOrThrowWith(Either.flip(result), () => new Error("it was not refused"))

/** What a reopened log remembers. */
export const state = (disk: MemoryDisk.MemoryDisk): Pick<Recovered, "entries" | "hardState"> => {
  const { entries, hardState } = Either.getOrThrow(recover(disk))
  return { entries, hardState }
}

/** A disk after these calls of `persist`. */
export const written = (
  calls: ReadonlyArray<ReadonlyArray<Persist>>,
  given: Partial<WriteAheadLog.Options> = {}
): MemoryDisk.MemoryDisk => {
  const disk = MemoryDisk.make()
  open(disk, ({ persist }) => calls.map(persist).forEach(Either.getOrThrow), given)
  return disk
}

/** The names of the log's files, in order. */
export const segments = (disk: MemoryDisk.MemoryDisk): ReadonlyArray<string> =>
  MemoryDisk.fileNames(disk).filter((name) => name.endsWith(".log")).sort()

/** Five calls with everything that a write can hold. */
export const calls: ReadonlyArray<ReadonlyArray<Persist>> = [
  [persist({ hardState: { term: 1, vote: "n1" } }), persist({ append: [entry(1, 1, 0)] })],
  [persist({ append: [entry(2, 1, 40), entry(3, 1, 3)] })],
  [persist({ truncateFrom: 3, append: [entry(3, 2, 9)], hardState: { term: 2, vote: undefined } })],
  [persist({ truncateFrom: 2 }), persist({ append: [entry(2, 3, 5), entry(3, 3, 30)] })],
  [persist({ append: [entry(4, 3, 25)] }), persist({ hardState: { term: 4, vote: "n3" } })]
]

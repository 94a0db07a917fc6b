/**
 * What every `Storage` must do, run against each of them. A place is where a storage can be opened
 * again and again, as a node is started again and again.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import type { Layer, Scope } from "effect"
import type { Options } from "../../src/node/WriteAheadLog.js"
import type { HardState, Persist } from "../../src/raft/Action.js"
import * as Configurations from "../../src/raft/Configuration.js"
import * as Entry from "../../src/raft/Entry.js"
import { Storage } from "../../src/service/Storage.js"
import type { Recovered, StorageError } from "../../src/service/Storage.js"

export type Open = (options: Options) => Layer.Layer<Storage, StorageError>

export type Place = Effect.Effect<Open, never, Scope.Scope>

export const options: Options = {
  clusterId: "00000000000000c1",
  nodeId: "n1",
  members: { n1: "10.0.0.1:7101", n2: "10.0.0.2:7101", n3: "10.0.0.3:7101" }
}

export const entry = (index: number, term: number, bytes: number): Entry.Entry =>
  bytes === 0
    ? Entry.noop(term, index)
    : Entry.command(
      term,
      index,
      Uint8Array.from({ length: bytes }, (_, at) => 1 + (at + index) % 255)
    )

export const persist = (write: Partial<Omit<Persist, "_tag">>): Persist => ({
  _tag: "Persist",
  seq: 1,
  hardState: undefined,
  truncateFrom: undefined,
  append: [],
  ...write
})

/** What is recovered after these writes, by the words of `Persist` alone. */
export const stateAfter = (
  writes: ReadonlyArray<Persist>
): Pick<Recovered, "entries" | "hardState"> => {
  let entries: ReadonlyArray<Entry.Entry> = []
  let hardState: HardState = { term: 0, vote: undefined }
  for (const write of writes) {
    if (write.truncateFrom !== undefined) entries = entries.slice(0, write.truncateFrom - 1)
    entries = [...entries, ...write.append]
    hardState = write.hardState ?? hardState
  }
  return { entries, hardState }
}

const history: ReadonlyArray<Persist> = [
  persist({ hardState: { term: 1, vote: "n1" } }),
  persist({ append: [entry(1, 1, 0), entry(2, 1, 300), entry(3, 1, 1)] }),
  persist({ append: [entry(4, 1, 20)] }),
  persist({ hardState: { term: 2, vote: undefined } }),
  persist({ truncateFrom: 3, append: [entry(3, 2, 7)], hardState: { term: 3, vote: "n2" } }),
  persist({ truncateFrom: 2 }),
  persist({ append: [entry(2, 4, 1000)], hardState: { term: 4, vote: "é" } })
]

export const contract = (name: string, place: Place): void => {
  const using = <A>(
    layer: Layer.Layer<Storage, StorageError>,
    use: (storage: Storage["Type"]) => Effect.Effect<A, StorageError>
  ) => Effect.provide(Effect.flatMap(Storage, use), layer)

  const reopened = (open: Open, given: Partial<Options> = {}) =>
    using(open({ ...options, ...given }), (storage) => Effect.succeed(storage.recovered))

  const refused = (open: Open, given: Partial<Options>) =>
    Effect.orDieWith(Effect.flip(reopened(open, given)), () => "it was not refused")

  const state = ({ entries, hardState }: Recovered) => ({ entries, hardState })

  const spec = (title: string, run: (open: Open) => Effect.Effect<void, StorageError>) =>
    it.scoped(title, () => Effect.flatMap(place, run))

  describe(`${name}, as a storage,`, () => {
    spec(
      "remembers nothing at first",
      (open) =>
        Effect.map(
          reopened(open),
          (recovered) => assert.deepStrictEqual(state(recovered), stateAfter([]))
        )
    )

    spec(
      "remembers what was persisted, one opening after the other",
      (open) =>
        Effect.gen(function*() {
          for (let at = 0; at < history.length; at++) {
            yield* using(open(options), ({ persist }) => persist(history.slice(at, at + 1)))
            const recovered = yield* reopened(open)
            assert.deepStrictEqual(state(recovered), stateAfter(history.slice(0, at + 1)))
          }
        })
    )

    spec("remembers many writes of one call, and of many calls", (open) =>
      Effect.gen(function*() {
        yield* using(open(options), ({ persist }) =>
          Effect.gen(function*() {
            yield* persist([])
            yield* persist(history.slice(0, 5))
            yield* persist(history.slice(5, 6))
            yield* persist(history.slice(6))
          }))
        assert.deepStrictEqual(state(yield* reopened(open)), stateAfter(history))
      }))

    spec("never brings a truncated entry back", (open) =>
      Effect.gen(function*() {
        const long = persist({ append: [1, 2, 3, 4, 5].map((index) => entry(index, 1, 50)) })
        const short = persist({ truncateFrom: 2, append: [entry(2, 2, 10)] })
        yield* using(open(options), ({ persist }) => persist([long]))
        yield* using(open(options), ({ persist }) => persist([short]))
        const recovered = yield* reopened(open)
        assert.deepStrictEqual(recovered.entries.map(({ term }) => term), [1, 2])
      }))

    spec(
      "shows the memory of its entries, and keeps none of it when it is told to let go",
      (open) =>
        Effect.gen(function*() {
          yield* using(open(options), ({ persist }) => persist(history))
          yield* using(open(options), ({ recovered, releaseLog }) =>
            Effect.sync(() => {
              const memory = recovered.memory.map(({ buffer }) => buffer)
              const { entries } = stateAfter(history)
              assert.isNotEmpty(entries)
              assert.deepStrictEqual(recovered.entries, entries)
              for (const entry of recovered.entries) {
                if (entry.kind === "Command") assert.include(memory, entry.bytes.buffer)
              }
              releaseLog()
              assert.isEmpty(recovered.entries)
              assert.isEmpty(recovered.memory)
            }))
          assert.deepStrictEqual(state(yield* reopened(open)), stateAfter(history))
        })
    )

    spec(
      "refuses entries that leave a gap, as a broken invariant, and goes on",
      (open) =>
        Effect.gen(function*() {
          const gap = persist({ append: [entry(2, 1, 5)] })
          yield* using(open(options), ({ persist }) =>
            Effect.gen(function*() {
              const exit = yield* Effect.exit(persist([gap]))
              assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
              yield* persist(history.slice(0, 2))
            }))
          assert.deepStrictEqual(state(yield* reopened(open)), stateAfter(history.slice(0, 2)))
        })
    )

    spec("counts its openings and keeps its identity", (open) =>
      Effect.gen(function*() {
        const first = yield* reopened(open)
        const second = yield* reopened(open)
        const third = yield* reopened(open)
        assert.deepStrictEqual([first.start, second.start, third.start], [1, 2, 3])
        assert.deepStrictEqual(third.identity, first.identity)
        assert.deepInclude(first.identity, { clusterId: options.clusterId, nodeId: "n1" })
        assert.match(first.identity.incarnation, /^[0-9a-f]{16}$/)
      }))

    spec(
      "keeps its cluster's id when the addresses, and so the id given, have changed",
      (open) =>
        Effect.gen(function*() {
          yield* reopened(open)
          const { identity } = yield* reopened(open, { clusterId: "00000000000000c2" })
          assert.strictEqual(identity.clusterId, options.clusterId)
        })
    )

    spec(
      "knows with whom its cluster begins, whoever is named later",
      (open) =>
        Effect.gen(function*() {
          yield* reopened(open)
          for (const members of [{ n1: "10.0.0.9:7101" }, {}]) {
            const { bootstrap } = yield* reopened(open, { members })
            assert.deepStrictEqual(
              bootstrap,
              Configurations.bootstrap(["n1", "n2", "n3"], options.members)
            )
          }
        })
    )

    spec("of a node that is to join knows nobody", (open) =>
      Effect.gen(function*() {
        const { bootstrap } = yield* reopened(open, { members: {} })
        assert.deepStrictEqual(bootstrap, Configurations.none)
      }))

    spec(
      "refuses another node, and does not count that as an opening",
      (open) =>
        Effect.gen(function*() {
          yield* reopened(open)
          const error = yield* refused(open, { nodeId: "n2" })
          assert.strictEqual(error.reason, "Foreign")
          assert.include(error.message, "it belongs to the node \"n1\", and this is \"n2\"")
          assert.strictEqual((yield* reopened(open)).start, 2)
        })
    )
  })
}

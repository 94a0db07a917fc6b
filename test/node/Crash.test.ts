/**
 * The write-ahead log through random lives and deaths: it is opened, written to and stopped by a
 * failure at any operation of the disk, with or without a power cut, again and again. Whatever the
 * disk kept of what was not synced, the log must come back as it was after some call, and after no
 * earlier one than the last that returned.
 */
import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc } from "effect"
import type { Persist } from "../../src/raft/Action.js"
import type { Recovered } from "../../src/service/Storage.js"
import * as MemoryDisk from "../../src/sim/MemoryDisk.js"
import { attempt } from "./LogOnMemory.js"
import { entry, persist } from "./StorageContract.js"

type State = Pick<Recovered, "entries" | "hardState">

/** A write that continues any log: the rest is worked out when the log is known. */
interface Draft {
  readonly truncate: number
  readonly append: ReadonlyArray<number>
  readonly votes: boolean
}

interface Life {
  readonly calls: ReadonlyArray<ReadonlyArray<Draft>>
  /** The disk fails at this operation and at every later one. */
  readonly operations: number
  /** What the power cut at its end spares, in parts of 8; without one the page cache survives. */
  readonly powerCut: { readonly steps: number; readonly names: number } | undefined
}

const draft: fc.Arbitrary<Draft> = fc.record({
  truncate: fc.oneof({ arbitrary: fc.constant(0), weight: 3 }, { arbitrary: fc.nat(5), weight: 1 }),
  append: fc.array(fc.oneof(fc.nat(30), fc.nat(700)), { maxLength: 4 }),
  votes: fc.boolean()
})

const part = fc.oneof(fc.constantFrom(0, 8), fc.nat(8))

const life: fc.Arbitrary<Life> = fc.record({
  calls: fc.array(fc.array(draft, { maxLength: 3 }), { maxLength: 6 }),
  operations: fc.nat(40),
  powerCut: fc.option(fc.record({ steps: part, names: part }), { nil: undefined, freq: 3 })
})

/** The writes of a call to a log in the state `before`, and its state after them. */
const finish = (drafts: ReadonlyArray<Draft>, before: State) => {
  let state = before
  const writes = drafts.map(({ append: sizes, truncate, votes }): Persist => {
    const kept = state.entries.slice(0, Math.max(0, state.entries.length - truncate))
    const term = state.hardState.term + (votes ? 1 : 0)
    const append = sizes.map((bytes, at) => entry(kept.length + 1 + at, term, bytes))
    const hardState = { term, vote: term % 2 === 0 ? undefined : `n${term}` }
    const write = persist({
      truncateFrom: kept.length < state.entries.length ? kept.length + 1 : undefined,
      append,
      hardState: votes ? hardState : undefined
    })
    state = { entries: [...kept, ...append], hardState: votes ? hardState : state.hardState }
    return write
  })
  return { writes, after: state }
}

/** Lets the log live once; returns the states in which it may be found afterwards. */
const live = (
  disk: MemoryDisk.MemoryDisk,
  { calls, operations }: Life,
  possible: ReadonlyArray<State>,
  onOpen: (start: number) => void
): ReadonlyArray<State> => {
  let left = operations
  disk.fault = () => left-- > 0 ? undefined : "Failed"
  const given = { segmentLimitBytes: 600 }
  const outcome = attempt(disk, ({ persist, recovered: { entries, hardState, start } }) => {
    assert.deepInclude(possible, { entries, hardState })
    onOpen(start)
    let state: State = { entries, hardState }
    for (const drafts of calls) {
      const { after, writes } = finish(drafts, state)
      if (Either.isLeft(persist(writes))) return [state, after]
      state = after
    }
    return [state]
  }, given)
  disk.fault = () => undefined
  if (Either.isRight(outcome)) return outcome.right
  assert.strictEqual(outcome.left.reason, "Failed", outcome.left.message)
  return possible
}

describe("the write-ahead log", () => {
  it.prop(
    "is found as some call left it, and none before the last that returned, whatever befalls it",
    [fc.array(life, { minLength: 1, maxLength: 6 })],
    ([lives]) => {
      const disk = MemoryDisk.make()
      const starts: Array<number> = []
      const onOpen = (start: number) => starts.push(start)
      let possible: ReadonlyArray<State> = [{
        entries: [],
        hardState: { term: 0, vote: undefined }
      }]
      for (const life of lives) {
        possible = live(disk, life, possible, onOpen)
        const { powerCut } = life
        if (powerCut === undefined) continue
        MemoryDisk.crash(disk, {
          steps: (_, count) => Math.floor(count * powerCut.steps / 8),
          names: (count) => Math.floor(count * powerCut.names / 8)
        })
      }
      const last: Life = { calls: [], operations: 1000, powerCut: undefined }
      live(disk, last, possible, onOpen)
      assert.deepStrictEqual(starts, [...new Set(starts)].sort((one, other) => one - other))
    },
    { fastCheck: { numRuns: 300 } }
  )
})

/**
 * Whatever reaches a node, valid or not, in whatever order: it goes on, and its invariants hold.
 * RAFTCACHE_RANDOM_SEQUENCES says how many sequences are tried, RAFTCACHE_RANDOM_SEED where to
 * begin.
 */
import { describe, it } from "@effect/vitest"
import type { State } from "../../src/raft/State.js"
import * as States from "../../src/raft/State.js"
import * as DeepFreeze from "./DeepFreeze.js"
import { Dice } from "./Dice.js"
import * as Fixtures from "./Fixtures.js"
import { insist } from "./Insist.js"
import * as Invariants from "./Invariants.js"
import * as RandomEvents from "./RandomEvents.js"

const SEQUENCES = Number(process.env["RAFTCACHE_RANDOM_SEQUENCES"] ?? 8_000)
const FIRST_SEED = Number(process.env["RAFTCACHE_RANDOM_SEED"] ?? 1)
const EVENTS = 20

const tight = {
  ...States.defaultLimits,
  appendBytes: 70,
  inflightAppends: 2,
  inflightBytes: 100,
  uncommittedBytes: 150,
  applyBytes: 70,
  snapshotEntries: 2,
  trailingEntries: 1,
  chunkBytes: 1,
  inflightChunkBytes: 2,
  clockDriftPercent: 25
}

/** The same, if it leads, with a change in each of its stages. */
const changing = (state: State): ReadonlyArray<State> => {
  if (state.role !== "Leader" || state.commit < state.termStart) return []
  const { config: { id }, configuration: { voters } } = state
  const peers = [...voters.filter((voter) => voter !== id), "m1"]
  const held = (start: State): State =>
    Fixtures.run(
      start,
      Fixtures.persisted(start.seq),
      ...peers.map((peer) =>
        Fixtures.receive(peer, Fixtures.accepted(start.term, start.log.last, start.round))
      )
    )[0]
  const [learning] = Fixtures.run(state, {
    _tag: "ChangeMembership",
    ref: 0,
    add: [{ id: "m1", address: "" }],
    remove: voters.slice(1, 2),
    expected: undefined
  })
  const begun = held(learning)
  const joint = held(Fixtures.run(begun, Fixtures.tick(2))[0])
  return [learning, begun, joint, held(joint)]
}

const starts: ReadonlyArray<State> = [
  ["n1"],
  ["n1", "n2"],
  ["n1", "n2", "n3"],
  ["n1", "n2", "n3", "n4", "n5"]
].flatMap((voters) =>
  [{ voters }, { voters, log: [1, 1, 2, 4], term: 4, limits: tight }].flatMap((situation) => [
    Fixtures.node(situation),
    Fixtures.lonely(situation),
    ...(voters.length === 1 ? [] : [Fixtures.follower({ ...situation, vote: "n2" })]),
    Fixtures.candidate(situation),
    Fixtures.elected(situation),
    Fixtures.leader(situation)
  ])
).flatMap((state) => [state, ...changing(state)])

const runSequence = (seed: number): void => {
  const dice = new Dice(seed)
  let state = dice.pick(starts)
  const open = new Set(state.change === undefined ? [] : [state.change.ref])
  let lastRef = 0
  const newRef = (): number => {
    open.add(++lastRef)
    return lastRef
  }
  for (let i = 0; i < EVENTS; i++) {
    const event = RandomEvents.draw(dice, state, newRef)
    const [next, actions] = DeepFreeze.step(state, event)
    Invariants.check(state, next, actions)
    for (const action of actions) {
      if (action._tag === "Reply") insist(open.delete(action.ref), "one answer to each ref")
    }
    state = next
  }
}

/** A test each: one that takes minutes would keep the runner from hearing of it. */
const BATCH_SEQUENCES = 10_000

const batches = Array.from(
  { length: Math.ceil(SEQUENCES / BATCH_SEQUENCES) },
  (_, batch) => FIRST_SEED + batch * BATCH_SEQUENCES
)

describe("a step", () => {
  it.each(batches)("throws never, whatever arrives, and keeps every invariant, from seed %i on", {
    timeout: 1e9
  }, (first) => {
    const end = Math.min(first + BATCH_SEQUENCES, FIRST_SEED + SEQUENCES)
    for (let seed = first; seed < end; seed++) {
      try {
        runSequence(seed)
      } catch (cause) {
        const repeat = `RAFTCACHE_RANDOM_SEED=${seed} RAFTCACHE_RANDOM_SEQUENCES=1`
        throw new Error(`${repeat} repeats it: ${cause}`, { cause })
      }
    }
  })
})

import { assert, describe, it } from "@effect/vitest"
import * as Configurations from "../../src/raft/Configuration.js"
import * as Entry from "../../src/raft/Entry.js"
import * as Log from "../../src/raft/Log.js"
import * as State from "../../src/raft/State.js"
import { MemberOracle } from "../../src/sim/MemberOracle.js"
import { Promised } from "../../src/sim/Promised.js"
import type { World } from "../../src/sim/World.js"
import * as Scenarios from "./Scenarios.js"

const equal = assert.deepStrictEqual

const of = (
  index: number,
  voters: ReadonlyArray<string>,
  more: Partial<Configurations.Configuration> = {}
): Configurations.Configuration => ({ ...Configurations.bootstrap(voters), index, ...more })

const configured = (configuration: Configurations.Configuration, term = 1): Entry.Entry =>
  Entry.configuration(term, configuration.index, configuration)

const noop = (index: number): Entry.Entry => Entry.noop(1, index)

/** n4 becomes a learner, then a voter in the place of n3. */
const learning = of(2, ["n1", "n2", "n3"], { learners: ["n4"], leaving: ["n3"] })
const joint = of(3, ["n1", "n2", "n4"], { outgoing: ["n1", "n2", "n3"] })
const final = of(4, ["n1", "n2", "n4"])
const log = Log.fromEntries([noop(1), configured(learning), configured(joint), configured(final)])

interface Stage {
  readonly world: World
  readonly oracle: MemberOracle
  readonly broken: () => string | undefined
}

/** Three members and two spares. */
const stage = (): Stage => {
  const world = Scenarios.world({ nodes: 5, spares: 2 })
  return { world, oracle: new MemberOracle(world), broken: () => world.violation?.oracle }
}

const stateOf = (claim: Partial<State.State>): State.State => ({
  ...State.boot(
    {
      id: "n1",
      bootstrap: Configurations.bootstrap(["n1", "n2", "n3"]),
      electionTimeoutTicks: 10,
      heartbeatTicks: 1,
      seed: 1,
      limits: State.defaultLimits
    },
    State.nothing
  ),
  term: 1,
  ...claim
})

const holding = (entries: ReadonlyArray<Entry.Entry>) => (): Promised => {
  const promised = new Promised()
  promised.entries.push(...entries)
  return promised
}

describe("an entry is on the disks of a majority", () => {
  const held = (index: number, ...holders: ReadonlyArray<string>): boolean =>
    stage().oracle.isHeld(log, log.at(index)!, holders)

  it("of the voters as of it, learners not among them", () => {
    equal([held(1, "n1", "n2"), held(1, "n1"), held(1, "n1", "n4")], [true, false, false])
    equal([held(2, "n1", "n3"), held(2, "n1", "n4")], [true, false])
  })

  it("of both sets while two are joint", () => {
    equal([held(3, "n1", "n2"), held(3, "n1", "n4"), held(3, "n2", "n3")], [true, false, false])
  })

  it("of the new set alone once that is appended, but for what that has waited for", () => {
    const later = log.truncate(4).append([noop(4), configured({ ...final, index: 5 })])
    const { oracle } = stage()
    equal(oracle.isHeld(later, later.at(4)!, ["n1", "n4"]), true)
    equal(oracle.isHeld(later, later.at(3)!, ["n1", "n4"]), false)
    equal(held(4, "n1", "n4"), true)
  })
})

describe("a leader", () => {
  const elected = (...voters: ReadonlyArray<string>): string | undefined => {
    const { broken, oracle } = stage()
    oracle.seen(configured(joint))
    const { term } = stateOf({})
    oracle.elected(
      0,
      stateOf({ log: log.truncate(4).append([noop(4)]), termStart: 4, term }),
      voters
    )
    return broken()
  }

  it("was voted for by a majority of both sets, as of its log before its term", () => {
    equal(elected("n1", "n2"), undefined)
    equal(elected("n1", "n4"), "elected-by-majority")
    equal(elected("n1", "n3"), "elected-by-majority")
  })

  const changes = (claim: Partial<State.State>, held = log): string | undefined => {
    const { broken, oracle } = stage()
    const entries = Log.slice(held, 1, held.last, Infinity)
    const state = stateOf({ role: "Leader", log: log.truncate(4), termStart: 1, ...claim })
    oracle.observe(0, undefined, { ...state, configuration: joint }, holding(entries))
    return broken()
  }

  it("changes the members when the change before and its own term are committed", () => {
    equal(changes({ commit: 2 }), undefined)
    equal(changes({ commit: 1 }), "one-change-at-a-time")
    equal(changes({ commit: 2, termStart: 3 }), "one-change-at-a-time")
  })

  it("makes nobody a voter who does not hold what made it a learner", () => {
    equal(changes({ commit: 2 }, log.truncate(2)), "learners-first")
  })
})

describe("a node", () => {
  const goesBy = (configuration: Configurations.Configuration, own = log): string | undefined => {
    const { broken, oracle } = stage()
    oracle.observe(3, undefined, stateOf({ log: own, configuration }), holding([]))
    return broken()
  }

  it("goes by the last configuration in its log, else by the first", () => {
    equal([goesBy(final), goesBy(joint)], [undefined, "last-configuration"])
    const { configuration } = stateOf({})
    equal([goesBy(configuration, Log.empty), goesBy(final, Log.empty)], [
      undefined,
      "last-configuration"
    ])
  })

  it("that joins may know of nobody yet", () => {
    equal(goesBy(Configurations.none, Log.empty), undefined)
  })

  it("has the members as of its entry in a snapshot", () => {
    const { broken, oracle } = stage()
    for (const each of [learning, joint]) oracle.commit(configured(each))
    oracle.snapshot(0, 2, learning)
    oracle.snapshot(0, 3, joint)
    equal(broken(), undefined)
    oracle.snapshot(0, 2, joint)
    equal(broken(), "snapshot-members")
  })

  it("ends as no member only if it is none", () => {
    const { broken, oracle } = stage()
    for (const each of [learning, joint, final]) oracle.commit(configured(each))
    oracle.removed(2)
    equal(broken(), undefined)
    oracle.removed(0)
    equal(broken(), "removed-is-no-member")
  })
})

describe("whoever may count", () => {
  it("is in the last committed configuration, or in a later one that was ever seen", () => {
    const { oracle } = stage()
    const first = oracle.last
    oracle.seen(configured(learning))
    oracle.seen(configured(learning))
    oracle.seen(configured({ ...joint, index: 2 }, 2))
    equal(oracle.possible, [first, learning, { ...joint, index: 2 }])
    oracle.commit(configured(learning))
    equal(oracle.possible, [learning])
  })
})

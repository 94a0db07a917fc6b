import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Chooser from "../../src/sim/Chooser.js"
import * as DecisionLog from "../../src/sim/DecisionLog.js"
import { NOBODY, Timeline } from "../../src/sim/Timeline.js"

const nothing = (): void => {}

const make = (
  { granularityMicros = 1, windowMicros = 0, strategy = Chooser.fifo } = {}
): { readonly timeline: Timeline; readonly chooser: Chooser.Chooser } => {
  const chooser = new Chooser.Chooser(strategy)
  return { timeline: new Timeline({ granularityMicros, windowMicros }, chooser), chooser }
}

/** What comes, with the time at which it does. */
const run = (timeline: Timeline): ReadonlyArray<readonly [why: string, atMicros: number]> => {
  const order: Array<readonly [string, number]> = []
  for (let timer = timeline.next(); timer !== undefined; timer = timeline.next()) {
    timer.run()
    order.push([timer.why, timeline.nowMicros])
  }
  return order
}

describe("the timeline", () => {
  it("brings everything once, in the order of instants and of coming in", () => {
    fc.assert(fc.property(fc.array(fc.nat(50), { maxLength: 300 }), (instants) => {
      const { timeline } = make()
      instants.forEach((instant, at) => timeline.at(instant, NOBODY, String(at), nothing))
      const expected = instants.map((instant, at) => [String(at), instant] as const)
        .sort(([, one], [, other]) => one - other)
      assert.deepStrictEqual(run(timeline), expected)
    }))
  })

  it("keeps that order when events add events", () => {
    const { timeline } = make()
    timeline.at(10, NOBODY, "first", () => {
      timeline.after(0, NOBODY, "at once", nothing)
      timeline.after(5, NOBODY, "later", nothing)
    })
    timeline.at(10, NOBODY, "second", nothing)
    const expected = [["first", 10], ["second", 10], ["at once", 10], ["later", 15]]
    assert.deepStrictEqual(run(timeline), expected as never)
  })

  it("takes an instant that has passed for now, and never goes back", () => {
    const { timeline } = make()
    timeline.at(100, NOBODY, "first", () => {
      assert.strictEqual(timeline.at(5, NOBODY, "late", nothing).atMicros, 100)
    })
    timeline.at(100, NOBODY, "second", nothing)
    assert.deepStrictEqual(run(timeline), [["first", 100], ["second", 100], ["late", 100]])
  })

  it("leaves out what was cancelled", () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(50), fc.boolean())), (all) => {
      const { timeline } = make({ windowMicros: 10 })
      const timers = all.map(([instant], at) => timeline.at(instant, NOBODY, String(at), nothing))
      all.forEach(([, isCancelled], at) => timers[at]!.isCancelled = isCancelled)
      const left = all.flatMap(([, isCancelled], at) => isCancelled ? [] : [String(at)])
      assert.sameMembers(run(timeline).map(([why]) => why), left)
    }))
  })

  it("rounds instants up, so that events meet", () => {
    const { timeline } = make({ granularityMicros: 1_000 })
    timeline.at(1_001, NOBODY, "one", nothing)
    timeline.at(1_999, NOBODY, "other", nothing)
    timeline.at(1_000, NOBODY, "exact", nothing)
    assert.deepStrictEqual(run(timeline), [["exact", 1_000], ["one", 2_000], ["other", 2_000]])
  })

  it("lets any of the events within the window be the first, and those beyond it never", () => {
    const picks = DecisionLog.fromDecisions([
      { stream: "event", index: 2 },
      { stream: "event", index: 1 }
    ])
    const { chooser, timeline } = make({ windowMicros: 10, strategy: Chooser.replay(picks) })
    for (const instant of [0, 5, 10, 11]) timeline.at(instant, NOBODY, `at ${instant}`, nothing)
    // Once the one at 10 has come, it is 10 for those that were to come before.
    const expected = [["at 10", 10], ["at 5", 10], ["at 0", 10], ["at 11", 11]]
    assert.deepStrictEqual(run(timeline), expected as never)
    assert.strictEqual(chooser.log.count, 2)
  })

  it("chooses among events of one instant even without a window", () => {
    const last: Chooser.Strategy = { choose: (_, arity) => arity - 1 }
    const { timeline } = make({ strategy: last })
    for (const why of ["one", "two", "three"]) timeline.at(4, NOBODY, why, nothing)
    timeline.at(5, NOBODY, "next", nothing)
    assert.deepStrictEqual(run(timeline).map(([why]) => why), ["three", "two", "one", "next"])
  })

  it("never moves an event by more than the window", () => {
    const window = 20
    const instants = fc.array(fc.nat(200), { maxLength: 100 })
    fc.assert(fc.property(fc.nat(), instants, (seed, all) => {
      const { timeline } = make({ windowMicros: window, strategy: Chooser.random(seed) })
      for (const instant of all) timeline.at(instant, NOBODY, String(instant), nothing)
      const order = run(timeline)
      assert.lengthOf(order, all.length)
      for (const [why, atMicros] of order) {
        assert.isTrue(atMicros >= Number(why) && atMicros <= Number(why) + window)
      }
    }))
  })
})

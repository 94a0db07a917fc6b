import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Chooser from "../../src/sim/Chooser.js"
import type { Stream } from "../../src/sim/DecisionLog.js"
import * as DecisionLog from "../../src/sim/DecisionLog.js"

interface Choice {
  readonly stream: Stream
  readonly arity: number
}

const choices: fc.Arbitrary<ReadonlyArray<Choice>> = fc.array(
  fc.record({
    stream: fc.constantFrom(...DecisionLog.streams),
    arity: fc.integer({ min: 1, max: 1_000 })
  }),
  { maxLength: 200 }
)

const pickAll = (strategy: Chooser.Strategy, all: ReadonlyArray<Choice>) => {
  const chooser = new Chooser.Chooser(strategy)
  const picks = all.map(({ arity, stream }) => chooser.pick(stream, arity))
  return { picks, log: chooser.log }
}

const logOf = (stream: Stream, ...picks: ReadonlyArray<number>): DecisionLog.DecisionLog =>
  DecisionLog.fromDecisions(picks.map((index) => ({ stream, index })))

describe("a chooser", () => {
  it("picks from 0 up to what it was asked, and notes every real choice", () => {
    fc.assert(fc.property(fc.nat(), choices, (seed, all) => {
      const { log, picks } = pickAll(Chooser.random(seed), all)
      all.forEach(({ arity }, at) => assert.isTrue(picks[at]! >= 0 && picks[at]! < arity))
      const real = all.flatMap(({ arity, stream }, at) =>
        arity > 1 ? [{ stream, index: picks[at]! }] : []
      )
      assert.deepStrictEqual(DecisionLog.decisions(log), real)
    }))
  })

  it("picks the same with the same seed, and something else with another", () => {
    const all = Array.from({ length: 50 }, () => ({ stream: "event", arity: 100 }) as const)
    const picksOf = (seed: number) => pickAll(Chooser.random(seed), all).picks
    assert.deepStrictEqual(picksOf(1), picksOf(1))
    assert.notDeepEqual(picksOf(1), picksOf(2))
  })

  it("is tame when it is first come, first served", () => {
    const chooser = new Chooser.Chooser(Chooser.fifo)
    assert.strictEqual(chooser.pick("fiber", 9), 0)
    assert.isFalse(chooser.chance("network", 999))
    assert.strictEqual(chooser.between("disk", 5, 9), 5)
    assert.strictEqual(chooser.delay("network", 100, 5_000), 100)
  })

  it("asks nobody whether to do what is never or always done", () => {
    const chooser = new Chooser.Chooser(Chooser.random(1))
    assert.isFalse(chooser.chance("network", 0))
    assert.strictEqual(chooser.delay("network", 7, 0), 7)
    assert.strictEqual(chooser.between("disk", 3, 3), 3)
    assert.strictEqual(chooser.log.count, 0)
  })

  it("has as many chances in a thousand as it is given", () => {
    const hits = Array.from({ length: 1_000 }, (_, pick) => {
      const chooser = new Chooser.Chooser(Chooser.replay(logOf("network", pick)))
      return chooser.chance("network", 25)
    })
    assert.strictEqual(hits.filter((hit) => hit).length, 25)
  })

  it("draws delays that grow with the choice, most of them short, about the mean", () => {
    const mean = 10_000
    const delays = Array.from({ length: 256 }, (_, pick) => {
      const chooser = new Chooser.Chooser(Chooser.replay(logOf("network", pick)))
      return chooser.delay("network", 500, mean) - 500
    })
    assert.strictEqual(delays[0], 0)
    for (let at = 1; at < delays.length; at++) assert.isAtLeast(delays[at]!, delays[at - 1]!)
    const average = delays.reduce((sum, delay) => sum + delay, 0) / delays.length
    assert.approximately(average, mean, mean / 20)
    assert.isBelow(delays[128]!, mean)
    assert.isAtMost(delays[255]!, 8 * mean)
    assert.isAbove(delays[255]!, 4 * mean)
  })
})

describe("a replay", () => {
  it("repeats the choices that were logged", () => {
    fc.assert(fc.property(fc.nat(), choices, (seed, all) => {
      const { log, picks } = pickAll(Chooser.random(seed), all)
      const again = pickAll(Chooser.replay(log), all)
      assert.deepStrictEqual(again.picks, picks)
      assert.deepStrictEqual(DecisionLog.decisions(again.log), DecisionLog.decisions(log))
    }))
  })

  it("wraps a choice that is out of range", () => {
    const chooser = new Chooser.Chooser(Chooser.replay(logOf("event", 7, 1_000_003)))
    assert.strictEqual(chooser.pick("event", 3), 1)
    assert.strictEqual(chooser.pick("event", 10), 3)
  })

  it("is tame where the log has ended", () => {
    const chooser = new Chooser.Chooser(Chooser.replay(logOf("event", 1)))
    assert.deepStrictEqual([1, 2, 3].map(() => chooser.pick("event", 5)), [1, 0, 0])
  })

  it("does not move the choices of one stream when another has more of them", () => {
    const picks = [3, 1, 4, 1, 5]
    const chooser = new Chooser.Chooser(Chooser.replay(logOf("disk", ...picks)))
    const again = picks.map(() => {
      chooser.pick("network", 10)
      return chooser.pick("disk", 10)
    })
    assert.deepStrictEqual(again, picks)
  })
})

/** Tasks of so many steps each, one step at a time; the order in which the tasks had their steps. */
const interleave = (strategy: Chooser.Strategy, steps: ReadonlyArray<number>) => {
  const chooser = new Chooser.Chooser(strategy)
  const left = [...steps]
  const order: Array<number> = []
  while (left.some((count) => count > 0)) {
    const ready = left.flatMap((count, task) => count > 0 ? [task] : [])
    const task = ready[chooser.pick("fiber", ready.length, ready)]!
    left[task]! -= 1
    order.push(task)
  }
  return order
}

const SEEDS = 400

const share = (
  strategyOf: (seed: number) => Chooser.Strategy,
  isHit: (order: ReadonlyArray<number>) => boolean,
  steps: ReadonlyArray<number>
): number => {
  let hits = 0
  for (let seed = 1; seed <= SEEDS; seed++) if (isHit(interleave(strategyOf(seed), steps))) hits++
  return hits / SEEDS
}

describe("probabilistic concurrency testing", () => {
  const steps = [20, 20, 20]

  it("finds what takes one task to end before another begins, as random choices do not", () => {
    // Depth 1: one ordering, of the last step of one task and the first of another.
    const isHit = (order: ReadonlyArray<number>): boolean => order.lastIndexOf(2) < order.indexOf(0)
    const byPriority = share((seed) => Chooser.pct(seed, 1, 60), isHit, steps)
    const byChance = share(Chooser.random, isHit, steps)
    assert.isAbove(byPriority, 1 / 3)
    assert.isBelow(byChance, 1 / 100)
  })

  it("finds what takes two orderings only when it is as deep", () => {
    // Task 0 stops between its steps, and task 1 has all of its own there.
    const isHit = (order: ReadonlyArray<number>): boolean => {
      const [first, last] = [order.indexOf(1), order.lastIndexOf(1)]
      return order.indexOf(0) < first && order.lastIndexOf(0) > last && last - first === 19
    }
    const two = [20, 20]
    assert.strictEqual(share((seed) => Chooser.pct(seed, 1, 40), isHit, two), 0)
    assert.isAbove(share((seed) => Chooser.pct(seed, 2, 40), isHit, two), 1 / (2 * 40))
  })

  it("repeats itself", () => {
    const once = interleave(Chooser.pct(5, 3, 60), steps)
    assert.deepStrictEqual(interleave(Chooser.pct(5, 3, 60), steps), once)
  })
})

import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, FastCheck as fc, Fiber } from "effect"
import { SimClock } from "../../src/sim/SimClock.js"
import type { World } from "../../src/sim/World.js"
import * as Scenarios from "./Scenarios.js"

const clockOf = (world: World, skewMillis = 0, driftPartsPerMillion = 0): SimClock =>
  new SimClock(world.timeline, 0, { skewMillis, driftPartsPerMillion })

const NEW_YEAR_MILLIS = Date.parse("2026-01-01T00:00:00Z")

const monotonicMicros = (clock: SimClock): number =>
  Number(clock.service.unsafeCurrentTimeNanos() / 1_000n)

const drift = fc.integer({ min: -100_000, max: 100_000 })

/** One hour. */
const instant = fc.nat(3_600_000_000)

describe("a simulated clock", () => {
  it("begins at New Year of 2026, so that no code takes small numbers for granted", () => {
    const clock = clockOf(Scenarios.world())
    assert.strictEqual(clock.service.unsafeCurrentTimeMillis(), NEW_YEAR_MILLIS)
    assert.strictEqual(clock.service.unsafeCurrentTimeNanos(), 0n)
  })

  it("shows simulated time and no other, in millis and in nanos", () => {
    const world = Scenarios.world()
    const clock = clockOf(world)
    Scenarios.advanceTo(world, 1_234_567)
    assert.strictEqual(clock.service.unsafeCurrentTimeMillis(), NEW_YEAR_MILLIS + 1_234)
    assert.strictEqual(clock.service.unsafeCurrentTimeNanos(), 1_234_567_000n)
    const both = Effect.all([clock.service.currentTimeMillis, clock.service.currentTimeNanos])
    assert.deepStrictEqual(Scenarios.value(world, both), [NEW_YEAR_MILLIS + 1_234, 1_234_567_000n])
  })

  it("is as wrong as its skew, on the wall and nowhere else", () => {
    const world = Scenarios.world()
    const [late, early] = [clockOf(world, -7_000), clockOf(world, 7_000)]
    Scenarios.advanceTo(world, 5_000)
    assert.strictEqual(late.service.unsafeCurrentTimeMillis(), NEW_YEAR_MILLIS - 6_995)
    assert.strictEqual(early.service.unsafeCurrentTimeMillis(), NEW_YEAR_MILLIS + 7_005)
    assert.strictEqual(late.service.unsafeCurrentTimeNanos(), 5_000_000n)
    assert.strictEqual(early.service.unsafeCurrentTimeNanos(), 5_000_000n)
  })

  it("runs so many parts in a million faster or slower, on the wall too", () => {
    const world = Scenarios.world()
    const [fast, slow] = [clockOf(world, 0, 100_000), clockOf(world, 0, -100_000)]
    Scenarios.advanceTo(world, 1_000_000)
    assert.strictEqual(fast.service.unsafeCurrentTimeNanos(), 1_100_000_000n)
    assert.strictEqual(slow.service.unsafeCurrentTimeNanos(), 900_000_000n)
    assert.strictEqual(fast.service.unsafeCurrentTimeMillis(), NEW_YEAR_MILLIS + 1_100)
    assert.strictEqual(slow.service.unsafeCurrentTimeMillis(), NEW_YEAR_MILLIS + 900)
  })

  it("never goes back by itself", () => {
    const instants = fc.array(fc.nat(1_000_000), { minLength: 2, maxLength: 8 })
    fc.assert(fc.property(drift, instants, (parts, all) => {
      const world = Scenarios.world()
      const clock = clockOf(world, 0, parts)
      let last = 0
      for (const atMicros of [...all].sort((one, other) => one - other)) {
        Scenarios.advanceTo(world, atMicros)
        assert.isAtLeast(monotonicMicros(clock), last)
        last = monotonicMicros(clock)
      }
    }))
  })

  it("jumps on the wall only, and jumps add up", () => {
    const world = Scenarios.world()
    const clock = clockOf(world, 10)
    Scenarios.advanceTo(world, 3_000)
    clock.jump(-60_000)
    clock.jump(1_000)
    assert.strictEqual(clock.service.unsafeCurrentTimeMillis(), NEW_YEAR_MILLIS + 13 - 59_000)
    assert.strictEqual(clock.service.unsafeCurrentTimeNanos(), 3_000_000n)
  })
})

describe("a sleeping fiber", () => {
  it("wakes when its own clock has moved on by so much: never early, and hardly late", () => {
    fc.assert(fc.property(drift, instant, fc.nat(10_000), (parts, atMicros, millis) => {
      const world = Scenarios.world()
      const clock = clockOf(world, 0, parts)
      Scenarios.advanceTo(world, atMicros)
      const before = monotonicMicros(clock)
      Scenarios.value(world, Effect.sleep(millis).pipe(Effect.withClock(clock.service)))
      const slept = monotonicMicros(clock) - before
      assert.isAtLeast(slept, 1_000 * millis)
      assert.isAtMost(slept, 1_000 * millis + 4)
    }))
  })

  it("sleeps on when the wall clock is set", () => {
    const world = Scenarios.world()
    const clock = clockOf(world)
    const fiber = Scenarios.fork(world, clock.service.sleep(Duration.millis(100)))
    Scenarios.advanceTo(world, 10_000)
    clock.jump(3_600_000)
    Scenarios.advanceTo(world, 90_000)
    assert.isUndefined(Scenarios.ended(fiber))
    Scenarios.advanceTo(world, 110_000)
    assert.isDefined(Scenarios.ended(fiber))
  })

  it("that is interrupted leaves nothing behind: time does not wait for its end", () => {
    const world = Scenarios.world()
    const fiber = Scenarios.fork(world, clockOf(world).service.sleep(Duration.minutes(1)))
    Scenarios.perform(world, Fiber.interrupt(fiber))
    assert.isDefined(Scenarios.ended(fiber))
    assert.isFalse(Scenarios.step(world))
    assert.strictEqual(world.nowMicros, 0)
  })

  it("of two wakes first who sleeps less, whoever began first", () => {
    const world = Scenarios.world()
    const { service } = clockOf(world)
    const woken: Array<string> = []
    const sleeper = (name: string, millis: number) =>
      Effect.zipRight(service.sleep(Duration.millis(millis)), Effect.sync(() => woken.push(name)))
    Scenarios.fork(world, sleeper("long", 20))
    Scenarios.fork(world, sleeper("short", 10))
    Scenarios.settle(world)
    assert.deepStrictEqual(woken, ["short", "long"])
  })
})

import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, TestClock } from "effect"
import * as Ticker from "../../src/node/Ticker.js"

const DUE_TICKS = 30
const GRACE_TICKS = 5

const make = Effect.gen(function*() {
  const woken = { count: 0 }
  const ticker = yield* Ticker.make(() => void woken.count++)
  const elapsed = () => ticker.elapsed(DUE_TICKS, GRACE_TICKS).ticks
  const pass = (millis: number) => TestClock.adjust(millis)
  return { ticker, woken, elapsed, pass }
})

describe("a node's ticker", () => {
  it.scoped("counts whole ticks and keeps the rest for later", () =>
    Effect.gen(function*() {
      const { elapsed, pass } = yield* make
      yield* pass(25)
      assert.strictEqual(elapsed(), 2)
      assert.strictEqual(elapsed(), 0)
      yield* pass(5)
      assert.strictEqual(elapsed(), 1)
    }))

  it.scoped("wakes the node when it is due, and once", () =>
    Effect.gen(function*() {
      const { pass, ticker, woken } = yield* make
      ticker.arm(3)
      yield* pass(29)
      assert.strictEqual(woken.count, 0)
      yield* pass(1)
      assert.strictEqual(woken.count, 1)
      yield* pass(1000)
      assert.strictEqual(woken.count, 1)
    }))

  it.scoped("wakes it earlier when it becomes due earlier, and not later for being due later", () =>
    Effect.gen(function*() {
      const { pass, ticker, woken } = yield* make
      ticker.arm(30)
      ticker.arm(5)
      ticker.arm(60)
      yield* pass(50)
      assert.strictEqual(woken.count, 1)
      yield* pass(1000)
      assert.strictEqual(woken.count, 1)
    }))

  it.scoped("does not take its own absence for the silence of others", () =>
    Effect.gen(function*() {
      const { elapsed, pass, ticker } = yield* make
      ticker.arm(DUE_TICKS)
      yield* pass(5_000)
      assert.strictEqual(elapsed(), DUE_TICKS - GRACE_TICKS)
      yield* pass(10)
      assert.strictEqual(elapsed(), 1)
    }))

  it.scoped("counts in full what it planned to sleep", () =>
    Effect.gen(function*() {
      const { elapsed, pass, ticker } = yield* make
      ticker.arm(DUE_TICKS)
      yield* pass(DUE_TICKS * Ticker.TICK_MILLIS + 20)
      assert.strictEqual(elapsed(), DUE_TICKS + 2)
    }))

  it.scoped("says so when it was held up, and when only the wall clock has noticed", () =>
    Effect.gen(function*() {
      let nowMillis = 5_000
      let wallMillis = 1_000_000
      const live = yield* Effect.clock
      const clock: Clock.Clock = {
        ...live,
        [Clock.ClockTypeId]: Clock.ClockTypeId,
        unsafeCurrentTimeNanos: () => BigInt(nowMillis) * 1_000_000n,
        unsafeCurrentTimeMillis: () => wallMillis,
        sleep: () => Effect.never
      }
      const ticker = yield* Effect.withClock(Ticker.make(() => {}), clock)
      const after = (millis: number, ofWall: number) => {
        nowMillis += millis
        wallMillis += ofWall
        return ticker.elapsed(DUE_TICKS, GRACE_TICKS)
      }
      ticker.arm(DUE_TICKS)
      assert.deepStrictEqual(after(20, 20), { ticks: 2, heldUp: false })
      assert.deepStrictEqual(after(0, 60_000), { ticks: 0, heldUp: true })
      assert.deepStrictEqual(after(10, 10), { ticks: 1, heldUp: false })
      assert.deepStrictEqual(after(10, -60_000), { ticks: 1, heldUp: false })
      assert.deepStrictEqual(after(5_000, 5_000), {
        ticks: DUE_TICKS - GRACE_TICKS,
        heldUp: true
      })
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { GRAIN_MILLIS, LogTime } from "../../src/node/LogTime.js"
import { TICK_MILLIS } from "../../src/node/Ticker.js"

/** A machine that says what it is told, with a clock beside it that stands until it is set. */
const make = (dueMillis = Infinity) => {
  const clock = { nowMillis: 1_000_000, dueMillis, knownMillis: 0 }
  const logTime = new LogTime({
    dueMillis: () => clock.dueMillis,
    tell: (millis) => millis > clock.knownMillis ? Uint8Array.of(millis - 1_000_000) : undefined
  }, () => clock.nowMillis)
  return { clock, logTime }
}

const BEFORE_COMMANDS = true
const WITHOUT_COMMANDS = false

describe("the log's time", () => {
  it("is told before the first commands, and before others once it is behind", () => {
    const { clock, logTime } = make()
    assert.deepStrictEqual(logTime.next(BEFORE_COMMANDS), Uint8Array.of(0))
    assert.isUndefined(logTime.next(BEFORE_COMMANDS))
    clock.nowMillis += GRAIN_MILLIS - 1
    assert.isUndefined(logTime.next(BEFORE_COMMANDS))
    clock.nowMillis += 1
    assert.deepStrictEqual(logTime.next(BEFORE_COMMANDS), Uint8Array.of(GRAIN_MILLIS))
  })

  it("is not told if there are no commands and nothing is due", () => {
    const { logTime } = make()
    assert.isUndefined(logTime.next(WITHOUT_COMMANDS))
    assert.strictEqual(logTime.ticksUntilDue, Infinity)
  })

  it("is told at once when something is due, however lately it was told", () => {
    const { clock, logTime } = make(1_000_001)
    logTime.next(BEFORE_COMMANDS)
    logTime.told()
    assert.strictEqual(logTime.ticksUntilDue, 1)
    clock.nowMillis += 1
    assert.deepStrictEqual(logTime.next(WITHOUT_COMMANDS), Uint8Array.of(1))
  })

  it("is told once of what is due, until the fate of that is known", () => {
    const { clock, logTime } = make(1_000_000)
    assert.isDefined(logTime.next(WITHOUT_COMMANDS))
    clock.nowMillis += 1
    assert.isUndefined(logTime.next(WITHOUT_COMMANDS))
    assert.strictEqual(logTime.ticksUntilDue, Infinity)
    logTime.told()
    assert.isDefined(logTime.next(WITHOUT_COMMANDS))
  })

  it("wakes a leader at the tick at which something is due", () => {
    const { logTime } = make(1_000_000 + 3 * TICK_MILLIS - 1)
    assert.strictEqual(logTime.ticksUntilDue, 3)
  })

  it("is told to no machine that knows a later one, or has no clock", () => {
    const { clock, logTime } = make(0)
    clock.knownMillis = clock.nowMillis
    assert.isUndefined(logTime.next(BEFORE_COMMANDS))
    const without = new LogTime(undefined, () => 0)
    assert.isUndefined(without.next(BEFORE_COMMANDS))
    assert.strictEqual(without.ticksUntilDue, Infinity)
  })
})

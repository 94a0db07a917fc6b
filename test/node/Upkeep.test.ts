import { assert, describe, it } from "@effect/vitest"
import { Upkeep } from "../../src/node/Upkeep.js"
import type { Chore } from "../../src/service/StateMachine.js"

const TICK_MILLIS = 10

const COMMAND = Uint8Array.of(1)

/** Something to tell, at a time that the test sets, and to know whether it is on its way. */
const chore = () => {
  const state = { dueMillis: Infinity, asked: [] as Array<readonly [number, boolean]> }
  const self: Chore = {
    tell: (nowMillis, isPending) => {
      state.asked.push([nowMillis, isPending])
      return COMMAND
    },
    dueMillis: () => state.dueMillis
  }
  return { state, self }
}

const make = (count = 1) => {
  const chores = Array.from({ length: count }, chore)
  const clock = { millis: 1_000 }
  const upkeep = new Upkeep(chores.map(({ self }) => self), () => clock.millis)
  return { clock, upkeep, states: chores.map(({ state }) => state) }
}

describe("what a leader tells first", () => {
  it("is told before commands, once at each time of the clock", () => {
    const { clock, states: [state], upkeep } = make()
    assert.deepStrictEqual(upkeep.next(true).map(({ command }) => command), [COMMAND])
    assert.deepStrictEqual(upkeep.next(true), [])
    clock.millis += 1
    assert.strictEqual(upkeep.next(true).length, 1)
    assert.deepStrictEqual(state!.asked, [[1_000, false], [1_001, true]])
  })

  it("is not told again because a clock was set back", () => {
    const { clock, upkeep } = make()
    upkeep.next(true)
    clock.millis = 500
    assert.deepStrictEqual(upkeep.next(true), [])
  })

  it("is told without commands when it is due, and not while it is on its way", () => {
    const { clock, states: [state], upkeep } = make()
    assert.deepStrictEqual(upkeep.next(false), [])
    state!.dueMillis = 1_000
    const [telling] = upkeep.next(false)
    clock.millis = 2_000
    assert.deepStrictEqual(upkeep.next(false), [])
    telling!.told()
    assert.strictEqual(upkeep.next(false).length, 1)
  })

  it("is each thing for itself", () => {
    const { states: [first, second], upkeep } = make(2)
    second!.dueMillis = 0
    assert.strictEqual(upkeep.next(false).length, 1)
    assert.deepStrictEqual([first!.asked.length, second!.asked.length], [0, 1])
  })

  it("is due in whole ticks, at least one, and never while all of it is on its way", () => {
    const { clock, states: [first, second], upkeep } = make(2)
    assert.strictEqual(upkeep.ticksUntilDue, Infinity)
    first!.dueMillis = clock.millis + 2 * TICK_MILLIS + 1
    assert.strictEqual(upkeep.ticksUntilDue, 3)
    second!.dueMillis = 0
    assert.strictEqual(upkeep.ticksUntilDue, 1)
    upkeep.next(true)
    assert.strictEqual(upkeep.ticksUntilDue, Infinity)
  })

  it("is nothing for a machine that has nothing to be told", () => {
    const { upkeep } = make(0)
    assert.deepStrictEqual([upkeep.next(true), upkeep.ticksUntilDue], [[], Infinity])
  })
})

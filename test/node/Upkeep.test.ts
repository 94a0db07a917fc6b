import { assert, describe, it } from "@effect/vitest"
import { TICK_MILLIS } from "../../src/node/Ticker.js"
import { Upkeep } from "../../src/node/Upkeep.js"
import type { Chore } from "../../src/service/StateMachine.js"

const GRAIN_MILLIS = 10
const BEFORE_COMMANDS = true
const WITHOUT_COMMANDS = false

/** Something that a machine is told, and what was asked about it. */
const chore = (grainMillis: number) => {
  const state = {
    dueMillis: Infinity,
    knows: false,
    asked: [] as Array<number>
  }
  const self: Chore = {
    tell: (nowMillis) => {
      state.asked.push(nowMillis)
      return state.knows ? undefined : Uint8Array.of(grainMillis)
    },
    dueMillis: () => state.dueMillis,
    grainMillis
  }
  return { state, self }
}

/** One chore for each grain, and a clock that stands until it is set. */
const make = (...grains: ReadonlyArray<number>) => {
  const chores = grains.map(chore)
  const clock = { millis: 1_000 }
  const upkeep = new Upkeep(chores.map(({ self }) => self), () => clock.millis)
  /** Each has its fate at once. */
  const commands = (hasCommands: boolean) =>
    upkeep.next(hasCommands).map(({ command, told }) => {
      told()
      return command[0]
    })
  return { clock, upkeep, commands, states: chores.map(({ state }) => state) }
}

describe("what a leader tells first", () => {
  it("is told before the first commands, and before others after a while", () => {
    const { clock, commands, states: [state] } = make(GRAIN_MILLIS)
    assert.deepStrictEqual(commands(BEFORE_COMMANDS), [GRAIN_MILLIS])
    clock.millis += GRAIN_MILLIS - 1
    assert.deepStrictEqual(commands(BEFORE_COMMANDS), [])
    clock.millis += 1
    assert.deepStrictEqual(commands(BEFORE_COMMANDS), [GRAIN_MILLIS])
    assert.deepStrictEqual(state!.asked, [1_000, 1_010])
  })

  it("is not told again because a clock was set back", () => {
    const { clock, commands } = make(GRAIN_MILLIS)
    commands(BEFORE_COMMANDS)
    clock.millis = 500
    assert.deepStrictEqual(commands(BEFORE_COMMANDS), [])
  })

  it("is told before all commands if it may not be behind, but not while it is on its way", () => {
    const { commands, states: [state], upkeep } = make(0)
    assert.deepStrictEqual(commands(BEFORE_COMMANDS), [0])
    const [telling] = upkeep.next(BEFORE_COMMANDS)
    assert.deepStrictEqual(commands(BEFORE_COMMANDS), [])
    telling!.told()
    assert.deepStrictEqual(commands(BEFORE_COMMANDS), [0])
    assert.deepStrictEqual(state!.asked, [1_000, 1_000, 1_000])
  })

  it("is not told if there are no commands and nothing is due", () => {
    const { commands, upkeep } = make(GRAIN_MILLIS)
    assert.deepStrictEqual(commands(WITHOUT_COMMANDS), [])
    assert.strictEqual(upkeep.ticksUntilDue, Infinity)
  })

  it("is told at once when something is due, however lately it was told", () => {
    const { clock, commands, states: [state], upkeep } = make(GRAIN_MILLIS)
    const [telling] = upkeep.next(BEFORE_COMMANDS)
    telling!.told()
    state!.dueMillis = clock.millis += 1
    assert.strictEqual(upkeep.ticksUntilDue, 1)
    assert.deepStrictEqual(commands(WITHOUT_COMMANDS), [GRAIN_MILLIS])
  })

  it("is told once of what is due, until the fate of that is known", () => {
    const { clock, commands, states: [state], upkeep } = make(GRAIN_MILLIS)
    state!.dueMillis = 0
    const [telling] = upkeep.next(WITHOUT_COMMANDS)
    clock.millis += 1
    assert.deepStrictEqual(commands(WITHOUT_COMMANDS), [])
    assert.strictEqual(upkeep.ticksUntilDue, Infinity)
    telling!.told()
    assert.deepStrictEqual(commands(WITHOUT_COMMANDS), [GRAIN_MILLIS])
  })

  it("is told to no machine that knows it already, which may be asked again at once", () => {
    const { commands, states: [state] } = make(GRAIN_MILLIS)
    state!.knows = true
    assert.deepStrictEqual(commands(BEFORE_COMMANDS), [])
    state!.knows = false
    assert.deepStrictEqual(commands(BEFORE_COMMANDS), [GRAIN_MILLIS])
  })

  it("is each thing for itself, in their order", () => {
    const { commands, states: [first, second] } = make(GRAIN_MILLIS, 0)
    second!.dueMillis = 0
    assert.deepStrictEqual(commands(WITHOUT_COMMANDS), [0])
    assert.deepStrictEqual([first!.asked.length, second!.asked.length], [0, 1])
    assert.deepStrictEqual(commands(BEFORE_COMMANDS), [GRAIN_MILLIS, 0])
  })

  it("wakes a leader at the tick at which the first thing is due", () => {
    const { clock, states: [first, second], upkeep } = make(GRAIN_MILLIS, 0)
    first!.dueMillis = clock.millis + 3 * TICK_MILLIS - 1
    assert.strictEqual(upkeep.ticksUntilDue, 3)
    second!.dueMillis = 0
    assert.strictEqual(upkeep.ticksUntilDue, 1)
  })

  it("is nothing for a machine that has nothing to be told", () => {
    const { commands, upkeep } = make()
    assert.deepStrictEqual([commands(BEFORE_COMMANDS), upkeep.ticksUntilDue], [[], Infinity])
  })
})

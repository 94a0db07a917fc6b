/**
 * How every test here runs the core: with its input frozen all through, and twice. A step that
 * writes to what it was given throws; one that depends on anything but its input is caught by the
 * second run.
 */
import { assert } from "@effect/vitest"
import type { Action } from "../../src/raft/Action.js"
import type { Event } from "../../src/raft/Event.js"
import { Log } from "../../src/raft/Log.js"
import * as Raft from "../../src/raft/Raft.js"
import type { State } from "../../src/raft/State.js"

/** A frozen value has only frozen parts, because this is the only place that freezes any. */
export const deepFreeze = <A>(value: A): A => {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value
  if (ArrayBuffer.isView(value)) return value // the language cannot freeze bytes
  for (const key in value) deepFreeze(value[key])
  return Object.freeze(value)
}

const isSameLog = (self: Log, that: Log): boolean => {
  if (self.last !== that.last) return false
  for (let index = self.last; index >= 1; index--) {
    if (!isSame(self.at(index), that.at(index))) return false
  }
  return true
}

/** Structural equality that looks into a log; what both share is recognised at a glance. */
export const isSame = (self: unknown, that: unknown): boolean => {
  if (Object.is(self, that)) return true
  if (typeof self !== "object" || typeof that !== "object") return false
  if (self === null || that === null) return false
  if (self instanceof Log) return that instanceof Log && isSameLog(self, that)
  const keys = Object.keys(self)
  return keys.length === Object.keys(that).length && keys.every((key) =>
    Object.hasOwn(that, key) &&
    isSame((self as Record<string, unknown>)[key], (that as Record<string, unknown>)[key])
  )
}

/** A value to read: a log becomes the list of its entries. */
export const readable = (state: State): unknown => ({
  ...state,
  log: Array.from({ length: state.log.last }, (_, i) => state.log.at(i + 1))
})

export const step = (state: State, event: Event): readonly [State, ReadonlyArray<Action>] => {
  deepFreeze(state)
  deepFreeze(event)
  const first = Raft.step(state, event)
  const second = Raft.step(state, event)
  if (!isSame(first, second)) {
    assert.deepStrictEqual(second[1], first[1])
    assert.deepStrictEqual(readable(second[0]), readable(first[0]))
    assert.fail("the same state and event gave two different states")
  }
  return first
}

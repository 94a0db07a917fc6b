import { assert, describe, it } from "@effect/vitest"
import * as Chance from "../../src/kv/Chance.js"
import * as Usage from "../../src/kv/Usage.js"

const MINUTE_MILLIS = 60_000

/** Thursday, long after 1970. */
const NOW = 1_800_000_000_000

const draw = Chance.from(1)

/** The counter after so many uses within a minute. */
const usedTimes = (times: number): number => {
  let usage = Usage.first("frequency", NOW)
  for (let at = 0; at < times; at++) usage = Usage.next(usage, "frequency", NOW, draw)
  return usage
}

describe("the time since a key was used", () => {
  it("is told in whole seconds, and none at the first use and at any other", () => {
    const first = Usage.first("idle", NOW)
    assert.strictEqual(Usage.idleSeconds(first, NOW), 0)
    assert.strictEqual(Usage.idleSeconds(first, NOW + 61_000), 61)
    const next = Usage.next(first, "idle", NOW + 61_000, draw)
    assert.strictEqual(Usage.idleSeconds(next, NOW + 62_500), 1)
  })

  it("is right across the moment at which the seconds begin again", () => {
    const end = 2 ** 31 * 1_000
    assert.strictEqual(Usage.idleSeconds(Usage.first("idle", end - 3_000), end + 4_000), 7)
  })
})

describe("the frequency of a key", () => {
  it("is 5 for a new key and one more for the first use, as Redis counts", () => {
    assert.deepStrictEqual([0, 1].map((times) => Usage.frequency(usedTimes(times), NOW)), [5, 6])
  })

  it("grows ever more slowly, up to 255", () => {
    const [few, more, many] = [10, 1_000, 1_000_000].map((times) =>
      Usage.frequency(usedTimes(times), NOW)
    )
    assert.isTrue(6 <= few! && few! < 12, `${few}`)
    assert.isTrue(12 < more! && more! < 40, `${more}`)
    assert.strictEqual(many, 255)
  })

  it("is less by one for each minute without a use, and never below 0", () => {
    const usage = usedTimes(1)
    const after = (minutes: number) => Usage.frequency(usage, NOW + minutes * MINUTE_MILLIS)
    assert.deepStrictEqual([after(0), after(1), after(4), after(100)], [6, 5, 2, 0])
  })

  it("is right across the moment at which the minutes begin again", () => {
    const end = 2 ** 16 * 500 * MINUTE_MILLIS
    const usage = Usage.first("frequency", end - MINUTE_MILLIS)
    assert.strictEqual(Usage.frequency(usage, end + MINUTE_MILLIS), 3)
  })
})

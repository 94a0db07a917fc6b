import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc, TestClock } from "effect"
import * as SimProgress from "../../src/cli/SimProgress.js"

const position: SimProgress.Position = {
  seeds: 50,
  failed: 1,
  simulatedMicros: 3_600_000_000,
  elapsedMillis: 10_000,
  fraction: 0.5,
  text: "50/100"
}

const text = "50/100  1 failed  5.0 seeds/s  360x real time"

/** What a terminal was told in `duration`, and after that. */
const watch = (terminal: Omit<SimProgress.Terminal, "write">, duration: `${number} millis`) =>
  Effect.gen(function*() {
    const written: Array<string> = []
    const write = (said: string) => written.push(said)
    yield* Effect.scoped(Effect.zipRight(
      SimProgress.follow({ ...terminal, write }, Effect.succeed(position)),
      TestClock.adjust(duration)
    ))
    return written
  })

describe("the progress of a soak", () => {
  it("is a bar as wide as there is room for", () => {
    assert.strictEqual(
      SimProgress.bar(position, 80),
      `[${"#".repeat(16)}${"-".repeat(16)}] ${text}`
    )
    assert.strictEqual(SimProgress.bar(position, 500).length, `[${"-".repeat(40)}] ${text}`.length)
    assert.strictEqual(SimProgress.bar(position, text.length + 10), text)
    assert.strictEqual(SimProgress.bar(position, 6), "50/100")
  })

  it("never needs more columns than there are", () => {
    fc.assert(fc.property(
      fc.nat(300),
      fc.double({ min: 0, max: 1.5, noNaN: true }),
      fc.nat(100_000),
      (columns, fraction, seeds) => {
        const line = SimProgress.bar({ ...position, fraction, seeds }, columns)
        assert.isAtMost(line.length, columns)
      }
    ))
  })

  it.effect("is redrawn in place on a terminal, which is left clean", () =>
    Effect.gen(function*() {
      const written = yield* watch({ isTTY: true, columns: 81 }, "250 millis")
      const drawn = `\r\x1b[2K${SimProgress.bar(position, 80)}`
      assert.deepStrictEqual(written, [drawn, drawn, drawn, "\r\x1b[2K"])
    }))

  it.effect("is a line after a second and then every ten where there is no terminal", () =>
    Effect.gen(function*() {
      const written = yield* watch({}, "25000 millis")
      assert.deepStrictEqual(written, [`${text}\n`, `${text}\n`, `${text}\n`])
    }))
})

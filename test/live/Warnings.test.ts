import { assert, it } from "@effect/vitest"
import { Effect, HashMap, Logger, Option, TestClock } from "effect"
import * as Warnings from "../../src/live/Warnings.js"

it.effect("a warning is repeated at most once per interval, and says how often it was not", () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ annotations, message }) => {
    const repeated = Option.getOrThrow(HashMap.get(annotations, "repeated"))
    const peer = Option.getOrThrow(HashMap.get(annotations, "peer"))
    lines.push(`${peer}: ${message} (${repeated})`)
  })
  return Effect.gen(function*() {
    const warn = Warnings.make(1000)
    const silent = warn({ reason: "Silent", peer: "n2", message: "silent" })
    yield* silent
    yield* silent
    yield* TestClock.adjust(999)
    yield* silent
    yield* warn({ reason: "Silent", peer: "n3", message: "silent" })
    yield* warn({ reason: "Lost", peer: "n2", message: "lost" })
    yield* TestClock.adjust(1)
    yield* silent
    yield* silent
    assert.deepStrictEqual(lines, [
      "n2: silent (0)",
      "n3: silent (0)",
      "n2: lost (0)",
      "n2: silent (2)"
    ])
  }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
})

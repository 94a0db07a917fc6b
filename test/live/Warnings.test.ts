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

it.effect("what goes on until an operator has done something about it is an error", () => {
  const levels: Array<string> = []
  const logger = Logger.make(({ logLevel }) => void levels.push(logLevel.label))
  return Effect.gen(function*() {
    const warn = Warnings.make()
    for (const reason of ["Silent", "WrongIncarnation", "RefusedByPeer"]) {
      yield* warn({ reason, peer: "n2", message: "" })
    }
    assert.deepStrictEqual(levels, ["WARN", "ERROR", "ERROR"])
  }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
})

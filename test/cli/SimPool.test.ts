import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as SimPool from "../../src/cli/SimPool.js"
import * as SimSeed from "../../src/cli/SimSeed.js"
import { engineOf, scenarioOf } from "./SimFake.js"

const settings: SimSeed.Settings = { nodes: 4, twice: false }

/** A worker of a few lines. `done(result)` answers a task. */
const script = (onTask: string): URL =>
  new URL(`data:text/javascript,${
    encodeURIComponent(`
    import { parentPort, workerData } from "node:worker_threads"
    const done = (result) => parentPort.postMessage({ _tag: "Done", result })
    let tasks = 0
    parentPort.on("message", (task) => { tasks += 1; ${onTask} })`)
  }`)

const counting = (first: number, last: number) => {
  let upcoming = first
  return Effect.sync(() => upcoming > last ? undefined : upcoming++)
}

describe("a lane", () => {
  it.scoped("in a thread answers one task after the other, with the settings of all", () =>
    Effect.gen(function*() {
      const { run } = yield* SimPool.inThread(
        settings,
        script("done({ seed: task.seed, events: tasks, ackedWrites: workerData.nodes })")
      )
      assert.deepInclude(yield* run(8), { seed: 8, events: 1, ackedWrites: 4 })
      assert.deepInclude(yield* run(9), { seed: 9, events: 2, ackedWrites: 4 })
    }))

  it.scoped("whose thread dies gives the seed as failed, and goes on in another", () =>
    Effect.gen(function*() {
      const { run } = yield* SimPool.inThread(
        settings,
        script(`
          if (task.seed === 2) throw new Error("out of order")
          if (task.seed === 3) process.exit(5)
          done({ seed: task.seed, events: tasks })`)
      )
      assert.include(yield* run(1), { seed: 1, events: 1 })
      const thrown = yield* run(2)
      assert.include(thrown, { seed: 2, traceHash: "" })
      assert.strictEqual(thrown.violation?.oracle, "defect")
      assert.match(thrown.violation!.message, /out of order/)
      assert.match((yield* run(3)).violation!.message, /its thread ended with code 5/)
      assert.include(yield* run(4), { seed: 4, events: 1 })
    }))

  it.scoped("in a thread tells how far its shrinking is", () =>
    Effect.gen(function*() {
      const heard: Array<number> = []
      const { shrink } = yield* SimPool.inThread(
        settings,
        script(`
          parentPort.postMessage({ _tag: "Progress", progress: { runs: 3 } })
          parentPort.postMessage({ _tag: "Progress", progress: { runs: 6 } })
          done({ report: task.report, runs: 9 })`)
      )
      const report = engineOf({}).run(scenarioOf(1))
      const shrunk = yield* shrink(report, ({ runs }) => void heard.push(runs))
      assert.deepStrictEqual(heard, [3, 6])
      assert.deepStrictEqual(shrunk, { report, runs: 9 })
    }))

  it.live("in a thread ends with its scope, whatever it is doing", () =>
    Effect.gen(function*() {
      const busy = SimPool.inThread(settings, script("while (true) {}"))
      const fiber = yield* Effect.fork(Effect.scoped(Effect.flatMap(busy, ({ run }) => run(1))))
      yield* Effect.sleep("50 millis")
      const exit = yield* Fiber.interrupt(fiber)
      assert.strictEqual(exit._tag, "Failure")
    }))

  it.live("in place lets timers and signals have their turn between seeds", () =>
    Effect.gen(function*() {
      const lane = SimPool.inPlace(engineOf({}), settings)
      let isRung = false
      const bell = Effect.async<void>((resume) => {
        setImmediate(() => {
          isRung = true
          resume(Effect.void)
        })
      })
      yield* Effect.fork(bell)
      const heard: Array<boolean> = []
      yield* SimPool.soak([lane], counting(1, 3), () => Effect.sync(() => void heard.push(isRung)))
      assert.deepStrictEqual(heard.at(-1), true)
    }))
})

describe("a pool of lanes", () => {
  it.effect("gives every seed to exactly one of them", () =>
    Effect.gen(function*() {
      const lanes = [1, 2, 3].map((number): SimPool.Lane => ({
        run: (seed) =>
          Effect.as(
            Effect.yieldNow(),
            { ...SimSeed.run(engineOf({}), settings, seed), traceHash: `lane ${number}` }
          ),
        shrink: () => Effect.dieMessage("not asked")
      }))
      const done: Array<SimSeed.Summary> = []
      yield* SimPool.soak(lanes, counting(1, 50), (summary) =>
        Effect.sync(() =>
          void done.push(summary)
        ))
      const seeds = done.map(({ seed }) => seed).sort((a, b) => a - b)
      assert.deepStrictEqual(seeds, Array.from({ length: 50 }, (_, at) => at + 1))
      assert.strictEqual(new Set(done.map(({ traceHash }) => traceHash)).size, 3)
    }))
})

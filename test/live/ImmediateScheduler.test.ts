import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as ImmediateScheduler from "../../src/live/ImmediateScheduler.js"
import * as Background from "../../src/node/Background.js"

/** Longer than a turn may go on. */
const LONG_MILLIS = 5

const work = (millis: number) =>
  Effect.sync(() => {
    const endsAt = performance.now() + millis
    while (performance.now() < endsAt);
  })

/** How often the event loop came round while a fiber worked so often, and yielded in between. */
const turnsDuring = async (
  times: number,
  millis: number,
  pause: Effect.Effect<void> = Effect.yieldNow()
): Promise<number> => {
  let turns = 0
  let isOver = false
  const count = (): void => {
    turns++
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  const worker = Effect.repeatN(Effect.zipRight(work(millis), pause), times - 1)
  await Effect.runPromise(Effect.withScheduler(worker, ImmediateScheduler.scheduler))
  isOver = true
  return turns
}

describe("fibers that run in turns of the event loop", () => {
  it("let sockets and timers in after many short steps", async () => {
    assert.isAtLeast(await turnsDuring(100, 0), 5)
  })

  it("let them in after each long step", async () => {
    assert.isAtLeast(await turnsDuring(10, LONG_MILLIS), 9)
  })

  it("of which those of the background have all the time if nobody else has use for it", async () => {
    assert.isAtLeast(await turnsDuring(10, 0, Background.yieldNow), 9)
  })

  it("of which those of the background have a part of it if another always has", async () => {
    const STEPS = 30
    const done: Array<string> = []
    const step = (name: string) => Effect.zipRight(work(1), Effect.sync(() => void done.push(name)))
    const busy = Effect.forever(Effect.zipRight(step("busy"), Effect.yieldNow()))
    // Not by repeatN, which yields once more after each step, with everybody else's priority.
    const steps = Array.from({ length: STEPS }, () => step("background"))
    const background = Effect.forEach(steps, (each) => Effect.zipRight(each, Background.yieldNow))
    await Effect.runPromise(
      Effect.gen(function*() {
        const busyFiber = yield* Effect.fork(busy)
        yield* background
        yield* Fiber.interrupt(busyFiber)
      }).pipe(Effect.withScheduler(ImmediateScheduler.scheduler))
    )
    const others = done.filter((name) => name === "busy").length
    assert.isAtLeast(others, 20)
    assert.strictEqual(done.length - others, STEPS)
  })
})

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as ImmediateScheduler from "../../src/live/ImmediateScheduler.js"

/** Longer than a turn may go on. */
const LONG_MILLIS = 5

const work = (millis: number) =>
  Effect.sync(() => {
    const endsAt = performance.now() + millis
    while (performance.now() < endsAt);
  })

/** How often the event loop came round while a fiber worked so often, and yielded in between. */
const turnsDuring = async (times: number, millis: number): Promise<number> => {
  let turns = 0
  let isOver = false
  const count = (): void => {
    turns++
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  const worker = Effect.repeatN(Effect.zipRight(work(millis), Effect.yieldNow()), times - 1)
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
})

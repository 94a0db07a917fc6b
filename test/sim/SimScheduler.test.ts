import { assert, describe, it } from "@effect/vitest"
import { Effect, Runtime } from "effect"
import * as Chooser from "../../src/sim/Chooser.js"
import { ReadyTasks, SimScheduler } from "../../src/sim/SimScheduler.js"

const last: Chooser.Strategy = { choose: (_, arity) => arity - 1 }

const make = (strategy = Chooser.fifo) => {
  const tasks = new ReadyTasks(new Chooser.Chooser(strategy))
  return { tasks, scheduler: new SimScheduler("n1", tasks) }
}

const fork = <A>(scheduler: SimScheduler, effect: Effect.Effect<A>) =>
  Runtime.runFork(Runtime.defaultRuntime)(effect, { scheduler, immediate: false })

const nothing = (): void => {}

/** Says its name so many times, and lets others speak in between. */
const saying = (name: string, times: number, said: Array<string>): Effect.Effect<void> =>
  Effect.forEach(
    Array.from({ length: times }),
    () => Effect.zipRight(Effect.sync(() => void said.push(name)), Effect.yieldNow()),
    { discard: true }
  )

describe("a simulated scheduler", () => {
  it("runs all that an event has made runnable before it returns", () => {
    const { scheduler, tasks } = make()
    const said: Array<string> = []
    const isAtRest = tasks.run(() => {
      fork(scheduler, saying("a", 3, said))
      assert.isEmpty(said)
    })
    assert.isTrue(isAtRest)
    assert.deepStrictEqual(said, ["a", "a", "a"])
  })

  it("lets the chooser say which fiber is next", () => {
    const spoken = (strategy: Chooser.Strategy) => {
      const { scheduler, tasks } = make(strategy)
      const said: Array<string> = []
      tasks.run(() => {
        for (const name of ["a", "b", "c"]) fork(scheduler, saying(name, 2, said))
      })
      return said.join("")
    }
    assert.strictEqual(spoken(Chooser.fifo), "abcabc")
    assert.strictEqual(spoken(last), "ccbbaa")
  })

  it("keeps what is runnable while it is paused, and runs it when it goes on", () => {
    const { scheduler, tasks } = make()
    const other = new SimScheduler("n2", tasks)
    const said: Array<string> = []
    tasks.run(() => {
      fork(scheduler, saying("paused", 2, said))
      fork(other, saying("other", 2, said))
      scheduler.pause()
    })
    assert.deepStrictEqual(said, ["other", "other"])
    tasks.run(() => scheduler.resume())
    assert.deepStrictEqual(said, ["other", "other", "paused", "paused"])
  })

  it("lets nothing run any more that is dead, finalizers neither", () => {
    const { scheduler, tasks } = make()
    const said: Array<string> = []
    let wake: (effect: Effect.Effect<void>) => void = nothing
    const waiting = Effect.ensuring(
      Effect.async<void>((resume) => {
        wake = resume
      }),
      Effect.sync(() => void said.push("finalizer"))
    )
    tasks.run(() => void fork(scheduler, waiting))
    tasks.run(() => {
      fork(scheduler, saying("dead", 1, said))
      scheduler.kill()
      fork(scheduler, saying("dead", 1, said))
      wake(Effect.void)
    })
    tasks.run(() => scheduler.resume())
    assert.isEmpty(said)
    assert.strictEqual(scheduler.state, "Dead")
  })

  it("forgets what waited when it dies while it is paused", () => {
    const { scheduler, tasks } = make()
    const said: Array<string> = []
    tasks.run(() => {
      fork(scheduler, saying("dead", 1, said))
      scheduler.pause()
    })
    tasks.run(() => {
      scheduler.kill()
      scheduler.resume()
    })
    assert.isEmpty(said)
  })

  it("refuses a fiber that the outside has woken, and names it", () => {
    const { scheduler, tasks } = make()
    let wake: (effect: Effect.Effect<void>) => void = nothing
    tasks.run(() =>
      void fork(
        scheduler,
        Effect.async<void>((resume) => {
          wake = resume
        })
      )
    )
    assert.throws(() => wake(Effect.void), /fiber #\d+ of n1 was woken from outside the simulation/)
  })

  it("gives up when fibers only keep each other awake", { timeout: 60_000 }, () => {
    const { scheduler, tasks } = make()
    const isAtRest = tasks.run(() => {
      const again = (): void => scheduler.scheduleTask(again, 0)
      again()
    })
    assert.isFalse(isAtRest)
  })

  it("is closed again when an event has thrown", () => {
    const { scheduler, tasks } = make()
    assert.throws(() =>
      tasks.run(() => {
        throw new Error("defect")
      }), /defect/)
    assert.throws(() => scheduler.scheduleTask(nothing, 0), /outside the simulation/)
  })
})

/**
 * Calls to be made at given instants, made by one fiber in the order of (instant, arrival). One
 * fiber, because the Clock may wake several sleepers of the same instant in any order.
 */
import { Clock, Effect } from "effect"
import type { Scope } from "effect"

export interface Deliveries {
  readonly nowMillis: () => number
  /** Never calls `deliver` before it returns, not even when the instant has passed. */
  readonly add: (instantMillis: number, deliver: () => void) => void
}

interface Delivery {
  readonly instantMillis: number
  readonly deliver: () => void
}

export const make: Effect.Effect<Deliveries, never, Scope.Scope> = Effect.gen(function*() {
  const clock = yield* Effect.clock
  const added = yield* Effect.makeLatch()
  const waiting: Array<Delivery> = []

  const add: Deliveries["add"] = (instantMillis, deliver) => {
    let at = waiting.length
    while (at > 0 && isAfter(waiting[at - 1], instantMillis)) at--
    waiting.splice(at, 0, { instantMillis, deliver })
    added.unsafeOpen()
  }

  const deliverDue = (nowMillis: number): void => {
    const notDue = waiting.findIndex((delivery) => isAfter(delivery, nowMillis))
    // Taken out first: what these calls add comes in the next round.
    const due = waiting.splice(0, notDue === -1 ? waiting.length : notDue)
    for (const { deliver } of due) deliver()
  }

  const pump = Effect.gen(function*() {
    while (true) {
      yield* added.close
      const now = yield* Clock.currentTimeMillis
      deliverDue(now)
      const next = waiting[0]
      yield* next === undefined
        ? added.await
        : Effect.timeoutOption(added.await, Math.max(0, next.instantMillis - now))
    }
  })
  yield* Effect.forkScoped(pump)
  return { nowMillis: () => clock.unsafeCurrentTimeMillis(), add }
})

const isAfter = (delivery: Delivery | undefined, instantMillis: number): boolean =>
  delivery !== undefined && delivery.instantMillis > instantMillis

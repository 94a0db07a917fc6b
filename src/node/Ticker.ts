/**
 * A node's sense of time: how many ticks have passed, and waking it when it is next due. It sleeps
 * as long as the core has nothing to do by itself, so that an idle node costs next to nothing.
 */
import { Effect, FiberHandle } from "effect"
import type { Clock, Scope } from "effect"

/** The unit of the core's timeouts. */
export const TICK_MILLIS = 10

export const toTicks = (millis: number): number => Math.max(1, Math.ceil(millis / TICK_MILLIS))

export interface Elapsed {
  readonly ticks: number
  /** This process was held up, or the machine slept: no lease outlives that. */
  readonly heldUp: boolean
}

export interface Ticker {
  /**
   * The ticks since the last call, and whether more time may have passed than they say. If this
   * process was held up (stopped, starved, suspended) longer than `graceTicks` past what it had
   * planned, the time it was away does not count as silence of the others: `graceTicks` at least
   * are left before it is due, to listen first.
   */
  readonly elapsed: (ticksUntilDue: number, graceTicks: number) => Elapsed
  /** Wakes the node in so many ticks, unless it is woken earlier anyway. */
  readonly arm: (ticks: number) => void
}

/** Monotonic: a wall clock that is set does not cause an election. */
const monotonicMillis = (clock: Clock.Clock): number =>
  Number(clock.unsafeCurrentTimeNanos() / 1_000_000n)

export const make = (wake: () => void): Effect.Effect<Ticker, never, Scope.Scope> =>
  Effect.gen(function*() {
    const clock = yield* Effect.clock
    const sleeper = yield* FiberHandle.make<void>()
    const run = yield* FiberHandle.runtime(sleeper)<never>()
    let countedTo = monotonicMillis(clock)
    let wallMillis = clock.unsafeCurrentTimeMillis()
    let monotonicAtWall = countedTo
    let armedFor = Infinity
    let isArmed = false
    /** A monotonic clock may stand still while the machine sleeps; the wall clock then is ahead. */
    const hasSlept = (now: number): boolean => {
      const wall = clock.unsafeCurrentTimeMillis()
      const unseen = (wall - wallMillis) - (now - monotonicAtWall)
      wallMillis = wall
      monotonicAtWall = now
      return unseen > TICK_MILLIS
    }
    return {
      elapsed: (ticksUntilDue, graceTicks) => {
        const now = monotonicMillis(clock)
        const slept = hasSlept(now)
        const ticks = Math.floor((now - countedTo) / TICK_MILLIS)
        const late = now - armedFor > graceTicks * TICK_MILLIS
        if (late) {
          countedTo = now
          const counted = Math.max(1, Math.min(ticks, ticksUntilDue - graceTicks))
          return { ticks: counted, heldUp: true }
        }
        countedTo += ticks * TICK_MILLIS
        return { ticks, heldUp: slept }
      },
      arm: (ticks) => {
        const at = countedTo + ticks * TICK_MILLIS
        if (isArmed && at >= armedFor) return
        isArmed = true
        armedFor = at
        const sleep = Effect.sleep(at - monotonicMillis(clock))
        run(Effect.andThen(
          sleep,
          Effect.sync(() => {
            isArmed = false
            wake()
          })
        ))
      }
    }
  })

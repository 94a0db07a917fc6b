/**
 * A node's own idea of time: Effect's Clock on the timeline. Its wall clock may be wrong, may run
 * too fast or too slow, and may be set; its monotonic clock only runs too fast or too slow.
 */
import { Clock, Duration, Effect } from "effect"
import type { ClockConditions } from "./Scenario.js"
import type { Timeline } from "./Timeline.js"

const MILLION = 1_000_000

/** Wall clocks start here, at 2026-01-01T00:00:00Z: no code may take small numbers for granted. */
export const EPOCH_MILLIS = 1_767_225_600_000

export class SimClock {
  readonly #timeline: Timeline
  readonly #owner: number
  readonly #drift: number
  #skewMillis: number
  readonly service: Clock.Clock

  constructor(timeline: Timeline, owner: number, conditions: ClockConditions) {
    this.#timeline = timeline
    this.#owner = owner
    this.#drift = conditions.driftPartsPerMillion
    this.#skewMillis = conditions.skewMillis
    this.service = {
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: () => this.#wallMillis(),
      unsafeCurrentTimeNanos: () => BigInt(this.#monotonicMicros()) * 1_000n,
      currentTimeMillis: Effect.sync(() => this.#wallMillis()),
      currentTimeNanos: Effect.sync(() => BigInt(this.#monotonicMicros()) * 1_000n),
      sleep: (duration) => this.#sleep(duration)
    }
  }

  /** Sets the wall clock. */
  jump(millis: number): void {
    this.#skewMillis += millis
  }

  #monotonicMicros(): number {
    const { nowMicros } = this.#timeline
    return nowMicros + Math.floor(nowMicros * this.#drift / MILLION)
  }

  #wallMillis(): number {
    return EPOCH_MILLIS + this.#skewMillis + Math.floor(this.#monotonicMicros() / 1_000)
  }

  /** Until the node's own clock has moved on by `duration`, and never less. */
  #sleep(duration: Duration.Duration): Effect.Effect<void> {
    const micros = Math.max(0, Math.ceil(Duration.toMillis(duration) * 1_000))
    const trueMicros = Math.ceil(micros * MILLION / (MILLION + this.#drift)) + 1
    return Effect.async<void>((resume) => {
      const timer = this.#timeline.after(
        trueMicros,
        this.#owner,
        "timer",
        () => resume(Effect.void)
      )
      return Effect.sync(() => void (timer.isCancelled = true))
    })
  }
}

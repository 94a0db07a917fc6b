/**
 * When the node's fibers run: after the sockets that are readable now have been read. Node calls
 * one listener for each, and microtasks run in between; a turn for each would defeat all batching.
 * All fibers share one queue, so that two that hand work to each other never hold off sockets and
 * timers.
 */
import { Scheduler } from "effect"

/** Queues drained without letting a socket or a timer in between. */
const DRAINS_LIMIT = 16

/** Nor is another begun after so long. What a fiber does between two yields should take less. */
const TURN_LIMIT_MILLIS = 4

/** As `performance.now` tells it. */
let turnEndsAt = 0

const runner = new Scheduler.SchedulerRunner((depth, drain) => {
  if (depth % DRAINS_LIMIT !== 0 && performance.now() < turnEndsAt) return drain(depth + 1)
  setImmediate(() => {
    turnEndsAt = performance.now() + TURN_LIMIT_MILLIS
    drain(depth + 1)
  })
})

export const scheduler: Scheduler.Scheduler = Scheduler.make((task, priority) =>
  runner.scheduleTask(task, priority)
)

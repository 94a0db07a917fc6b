/**
 * When the node's fibers run: after the sockets that are readable now have been read. Node calls
 * one listener for each, and microtasks run in between; a turn for each would defeat all batching.
 * All fibers share one queue, so that two that hand work to each other never hold off sockets and
 * timers.
 */
import { Scheduler } from "effect"

/** Queues drained without letting a socket or a timer in between. */
const DRAINS_LIMIT = 16

const runner = new Scheduler.SchedulerRunner((depth, drain) => {
  if (depth === 0 || depth % DRAINS_LIMIT === 0) setImmediate(drain, depth + 1)
  else drain(depth + 1)
})

export const scheduler: Scheduler.Scheduler = Scheduler.make((task, priority) =>
  runner.scheduleTask(task, priority)
)

/**
 * When the node's fibers run: after the sockets that are readable now have been read. Node calls
 * one listener for each, and microtasks run in between; a turn for each would defeat all batching.
 * All fibers share one queue, so that two that hand work to each other never hold off sockets and
 * timers.
 *
 * Fibers whose work can wait (node/Background.ts) go on when no other has anything to do. On a node
 * that is never idle they get a part of the time, so that a snapshot is taken at last.
 */
import { Scheduler } from "effect"
import * as Background from "../node/Background.js"

/** Queues drained without letting a socket or a timer in between. */
const DRAINS_LIMIT = 16

/** Nor is another begun after so long. What a fiber does between two yields should take less. */
const TURN_LIMIT_MILLIS = 4

/**
 * What others run for where they always have something to do, for each millisecond that those of
 * the background run. Less of it and they are slower while a snapshot is taken; more, and it takes
 * so long that most of what it has not passed is overwritten and has to be kept for it.
 */
const FOREGROUND_SHARE = 1

/** What either side is owed at most: then nobody catches up on a long time all at once. */
const OWED_LIMIT_MILLIS = FOREGROUND_SHARE * TURN_LIMIT_MILLIS

/** As `performance.now` tells it. */
let turnEndsAt = 0

const runner = new Scheduler.SchedulerRunner((depth, drain) => {
  if (depth % DRAINS_LIMIT !== 0 && performance.now() < turnEndsAt) return drain(depth + 1)
  setImmediate(() => {
    const beganAt = performance.now()
    turnEndsAt = beganAt + TURN_LIMIT_MILLIS
    drain(depth + 1)
    owedMillis = Math.max(-OWED_LIMIT_MILLIS, owedMillis - (performance.now() - beganAt))
  })
})

const background: Array<Scheduler.Task> = []
/** What others are to have before those of the background go on, if they have use for it. */
let owedMillis = 0
let isArmed = false

/** Once each time that the event loop comes round: whatever has arrived has woken its fibers. */
const arm = (): void => {
  if (isArmed || background.length === 0) return
  isArmed = true
  setImmediate(() => {
    isArmed = false
    if (!runner.running) runNext()
    else while (owedMillis <= 0 && background.length > 0) runNext()
    arm()
  })
}

const runNext = (): void => {
  const beganAt = performance.now()
  background.shift()?.()
  const tookMillis = performance.now() - beganAt
  owedMillis = Math.min(OWED_LIMIT_MILLIS, owedMillis + FOREGROUND_SHARE * tookMillis)
}

export const scheduler: Scheduler.Scheduler = Scheduler.make((task, priority) => {
  if (priority < Background.PRIORITY) return runner.scheduleTask(task, priority)
  background.push(task)
  arm()
})

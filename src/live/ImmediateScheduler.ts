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

/** Where others always have, they run for so many times as long as one of the background first. */
const FOREGROUND_SHARE = 3

/** As `performance.now` tells it. */
let turnEndsAt = 0

const runner = new Scheduler.SchedulerRunner((depth, drain) => {
  if (depth % DRAINS_LIMIT !== 0 && performance.now() < turnEndsAt) return drain(depth + 1)
  setImmediate(() => {
    const beganAt = performance.now()
    turnEndsAt = beganAt + TURN_LIMIT_MILLIS
    drain(depth + 1)
    owedMillis -= performance.now() - beganAt
  })
})

const background: Array<Scheduler.Task> = []
/** What others are to have before the next task of the background, if they have use for it. */
let owedMillis = 0
let isArmed = false

/** Once each time that the event loop comes round: whatever has arrived has woken its fibers. */
const arm = (): void => {
  if (isArmed || background.length === 0) return
  isArmed = true
  setImmediate(() => {
    isArmed = false
    if (!runner.running || owedMillis <= 0) runNext()
    arm()
  })
}

const runNext = (): void => {
  const beganAt = performance.now()
  background.shift()?.()
  owedMillis = FOREGROUND_SHARE * (performance.now() - beganAt)
}

export const scheduler: Scheduler.Scheduler = Scheduler.make((task, priority) => {
  if (priority < Background.PRIORITY) return runner.scheduleTask(task, priority)
  background.push(task)
  arm()
})

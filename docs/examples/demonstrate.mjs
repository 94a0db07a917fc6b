/**
 * What the examples show when they are run: many users at once, until Ctrl-C. Kill what you like
 * meanwhile; then the example says what became of it.
 */
import { setTimeout } from "node:timers/promises"

/** At the same time. */
export const USERS = 10
const TOLD_EVERY = 20
const PAUSE_MILLIS = 20

/** Each user acts again and again. Says so now and then, and resolves after Ctrl-C. */
export const untilInterrupted = async (what, act) => {
  let isOver = false
  let count = 0
  process.once("SIGINT", () => {
    isOver = true
  })
  const use = async (_, user) => {
    while (!isOver) {
      await act(user)
      count += 1
      if (count % TOLD_EVERY === 0) console.log(`${count} ${what}`)
    }
  }
  await Promise.all(Array.from({ length: USERS }, use))
}

/** Tries until it succeeds, as people do. Only for what may be done twice. */
export const insist = async (action) => {
  for (;;) {
    try {
      return await action()
    } catch {
      await setTimeout(PAUSE_MILLIS)
    }
  }
}

/** The verdict, and a code for the shell. */
export const end = (isRight, verdict) => {
  console.log(`${isRight ? "right" : "WRONG"}: ${verdict}`)
  process.exit(isRight ? 0 : 1)
}

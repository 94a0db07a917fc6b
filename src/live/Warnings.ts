/**
 * Warnings about others that a broken other may cause without end: each is logged once, and then at
 * most once per interval with the number of those in between. What is kept is one small record per
 * pair of reason and peer, so both must come from bounded sets.
 */
import { Clock, Effect } from "effect"

export const INTERVAL_MILLIS = 60_000

export interface Warning {
  readonly reason: string
  readonly peer: string
  readonly message: string
}

/** What goes on until an operator has done something about it. */
const ERRORS: ReadonlyArray<string> = ["WrongIncarnation", "RefusedByPeer"]

export type Warnings = (warning: Warning) => Effect.Effect<void>

export const make = (intervalMillis: number = INTERVAL_MILLIS): Warnings => {
  const said = new Map<string, { nextMillis: number; suppressed: number }>()
  return ({ message, peer, reason }) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const key = `${reason} ${peer}`
      const before = said.get(key)
      if (before !== undefined && now < before.nextMillis) {
        before.suppressed += 1
        return Effect.void
      }
      said.set(key, { nextMillis: now + intervalMillis, suppressed: 0 })
      const repeated = before?.suppressed ?? 0
      const log = ERRORS.includes(reason) ? Effect.logError(message) : Effect.logWarning(message)
      return Effect.annotateLogs(log, { reason, peer, repeated })
    })
}

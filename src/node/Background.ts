/**
 * Work that can wait, such as taking a snapshot of a million keys: a fiber that does it yields with
 * a priority of its own after each piece, and a scheduler that heeds it, as ImmediateScheduler.ts,
 * lets it go on when there is nothing else to do, or for a part of the time. Others take turns.
 */
import { Effect } from "effect"

/** Effect's default is 0, and what is greater comes later. */
export const PRIORITY = 1

export const yieldNow: Effect.Effect<void> = Effect.yieldNow({ priority: PRIORITY })

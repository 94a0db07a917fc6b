/**
 * Effect keeps each fiber that it has started at the top, or for a scope, in a set of its own until
 * the fiber ends. The fibers of a crashed process never end: no instruction of theirs may ever run
 * again, finalizers included. Without this each of them would keep its whole cluster in memory for
 * as long as the program runs.
 *
 * The set has no public name; it is found by the key under which Effect shares it among its copies.
 * If a version of Effect keeps it elsewhere nothing breaks but memory, and a test says so.
 */
import { FiberRef, GlobalValue } from "effect"
import type { Fiber } from "effect"
import { SimScheduler } from "./SimScheduler.js"

const GLOBAL_SCOPE = Symbol.for("effect/FiberScope/Global")

interface GlobalScope {
  readonly roots: Set<Fiber.RuntimeFiber<unknown, unknown>>
}

/** Lets go of every fiber of a scheduler that is dead. */
export const buryDead = (): void => {
  const { roots } = GlobalValue.globalValue(GLOBAL_SCOPE, (): GlobalScope => ({ roots: new Set() }))
  for (const fiber of roots) {
    const scheduler = fiber.getFiberRef(FiberRef.currentScheduler)
    if (scheduler instanceof SimScheduler && scheduler.state === "Dead") roots.delete(fiber)
  }
}

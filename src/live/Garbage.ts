/**
 * How much memory a node may hold that nobody needs any more, before the engine collects it: beside
 * the engine's heap (kv/Allocator.ts), and in it.
 */
import { Effect, Layer } from "effect"
import { getHeapStatistics, setFlagsFromString } from "node:v8"
import * as Allocator from "../kv/Allocator.js"

/**
 * The engine's limit to its heap follows the memory of the machine or container, unless
 * `--max-old-space-size` says otherwise, and what may be held beside it follows that.
 */
const PART_OF_HEAP_LIMIT = 1 / 4

export const layer: Layer.Layer<never> = Layer.effectDiscard(
  Effect.sync(() => Allocator.allow(getHeapStatistics().heap_size_limit * PART_OF_HEAP_LIMIT))
)

/** How much the heap may grow from one collection to the next; by itself the engine takes 300. */
const HEAP_GROWTH_PERCENT = 100

/**
 * For a process that is a node and nothing else. Collecting a heap of twice what is needed takes a
 * few percent of the time, and four times as much memory would be another machine.
 */
export const collectEarly: Effect.Effect<void> = Effect.sync(() =>
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`)
)

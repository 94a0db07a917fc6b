/**
 * A node's memory of those it has met, as the node program has it, on a folder of its own that is
 * new.
 */
import { Effect } from "effect"
import * as Acquaintances from "../../src/node/Acquaintances.js"
import type * as Storage from "../../src/service/Storage.js"
import * as MemoryDisk from "../../src/sim/MemoryDisk.js"

export const make = (nodeId: string): Storage.Acquaintances =>
  Effect.runSync(
    Effect.provide(Effect.orDie(Acquaintances.make(nodeId)), MemoryDisk.layer(MemoryDisk.make()))
  )

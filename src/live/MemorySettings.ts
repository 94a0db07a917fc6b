/**
 * How much a node is told to hold, as `CONFIG` tells and changes it. The cluster goes by what is
 * told to the node that leads.
 */
import * as Memory from "../kv/Memory.js"
import type { Store } from "../kv/Store.js"
import * as Settings from "./Settings.js"
import type { Setting } from "./Settings.js"

const SAMPLES_MOST = 2 ** 31 - 1

export const make = (store: Store): ReadonlyArray<Setting> => {
  const set = (change: Partial<Memory.Settings>): void => {
    store.memory = { ...store.memory, ...change }
  }
  return [
    Settings.memory(
      "maxmemory",
      () => store.memory.limitBytes,
      (limitBytes) => set({ limitBytes })
    ),
    Settings.choice(
      "maxmemory-policy",
      Memory.policies,
      () => store.memory.policy,
      (policy) => set({ policy })
    ),
    Settings.integer(
      "maxmemory-samples",
      { least: 1, most: SAMPLES_MOST },
      () => store.memory.samples,
      (samples) => set({ samples })
    )
  ]
}

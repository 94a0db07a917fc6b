/**
 * How much a node is told to hold, and what is to go when it is more: Redis's settings, under
 * Redis's names. They are one node's; while it leads, the cluster goes by them (Eviction.ts).
 * https://redis.io/docs/latest/develop/reference/eviction
 */

/** In the order in which Redis tells them. */
export const policies = [
  "volatile-lru",
  "volatile-lfu",
  "volatile-random",
  "volatile-ttl",
  "allkeys-lru",
  "allkeys-lfu",
  "allkeys-random",
  "noeviction"
] as const

export type Policy = typeof policies[number]

export interface Settings {
  /** 0 for as much as there is. */
  readonly limitBytes: number
  readonly policy: Policy
  /** So many keys are looked at to find one that is to go. */
  readonly samples: number
}

export const defaults: Settings = { limitBytes: 0, policy: "noeviction", samples: 5 }

/** By what a key is chosen: unused for longest, used least, next to go anyway, or any. */
export type Order = "idle" | "frequency" | "due" | "random"

export interface Rule {
  /** Undefined if none is to go. */
  readonly order: Order | undefined
  /** Of those only that have a time to go. */
  readonly isVolatile: boolean
}

export const rules: Readonly<Record<Policy, Rule>> = {
  "volatile-lru": { order: "idle", isVolatile: true },
  "volatile-lfu": { order: "frequency", isVolatile: true },
  "volatile-random": { order: "random", isVolatile: true },
  "volatile-ttl": { order: "due", isVolatile: true },
  "allkeys-lru": { order: "idle", isVolatile: false },
  "allkeys-lfu": { order: "frequency", isVolatile: false },
  "allkeys-random": { order: "random", isVolatile: false },
  noeviction: { order: undefined, isVolatile: false }
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1_000,
  kb: 2 ** 10,
  m: 1_000_000,
  mb: 2 ** 20,
  g: 1_000_000_000,
  gb: 2 ** 30
}

/** As Redis reads it: "100mb" is 100 × 2^20, "100m" 100 × 10^6. Undefined if it is no amount. */
export const parseBytes = (text: string): number | undefined => {
  const [, digits, unit] = /^(\d*)([a-z]*)$/i.exec(text) ?? []
  const unitBytes = UNITS[unit?.toLowerCase() ?? "none"]
  const bytes = Number(digits) * (unitBytes ?? NaN)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

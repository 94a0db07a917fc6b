/**
 * Chance as part of the state: a 32-bit generator word that goes in and comes out, so that the same
 * events always lead to the same state.
 */

/** Mulberry32: one word of state, a full period of 2^32. */
export const next = (word: number): readonly [word: number, value: number] => {
  const advanced = (word + 0x6d2b79f5) >>> 0
  let mixed = Math.imul(advanced ^ (advanced >>> 15), advanced | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return [advanced, (mixed ^ (mixed >>> 14)) >>> 0]
}

/** FNV-1a over the name, mixed with the seed: the nodes of one cluster must not draw alike. */
export const seed = (clusterSeed: number, name: string): number => {
  let hash = (0x811c9dc5 ^ clusterSeed) >>> 0
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0
  }
  return next(hash)[1]
}

/**
 * Chance before a life begins, for drawing its scenario. The same seed and purpose always give the
 * same throws.
 */
import * as Random from "../raft/Random.js"

export interface Dice {
  /** From 0 up to but not including `arity`, at least 1. */
  readonly below: (arity: number) => number
  /** Inclusive. */
  readonly between: (least: number, most: number) => number
  readonly chance: (perMille: number) => boolean
  readonly oneOf: <A>(values: readonly [A, ...ReadonlyArray<A>]) => A
  readonly weighted: <A>(
    values: readonly [readonly [A, number], ...ReadonlyArray<readonly [A, number]>]
  ) => A
  /** Around `mean` on average: mostly less, seldom much more; at most 16 times as much. */
  readonly exponential: (mean: number) => number
  readonly shuffle: <A>(values: ReadonlyArray<A>) => ReadonlyArray<A>
}

const HALVINGS_LIMIT = 4

export const make = (seed: number, purpose: string): Dice => {
  let word = Random.seed(seed, purpose)
  const below = (arity: number): number => {
    const [next, value] = Random.next(word)
    word = next
    return value % arity
  }
  const between = (least: number, most: number): number => least + below(most - least + 1)
  return {
    below,
    between,
    chance: (perMille) => below(1_000) < perMille,
    oneOf: (values) => values[below(values.length)]!,
    weighted: (values) => {
      let at = below(values.reduce((sum, [, weight]) => sum + weight, 0))
      for (const [value, weight] of values) {
        if (at < weight) return value
        at -= weight
      }
      return values[0][0]
    },
    exponential: (mean) => {
      // Whole numbers only: a logarithm may differ in its last bit from one engine to the next.
      let scale = mean
      for (let i = 0; i < HALVINGS_LIMIT && below(2) === 0; i++) scale *= 2
      return Math.floor(scale / 3) + below(Math.max(1, Math.floor(scale / 3)))
    },
    shuffle: (values) => {
      const rest = [...values]
      const shuffled = []
      while (rest.length > 0) shuffled.push(...rest.splice(below(rest.length), 1))
      return shuffled
    }
  }
}

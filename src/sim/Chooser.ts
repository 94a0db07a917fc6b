/**
 * The only source of chance while a simulation runs. Whatever could go one way or another, which
 * fiber runs, how long a message takes, what a crash spares, asks a chooser for a number, and the
 * decision log keeps the answer. Given the same log a run repeats itself; given an edited one it
 * still runs, because a number out of range wraps and a missing one is 0.
 *
 * 0 is always the tame choice: the first in line, no fault, the least delay. So a log of zeros is
 * the quietest life of a cluster, and shrinking means turning numbers into zeros.
 */
import * as Random from "../raft/Random.js"
import type { DecisionLog, Stream } from "./DecisionLog.js"
import * as Decisions from "./DecisionLog.js"

/** How to choose. `keys` names the candidates, where they have names that outlive the choice. */
export interface Strategy {
  readonly choose: (stream: Stream, arity: number, keys?: ReadonlyArray<number>) => number
}

/** Always the first: no fault, no delay, first come, first served. */
export const fifo: Strategy = { choose: () => 0 }

/** A fair die for every choice, from `seed`. */
export const random = (seed: number): Strategy => {
  let word = seed >>> 0
  return {
    choose: (_, arity) => {
      const [next, value] = Random.next(word)
      word = next
      return value % arity
    }
  }
}

/**
 * Probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010): every candidate has a random
 * priority and the highest runs, until at `depth - 1` random steps the running one falls to the
 * lowest. A bug that needs `depth` orderings in `steps` steps among `n` candidates is met with
 * probability at least 1 / (n * steps^(depth - 1)). Choices without keys are random.
 */
export const pct = (seed: number, depth: number, steps: number): Strategy => {
  const dice = random(seed)
  const priorities = new Map<number, number>()
  const changes = new Set<number>()
  for (let i = 1; i < depth; i++) changes.add(dice.choose("fiber", steps))
  let step = 0
  let lowest = 0
  const priorityOf = (key: number): number => {
    const known = priorities.get(key)
    if (known !== undefined) return known
    const drawn = dice.choose("fiber", 0x7fff_ffff)
    priorities.set(key, drawn)
    return drawn
  }
  return {
    choose: (stream, arity, keys) => {
      if (keys === undefined) return dice.choose(stream, arity)
      let best = 0
      for (let at = 1; at < keys.length; at++) {
        if (priorityOf(keys[at]!) > priorityOf(keys[best]!)) best = at
      }
      if (changes.has(step++)) priorities.set(keys[best]!, --lowest)
      return best
    }
  }
}

/** Repeats a log, stream by stream; when a stream has run dry, the tame choice. */
export const replay = (log: DecisionLog): Strategy => {
  const queues = new Map<Stream, { readonly picks: ReadonlyArray<number>; at: number }>()
  for (const stream of Decisions.streams) {
    queues.set(stream, { picks: Decisions.picksOf(log, stream), at: 0 })
  }
  return {
    choose: (stream, arity) => {
      const queue = queues.get(stream)!
      return (queue.picks[queue.at++] ?? 0) % arity
    }
  }
}

/** A strategy and the log of what it chose. */
export class Chooser {
  readonly log: DecisionLog = Decisions.make()
  readonly #strategy: Strategy

  constructor(strategy: Strategy) {
    this.#strategy = strategy
  }

  /** A whole number from 0 to `arity - 1`. What cannot be otherwise is not a choice. */
  pick(stream: Stream, arity: number, keys?: ReadonlyArray<number>): number {
    if (arity <= 1) return 0
    const index = this.#strategy.choose(stream, arity, keys)
    Decisions.add(this.log, stream, index)
    return index
  }

  /** True with `perMille` in a thousand; never with 0. */
  chance(stream: Stream, perMille: number): boolean {
    return perMille > 0 && this.pick(stream, 1_000) >= 1_000 - perMille
  }

  /** From `least` to `most`, inclusive. */
  between(stream: Stream, least: number, most: number): number {
    return least + this.pick(stream, most - least + 1)
  }

  /**
   * From `least` on, `mean` more on average, mostly less and seldom much more: an exponential
   * distribution in whole numbers, cut at eight times its mean.
   */
  delay(stream: Stream, least: number, mean: number): number {
    if (mean <= 0) return least
    const index = this.pick(stream, EXPONENTIAL.length)
    return least + Math.floor(mean * EXPONENTIAL[index]! / EXPONENTIAL_UNIT)
  }
}

const EXPONENTIAL_UNIT = 1_000

/**
 * 256 quantiles of the exponential distribution of mean `EXPONENTIAL_UNIT`, from the smallest on,
 * by repeated differences in whole numbers: the logarithm of the engine may differ in its last bit
 * from one version to the next.
 */
const EXPONENTIAL: ReadonlyArray<number> = (() => {
  const quantiles: Array<number> = [0]
  // From 1 - i/n to 1 - (i+1)/n the quantile grows by about 1 / (n - i - 1/2).
  for (let i = 0, sum = 0; i < 255; i++) {
    sum += EXPONENTIAL_UNIT * 1_000 / (256 - i - 0.5)
    quantiles.push(Math.floor(sum / 1_000))
  }
  return quantiles
})()

/**
 * Chance for the random tests: everything a run does follows from its seed, so that a failure is
 * repeated by its number.
 */
import * as Random from "../../src/raft/Random.js"

export class Dice {
  #word: number

  constructor(seed: number) {
    this.#word = Random.seed(seed, "dice")
  }

  #next(): number {
    const [word, value] = Random.next(this.#word)
    this.#word = word
    return value
  }

  /** An integer in 0..limit-1. */
  below(limit: number): number {
    return this.#next() % limit
  }

  /** An integer in from..to, both inclusive. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1)
  }

  chance(probability: number): boolean {
    return this.#next() < probability * 2 ** 32
  }

  pick<A>(items: ReadonlyArray<A>): A {
    if (items.length === 0) throw new Error("nothing to pick from")
    return items[this.below(items.length)] as A
  }

  /** One of `choices`, in proportion to its weight. */
  weighted<A extends string>(choices: Readonly<Record<A, number>>): A {
    const weights = Object.entries(choices) as Array<[A, number]>
    let rest = this.below(weights.reduce((sum, [, weight]) => sum + weight, 0))
    for (const [choice, weight] of weights) {
      if (rest < weight) return choice
      rest -= weight
    }
    throw new Error("no choice has a weight")
  }

  shuffle<A>(items: ReadonlyArray<A>): Array<A> {
    const shuffled = [...items]
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      const swapped = shuffled[i] as A
      shuffled[i] = shuffled[j] as A
      shuffled[j] = swapped
    }
    return shuffled
  }
}

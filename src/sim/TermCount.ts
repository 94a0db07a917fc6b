/**
 * How many terms a sound majority needs to find its leader. Those do not count in which messages
 * are lost: a vote that is lost costs a term, as often as it is, where all of a bare majority have
 * to vote.
 */

/** That many may be needed, besides one for each node. */
const TERMS_LIMIT = 6

export class TermCount {
  readonly #limit: number
  #first = 0
  #firstLossy = 0

  constructor(nodes: number) {
    this.#limit = TERMS_LIMIT + nodes
  }

  /** `term` is the highest, here and below. */
  begin(term: number): void {
    this.#first = term
  }

  loseSome(term: number): void {
    this.#firstLossy = term
  }

  loseNoMore(term: number): void {
    this.#first += term - this.#firstLossy
  }

  count(term: number): number {
    return term - this.#first
  }

  isTooMany(term: number): boolean {
    return this.count(term) > this.#limit
  }
}

/**
 * What waits under a number, where numbers only grow and mostly the oldest is taken: sequences of
 * writes, refs. A ring, whose places are let go of as they are taken. A `Map` says the same and
 * leaves behind all that was ever in it: the engine links each table that a map has outgrown to its
 * next, so that, once one of them has grown old, every later one lives until the whole heap is
 * collected, with what waited in it.
 */

const INITIAL_PLACES = 16

export class Numbered<A extends object> {
  /** As many as there are places: a power of two, so that a place is a number's last bits. */
  #numbers: Array<number> = new Array<number>(INITIAL_PLACES).fill(0)
  #items: Array<A | undefined> = new Array<A | undefined>(INITIAL_PLACES).fill(undefined)
  /** Turns of the ring are counted on: what waits is between them, the oldest at `#head`. */
  #head = 0
  #tail = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  /** `number` is greater than all before it. */
  add(number: number, item: A): void {
    if (this.#tail - this.#head === this.#items.length) this.#grow()
    const place = this.#placeOf(this.#tail++)
    this.#numbers[place] = number
    this.#items[place] = item
    this.#size++
  }

  get(number: number): A | undefined {
    const turn = this.#find(number)
    return turn === undefined ? undefined : this.#items[this.#placeOf(turn)]
  }

  /** What waited under it does so no more. */
  take(number: number): A | undefined {
    const turn = this.#find(number)
    if (turn === undefined) return undefined
    const place = this.#placeOf(turn)
    const item = this.#items[place]
    if (item === undefined) return undefined
    this.#items[place] = undefined
    this.#size--
    while (this.#head < this.#tail && this.#items[this.#placeOf(this.#head)] === undefined) {
      this.#head++
    }
    return item
  }

  /** The oldest first. What is taken meanwhile does not come any more. */
  *values(): IterableIterator<A> {
    for (let turn = this.#head; turn < this.#tail; turn++) {
      const item = this.#items[this.#placeOf(turn)]
      if (item !== undefined) yield item
    }
  }

  clear(): void {
    this.#items.fill(undefined)
    this.#head = this.#tail
    this.#size = 0
  }

  #placeOf(turn: number): number {
    return turn & (this.#items.length - 1)
  }

  /** The turn at which `number` was added, if that is not before the oldest that waits. */
  #find(number: number): number | undefined {
    let low = this.#head
    let high = this.#tail - 1
    if (low > high) return undefined
    // Mostly it is the oldest, or none is left out between the two.
    let turn = Math.max(low, Math.min(high, low + number - this.#numberAt(low)))
    while (low <= high) {
      const found = this.#numberAt(turn)
      if (found === number) return turn
      if (found < number) low = turn + 1
      else high = turn - 1
      turn = Math.floor((low + high) / 2)
    }
    return undefined
  }

  #numberAt(turn: number): number {
    return this.#numbers[this.#placeOf(turn)]!
  }

  #grow(): void {
    const numbers = new Array<number>(2 * this.#numbers.length).fill(0)
    const items = new Array<A | undefined>(numbers.length).fill(undefined)
    for (let turn = this.#head; turn < this.#tail; turn++) {
      const [from, to] = [this.#placeOf(turn), turn & (items.length - 1)]
      numbers[to] = this.#numbers[from]!
      items[to] = this.#items[from]
    }
    this.#numbers = numbers
    this.#items = items
  }
}

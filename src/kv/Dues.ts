/**
 * When keys are due to go: a binary heap of those that have a time, the earliest first, and of one
 * time in the order of their names: what is first depends on nothing but what is in it, so every
 * replica removes the same, and tells of it in the same order. Each due knows its place in it, so
 * that one that is changed or taken back costs as little as one that is added, and nothing stale
 * stays behind.
 */
import type { Draw } from "./Chance.js"
import type { Key } from "./Key.js"

/** One key's time. It belongs to one heap, and to what the key holds. */
export interface Due {
  readonly key: Key
  /** Milliseconds since 1970, of the log's time. */
  readonly atMillis: number
  place: number
}

const isBefore = (one: Due, other: Due): boolean =>
  one.atMillis < other.atMillis || (one.atMillis === other.atMillis && one.key < other.key)

export class Dues {
  readonly #heap: Array<Due> = []

  get size(): number {
    return this.#heap.length
  }

  get first(): Due | undefined {
    return this.#heap[0]
  }

  /** Any of those that have a time. */
  sample(draw: Draw): Due | undefined {
    return this.#heap[draw(Math.max(1, this.#heap.length))]
  }

  /** All of them, the earliest first. Not to be changed meanwhile. */
  *inOrder(): IterableIterator<Due> {
    const ahead = new Dues()
    const places = new Map<Due, number>()
    const look = (place: number): void => {
      const due = this.#heap[place]
      if (due !== undefined) places.set(ahead.add(due.key, due.atMillis), place)
    }
    look(0)
    for (let next = ahead.first; next !== undefined; next = ahead.first) {
      const place = places.get(next)!
      yield this.#heap[place]!
      ahead.remove(next)
      places.delete(next)
      look(2 * place + 1)
      look(2 * place + 2)
    }
  }

  add(key: Key, atMillis: number): Due {
    const due: Due = { key, atMillis, place: this.#heap.length }
    this.#heap.push(due)
    this.#rise(due)
    return due
  }

  remove(due: Due): void {
    const last = this.#heap.pop()!
    if (last === due) return
    this.#put(last, due.place)
    this.#rise(last)
    this.#sink(last)
  }

  #rise(due: Due): void {
    while (due.place > 0) {
      const above = this.#heap[(due.place - 1) >> 1]!
      if (isBefore(above, due)) return
      this.#swap(above, due)
    }
  }

  #sink(due: Due): void {
    for (;;) {
      const left = this.#heap[2 * due.place + 1]
      const right = this.#heap[2 * due.place + 2]
      const below = right !== undefined && isBefore(right, left!) ? right : left
      if (below === undefined || isBefore(due, below)) return
      this.#swap(due, below)
    }
  }

  #swap(one: Due, other: Due): void {
    const { place } = one
    this.#put(one, other.place)
    this.#put(other, place)
  }

  #put(due: Due, place: number): void {
    due.place = place
    this.#heap[place] = due
  }
}

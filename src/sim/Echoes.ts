/**
 * What links will say again: while one echoes, all that arrives on it is remembered, and it arrives
 * a second time when the last of the troubles that wanted it so has ended.
 */

export class Echoes<A> {
  /** By link: how many troubles want it, and what has arrived meanwhile. */
  readonly #wanted: Uint8Array
  readonly #heard: ReadonlyArray<Array<A>>
  readonly #limit: number

  /** Of each link at most the last `limit` messages are remembered. */
  constructor(links: number, limit: number) {
    this.#wanted = new Uint8Array(links)
    this.#heard = Array.from({ length: links }, () => [])
    this.#limit = limit
  }

  begin(link: number): void {
    this.#wanted[link]! += 1
  }

  hear(link: number, message: A): void {
    if (this.#wanted[link] === 0) return
    const heard = this.#heard[link]!
    if (heard.push(message) > this.#limit) heard.shift()
  }

  /** What is to arrive again now, in its order. */
  end(link: number): ReadonlyArray<A> {
    this.#wanted[link] = Math.max(0, this.#wanted[link]! - 1)
    return this.#wanted[link] === 0 ? this.#heard[link]!.splice(0) : []
  }

  forget(link: number): void {
    this.#wanted[link] = 0
    this.#heard[link]!.length = 0
  }
}

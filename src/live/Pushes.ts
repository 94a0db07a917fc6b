/**
 * What a connection is to say unasked, in order. Each has its place, counted from the first that
 * was ever pushed, so that a reply can have all those before it said that belong before it.
 */
import type { Writer } from "../wire/RespReply.js"
import type { Tell } from "./ConnectedClient.js"

export class Pushes {
  #waiting: Array<Tell> = []
  #said = 0
  /** Of those that were said, how many are not among those that wait any more. */
  #gone = 0

  /** How many were said. */
  get said(): number {
    return this.#said
  }

  /** How many there were, said or not. */
  get count(): number {
    return this.#gone + this.#waiting.length
  }

  add(tell: Tell): void {
    this.#waiting.push(tell)
  }

  /** Says what is left of the first `upTo`. What one of them adds waits for the next call. */
  say(upTo: number, out: Writer): void {
    if (upTo <= this.#said || this.#waiting.length === 0) return
    for (const tell of this.#waiting.slice(this.#said - this.#gone, upTo - this.#gone)) {
      tell(out)
      this.#said++
    }
    if (this.#said === this.count) this.clear()
  }

  /** Forgets those that were not said. */
  clear(): void {
    this.#gone = this.#said
    this.#waiting = []
  }
}

/**
 * What a connection is told unasked, in order. Each thing has a number, so that a reply can say how
 * many of them must stand before it.
 */
import type { Writer } from "../wire/RespReply.js"
import type { Tell } from "./RedisCommand.js"

export class Pushes {
  /** Those that may still have to be said; `#saidBefore` were before the first. */
  #tells: Array<Tell> = []
  #saidBefore = 0
  #said = 0

  /** How many were said. */
  get said(): number {
    return this.#said
  }

  /** How many there were, said or not. */
  get count(): number {
    return this.#saidBefore + this.#tells.length
  }

  add(tell: Tell): void {
    this.#tells.push(tell)
  }

  /** Says all up to this number that were not said. */
  say(upTo: number, out: Writer): void {
    if (upTo <= this.#said || this.#tells.length === 0) return
    for (const tell of this.#tells.slice(this.#said - this.#saidBefore, upTo - this.#saidBefore)) {
      tell(out)
      this.#said++
    }
    if (this.#said < this.count) return
    this.#saidBefore = this.#said
    this.#tells = []
  }

  /** There is nobody to say it to. */
  forget(): void {
    this.#tells = []
  }
}

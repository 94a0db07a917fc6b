/**
 * Reads one reply of the Redis protocol, version 2, as a client does. Texts are taken one byte a
 * character.
 */
import * as Latin1 from "../kv/Latin1.js"

/** The server answered with an error. */
export interface Refusal {
  readonly _tag: "Refusal"
  readonly message: string
}

export type Value = string | number | null | Refusal | ReadonlyArray<Value>

/** Arrays within arrays, beyond which nothing is a reply. */
const DEPTH_LIMIT = 16

const LINE_FEED = 0x0a

/** `Incomplete`: more bytes are needed. `Broken`: they are not this protocol. */
export type Reading =
  | { readonly _tag: "Value"; readonly value: Value }
  | { readonly _tag: "Incomplete" }
  | { readonly _tag: "Broken" }

class Stop {
  readonly _tag: "Incomplete" | "Broken"
  constructor(_tag: "Incomplete" | "Broken") {
    this._tag = _tag
  }
}

/** The reply that `bytes` begin with. */
export const read = (bytes: Uint8Array): Reading => {
  try {
    return { _tag: "Value", value: new Reader(bytes).value(0) }
  } catch (stop) {
    if (stop instanceof Stop) return { _tag: stop._tag }
    throw stop
  }
}

class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  value(depth: number): Value {
    if (depth > DEPTH_LIMIT) throw new Stop("Broken")
    const line = this.#line()
    const rest = line.slice(1)
    switch (line[0]) {
      case "+":
        return rest
      case "-":
        return { _tag: "Refusal", message: rest }
      case ":":
        return this.#count(rest, Number.MIN_SAFE_INTEGER)
      case "$": {
        const length = this.#count(rest, -1)
        return length < 0 ? null : this.#bulk(length)
      }
      case "*": {
        const length = this.#count(rest, -1)
        if (length < 0) return null
        const items: Array<Value> = []
        while (items.length < length) items.push(this.value(depth + 1))
        return items
      }
      default:
        throw new Stop("Broken")
    }
  }

  #line(): string {
    const end = this.#bytes.indexOf(LINE_FEED, this.#at)
    if (end < 0) throw new Stop("Incomplete")
    const line = Latin1.decode(this.#bytes, this.#at, Math.max(this.#at, end - 1))
    this.#at = end + 1
    return line
  }

  #count(text: string, least: number): number {
    const count = Number(text)
    if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(count) || count < least) {
      throw new Stop("Broken")
    }
    return count
  }

  #bulk(length: number): string {
    const end = this.#at + length
    if (end + 2 > this.#bytes.length) throw new Stop("Incomplete")
    const text = Latin1.decode(this.#bytes, this.#at, end)
    this.#at = end + 2
    return text
  }
}

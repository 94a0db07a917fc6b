/**
 * What a key holds that was loaded from a snapshot and is a string. It makes an array of the bytes
 * whenever somebody asks for them: of a million keys few are asked for soon, and these arrays are
 * what loading would take longest over.
 */
import type { Due } from "./Dues.js"
import type { Place } from "./Slab.js"
import type { Stored } from "./Store.js"

export class LoadedString implements Stored {
  readonly revision: number
  readonly due: Due | undefined
  usage: number
  readonly #piece: Uint8Array
  readonly #from: number
  readonly #to: number

  constructor({ from, piece, to }: Place, revision: number, due: Due | undefined, usage: number) {
    this.revision = revision
    this.due = due
    this.usage = usage
    this.#piece = piece
    this.#from = from
    this.#to = to
  }

  get value(): Uint8Array {
    return this.#piece.subarray(this.#from, this.#to)
  }
}

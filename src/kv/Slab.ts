/**
 * Many small byte arrays in one piece of memory. An array with memory of its own costs the engine
 * about as much again as 300 bytes do, and most of the time of making it; where there are a million
 * of them at once, they share. The price: a piece is kept for as long as the last array in it, so
 * none is larger than it has to be, and what lives by itself, such as a value that is written, gets
 * memory of its own.
 */
import * as Allocator from "./Allocator.js"

/** An array of more than this part of a piece gets memory of its own. */
const SHARES_MIN = 4

export class Slab {
  readonly #pieceBytes: number
  #piece: Uint8Array = new Uint8Array(0)
  #end = 0

  constructor(pieceBytes: number) {
    this.#pieceBytes = pieceBytes
  }

  /** As many zeros, the caller's own. */
  take(lengthBytes: number): Uint8Array {
    if (lengthBytes * SHARES_MIN > this.#pieceBytes) return Allocator.allocate(lengthBytes)
    if (this.#end + lengthBytes > this.#piece.length) {
      this.#piece = Allocator.allocate(this.#pieceBytes)
      this.#end = 0
    }
    const from = this.#end
    this.#end = from + lengthBytes
    return this.#piece.subarray(from, this.#end)
  }
}

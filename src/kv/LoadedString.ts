/**
 * What a key holds that was read from the disk, with a snapshot or the log of a node that starts,
 * and is a string. Its bytes stay where they were read, among those of thousands of others, and an
 * array of them is made whenever somebody asks: of a million keys few are asked for soon, and a
 * copy and an array for each is what starting would take longest over.
 *
 * The price: a block is kept for as long as anything in it is held. So walks, which pass all keys
 * now and then, count what is left of each, and take out the rest of those that are mostly gone.
 */
import * as Allocator from "./Allocator.js"
import type { Due } from "./Dues.js"
import type { Stored } from "./Store.js"
import type { Walk } from "./StoreSnapshot.js"

/** A block of which less than this part is held is not worth keeping. */
const HELD_MIN = 1 / 2

/** Memory that many parts of a snapshot, or of the log, were read into. */
export class Block {
  readonly bytes: Uint8Array
  #heldBytes = Infinity
  #passedBytes = 0
  #walk: Walk | undefined

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** `walk` passes a part of it of so many bytes. */
  pass(walk: Walk, partBytes: number): void {
    if (walk !== this.#walk) {
      if (this.#walk?.hasPassedAll === true) this.#heldBytes = this.#passedBytes
      this.#walk = walk
      this.#passedBytes = 0
    }
    this.#passedBytes += partBytes
  }

  /** Whether there was little left of it when last a walk had passed all keys. */
  get isMostlyGone(): boolean {
    return this.#heldBytes < HELD_MIN * this.bytes.length
  }
}

export class LoadedString implements Stored {
  readonly revision: number
  readonly due: Due | undefined
  usage: number
  readonly block: Block
  readonly #from: number
  readonly #to: number

  /** Those bytes of `block` from `from` to before `to`. */
  constructor(
    block: Block,
    from: number,
    to: number,
    { due, revision, usage }: Omit<Stored, "value">
  ) {
    this.revision = revision
    this.due = due
    this.usage = usage
    this.block = block
    this.#from = from
    this.#to = to
  }

  /** The value's, of which no array need be made to know it. */
  get lengthBytes(): number {
    return this.#to - this.#from
  }

  get value(): Uint8Array {
    return this.block.bytes.subarray(this.#from, this.#to)
  }

  /** The same in memory of its own. */
  copy(): Stored {
    const { due, revision, usage } = this
    return { value: Allocator.copy(this.value), revision, due, usage }
  }
}

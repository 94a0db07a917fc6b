/**
 * Reads requests of the Redis protocol as they arrive, in pieces of any size: arrays of bulk
 * strings, pipelined, or words on a line. What a client gets to hear of a malformed request is
 * Redis 7.0's own wording. Each byte is looked at once, and an incomplete request is kept in memory
 * that at most doubles; a request beyond the cache's limits is skipped as it arrives and never
 * kept.
 */
import * as Command from "../kv/Command.js"
import * as Integer from "../kv/Integer.js"
import * as RespInline from "./RespInline.js"

/** The longest line: a request typed by hand, or the length before an argument. */
export const LINE_LIMIT_BYTES = 64 * 1024

/** More arguments in one request are a protocol error. */
export const ARGUMENTS_LIMIT = 1024 * 1024

/** A longer argument is a protocol error (Redis's proto-max-bulk-len). */
export const BULK_LIMIT_BYTES = 512 * 1024 * 1024

/** So much of one request is taken from who has not said who it is. As in Redis. */
export const STRANGER_ARGUMENTS_LIMIT = 10
export const STRANGER_BULK_LIMIT_BYTES = 16 * 1024

/** What an argument costs in memory beyond its bytes; counted towards the limit of a request. */
export const ARGUMENT_OVERHEAD_BYTES = 64

/**
 * The arguments of one request together, with what each costs. No command made from them can then
 * be longer than the log takes.
 */
export const REQUEST_LIMIT_BYTES = Command.LIMIT_BYTES

const ARGUMENT_TOO_LONG = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
const REQUEST_TOO_LONG = `ERR the arguments of one command exceed ${REQUEST_LIMIT_BYTES} bytes, ` +
  `counting ${ARGUMENT_OVERHEAD_BYTES} more for each: send fewer at once`

const ASTERISK = 0x2a
const DOLLAR = 0x24
const CARRIAGE_RETURN = 0x0d
const LINE_FEED = 0x0a

const EMPTY = new Uint8Array(0)

/** `left` between arguments. */
const NONE = -1

/**
 * What `next` found.
 * - `Request`: a whole one, in `request`.
 * - `Refused`: one beyond a limit, skipped; `message` is the error to answer. The next may be read.
 * - `Broken`: the bytes are not the protocol; `message` is the last thing to say before closing.
 * - `Incomplete`: more bytes are needed.
 */
export type Progress = "Request" | "Refused" | "Broken" | "Incomplete"

export class Parser {
  /** The arguments of the last `Request`, at least one. They share memory with what was pushed. */
  request: ReadonlyArray<Uint8Array> = []
  message = ""

  private readonly isStranger: () => boolean
  private buffer: Uint8Array = EMPTY
  /** The buffer is ours to append to, not a chunk. Bytes once handed out are never written to. */
  private owned = false
  /** In order: the first byte still needed, the next to read, the end of what has arrived. */
  private from = 0
  private at = 0
  private end = 0
  /** Up to here the current line is known not to end. */
  private searched = 0

  private broken = false
  /** Arguments of the current request still to come; 0 between requests. */
  private missing = 0
  /** Bytes of the current argument still to come, its line end included; NONE before its length. */
  private left = NONE
  /** Where the arguments so far begin and end. */
  private bounds: Array<number> = []
  private costBytes = 0
  /** Why the current request is being skipped. */
  private refusal: string | undefined

  /** `isStranger`: whether what is read now comes from somebody who has not said who it is. */
  constructor(isStranger: () => boolean = () => false) {
    this.isStranger = isStranger
  }

  /** What has arrived and was not yet handed out. */
  get bufferedBytes(): number {
    return this.end - this.from
  }

  /** Takes the chunk over: it must not be written to afterwards. */
  push(chunk: Uint8Array): void {
    const kept = this.end - this.from
    if (kept === 0) {
      this.buffer = chunk
      this.owned = false
      this.from = this.at = this.searched = 0
      this.end = chunk.length
      return
    }
    if (!this.owned || this.end + chunk.length > this.buffer.length) {
      this.move(kept + chunk.length + (kept > chunk.length ? kept : 0))
    }
    this.buffer.set(chunk, this.end)
    this.end += chunk.length
  }

  next(): Progress {
    if (this.broken) return "Broken"
    for (;;) {
      const progress = this.missing === 0 ? this.readStart() : this.readArguments()
      if (progress !== undefined) return progress
    }
  }

  /** Undefined when there is more to read at once. */
  private readStart(): Progress | undefined {
    if (this.at === this.end) {
      this.buffer = EMPTY
      this.from =
        this.at =
        this.end =
        this.searched =
          0
      return "Incomplete"
    }
    if (this.buffer[this.at] !== ASTERISK) return this.readInline()
    const stop = this.findLineEnd()
    if (stop === undefined) return this.awaitLine("too big mbulk count string")
    const count = Integer.parse(this.buffer, this.at + 1, stop)
    if (count === undefined || count > ARGUMENTS_LIMIT) return this.fail("invalid multibulk length")
    if (count > STRANGER_ARGUMENTS_LIMIT && this.isStranger()) {
      return this.fail("unauthenticated multibulk length")
    }
    this.at = stop + 2
    if (count <= 0) this.from = this.at
    else this.missing = Number(count)
    return undefined
  }

  private readArguments(): Progress | undefined {
    while (this.missing > 0) {
      if (this.left === NONE) {
        const progress = this.readLength()
        if (progress !== undefined) return progress
      }
      if (this.refusal !== undefined) {
        const skipped = Math.min(this.left, this.end - this.at)
        this.from = this.at = this.at + skipped
        this.left -= skipped
        if (this.left > 0) return "Incomplete"
      } else {
        if (this.end - this.at < this.left) return "Incomplete"
        this.bounds.push(this.at, this.at + this.left - 2)
        this.at += this.left
      }
      this.left = NONE
      this.missing--
    }
    return this.complete()
  }

  private readLength(): Progress | undefined {
    const stop = this.findLineEnd()
    if (stop === undefined) return this.awaitLine("too big bulk count string")
    const mark = this.buffer[this.at]!
    if (mark !== DOLLAR) {
      const shown = mark === CARRIAGE_RETURN || mark === LINE_FEED ? 0x20 : mark
      return this.fail(`expected '$', got '${String.fromCharCode(shown)}'`)
    }
    const length = Integer.parse(this.buffer, this.at + 1, stop)
    if (length === undefined || length < 0 || length > BULK_LIMIT_BYTES) {
      return this.fail("invalid bulk length")
    }
    if (length > STRANGER_BULK_LIMIT_BYTES && this.isStranger()) {
      return this.fail("unauthenticated bulk length")
    }
    this.at = stop + 2
    this.left = Number(length) + 2
    this.costBytes += Number(length) + ARGUMENT_OVERHEAD_BYTES
    if (length > Command.VALUE_LIMIT_BYTES) this.refusal ??= ARGUMENT_TOO_LONG
    else if (this.costBytes > REQUEST_LIMIT_BYTES) this.refusal ??= REQUEST_TOO_LONG
    return undefined
  }

  private complete(): Progress {
    const { bounds, buffer, refusal } = this
    this.from = this.at
    this.costBytes = 0
    this.bounds = []
    this.refusal = undefined
    if (refusal !== undefined) {
      this.message = refusal
      return "Refused"
    }
    const request = new Array<Uint8Array>(bounds.length / 2)
    for (let index = 0; index < request.length; index++) {
      request[index] = view(buffer, bounds[2 * index]!, bounds[2 * index + 1]!)
    }
    this.request = request
    return "Request"
  }

  private readInline(): Progress | undefined {
    const stop = this.find(LINE_FEED)
    if (stop === undefined) return this.awaitLine("too big inline request")
    const end = stop > this.at && this.buffer[stop - 1] === CARRIAGE_RETURN ? stop - 1 : stop
    const words = RespInline.split(view(this.buffer, this.at, end))
    if (words === undefined) return this.fail("unbalanced quotes in request")
    this.from = this.at = stop + 1
    if (words.length === 0) return undefined
    this.request = words
    return "Request"
  }

  /** Where the current line's CR is, once the byte after it is there too. Redis looks no closer. */
  private findLineEnd(): number | undefined {
    const stop = this.find(CARRIAGE_RETURN)
    return stop === undefined || stop + 1 < this.end ? stop : undefined
  }

  private find(byte: number): number | undefined {
    const last = Math.min(this.end, this.at + LINE_LIMIT_BYTES + 1)
    let place = Math.max(this.at, this.searched)
    while (place < last && this.buffer[place] !== byte) place++
    this.searched = place
    return place < last ? place : undefined
  }

  /** The current line does not end yet: an error once it cannot end within the limit. */
  private awaitLine(message: string): Progress {
    return this.searched - this.at > LINE_LIMIT_BYTES ? this.fail(message) : "Incomplete"
  }

  private fail(message: string): Progress {
    this.broken = true
    this.message = `ERR Protocol error: ${message}`
    this.buffer = EMPTY
    this.from = this.at = this.end = 0
    return "Broken"
  }

  /** Moves what is still needed to the front of a new buffer. */
  private move(capacity: number): void {
    const grown = new Uint8Array(capacity)
    grown.set(this.buffer.subarray(this.from, this.end))
    const shift = this.from
    for (let index = 0; index < this.bounds.length; index++) this.bounds[index]! -= shift
    this.searched = Math.max(0, this.searched - shift)
    this.at -= shift
    this.end -= shift
    this.from = 0
    this.buffer = grown
    this.owned = true
  }
}

/** A plain view, whatever subclass the chunk is of. */
const view = (buffer: Uint8Array, from: number, to: number): Uint8Array =>
  new Uint8Array(buffer.buffer, buffer.byteOffset + from, to - from)

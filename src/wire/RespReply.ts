/**
 * Writes replies of the Redis protocol, in the version that the client has chosen, one after the
 * other into memory that is reused. Texts are written one byte a character and hold no line breaks.
 */
import * as Answer from "../kv/Answer.js"
import type { Integer } from "../kv/Integer.js"
import * as Latin1 from "../kv/Latin1.js"
import type { Reply } from "../kv/Reply.js"

export type Protocol = 2 | 3

/** A buffer that has grown beyond this is given up when it is emptied. */
export const KEPT_BYTES = 256 * 1024

const INITIAL_BYTES = 16 * 1024

/** "$-9223372036854775808\r\n" and all shorter headers. */
const HEADER_BYTES = 24

const CARRIAGE_RETURN = 0x0d
const LINE_FEED = 0x0a
const PLUS = 0x2b
const MINUS = 0x2d
const COLON = 0x3a
const DOLLAR = 0x24
const ASTERISK = 0x2a
const PERCENT = 0x25
const TILDE = 0x7e
const EQUALS = 0x3d
const COMMA = 0x2c
const GREATER = 0x3e

export class Writer implements Reply {
  /** For the replies to come; nothing written before changes. */
  protocol: Protocol = 2
  private buffer = new Uint8Array(INITIAL_BYTES)
  private end = 0

  get length(): number {
    return this.end
  }

  /**
   * What was written since `clear`: a view, valid until the next write, or `clear(true)` for good.
   */
  written(): Uint8Array {
    return this.buffer.subarray(0, this.end)
  }

  /** Begins anew. When somebody still uses what was written, the memory is theirs. */
  clear(inUse: boolean): void {
    if (inUse || this.buffer.length > KEPT_BYTES) this.buffer = new Uint8Array(INITIAL_BYTES)
    this.end = 0
  }

  /** Forgets what was written when `length` was more than this. */
  cut(length: number): void {
    this.end = length
  }

  /** A status, such as "OK". */
  simple(text: string): void {
    this.line(PLUS, text)
  }

  /** `text` begins with a code word, such as "ERR". */
  error(text: string): void {
    this.line(MINUS, text)
  }

  integer(value: Integer): void {
    this.line(COLON, String(value))
  }

  nil(): void {
    this.raw(this.protocol === 2 ? "$-1\r\n" : "_\r\n")
  }

  bulk(value: Uint8Array): void {
    this.bulkFrom(value, 0)
  }

  text(value: string): void {
    this.header(DOLLAR, value.length)
    this.raw(value)
    this.newline()
  }

  /** A text for people, of as many lines as it likes; a plain one in version 2. */
  verbatim(value: string): void {
    if (this.protocol === 2) return this.text(value)
    this.header(EQUALS, value.length + 4)
    this.raw("txt:")
    this.raw(value)
    this.newline()
  }

  /** The next `count` replies are its items. */
  array(count: number): void {
    this.header(ASTERISK, count)
  }

  /** The next `count` replies are its members; an array in version 2. */
  set(count: number): void {
    this.header(this.protocol === 2 ? ASTERISK : TILDE, count)
  }

  /** The next 2 × `count` replies are its keys and values by turns; an array in version 2. */
  map(count: number): void {
    if (this.protocol === 2) this.header(ASTERISK, 2 * count)
    else this.header(PERCENT, count)
  }

  /** A number with a fraction; a bulk in version 2. */
  double(value: string): void {
    if (this.protocol === 2) this.text(value)
    else this.line(COMMA, value)
  }

  /** The next `count` replies are what is said unasked; an array in version 2. */
  push(count: number): void {
    this.header(this.protocol === 2 ? ASTERISK : GREATER, count)
  }

  nilArray(): void {
    this.raw(this.protocol === 2 ? "*-1\r\n" : "_\r\n")
  }

  /** The next 2 × `count` replies are pairs; a flat array in version 2. */
  pairs(count: number): void {
    this.header(ASTERISK, this.protocol === 2 ? 2 * count : count)
  }

  /** Begins the next of the pairs. */
  pair(): void {
    if (this.protocol === 3) this.array(2)
  }

  /** What the state machine answered; the usual kinds are copied as they are. */
  answer(answer: Uint8Array): void {
    switch (answer[0]) {
      case Answer.INTEGER:
        return this.lineFrom(COLON, answer)
      case Answer.BULK:
        return this.bulkFrom(answer, 1)
      default:
        return Answer.replay(answer, this)
    }
  }

  private bulkFrom(value: Uint8Array, from: number): void {
    this.header(DOLLAR, value.length - from)
    this.bytes(value, from)
    this.newline()
  }

  private line(mark: number, text: string): void {
    const at = this.claim(text.length + 3)
    this.buffer[at] = mark
    this.endLine(Latin1.write(text, this.buffer, at + 1))
  }

  /** The payload of an answer: all but its first byte. */
  private lineFrom(mark: number, answer: Uint8Array): void {
    this.buffer[this.claim(1)] = mark
    this.bytes(answer, 1)
    this.newline()
  }

  private header(mark: number, count: number): void {
    const start = this.claim(HEADER_BYTES)
    this.buffer[start] = mark
    let digits = 1
    for (let rest = count; rest >= 10; rest = Math.floor(rest / 10)) digits++
    let rest = count
    for (let at = start + digits; at > start; at--) {
      const next = Math.floor(rest / 10)
      this.buffer[at] = 0x30 + rest - 10 * next
      rest = next
    }
    this.end = this.endLine(start + 1 + digits)
  }

  private bytes(value: Uint8Array, from: number): void {
    const length = value.length - from
    const at = this.claim(length)
    // A loop beats the call into the engine for short values.
    if (length > 32) this.buffer.set(from === 0 ? value : value.subarray(from), at)
    else for (let index = 0; index < length; index++) this.buffer[at + index] = value[from + index]!
  }

  private raw(text: string): void {
    Latin1.write(text, this.buffer, this.claim(text.length))
  }

  private newline(): void {
    this.endLine(this.claim(2))
  }

  /** Writes a line break at `at` and returns where it ends. */
  private endLine(at: number): number {
    this.buffer[at] = CARRIAGE_RETURN
    this.buffer[at + 1] = LINE_FEED
    return at + 2
  }

  private claim(count: number): number {
    const at = this.end
    if (at + count > this.buffer.length) {
      const grown = new Uint8Array(Math.max(at + count, 2 * this.buffer.length))
      grown.set(this.buffer.subarray(0, at))
      this.buffer = grown
    }
    this.end = at + count
    return at
  }
}

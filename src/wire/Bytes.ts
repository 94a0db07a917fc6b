/**
 * How every byte format of this project is written and read: little-endian, one canonical encoding
 * per value, every read checked against the end of the input. A reader meets bytes from a broken
 * disk or a hostile peer: whatever they are, it returns a value or says malformed, and it never
 * reads beyond them.
 */

/** Thrown by a `Reader`, caught by `decode`; nothing else may see it. */
export class Malformed extends Error {
  constructor() {
    super("malformed bytes")
  }
}

/**
 * What `read` makes of exactly these bytes; `undefined` if they are malformed or some are left
 * over.
 */
export const decode = <A>(bytes: Uint8Array, read: (reader: Reader) => A): A | undefined => {
  const reader = new Reader(bytes)
  try {
    const value = read(reader)
    return reader.remaining === 0 ? value : undefined
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}

const utf8Encoder = new TextEncoder()
const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const HIGH_WORD = 0x1_0000_0000

/** Bytes that grow as they are written. Reused after `clear`, so that a hot path allocates once. */
export class Writer {
  private buffer: Uint8Array<ArrayBuffer>
  private view: DataView
  private end = 0

  constructor(capacityBytes = 1024) {
    this.buffer = new Uint8Array(capacityBytes)
    this.view = new DataView(this.buffer.buffer)
  }

  get length(): number {
    return this.end
  }

  u8(value: number): void {
    const at = this.claim(1)
    this.view.setUint8(at, value)
  }

  u32(value: number): void {
    const at = this.claim(4)
    this.view.setUint32(at, value, true)
  }

  /** A whole number from 0 to 2^53 - 1, in 8 bytes. */
  integer(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not encodable: ${value}`)
    const at = this.claim(8)
    this.view.setUint32(at, value % HIGH_WORD, true)
    this.view.setUint32(at + 4, Math.floor(value / HIGH_WORD), true)
  }

  /** The bytes alone, without their length. */
  raw(value: Uint8Array): void {
    const at = this.claim(value.length)
    this.buffer.set(value, at)
  }

  /** The bytes after their length. */
  bytes(value: Uint8Array): void {
    this.u32(value.length)
    this.raw(value)
  }

  string(value: string): void {
    this.bytes(utf8Encoder.encode(value))
  }

  /** Room for `count` bytes that only later bytes determine: returns where, for `patchU32`. */
  skip(count: number): number {
    const at = this.claim(count)
    this.buffer.fill(0, at, at + count)
    return at
  }

  patchU32(at: number, value: number): void {
    this.view.setUint32(at, value, true)
  }

  /** What was written from `start` on: a view, valid until the next write or `clear`. */
  written(start = 0): Uint8Array<ArrayBuffer> {
    return this.buffer.subarray(start, this.end)
  }

  /** What was written, as the caller's own. */
  copy(): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(0, this.end)
  }

  clear(): void {
    this.end = 0
  }

  /** May replace `buffer` and `view`: called before either is looked at. */
  private claim(count: number): number {
    const at = this.end
    const needed = at + count
    if (needed > this.buffer.length) {
      const grown = new Uint8Array(Math.max(needed, this.buffer.length * 2))
      grown.set(this.buffer.subarray(0, at))
      this.buffer = grown
      this.view = new DataView(grown.buffer)
    }
    this.end = needed
    return at
  }
}

/** Reads from the front; throws `Malformed` where the bytes do not hold what is asked for. */
export class Reader {
  private readonly input: Uint8Array
  private readonly view: DataView
  private at = 0

  constructor(input: Uint8Array) {
    this.input = input
    this.view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  }

  get remaining(): number {
    return this.input.length - this.at
  }

  u8(): number {
    return this.view.getUint8(this.take(1))
  }

  u32(): number {
    return this.view.getUint32(this.take(4), true)
  }

  integer(): number {
    const at = this.take(8)
    const value = this.view.getUint32(at + 4, true) * HIGH_WORD + this.view.getUint32(at, true)
    if (!Number.isSafeInteger(value)) throw new Malformed()
    return value
  }

  /** A view of the next `count` bytes: as long-lived, and as changeable, as the input. */
  raw(count: number): Uint8Array {
    const at = this.take(count)
    return this.input.subarray(at, at + count)
  }

  /** A view, as `raw`. */
  bytes(): Uint8Array {
    return this.raw(this.u32())
  }

  string(): string {
    try {
      return utf8Decoder.decode(this.bytes())
    } catch {
      throw new Malformed()
    }
  }

  /** How many items follow, each of at least `itemBytes`: a lie about it never allocates. */
  count(itemBytes: number): number {
    const count = this.u32()
    if (count * itemBytes > this.remaining) throw new Malformed()
    return count
  }

  private take(count: number): number {
    const at = this.at
    if (count > this.input.length - at) throw new Malformed()
    this.at = at + count
    return at
  }
}

/**
 * How payloads lie in a stream: length (u32), checksum (u32), payload. The checksum is CRC-32 begun
 * from a fixed word, so that a run of zero bytes is no frame. A stream that breaks these rules once
 * cannot be trusted to say where its next frame begins: its connection has to be closed.
 */
import { crc32 } from "node:zlib"
import * as Bytes from "./Bytes.js"

/** The longest payload. Longer ones are neither sent nor taken. */
export const FRAME_LIMIT_BYTES = 64 * 1024 * 1024

export const HEADER_BYTES = 8

/** What stands before `payload`, for a sender that writes the two without joining them. */
export const header = (payload: Uint8Array): Uint8Array => writeHeader(payload, 0).written()

/** Header and payload in one piece, for a payload that is cheaper to copy than to write apart. */
export const encode = (payload: Uint8Array): Uint8Array => {
  const writer = writeHeader(payload, payload.length)
  writer.raw(payload)
  return writer.written()
}

const writeHeader = (payload: Uint8Array, roomBytes: number): Bytes.Writer => {
  const writer = new Bytes.Writer(HEADER_BYTES + roomBytes)
  writer.u32(payload.length)
  writer.u32(checksum(payload))
  return writer
}

const CHECKSUM_START = 0x72616674

const checksum = (payload: Uint8Array): number => crc32(payload, CHECKSUM_START)

/** How a stream broke the rules. */
export type Violation = "FrameTooLong" | "BadChecksum"

/**
 * Finds the payloads in a stream that arrives in pieces. A frame that lies within one piece is
 * handed on as a view of it; one that does not is gathered first, in at most twice the memory of
 * what arrived.
 */
export class Splitter {
  /** The longest payload taken from here on; may be changed by `deliver`. */
  limitBytes: number
  /** The first `gatheredBytes` of it begin a frame that has not arrived whole. */
  private gathered = new Uint8Array(0)
  private gatheredBytes = 0

  constructor(limitBytes: number = FRAME_LIMIT_BYTES) {
    this.limitBytes = limitBytes
  }

  /**
   * Calls `deliver` with every payload that `piece` completes, in order and for `deliver` to keep.
   * After a violation nothing may be fed any more.
   */
  feed(piece: Uint8Array, deliver: (payload: Uint8Array) => void): Violation | undefined {
    let rest = piece
    while (rest.length > 0) {
      const apart = this.gatheredBytes > 0 || frameBytes(rest) > rest.length
      if (apart) rest = this.gather(rest)
      const begun = apart ? this.begun() : rest
      const size = frameBytes(begun)
      if (size > HEADER_BYTES + this.limitBytes) return "FrameTooLong"
      if (size > begun.length) continue
      const payload = begun.subarray(HEADER_BYTES, size)
      if (checksum(payload) !== new Bytes.Reader(begun.subarray(4)).u32()) return "BadChecksum"
      if (apart) this.forget()
      else rest = rest.subarray(size)
      deliver(payload)
    }
    return undefined
  }

  /** Takes from `piece` what the begun frame is known to lack; returns what is left. */
  private gather(piece: Uint8Array): Uint8Array {
    const size = frameBytes(this.begun())
    const taken = piece.subarray(0, size - this.gatheredBytes)
    const needed = this.gatheredBytes + taken.length
    if (needed > this.gathered.length) {
      const grown = new Uint8Array(Math.min(size, Math.max(needed, 2 * this.gathered.length)))
      grown.set(this.begun())
      this.gathered = grown
    }
    this.gathered.set(taken, this.gatheredBytes)
    this.gatheredBytes = needed
    return piece.subarray(taken.length)
  }

  private begun(): Uint8Array {
    return this.gathered.subarray(0, this.gatheredBytes)
  }

  /** The memory now belongs to whoever was handed the payload. */
  private forget(): void {
    this.gathered = new Uint8Array(0)
    this.gatheredBytes = 0
  }
}

/** The size of the frame that `bytes` begin with, as far as they tell: at least its header. */
const frameBytes = (bytes: Uint8Array): number =>
  bytes.length < HEADER_BYTES ? HEADER_BYTES : HEADER_BYTES + new Bytes.Reader(bytes).u32()

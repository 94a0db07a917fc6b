/**
 * How payloads lie in a stream: length (u32), checksum (u32), payload. The checksum is CRC-32 begun
 * from a fixed word, so that a run of zero bytes is no frame. A stream that breaks these rules once
 * cannot be trusted to say where its next frame begins: its connection has to be closed.
 *
 * From protocol 2 on there are frames of a second kind, notes (Note.ts): their checksum is begun
 * from another word, so that neither kind is ever taken for the other.
 */
import { crc32 } from "node:zlib"
import * as Allocator from "../kv/Allocator.js"
import * as Bytes from "./Bytes.js"

/** The longest payload. Longer ones are neither sent nor taken. */
export const FRAME_LIMIT_BYTES = 64 * 1024 * 1024

export const HEADER_BYTES = 8

/** What stands before `payload`, for a sender that writes the two without joining them. */
export const header = (payload: Uint8Array): Uint8Array => writeHeader(payload, 0).written()

/** Header and payload in one piece, for a payload that is cheaper to copy than to write apart. */
export const encode = (payload: Uint8Array): Uint8Array => encodeFrom(payload, PAYLOAD_START)

export const encodeNote = (note: Uint8Array): Uint8Array => encodeFrom(note, NOTE_START)

const encodeFrom = (payload: Uint8Array, checksumStart: number): Uint8Array => {
  const writer = writeHeader(payload, payload.length, checksumStart)
  writer.raw(payload)
  return writer.written()
}

const writeHeader = (
  payload: Uint8Array,
  roomBytes: number,
  checksumStart = PAYLOAD_START
): Bytes.Writer => {
  const writer = new Bytes.Writer(HEADER_BYTES + roomBytes)
  writer.u32(payload.length)
  writer.u32(crc32(payload, checksumStart))
  return writer
}

// The words from which checksums are begun.
const PAYLOAD_START = 0x72616674
const NOTE_START = 0x6e6f7465

/** Payloads of this much and more are mostly entries, and may stay for long. */
const COPIED_MIN_BYTES = 1024

/** How a stream broke the rules. */
export type Violation = "FrameTooLong" | "BadChecksum"

/**
 * Finds the payloads in a stream that arrives in pieces. One that lies within a piece is handed on
 * as a view of it if it is small, and copied if it may be kept; one that does not is gathered
 * first, in at most twice the memory of what arrived.
 */
export class Splitter {
  /** The longest payload taken from here on; may be changed by `deliver`. */
  limitBytes: number
  /** Whether notes are frames here; may be changed by `deliver`, too. */
  takesNotes = false
  /** The first `gatheredBytes` of it begin a frame that has not arrived whole. */
  private gathered: Uint8Array = new Uint8Array(0)
  private gatheredBytes = 0

  constructor(limitBytes: number = FRAME_LIMIT_BYTES) {
    this.limitBytes = limitBytes
  }

  /**
   * Calls `deliver` with every payload that `piece` completes, and `note` with every note, in order
   * and for them to keep. After a violation nothing may be fed any more.
   */
  feed(
    piece: Uint8Array,
    deliver: (payload: Uint8Array) => void,
    note: (note: Uint8Array) => void = () => {}
  ): Violation | undefined {
    let rest = piece
    while (rest.length > 0) {
      const apart = this.gatheredBytes > 0 || frameBytes(rest) > rest.length
      if (apart) rest = this.gather(rest)
      const begun = apart ? this.begun() : rest
      const size = frameBytes(begun)
      if (size > HEADER_BYTES + this.limitBytes) return "FrameTooLong"
      if (size > begun.length) continue
      const payload = begun.subarray(HEADER_BYTES, size)
      const checksum = new Bytes.Reader(begun.subarray(4)).u32()
      const isNote = crc32(payload, PAYLOAD_START) !== checksum
      if (isNote && !(this.takesNotes && crc32(payload, NOTE_START) === checksum)) {
        return "BadChecksum"
      }
      if (apart) this.forget()
      else rest = rest.subarray(size)
      if (isNote) note(payload)
      else deliver(apart || payload.length < COPIED_MIN_BYTES ? payload : Allocator.copy(payload))
    }
    return undefined
  }

  /** Takes from `piece` what the begun frame is known to lack; returns what is left. */
  private gather(piece: Uint8Array): Uint8Array {
    const size = frameBytes(this.begun())
    const taken = piece.subarray(0, size - this.gatheredBytes)
    const needed = this.gatheredBytes + taken.length
    if (needed > this.gathered.length) {
      const grown = Allocator.allocate(Math.min(size, Math.max(needed, 2 * this.gathered.length)))
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

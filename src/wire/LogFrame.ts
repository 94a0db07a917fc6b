/**
 * The frame around a record of the write-ahead log, and the rule that tells a write which a crash
 * interrupted from bytes that a disk has spoilt.
 *
 * One frame is one write: the next begins only after the one before is durable. So whatever follows
 * a bad frame, be it only the header of the next, proves that the bad one was durable once, and
 * that is damage. Only the last frame of the last segment can be a torn write, and it is told apart
 * so: of an interrupted write some of the disk's sectors are missing, at the end (the file is
 * short) or anywhere (they read as zeros), while those that arrived are right. The header has a
 * checksum of its own, so that its length can be believed, and says how many sectors of the body
 * are zero as they were meant.
 *
 *   short of its header or body, or more zero sectors than were meant: torn, never acknowledged
 *   whole, every sector written, and yet its checksum is wrong:        damaged
 *
 * What no rule can tell: a last frame that was acknowledged, and since was cut short or lost a
 * whole sector to zeros, looks torn. A torn write that left other bytes than zeros is taken for
 * damage, the safe mistake.
 *
 * The header's checksum starts from the frame's place, which is not stored: the data folder, the
 * segment and the offset. Bytes from elsewhere, be they an older file's or a value that a client
 * made up, never pass for a frame.
 */
import { crc32 } from "node:zlib"
import type { Writer } from "./Bytes.js"
import * as Checksum from "./Checksum.js"

/** Marker, then of the body length, zero sectors and checksum, then the header's checksum. */
export const HEADER_BYTES = 20

/** What a disk writes wholly or not at all; larger sectors are several of these. */
export const SECTOR_BYTES = 512

/** The bytes "RCL1": where a search for frames needs to look. */
const MARKER = 0x314c_4352

const LENGTH_AT = 4
const ZERO_SECTORS_AT = 8
const BODY_CHECKSUM_AT = 12
const HEADER_CHECKSUM_AT = 16

/** Binds the frames of one segment to it; `incarnation` is the data folder's. */
export const salt = (incarnation: string, segment: number): number =>
  crc32(`${incarnation}/${segment}`)

/** Starts a frame; its body is what is written until `seal`. The writer must be empty. */
export const begin = (writer: Writer): void => {
  writer.u32(MARKER)
  writer.skip(HEADER_BYTES - LENGTH_AT)
}

/** Ends the frame that is to be at `offset` of the segment salted with `segmentSalt`. */
export const seal = (writer: Writer, segmentSalt: number, offset: number): void => {
  const frame = writer.written()
  writer.patchU32(LENGTH_AT, frame.length - HEADER_BYTES)
  writer.patchU32(ZERO_SECTORS_AT, zeroSectors(frame, HEADER_BYTES, frame.length, offset))
  writer.patchU32(BODY_CHECKSUM_AT, crc32(frame.subarray(HEADER_BYTES)))
  writer.patchU32(HEADER_CHECKSUM_AT, headerChecksum(frame, segmentSalt, offset))
}

export type Frame =
  | { readonly _tag: "Whole"; readonly body: Uint8Array; readonly end: number }
  | { readonly _tag: "Torn" }
  | { readonly _tag: "Damaged"; readonly why: string }

/**
 * The frame at `offset` of a segment's bytes; the body is a view. `Torn` holds only for the last
 * segment: a segment is begun after all before it is durable.
 */
export const read = (segment: Uint8Array, segmentSalt: number, offset: number): Frame => {
  if (segment.length - offset < HEADER_BYTES) return { _tag: "Torn" }
  const view = viewOf(segment)
  if (!isHeader(view, segmentSalt, offset)) return readWithoutHeader(segment, segmentSalt, offset)

  const start = offset + HEADER_BYTES
  const end = start + view.getUint32(offset + LENGTH_AT, true)
  if (end > segment.length) return { _tag: "Torn" }
  const body = segment.subarray(start, end)
  if (crc32(body) === view.getUint32(offset + BODY_CHECKSUM_AT, true)) {
    return { _tag: "Whole", body, end }
  }
  if (end < segment.length) return damaged("its checksum is wrong, and a later write follows it")
  const meant = view.getUint32(offset + ZERO_SECTORS_AT, true)
  return zeroSectors(segment, start, end, 0) > meant
    ? { _tag: "Torn" }
    : damaged("its checksum is wrong, though all of it was written")
}

/** How long the frame is that begins `bytes`, at `offset` of its file, if its header is right. */
export const lengthOf = (bytes: Uint8Array, fileSalt: number, offset: number): number | undefined =>
  bytes.length >= HEADER_BYTES && hasHeader(bytes, fileSalt, offset)
    ? HEADER_BYTES + viewOf(bytes).getUint32(LENGTH_AT, true)
    : undefined

/** The body of a frame with a right header, if all of it is there and right. A view. */
export const bodyOf = (frame: Uint8Array): Uint8Array | undefined => {
  const body = frame.subarray(HEADER_BYTES)
  return crc32(body) === viewOf(frame).getUint32(BODY_CHECKSUM_AT, true) ? body : undefined
}

/** Of all bytes of a frame, whose body was found right or has just been sealed. */
export const checksumOf = (frame: Uint8Array): number =>
  Checksum.combine(
    crc32(frame.subarray(0, HEADER_BYTES)),
    viewOf(frame).getUint32(BODY_CHECKSUM_AT, true),
    frame.length - HEADER_BYTES
  )

const hasHeader = (frame: Uint8Array, fileSalt: number, offset: number): boolean =>
  viewOf(frame).getUint32(0, true) === MARKER &&
  viewOf(frame).getUint32(HEADER_CHECKSUM_AT, true) === headerChecksum(frame, fileSalt, offset)

const readWithoutHeader = (segment: Uint8Array, segmentSalt: number, offset: number): Frame => {
  const view = viewOf(segment)
  for (let at = offset + 1; at + HEADER_BYTES <= segment.length; at++) {
    if (isHeader(view, segmentSalt, at)) {
      return damaged(`its header is wrong, and a later write follows it at byte ${at}`)
    }
  }
  return zeroSectors(segment, offset, offset + HEADER_BYTES, 0) > 0
    ? { _tag: "Torn" }
    : damaged("its header is wrong, though all of it was written")
}

const damaged = (why: string): Frame => ({ _tag: "Damaged", why })

const isHeader = (segment: DataView, segmentSalt: number, at: number): boolean =>
  segment.getUint32(at, true) === MARKER &&
  hasHeader(new Uint8Array(segment.buffer, segment.byteOffset + at), segmentSalt, at)

const headerChecksum = (frame: Uint8Array, segmentSalt: number, offset: number): number =>
  crc32(frame.subarray(0, HEADER_CHECKSUM_AT), (segmentSalt + offset) >>> 0)

/**
 * How many sectors have nothing but zeros in `bytes` from `from` to before `to`. Sectors are those
 * of the file, in which `bytes` starts at `offset`; of the first and the last only this part is
 * looked at.
 */
const zeroSectors = (bytes: Uint8Array, from: number, to: number, offset: number): number => {
  let count = 0
  let start = from
  while (start < to) {
    const end = Math.min(to, start + SECTOR_BYTES - (offset + start) % SECTOR_BYTES)
    let at = start
    while (at < end && bytes[at] === 0) at++
    if (at === end) count++
    start = end
  }
  return count
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/**
 * The commands of the cache: whatever changes it, as a value and as the bytes that the log carries.
 * One command has one encoding: a byte for the kind, then its fields, lengths as base-128 numbers,
 * the last field to the end. The kinds' numbers are written in logs; they are never given a second
 * meaning.
 */
import * as Integer from "./Integer.js"
import * as Key from "./Key.js"
import * as Latin1 from "./Latin1.js"

/**
 * The longest value that may be written. Checked where commands are made, never where they apply.
 */
export const VALUE_LIMIT_BYTES = 8 * 1024 * 1024

/**
 * No command may be encoded longer; every frame, record and queue on its way has room for this
 * much.
 */
export const LIMIT_BYTES = VALUE_LIMIT_BYTES + 1024 * 1024

/** `NX`: only when the key is absent. `XX`: only when it is there. */
export type Condition = "none" | "NX" | "XX"

/**
 * Answered with `Ok`, or `Nil` when the condition did not hold; with `get`, with the value before.
 */
export interface Set {
  readonly _tag: "Set"
  readonly key: Key.Key
  readonly value: Uint8Array
  readonly condition: Condition
  readonly get: boolean
}

/** Answered with `Ok`. Of a key that is there twice the last value stays. */
export interface SetMany {
  readonly _tag: "SetMany"
  readonly pairs: ReadonlyArray<readonly [key: Key.Key, value: Uint8Array]>
}

/** Answered with the number of keys that were there. */
export interface Delete {
  readonly _tag: "Delete"
  readonly keys: ReadonlyArray<Key.Key>
}

/** Answered with the sum; an absent key counts as 0. */
export interface Increment {
  readonly _tag: "Increment"
  readonly key: Key.Key
  readonly by: Integer.Integer
}

/**
 * Sets the key if its revision is the expected one, 0 meaning absent: `Ok`, and the new revision is
 * the command's own index; otherwise `Conflict` with the revision it has.
 */
export interface CompareAndSet {
  readonly _tag: "CompareAndSet"
  readonly key: Key.Key
  readonly expectedRevision: number
  readonly value: Uint8Array
}

/** Answered with `Ok`. */
export interface FlushAll {
  readonly _tag: "FlushAll"
}

export type Command = Set | SetMany | Delete | Increment | CompareAndSet | FlushAll

const SET = 1
const SET_MANY = 2
const DELETE = 3
const INCREMENT = 4
const COMPARE_AND_SET = 5
const FLUSH_ALL = 6

const CONDITIONS: ReadonlyArray<Condition> = ["none", "NX", "XX"]
const GET_FLAG = 4

export const encode = (command: Command): Uint8Array => {
  switch (command._tag) {
    case "Set": {
      const { key, value } = command
      const bytes = new Uint8Array(2 + sizeOfKey(key) + value.length)
      bytes[0] = SET
      bytes[1] = CONDITIONS.indexOf(command.condition) | (command.get ? GET_FLAG : 0)
      bytes.set(value, writeKey(key, bytes, 2))
      return bytes
    }
    case "SetMany":
      return encodeSetMany(command)
    case "Delete": {
      let size = 1
      for (const key of command.keys) size += sizeOfKey(key)
      const bytes = new Uint8Array(size)
      bytes[0] = DELETE
      let at = 1
      for (const key of command.keys) at = writeKey(key, bytes, at)
      return bytes
    }
    case "Increment": {
      const by = String(command.by)
      const bytes = new Uint8Array(1 + sizeOfKey(command.key) + by.length)
      bytes[0] = INCREMENT
      Latin1.write(by, bytes, writeKey(command.key, bytes, 1))
      return bytes
    }
    case "CompareAndSet": {
      const { expectedRevision, key, value } = command
      const start = 1 + sizeOfNumber(expectedRevision)
      const bytes = new Uint8Array(start + sizeOfKey(key) + value.length)
      bytes[0] = COMPARE_AND_SET
      writeNumber(expectedRevision, bytes, 1)
      bytes.set(value, writeKey(key, bytes, start))
      return bytes
    }
    case "FlushAll":
      return Uint8Array.of(FLUSH_ALL)
  }
}

const encodeSetMany = ({ pairs }: SetMany): Uint8Array => {
  let size = 1
  for (const [key, value] of pairs) {
    size += sizeOfKey(key) + sizeOfNumber(value.length) + value.length
  }
  const bytes = new Uint8Array(size)
  bytes[0] = SET_MANY
  let at = 1
  for (const [key, value] of pairs) {
    at = writeNumber(value.length, bytes, writeKey(key, bytes, at))
    bytes.set(value, at)
    at += value.length
  }
  return bytes
}

/**
 * Total: undefined for any bytes that `encode` does not make. Values may share memory with `bytes`,
 * which must not be written to afterwards.
 */
export const decode = (bytes: Uint8Array): Command | undefined => {
  const cursor: Cursor = { bytes, at: 1 }
  switch (bytes[0]) {
    case SET: {
      const flags = bytes[cursor.at++] ?? -1
      const condition = CONDITIONS[flags & ~GET_FLAG]
      const key = readKey(cursor)
      if (condition === undefined || key === undefined) return undefined
      const value = own(bytes, cursor.at, bytes.length)
      return { _tag: "Set", key, value, condition, get: (flags & GET_FLAG) !== 0 }
    }
    case SET_MANY:
      return decodeSetMany(cursor)
    case DELETE: {
      const keys: Array<Key.Key> = []
      while (cursor.at < bytes.length) {
        const key = readKey(cursor)
        if (key === undefined) return undefined
        keys.push(key)
      }
      return { _tag: "Delete", keys }
    }
    case INCREMENT: {
      const key = readKey(cursor)
      if (key === undefined) return undefined
      const by = Integer.parse(bytes, cursor.at)
      return by === undefined ? undefined : { _tag: "Increment", key, by }
    }
    case COMPARE_AND_SET: {
      const expectedRevision = readNumber(cursor)
      if (expectedRevision === undefined) return undefined
      const key = readKey(cursor)
      if (key === undefined) return undefined
      const value = own(bytes, cursor.at, bytes.length)
      return { _tag: "CompareAndSet", key, expectedRevision, value }
    }
    case FLUSH_ALL:
      return bytes.length === 1 ? { _tag: "FlushAll" } : undefined
    default:
      return undefined
  }
}

const decodeSetMany = (cursor: Cursor): SetMany | undefined => {
  const { bytes } = cursor
  const pairs: Array<readonly [Key.Key, Uint8Array]> = []
  while (cursor.at < bytes.length) {
    const key = readKey(cursor)
    if (key === undefined) return undefined
    const length = readNumber(cursor)
    if (length === undefined || length > bytes.length - cursor.at) return undefined
    pairs.push([key, own(bytes, cursor.at, cursor.at + length)])
    cursor.at += length
  }
  return { _tag: "SetMany", pairs }
}

/** Small arrays live on the engine's heap, where a copy is cheaper than a view. */
const SMALL_BYTES = 64

/**
 * A part of a command that may outlive it by years. It keeps the command's memory when it is most
 * of that memory, and is a copy otherwise, so that a small value never holds a large frame.
 */
const own = (bytes: Uint8Array, from: number, to: number): Uint8Array =>
  to - from > SMALL_BYTES && 2 * (to - from) >= bytes.buffer.byteLength
    ? bytes.subarray(from, to)
    : bytes.slice(from, to)

interface Cursor {
  readonly bytes: Uint8Array
  at: number
}

const sizeOfNumber = (value: number): number => {
  let size = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++
  return size
}

const writeNumber = (value: number, target: Uint8Array, at: number): number => {
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) target[at++] = 0x80 + rest % 0x80
  target[at++] = rest
  return at
}

/** Undefined when it does not end, is beyond the safe integers or has a shorter encoding. */
const readNumber = (cursor: Cursor): number | undefined => {
  let value = 0
  for (let unit = 1; unit <= Number.MAX_SAFE_INTEGER; unit *= 0x80) {
    const byte = cursor.bytes[cursor.at++]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * unit
    if (byte < 0x80) {
      return (byte === 0 && unit > 1) || !Number.isSafeInteger(value) ? undefined : value
    }
  }
  return undefined
}

const sizeOfKey = (key: Key.Key): number => sizeOfNumber(key.length) + key.length

const writeKey = (key: Key.Key, target: Uint8Array, at: number): number =>
  Latin1.write(key, target, writeNumber(key.length, target, at))

const readKey = (cursor: Cursor): Key.Key | undefined => {
  const length = readNumber(cursor)
  if (length === undefined || length > cursor.bytes.length - cursor.at) return undefined
  const from = cursor.at
  cursor.at += length
  return Key.slice(cursor.bytes, from, cursor.at)
}

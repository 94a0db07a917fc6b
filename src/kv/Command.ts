/**
 * What the log carries, as a value and as bytes: one request of a client, several that are carried
 * out as one, what time it is, or how much may be held. One command has one encoding: a byte for
 * the kind, then its fields, lengths as base-128 numbers. The kinds' numbers are written in logs;
 * they are never given a second meaning. 1 to 6 were those of a format that no release has written.
 */
import * as Allocator from "./Allocator.js"
import * as Key from "./Key.js"
import * as Latin1 from "./Latin1.js"
import * as Numbers from "./Numbers.js"

/**
 * The longest value that may be written. Checked where commands are made, never where they apply.
 */
export const VALUE_LIMIT_BYTES = 8 * 1024 * 1024

/**
 * No command may be encoded longer; every frame, record and queue on its way has room for this
 * much.
 */
export const LIMIT_BYTES = VALUE_LIMIT_BYTES + 1024 * 1024

/** The words of a request, the name of what is asked for first. */
export type Words = ReadonlyArray<Uint8Array>

/** One request, as the client has worded it. */
export interface Call {
  readonly _tag: "Call"
  readonly words: Words
}

/** A key that must still have this revision, 0 meaning that it is absent. */
export interface Watched {
  readonly key: Key.Key
  readonly revision: number
}

/** Requests that are carried out as one, if no key that is watched has changed. */
export interface Transaction {
  readonly _tag: "Transaction"
  readonly watched: ReadonlyArray<Watched>
  readonly calls: ReadonlyArray<Words>
}

/** The time by the clock of whoever leads, in milliseconds since 1970. */
export interface Time {
  readonly _tag: "Time"
  readonly millis: number
}

/** How much may be held, and what goes because it is more, as whoever leads has decided. */
export interface Memory {
  readonly _tag: "Memory"
  /** What makes the store hold more than this is refused; 0 if nothing is. */
  readonly limitBytes: number
  /** A key that was written since it was chosen stays. */
  readonly evicted: ReadonlyArray<Watched>
}

export type Command = Call | Transaction | Time | Memory

const CALL = 7
const TRANSACTION = 8
const TIME = 9
const MEMORY = 10

/** The words of a request made by a program. */
export const words = (...all: ReadonlyArray<string | Uint8Array>): Words =>
  all.map((word) => typeof word === "string" ? Latin1.encode(word) : word)

export const encode = (command: Command): Uint8Array => {
  switch (command._tag) {
    case "Call":
      return encodeCall(command.words)
    case "Transaction":
      return encodeTransaction(command)
    case "Time": {
      const bytes = new Uint8Array(1 + Numbers.sizeOf(command.millis))
      bytes[0] = TIME
      Numbers.write(command.millis, bytes, 1)
      return bytes
    }
    case "Memory":
      return encodeMemory(command)
  }
}

export const encodeCall = (words: Words): Uint8Array => {
  const bytes = Allocator.allocate(1 + sizeOfWords(words))
  bytes[0] = CALL
  writeWords(words, bytes, 1)
  return bytes
}

const encodeTransaction = ({ calls, watched }: Transaction): Uint8Array => {
  let size = 1 + sizeOfWatched(watched)
  for (const words of calls) size += sizeOfWords(words)
  const bytes = Allocator.allocate(size)
  bytes[0] = TRANSACTION
  let at = writeWatched(watched, bytes, 1)
  for (const words of calls) at = writeWords(words, bytes, at)
  return bytes
}

const encodeMemory = ({ evicted, limitBytes }: Memory): Uint8Array => {
  const bytes = new Uint8Array(1 + Numbers.sizeOf(limitBytes) + sizeOfWatched(evicted))
  bytes[0] = MEMORY
  writeWatched(evicted, bytes, Numbers.write(limitBytes, bytes, 1))
  return bytes
}

const sizeOfWatched = (watched: ReadonlyArray<Watched>): number => {
  let size = Numbers.sizeOf(watched.length)
  for (const { key, revision } of watched) {
    size += Numbers.sizeOf(key.length) + key.length + Numbers.sizeOf(revision)
  }
  return size
}

const writeWatched = (
  watched: ReadonlyArray<Watched>,
  bytes: Uint8Array,
  from: number
): number => {
  let at = Numbers.write(watched.length, bytes, from)
  for (const { key, revision } of watched) {
    at = Latin1.write(key, bytes, Numbers.write(key.length, bytes, at))
    at = Numbers.write(revision, bytes, at)
  }
  return at
}

const sizeOfWords = (words: Words): number => {
  let size = Numbers.sizeOf(words.length)
  for (const { length } of words) size += Numbers.sizeOf(length) + length
  return size
}

const writeWords = (words: Words, bytes: Uint8Array, from: number): number => {
  let at = Numbers.write(words.length, bytes, from)
  for (const word of words) {
    at = Numbers.write(word.length, bytes, at)
    // A loop beats the call into the engine for short words.
    if (word.length > SHORT_BYTES) bytes.set(word, at)
    else for (let index = 0; index < word.length; index++) bytes[at + index] = word[index]!
    at += word.length
  }
  return at
}

const SHORT_BYTES = 32

/** Total: undefined for any bytes that `encode` does not make. Words are views of `bytes`. */
export const decode = (bytes: Uint8Array): Command | undefined => {
  const cursor: Numbers.Cursor = { bytes, at: 1 }
  switch (bytes[0]) {
    case CALL: {
      const words = readWords(cursor)
      return words === undefined || cursor.at < bytes.length ? undefined : { _tag: "Call", words }
    }
    case TRANSACTION:
      return decodeTransaction(cursor)
    case TIME: {
      const millis = Numbers.read(cursor)
      return millis === undefined || cursor.at < bytes.length
        ? undefined
        : { _tag: "Time", millis }
    }
    case MEMORY:
      return decodeMemory(cursor)
    default:
      return undefined
  }
}

const decodeMemory = (cursor: Numbers.Cursor): Memory | undefined => {
  const limitBytes = Numbers.read(cursor)
  const evicted = limitBytes === undefined ? undefined : readWatched(cursor)
  return limitBytes === undefined || evicted === undefined || cursor.at < cursor.bytes.length
    ? undefined
    : { _tag: "Memory", limitBytes, evicted }
}

const readWatched = (cursor: Numbers.Cursor): ReadonlyArray<Watched> | undefined => {
  const count = Numbers.read(cursor)
  if (count === undefined) return undefined
  const watched: Array<Watched> = []
  while (watched.length < count) {
    const key = readWord(cursor)
    const revision = Numbers.read(cursor)
    if (key === undefined || revision === undefined) return undefined
    watched.push({ key: Key.fromBytes(key), revision })
  }
  return watched
}

const decodeTransaction = (cursor: Numbers.Cursor): Transaction | undefined => {
  const watched = readWatched(cursor)
  if (watched === undefined) return undefined
  const calls: Array<Words> = []
  while (cursor.at < cursor.bytes.length) {
    const words = readWords(cursor)
    if (words === undefined) return undefined
    calls.push(words)
  }
  return { _tag: "Transaction", watched, calls }
}

/** At least one: nothing without a name is asked for. */
const readWords = (cursor: Numbers.Cursor): Words | undefined => {
  const count = Numbers.read(cursor)
  if (count === undefined || count === 0) return undefined
  const words: Array<Uint8Array> = []
  while (words.length < count) {
    const word = readWord(cursor)
    if (word === undefined) return undefined
    words.push(word)
  }
  return words
}

const readWord = (cursor: Numbers.Cursor): Uint8Array | undefined => {
  const length = Numbers.read(cursor)
  if (length === undefined || length > cursor.bytes.length - cursor.at) return undefined
  const from = cursor.at
  cursor.at += length
  return cursor.bytes.subarray(from, cursor.at)
}

/**
 * A word that may outlive its command by years. It keeps the command's memory when it is most of
 * that memory, and is a copy otherwise, so that a small value never holds a large frame.
 */
export const own = (word: Uint8Array): Uint8Array =>
  word.length > Allocator.ON_HEAP_BYTES && 2 * word.length >= word.buffer.byteLength
    ? word
    : Allocator.copy(word)

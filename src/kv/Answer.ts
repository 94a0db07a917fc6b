/**
 * What the state machine answers to a command, as bytes: one for the kind, then the payload. Bytes
 * and not objects, so that whoever keeps or compares answers needs to know nothing of them.
 */
import * as Integer from "./Integer.js"
import * as Latin1 from "./Latin1.js"
import * as Numbers from "./Numbers.js"
import type { Reply } from "./Reply.js"

const NIL = 0
export const OK = 1
/** The payload is a decimal number. */
export const INTEGER = 2
/** The payload is the value. */
export const BULK = 3
/** The payload is a text that begins with a code word, such as "ERR". */
const ERROR = 4
/** The payload is a text. */
const SIMPLE = 5
/** The payload is a number in decimal. */
const DOUBLE = 6
const NIL_ARRAY = 7
/** Of these the payload is the items' number, then each: its length and itself. */
const ARRAY = 8
const SET = 9
const MAP = 10
const PAIRS = 11

/** Shared, as are the three below: never written to. */
export const nil: Uint8Array = Uint8Array.of(NIL)
export const ok: Uint8Array = Uint8Array.of(OK)
const nilArray: Uint8Array = Uint8Array.of(NIL_ARRAY)

const text = (kind: number, payload: string): Uint8Array => {
  const bytes = new Uint8Array(1 + payload.length)
  bytes[0] = kind
  Latin1.write(payload, bytes, 1)
  return bytes
}

const zero = text(INTEGER, "0")
const one = text(INTEGER, "1")

export const integer = (value: Integer.Integer): Uint8Array =>
  value === 0 ? zero : value === 1 ? one : text(INTEGER, String(value))

export const bulk = (value: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(1 + value.length)
  bytes[0] = BULK
  bytes.set(value, 1)
  return bytes
}

/** `message` begins with a code word and has neither line breaks nor characters beyond one byte. */
export const error = (message: string): Uint8Array => text(ERROR, message)

/** `items` are answers. */
export const array = (items: ReadonlyArray<Uint8Array>): Uint8Array => listOf(ARRAY, items)

const listOf = (kind: number, items: ReadonlyArray<Uint8Array>): Uint8Array => {
  let size = 1 + Numbers.sizeOf(items.length)
  for (const { length } of items) size += Numbers.sizeOf(length) + length
  const bytes = new Uint8Array(size)
  bytes[0] = kind
  let at = Numbers.write(items.length, bytes, 1)
  for (const item of items) {
    at = Numbers.write(item.length, bytes, at)
    bytes.set(item, at)
    at += item.length
  }
  return bytes
}

/** A list whose items are still to come. */
interface Open {
  readonly kind: number
  readonly count: number
  readonly items: Array<Uint8Array>
}

/** Makes one answer of what a command replies. */
export class Writer implements Reply {
  #answer: Uint8Array = nil
  readonly #open: Array<Open> = []

  /** What was replied since the last call. */
  take(): Uint8Array {
    const answer = this.#answer
    this.#answer = nil
    return answer
  }

  simple(value: string): void {
    this.#add(value === "OK" ? ok : text(SIMPLE, value))
  }

  error(message: string): void {
    this.#add(error(message))
  }

  integer(value: Integer.Integer): void {
    this.#add(integer(value))
  }

  bulk(value: Uint8Array): void {
    this.#add(bulk(value))
  }

  text(value: string): void {
    this.#add(text(BULK, value))
  }

  double(value: string): void {
    this.#add(text(DOUBLE, value))
  }

  nil(): void {
    this.#add(nil)
  }

  nilArray(): void {
    this.#add(nilArray)
  }

  array(count: number): void {
    this.#begin(ARRAY, count)
  }

  set(count: number): void {
    this.#begin(SET, count)
  }

  map(count: number): void {
    this.#begin(MAP, 2 * count)
  }

  pairs(count: number): void {
    this.#begin(PAIRS, 2 * count)
  }

  pair(): void {}

  #begin(kind: number, count: number): void {
    if (count === 0) this.#add(listOf(kind, []))
    else this.#open.push({ kind, count, items: [] })
  }

  #add(answer: Uint8Array): void {
    const list = this.#open.at(-1)
    if (list === undefined) {
      this.#answer = answer
    } else if (list.items.push(answer) === list.count) {
      this.#open.pop()
      this.#add(listOf(list.kind, list.items))
    }
  }
}

const decimal = (answer: Uint8Array): Integer.Integer => Integer.parse(answer, 1) ?? 0

const textOf = (answer: Uint8Array): string => Latin1.decode(answer, 1, answer.length)

/** Replies what the answer says. Total: bytes that are no answer are an error. */
export const replay = (answer: Uint8Array, reply: Reply): void => {
  switch (answer[0]) {
    case OK:
      return reply.simple("OK")
    case NIL:
      return reply.nil()
    case INTEGER:
      return reply.integer(decimal(answer))
    case BULK:
      return reply.bulk(answer.subarray(1))
    case ERROR:
      return reply.error(textOf(answer))
    case SIMPLE:
      return reply.simple(textOf(answer))
    case DOUBLE:
      return reply.double(textOf(answer))
    case NIL_ARRAY:
      return reply.nilArray()
    case ARRAY:
    case SET:
    case MAP:
    case PAIRS:
      return replayList(answer, reply)
    default:
      return reply.error(UNREADABLE)
  }
}

const replayList = (answer: Uint8Array, reply: Reply): void => {
  const items = readItems(answer)
  if (answer[0] === ARRAY) reply.array(items.length)
  else if (answer[0] === SET) reply.set(items.length)
  else if (answer[0] === MAP) reply.map(items.length / 2)
  else reply.pairs(items.length / 2)
  for (const [at, item] of items.entries()) {
    if (answer[0] === PAIRS && at % 2 === 0) reply.pair()
    replay(item, reply)
  }
}

/** The answers in a list; undefined if it is none. */
export const itemsOf = (answer: Uint8Array): ReadonlyArray<Uint8Array> | undefined =>
  LISTS.includes(answer[0]!) ? readItems(answer) : undefined

const LISTS: ReadonlyArray<number> = [ARRAY, SET, MAP, PAIRS]

const readItems = (answer: Uint8Array): ReadonlyArray<Uint8Array> => {
  const cursor: Numbers.Cursor = { bytes: answer, at: 1 }
  const count = Numbers.read(cursor) ?? 0
  const items: Array<Uint8Array> = []
  while (items.length < count) {
    const length = Numbers.read(cursor) ?? 0
    items.push(answer.subarray(cursor.at, cursor.at + length))
    cursor.at += length
  }
  return items
}

export type Answer =
  | { readonly _tag: "Nil" }
  | { readonly _tag: "Ok" }
  | { readonly _tag: "Integer"; readonly value: Integer.Integer }
  | { readonly _tag: "Bulk"; readonly value: Uint8Array }
  | { readonly _tag: "Error"; readonly message: string }
  | { readonly _tag: "Text"; readonly value: string }
  | { readonly _tag: "List"; readonly items: ReadonlyArray<Answer> }

/**
 * For callers that want the answer as a value. Total: bytes that are no answer read as an `Error`.
 */
export const read = (answer: Uint8Array): Answer => {
  switch (answer[0]) {
    case NIL:
    case NIL_ARRAY:
      return { _tag: "Nil" }
    case OK:
      return { _tag: "Ok" }
    case BULK:
      return { _tag: "Bulk", value: answer.subarray(1) }
    case ERROR:
      return { _tag: "Error", message: textOf(answer) }
    case INTEGER:
      return { _tag: "Integer", value: decimal(answer) }
    case SIMPLE:
    case DOUBLE:
      return { _tag: "Text", value: textOf(answer) }
    case ARRAY:
    case SET:
    case MAP:
    case PAIRS:
      return { _tag: "List", items: readItems(answer).map(read) }
    default:
      return { _tag: "Error", message: UNREADABLE }
  }
}

const UNREADABLE =
  "ERR the answer cannot be read: upgrade this node to the version of the one that answered"

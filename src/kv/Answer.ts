/**
 * What the state machine answers to a command, as bytes: one for the kind, then the payload. Bytes
 * and not objects, because an answer may cross from the node that applied the command to the one
 * that was asked. The payload of every kind is what the Redis protocol sends, so that a reply is a
 * copy.
 */
import * as Integer from "./Integer.js"
import * as Latin1 from "./Latin1.js"

export const KIND_NIL = 0
export const KIND_OK = 1
/** The payload is a decimal number. */
export const KIND_INTEGER = 2
/** The payload is the value. */
export const KIND_BULK = 3
/** The payload is a text that begins with a code word, such as "ERR". */
export const KIND_ERROR = 4
/**
 * Nothing was written: the key has another revision than the expected one. The payload is it, in
 * decimal.
 */
export const KIND_CONFLICT = 5

const text = (kind: number, payload: string): Uint8Array => {
  const bytes = new Uint8Array(1 + payload.length)
  bytes[0] = kind
  Latin1.write(payload, bytes, 1)
  return bytes
}

/**
 * There is no value, or the condition of a Set did not hold. Shared, as are the three below: never
 * written to.
 */
export const nil: Uint8Array = Uint8Array.of(KIND_NIL)
export const ok: Uint8Array = Uint8Array.of(KIND_OK)
const zero = text(KIND_INTEGER, "0")
const one = text(KIND_INTEGER, "1")

export const integer = (value: Integer.Integer): Uint8Array =>
  value === 0 ? zero : value === 1 ? one : text(KIND_INTEGER, String(value))

export const bulk = (value: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(1 + value.length)
  bytes[0] = KIND_BULK
  bytes.set(value, 1)
  return bytes
}

/** `message` begins with a code word and has neither line breaks nor characters beyond one byte. */
export const error = (message: string): Uint8Array => text(KIND_ERROR, message)

/** `revision` is the key's, 0 when it is absent. */
export const conflict = (revision: number): Uint8Array => text(KIND_CONFLICT, String(revision))

export type Answer =
  | { readonly _tag: "Nil" }
  | { readonly _tag: "Ok" }
  | { readonly _tag: "Integer"; readonly value: Integer.Integer }
  | { readonly _tag: "Bulk"; readonly value: Uint8Array }
  | { readonly _tag: "Error"; readonly message: string }
  | { readonly _tag: "Conflict"; readonly revision: number }

/**
 * For callers that want the answer as a value. Total: bytes that are no answer read as an `Error`.
 */
export const read = (bytes: Uint8Array): Answer => {
  switch (bytes[0]) {
    case KIND_NIL:
      return { _tag: "Nil" }
    case KIND_OK:
      return { _tag: "Ok" }
    case KIND_BULK:
      return { _tag: "Bulk", value: bytes.subarray(1) }
    case KIND_ERROR:
      return { _tag: "Error", message: Latin1.decode(bytes, 1, bytes.length) }
    case KIND_INTEGER: {
      const value = Integer.parse(bytes, 1)
      return value === undefined ? unreadable : { _tag: "Integer", value }
    }
    case KIND_CONFLICT: {
      const revision = Integer.parse(bytes, 1)
      return typeof revision === "number" ? { _tag: "Conflict", revision } : unreadable
    }
    default:
      return unreadable
  }
}

const unreadable: Answer = {
  _tag: "Error",
  message:
    "ERR the answer cannot be read: upgrade this node to the version of the one that answered"
}

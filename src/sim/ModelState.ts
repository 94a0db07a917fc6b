/**
 * What the model of the cache holds (CacheModel.ts), and what several of its commands do with it.
 * Bytes are characters here, and what is due is gone at once: nothing is done for speed.
 */
import * as Answer from "../kv/Answer.js"
import * as Latin1 from "../kv/Latin1.js"
import * as Size from "../kv/Size.js"

/** A string, or a hash, whose fields stand in the order in which they came. */
export type Value = string | ReadonlyMap<string, string>

export interface Entry {
  readonly value: Value
  readonly revision: number
  /** Infinity for what stays. */
  readonly dueMillis: number
}

export interface State {
  readonly entries: Map<string, Entry>
  nowMillis: number
  limitBytes: number
  /** By the last command. */
  told: Array<string>
}

/** A request, and what it meets. */
export interface Call {
  readonly state: State
  readonly name: string
  /** Those after the name. */
  readonly words: ReadonlyArray<string>
  /** Of what it writes. */
  readonly revision: number
}

/** Answers it. */
export type Command = (call: Call) => Uint8Array

export type Commands = Readonly<Record<string, Command>>

export const wrongType = Answer.error(
  "WRONGTYPE Operation against a key holding the wrong kind of value"
)
export const notAnInteger = Answer.error("ERR value is not an integer or out of range")
export const overflow = Answer.error("ERR increment or decrement would overflow")
export const notAFloat = Answer.error("ERR value is not a valid float")

export const text = (bytes: Uint8Array): string => Latin1.decode(bytes, 0, bytes.length)

export const bulk = (value: string | undefined): Uint8Array =>
  value === undefined ? Answer.nil : Answer.bulk(Latin1.encode(value))

export const bulks = (values: ReadonlyArray<string | undefined>): Uint8Array =>
  Answer.array(values.map(bulk))

/** As `written` writes it. */
export const reply = (written: (writer: Answer.Writer) => void): Uint8Array => {
  const writer = new Answer.Writer()
  written(writer)
  return writer.take()
}

export const truth = (isSo: boolean): Uint8Array => Answer.integer(isSo ? 1 : 0)

/** What the key holds, for a command that shows it. */
export const look = ({ entries, told }: State, key: string): Entry | undefined => {
  if (!entries.has(key)) told.push(`keymiss ${key}`)
  return entries.get(key)
}

/** The same, for one that changes it. */
export const find = ({ entries }: State, key: string): Entry | undefined => entries.get(key)

/** What is due already is gone, and has been there all the same. */
export const put = (
  { entries, nowMillis, told }: State,
  key: string,
  entry: Entry,
  ...events: ReadonlyArray<string>
): void => {
  if (!entries.has(key)) told.push(`new ${key}`)
  if (entry.dueMillis <= nowMillis) entries.delete(key)
  else entries.set(key, entry)
  for (const event of events) told.push(`${event} ${key}`)
}

export const remove = ({ entries, told }: State, key: string): boolean => {
  if (!entries.delete(key)) return false
  told.push(`del ${key}`)
  return true
}

/** Whether 64 bits with a sign hold it. */
const fits = (value: bigint): boolean => BigInt.asIntN(64, value) === value

export const integerOf = (digits: string): bigint | undefined =>
  /^(0|-?[1-9][0-9]{0,18})$/.test(digits) && fits(BigInt(digits)) ? BigInt(digits) : undefined

export const sumOf = (one: bigint, other: bigint): bigint | undefined =>
  fits(one + other) ? one + other : undefined

/** Clients add quarters, so sums have two digits after the point at most, and are exact. */
const HUNDRED = 100n

/** In hundredths. */
const hundredthsOf = (digits: string): bigint | undefined => {
  const [, sign, whole, fraction = ""] = /^([+-]?)(\d+)(?:\.(\d{1,2}))?$/.exec(digits) ?? []
  if (whole === undefined) return undefined
  const hundredths = BigInt(whole) * HUNDRED + BigInt(fraction.padEnd(2, "0"))
  return sign === "-" ? -hundredths : hundredths
}

export const floatSumOf = (one: string, other: string): string | undefined => {
  const [a, b] = [hundredthsOf(one), hundredthsOf(other)]
  if (a === undefined || b === undefined) return undefined
  const sum = a + b
  const size = sum < 0n ? -sum : sum
  const fraction = String(size % HUNDRED).padStart(2, "0").replace(/0+$/, "")
  return `${sum < 0n ? "-" : ""}${size / HUNDRED}${fraction === "" ? "" : `.${fraction}`}`
}

/** As `kv/Size.ts` has it. */
export const sizeOf = (key: string, { dueMillis, value }: Entry): number => {
  const keyBytes = Size.ENTRY_BYTES + key.length + (dueMillis === Infinity ? 0 : Size.DUE_BYTES)
  if (typeof value === "string") return keyBytes + Size.VALUE_BYTES + value.length
  let sizeBytes = keyBytes + Size.HASH_BYTES
  for (const [field, { length }] of value) {
    sizeBytes += Size.FIELD_BYTES + field.length + Size.VALUE_BYTES + length
  }
  return sizeBytes
}

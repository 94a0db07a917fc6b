/**
 * What a command on keys is: its description, as `COMMAND` tells it, and one function. It is
 * the same whether a connection asks for it, a transaction holds it or the log carries it.
 */
import type { Words } from "./Command.js"
import type { Description, Group } from "./Description.js"
import { Hash } from "./Hash.js"
import * as Key from "./Key.js"
import type { Reply } from "./Reply.js"
import type { Store, Stored } from "./Store.js"

/** Whatever a command works with besides its words. */
export interface Context {
  readonly store: Store
  /** Of the log entry that carries it: the revision of what it writes. 0 without one. */
  readonly index: number
  readonly reply: Reply
  /** A number from 0 to before 2^32, for those that choose. In the log, a function of the index. */
  readonly draw: number
  /** False for a client that wants to leave no trace of what it reads. Default true. */
  readonly isUse?: boolean
}

/** Replies once. It has as many words as its arity wants. */
export type Run = (words: Words, context: Context) => void

export interface DataCommand extends Description {
  readonly keys: NonNullable<Description["keys"]>
  /**
   * `Write` goes through the log, and so does `Timed`, which changes nothing and depends on the
   * log's time. `Read` shows the store of the node that is asked.
   */
  readonly kind: "Read" | "Write" | "Timed"
  readonly run: Run
}

export const NO_KEYS = [0, 0, 0] as const
export const ONE_KEY = [1, 1, 1] as const
export const TWO_KEYS = [1, 2, 1] as const
export const ALL_KEYS = [1, -1, 1] as const

export const SYNTAX_ERROR = "ERR syntax error"
export const NOT_AN_INTEGER = "ERR value is not an integer or out of range"
export const INT_OUT_OF_RANGE =
  "ERR value is out of range, value must between -2147483648 and 2147483647"
export const NOT_A_FLOAT = "ERR value is not a valid float"
export const WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"
export const OVERFLOW = "ERR increment or decrement would overflow"
/** What the log's limit refuses, as Redis does. */
export const OUT_OF_MEMORY = "OOM command not allowed when used memory > 'maxmemory'."
export const INFINITE = "ERR increment would produce NaN or Infinity"

export const wrongArity = (name: string): string =>
  `ERR wrong number of arguments for '${name}' command`

export const fits = (arity: number, words: Words): boolean =>
  arity < 0 ? words.length >= -arity : words.length === arity

/** Whether `word` is `name`, a text in lower case, in whatever case. */
export const matches = (word: Uint8Array, name: string): boolean => {
  if (word.length !== name.length) return false
  for (let at = 0; at < name.length; at++) {
    if (lower(word[at]!) !== name.charCodeAt(at)) return false
  }
  return true
}

const lower = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)

/** At most `limit` characters of what a client sent, fit to stand in an error. */
export const quotable = (word: Uint8Array, limit: number): string => {
  let text = ""
  for (let at = 0; at < word.length && at < limit; at++) {
    const byte = word[at]!
    if (byte === 0) break
    text += byte === 0x0a || byte === 0x0d ? " " : String.fromCharCode(byte)
  }
  return text
}

/** The key in a word of a request. */
export const keyAt = (words: Words, at: number): Key.Key => Key.fromBytes(words[at]!)

/** What the key holds, for a command that uses it. */
export const use = ({ isUse, store }: Context, key: Key.Key): Stored | undefined =>
  isUse === false ? store.get(key) : store.use(key)

/** The same, for a command that shows it: that there is nothing is told. */
const look = (context: Context, key: Key.Key): Stored | undefined => {
  const stored = use(context, key)
  if (stored === undefined) context.store.tell("missed", "keymiss", key)
  return stored
}

const string = (stored: Stored | undefined): Uint8Array | undefined | string =>
  stored?.value instanceof Hash ? WRONG_TYPE : stored?.value

const hash = (stored: Stored | undefined): Hash | undefined | string =>
  stored?.value instanceof Uint8Array ? WRONG_TYPE : stored?.value

/** What the key holds if it is a string, or the error to answer if it is none. */
export const stringOf = (context: Context, key: Key.Key) => string(use(context, key))

/** What the key holds if it is a hash, or the error to answer if it is none. */
export const hashOf = (context: Context, key: Key.Key) => hash(use(context, key))

/** As `stringOf`, for a command that shows it. */
export const lookForString = (context: Context, key: Key.Key) => string(look(context, key))

/** As `hashOf`, for a command that shows it. */
export const lookForHash = (context: Context, key: Key.Key) => hash(look(context, key))

/** Replaces the key's value by a word of the request, and its time to go by `due`. */
export const put = (context: Context, key: Key.Key, word: Uint8Array, due?: number): void => {
  const { store } = context
  store.put(key, word, context.index, due)
  store.tell("string", "set", key)
  if (due === undefined) return
  store.tell("generic", "expire", key)
  if (due <= store.timeMillis) store.tell("expired", "expired", key)
}

/** Whether the key was there. */
export const erase = ({ store }: Context, key: Key.Key): boolean => {
  const isThere = store.drop(key)
  if (isThere) store.tell("generic", "del", key)
  return isThere
}

export const bulkOrNil = ({ reply }: Context, value: Uint8Array | undefined): void =>
  value === undefined ? reply.nil() : reply.bulk(value)

export const equals = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at])

/** What is done with a key, in the words of Redis's key specifications. */
export const LOOKS = "RO"
export const READS_VALUE = "RO access"
export const CHANGES = "RW update"
export const READS_AND_CHANGES = "RW access update"
export const OVERWRITES = "OW update"
export const INSERTS = "OW insert"

/** Tips for clients that split a request among nodes. */
export const SUMMED = ["request_policy:multi_shard", "response_policy:agg_sum"] as const
export const UNORDERED = ["nondeterministic_output_order"] as const
export const UNCERTAIN = ["nondeterministic_output"] as const

/** Entries of the command table. Without flags a command is fast; without keys it has one. */
export const entriesOf = (group: Group) => {
  const entry = (kind: DataCommand["kind"], access: string, flags: ReadonlyArray<string>) =>
  (
    name: string,
    syntax: string,
    arity: number,
    since: string,
    run: Run,
    summary: string,
    others: Partial<Omit<DataCommand, "kind" | "run">> = {}
  ): DataCommand => ({
    kind,
    group,
    name,
    syntax,
    arity,
    flags,
    keys: ONE_KEY,
    access,
    since,
    run,
    summary,
    ...others
  })
  return {
    read: entry("Read", READS_VALUE, READS_FAST),
    timed: entry("Timed", READS_VALUE, READS_FAST),
    write: entry("Write", CHANGES, WRITES_FAST)
  }
}

const READS_FAST = ["readonly", "fast"] as const
const WRITES_FAST = ["write", "denyoom", "fast"] as const

/**
 * The requests that took longest to answer at this node, as `SLOWLOG` shows them: from when a
 * request was understood to when its reply was written, the log's work included, because that is
 * what its client has waited for. It is read once in a turn of a connection and after whatever may
 * have taken long in it (RedisConnection.ts), so that fast requests pay a subtraction each.
 */
import * as Command from "../kv/Command.js"
import * as Latin1 from "../kv/Latin1.js"
import type { Client, Words } from "./RedisCommand.js"
import type { Request } from "./RedisRequest.js"
import * as Settings from "./Settings.js"
import type { Setting } from "./Settings.js"

/** Redis's defaults. */
export const SLOWER_THAN_MICROS = 10_000
export const ENTRIES_LIMIT = 128

/** Of a request no more is kept, as in Redis. */
export const WORDS_LIMIT = 32
export const WORD_LIMIT_BYTES = 128

/** A command of so much at most is kept as it is, and shortened for who looks: few are seen. */
const KEPT_BYTES = 1_024

const MILLI_MICROS = 1_000

export interface Entry {
  /** Never given twice while the node runs. */
  readonly id: number
  /** When it was answered, in seconds since 1970. */
  readonly atSeconds: number
  readonly micros: number
  readonly words: Words
  readonly address: string
  readonly clientName: string
}

interface Kept extends Omit<Entry, "words"> {
  /** Or a command that has them. */
  readonly words: Words | Uint8Array
}

export class SlowLog {
  /** What takes at least so long belongs in it. */
  limitMillis = SLOWER_THAN_MICROS / MILLI_MICROS
  entriesLimit = ENTRIES_LIMIT
  /** The newest last, up to twice as many as are shown. */
  #entries: Array<Kept> = []
  #lastId = -1

  get length(): number {
    return Math.min(this.#entries.length, this.entriesLimit)
  }

  /** The newest first. */
  latest(count: number): ReadonlyArray<Entry> {
    const from = this.#entries.length - Math.min(count, this.length)
    return this.#entries.slice(from).toReversed().map((kept) => ({ ...kept, words: shown(kept) }))
  }

  clear(): void {
    this.#entries = []
  }

  /** Keeps what was asked for, if it is a command that may be shown. */
  add(request: Request, client: Client, millis: number): void {
    const words = wordsOf(request)
    if (words === undefined) return
    this.#entries.push({
      id: ++this.#lastId,
      atSeconds: Math.floor(Date.now() / 1000),
      micros: Math.round(millis * MILLI_MICROS),
      words,
      address: client.address(),
      clientName: client.name
    })
    const extra = this.#entries.length - this.entriesLimit
    if (extra > this.entriesLimit) this.#entries.splice(0, extra)
  }

  readonly settings: ReadonlyArray<Setting> = [
    Settings.integer(
      "slowlog-log-slower-than",
      { least: -1, most: Settings.INTEGER_MAX },
      () => this.limitMillis === Infinity ? -1 : this.limitMillis * MILLI_MICROS,
      (micros) => void (this.limitMillis = micros < 0 ? Infinity : micros / MILLI_MICROS)
    ),
    Settings.integer(
      "slowlog-max-len",
      { least: 0, most: Settings.INTEGER_MAX },
      () => this.entriesLimit,
      (entries) => void (this.entriesLimit = entries)
    )
  ]
}

/** What is kept of a request: of a write its words are in its command only. */
const wordsOf = ({ asked, command, words }: Request): Kept["words"] | undefined => {
  if (asked === undefined || asked.flags.includes("skip_slowlog")) return undefined
  // Passwords are nobody's affair.
  if (command === undefined) return shorten(asked.conceal?.(words) ?? words)
  if (command.length <= KEPT_BYTES) return command
  const decoded = Command.decode(command)
  return decoded?._tag === "Call" ? shorten(decoded.words) : undefined
}

const shown = ({ words }: Kept): Words => {
  if (!(words instanceof Uint8Array)) return words
  const decoded = Command.decode(words)
  return decoded?._tag === "Call" ? shorten(decoded.words) : []
}

const shorten = (words: Words): Words => {
  if (words.length <= WORDS_LIMIT) return words.map(shortenWord)
  const shown = words.slice(0, WORDS_LIMIT - 1)
  const left = words.length - shown.length
  return [...shown.map(shortenWord), Latin1.encode(`... (${left} more arguments)`)]
}

/** Always a copy: a word is a view of all that has arrived with it. */
const shortenWord = (word: Uint8Array): Uint8Array => {
  if (word.length <= WORD_LIMIT_BYTES) return word.slice()
  const left = Latin1.encode(`... (${word.length - WORD_LIMIT_BYTES} more bytes)`)
  const shown = new Uint8Array(WORD_LIMIT_BYTES + left.length)
  shown.set(word.subarray(0, WORD_LIMIT_BYTES))
  shown.set(left, WORD_LIMIT_BYTES)
  return shown
}

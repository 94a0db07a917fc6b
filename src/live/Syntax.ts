/**
 * Reads what is said after the name of a command, as documentation writes it, and makes of it what
 * `COMMAND DOCS` tells of arguments: `key [key ...]` for one or more of the same, `[NX | XX]` for
 * what may be left out, `<ON | OFF>` for a choice, capitals for words that stand for themselves. An
 * argument is a text, or else what its name says or a colon after it (`increment:double`).
 */

export interface Argument {
  readonly name: string
  /** Redis's names of types: "key", "string", "pure-token", "oneof", "block" and others. */
  readonly type: string
  /** The word that is said before it, or, of a "pure-token", instead of it. */
  readonly token?: string
  readonly isOptional: boolean
  readonly isMultiple: boolean
  /** Whether the word is said again before each of them. */
  readonly isTokenMultiple: boolean
  /** One of which is meant by a "oneof", all of them by a "block". */
  readonly arguments: ReadonlyArray<Argument>
}

const TYPES: Readonly<Record<string, string>> = {
  key: "key",
  key1: "key",
  key2: "key",
  newkey: "key",
  source: "key",
  destination: "key",
  pattern: "pattern",
  "unix-time-seconds": "unix-time",
  "unix-time-milliseconds": "unix-time"
}

const INTEGERS = new Set(
  ("client-id count cursor decrement destination-db end increment index len milliseconds " +
    "numreplicas offset protover revision seconds slot start timeout").split(" ")
)

/** The arguments of a command, in order. Keys are such only if the command has them. */
export const parse = (syntax: string, hasKeys: boolean): ReadonlyArray<Argument> => {
  const words = syntax.match(/\.\.\.|[[\]<>|]|[^\s[\]<>|]+/g) ?? []
  const items = new Reader(words, hasKeys).sequence("")
  return items.map(({ argument }) => argument)
}

/** How many words they are at least, and whether there may be more. */
export const countOf = (
  items: ReadonlyArray<Argument>
): { readonly least: number; readonly isFixed: boolean } => ({
  least: items.reduce((sum, each) => sum + (each.isOptional ? 0 : leastOf(each)), 0),
  isFixed: items.every(isFixed)
})

const leastOf = ({ arguments: inner, token, type }: Argument): number => {
  const own = token === undefined || type === "pure-token" ? 0 : 1
  if (type === "oneof") return own + Math.min(...inner.map(leastOf))
  return type === "block" ? own + countOf(inner).least : own + 1
}

const isFixed = ({ arguments: inner, isMultiple, isOptional, type }: Argument): boolean => {
  if (isOptional || isMultiple) return false
  return type === "oneof"
    ? new Set(inner.map(leastOf)).size === 1 && inner.every(isFixed)
    : inner.every(isFixed)
}

interface Item {
  readonly argument: Argument
  /** As it was written: what is repeated in brackets is recognised by it. */
  readonly text: string
}

const single = (name: string, type: string): Argument => ({
  name,
  type,
  isOptional: false,
  isMultiple: false,
  isTokenMultiple: false,
  arguments: []
})

const several = (type: "block" | "oneof", inner: ReadonlyArray<Argument>): Argument => ({
  ...single(inner.map(({ name }) => name).join("_"), type),
  arguments: inner
})

const isToken = (word: string): boolean => /^[A-Z][A-Z-]*$/.test(word)

/** Side by side, the first of them maybe a word that announces the others. */
const together = (items: ReadonlyArray<Item>): Argument => {
  const [first, ...rest] = items.map(({ argument }) => argument)
  if (first === undefined) throw new Error("brackets in a syntax hold something")
  if (rest.length === 0) return first
  if (first.type !== "pure-token") return several("block", [first, ...rest])
  const announced = rest.length === 1 ? rest[0]! : several("block", rest)
  return { ...announced, token: first.token! }
}

class Reader {
  #at = 0
  readonly #words: ReadonlyArray<string>
  readonly #hasKeys: boolean

  constructor(words: ReadonlyArray<string>, hasKeys: boolean) {
    this.#words = words
    this.#hasKeys = hasKeys
  }

  /** Up to a bar or the bracket that ends it, which is left where it is. */
  sequence(end: string): ReadonlyArray<Item> {
    const items: Array<Item> = []
    while (this.#at < this.#words.length) {
      const word = this.#words[this.#at]!
      if (word === end || word === "|" || word === "...") break
      const from = this.#at++
      if (word === "[") this.#brackets(items, from)
      else items.push(this.#item(word === "<" ? this.#choice(">") : this.#one(word), from))
    }
    return items
  }

  #item(argument: Argument, from: number): Item {
    return { argument, text: this.#words.slice(from, this.#at).join(" ") }
  }

  #one(word: string): Argument {
    if (isToken(word)) return { ...single(word.toLowerCase(), "pure-token"), token: word }
    const [, name = word, type] = /^(.+?)(?::(double|integer))?$/.exec(word) ?? []
    const named = TYPES[name] ?? (INTEGERS.has(name) ? "integer" : "string")
    return single(name, type ?? (named === "key" && !this.#hasKeys ? "string" : named))
  }

  /** One of several, or what stands together. */
  #choice(end: string): Argument {
    const choices = [together(this.sequence(end))]
    while (this.#words[this.#at] === "|") {
      this.#at++
      choices.push(together(this.sequence(end)))
    }
    this.#at++
    return choices.length === 1 ? choices[0]! : several("oneof", choices)
  }

  /** What may be left out, or a repetition of what stands before it. */
  #brackets(before: Array<Item>, from: number): void {
    const inner = this.sequence("]")
    if (this.#words[this.#at] !== "...") {
      this.#at = from + 1
      before.push(this.#item({ ...this.#choice("]"), isOptional: true }, from))
      return
    }
    this.#at += 2
    const repeated = before.slice(-inner.length)
    const isRepetition = inner.every(({ text }, at) => text === repeated[at]?.text)
    const one = together(inner)
    const argument = {
      ...one,
      isMultiple: true,
      isTokenMultiple: one.token !== undefined,
      isOptional: !isRepetition
    }
    if (isRepetition) before.splice(-inner.length)
    before.push(this.#item(argument, from))
  }
}

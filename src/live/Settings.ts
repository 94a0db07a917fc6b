/**
 * The settings of a node, as `CONFIG` tells and changes them under the names that Redis gave them.
 * Whatever has a setting makes one with the functions here and keeps its value; the list of all is
 * in RedisConfigCommands.ts. A setting is a matter of one node: what all must agree on is in the
 * log.
 */
import { quotable, SYNTAX_ERROR } from "../kv/DataCommand.js"
import * as Integer from "../kv/Integer.js"
import * as Latin1 from "../kv/Latin1.js"
import * as Memory from "../kv/Memory.js"
import * as Pattern from "../kv/Pattern.js"

export interface Setting {
  /** In lower case. */
  readonly name: string
  readonly get: () => string
  /**
   * What puts the value in force, or what is wrong with it. Absent when the setting cannot be
   * changed.
   */
  readonly prepare?: (value: Uint8Array) => (() => void) | string
}

/** The largest that Redis takes for a setting without a limit of its own. */
export const INTEGER_MAX = 2n ** 63n - 1n

/** One that is as it is for as long as the node runs. */
export const fixed = (name: string, get: () => string | number): Setting => ({
  name,
  get: () => String(get())
})

/** An integer, told and taken as it is. */
export const integer = (
  name: string,
  { least, most }: { readonly least: number; readonly most: Integer.Integer },
  get: () => number,
  set: (value: number) => void
): Setting => ({
  name,
  get: () => String(get()),
  prepare: (word) => {
    const value = Integer.parse(word)
    if (value === undefined) return "argument couldn't be parsed into an integer"
    if (value < least || value > most) {
      return `argument must be between ${least} and ${most} inclusive`
    }
    return () => set(Number(value))
  }
})

/** An amount of memory, told in bytes. */
export const memory = (
  name: string,
  get: () => number,
  set: (bytes: number) => void
): Setting => ({
  name,
  get: () => String(get()),
  prepare: (word) => {
    const bytes = Memory.parseBytes(textOf(word))
    return bytes === undefined ? "argument must be a memory value" : () => set(bytes)
  }
})

/** One of these, in whatever case. */
export const choice = <A extends string>(
  name: string,
  values: ReadonlyArray<A>,
  get: () => A,
  set: (value: A) => void
): Setting => ({
  name,
  get,
  prepare: (word) => {
    const text = textOf(word).toLowerCase()
    const value = values.find((each) => each === text)
    return value === undefined
      ? `argument(s) must be one of the following: ${values.join(", ")}`
      : () => set(value)
  }
})

const textOf = (word: Uint8Array): string => Latin1.decode(word, 0, word.length)

/** Redis quotes no more than this of what it does not know. */
const QUOTED_CHARACTERS = 128

const hasWildcard = (text: string): boolean => /[*?[]/.test(text)

/**
 * The settings whose names match any of the patterns, each once, in their order. As in Redis, a
 * setting that is asked for by its name is told by the name with which it was asked for.
 */
export const matching = (
  settings: ReadonlyArray<Setting>,
  patterns: ReadonlyArray<Uint8Array>
): ReadonlyArray<readonly [name: string, value: string]> => {
  const asked = patterns.map(textOf)
  return settings.flatMap(({ get, name }) => {
    const found = asked.find((each) => Pattern.isMatch(each.toLowerCase(), name))
    return found === undefined ? [] : [[hasWildcard(found) ? name : found, get()] as const]
  })
}

const refused = (name: string, why: string): string =>
  `ERR CONFIG SET failed (possibly related to argument '${name}') - ${why}`

/**
 * Gives settings their values, names and values by turns, all of them or none: returns the error to
 * answer if there is one. What is so already may be said of a setting that cannot be changed, for
 * tools set what they need to be sure of it.
 */
export const change = (
  settings: ReadonlyArray<Setting>,
  pairs: ReadonlyArray<Uint8Array>
): string | undefined => {
  if (pairs.length % 2 !== 0) return SYNTAX_ERROR
  const wanted = new Map<Setting, Uint8Array>()
  for (let at = 0; at < pairs.length; at += 2) {
    const [word, value] = [pairs[at]!, pairs[at + 1]!]
    const shown = quotable(word, QUOTED_CHARACTERS)
    const name = textOf(word).toLowerCase()
    const setting = settings.find((each) => each.name === name)
    if (setting === undefined) {
      return `ERR Unknown option or number of arguments for CONFIG SET - '${shown}'`
    }
    if (setting.prepare === undefined && setting.get() !== textOf(value)) {
      return refused(shown, "can't set immutable config")
    }
    if (wanted.has(setting)) return refused(shown, "duplicate parameter")
    wanted.set(setting, value)
  }
  const changes: Array<() => void> = []
  for (const [{ name, prepare }, value] of wanted) {
    const prepared = prepare?.(value)
    if (typeof prepared === "string") return refused(name, prepared)
    if (prepared !== undefined) changes.push(prepared)
  }
  for (const apply of changes) apply()
  return undefined
}

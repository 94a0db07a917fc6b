/**
 * MEMORY USAGE: https://redis.io/docs/latest/commands/memory-usage. Told by the same account by
 * which keys are evicted (Usage.ts), so that it is the same on every node.
 */
import type { Words } from "./Command.js"
import { entriesOf, keyAt, LOOKS, matches, NOT_AN_INTEGER, SYNTAX_ERROR } from "./DataCommand.js"
import type { DataCommand, Run } from "./DataCommand.js"
import * as Integer from "./Integer.js"
import * as Size from "./Size.js"

/** What is wrong with the options, if anything: all of a value counts, whatever they say. */
const refusalOf = (words: Words): string | undefined => {
  for (let at = 3; at < words.length; at += 2) {
    const word = words[at + 1]
    if (!matches(words[at]!, "samples") || word === undefined) return SYNTAX_ERROR
    const samples = Integer.parse(word)
    if (samples === undefined) return NOT_AN_INTEGER
    if (samples < 0) return SYNTAX_ERROR
  }
  return undefined
}

const usage: Run = (words, { reply, store }) => {
  const refusal = refusalOf(words)
  if (refusal !== undefined) return reply.error(refusal)
  const key = keyAt(words, 2)
  const stored = store.get(key)
  if (stored === undefined) reply.nil()
  else reply.integer(Size.ofEntry(key, stored))
}

const { read } = entriesOf("server")

export const commands: ReadonlyArray<DataCommand> = [
  read(
    "memory|usage",
    "key [SAMPLES count]",
    -3,
    "4.0.0",
    usage,
    "Returns about how much memory a key takes, in bytes.",
    { flags: ["readonly"], keys: [2, 2, 1], access: LOOKS, differs: "Keys take other memory." }
  )
]

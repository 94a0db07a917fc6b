/**
 * Tells a conversation on which the two servers do not agree: as lines for redis-cli, and under the
 * one on which they part what each replied.
 */
import * as Conversations from "./Conversation.js"
import type { Conversation, Heard, Words } from "./Conversation.js"
import * as Differences from "./Differences.js"
import type { Pair } from "./RedisPair.js"

/** Of a reply, no more is shown. */
const SHOWN_CHARACTERS = 500

/** As redis-cli reads it again. */
const quoted = (word: string): string => {
  if (/^[\w.:*?+-]+$/.test(word)) return word
  const escaped = word.replace(/[^ -~]|["\\]/g, (character) => {
    const code = character.charCodeAt(0)
    return code >= 0x20 && code < 0x7f
      ? `\\${character}`
      : `\\x${code.toString(16).padStart(2, "0")}`
  })
  return `"${escaped}"`
}

const line = (words: Words): string => words.map(quoted).join(" ")

/** Holds it once more. */
export const describe = async (pair: Pair, conversation: Conversation): Promise<string> => {
  const { protocol, turns } = conversation
  const { ours, theirs } = await Conversations.withBoth(pair, conversation)
  const at = Differences.find(turns, ours, theirs)
  const lines = turns.slice(0, at === undefined ? turns.length : at + 1).map(({ client, words }) =>
    `  client ${client}> ${line(words)}`
  )
  return [
    `redis-cli -${protocol}, on an empty database:`,
    ...lines,
    ...at === undefined ? ["  (said again, they agree)"] : told(at, theirs, ours)
  ].join("\n")
}

const told = (at: number, theirs: Heard, ours: Heard): ReadonlyArray<string> => [
  `    Redis:     ${reply(theirs, at)}`,
  `    raftcache: ${reply(ours, at)}`
]

const reply = ({ pushes, replies, told }: Heard, at: number): string =>
  JSON.stringify(replies[at]?.raw ?? { pushes, told: told.map(line) }).slice(0, SHOWN_CHARACTERS)

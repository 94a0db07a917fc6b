/**
 * The commands on keys, for a connection: each entry of the command table (kv/CommandTable.ts) as a
 * read of this node's store, or as a write that goes through the log as the client has worded it.
 */
import * as Command from "../kv/Command.js"
import * as CommandTable from "../kv/CommandTable.js"
import type { DataCommand } from "../kv/DataCommand.js"
import * as Key from "../kv/Key.js"
import { container } from "./RedisCommand.js"
import type { RedisCommand, Runnable, Words } from "./RedisCommand.js"

const KEY_TOO_LONG = `ERR the key is longer than ${Key.LIMIT_BYTES} bytes: use a shorter one`

const COMMAND_TOO_LONG = `ERR the command is longer than ${Command.LIMIT_BYTES} bytes: ` +
  "write fewer keys at once"

/** Where the keys stand in these words. */
export const keyPlaces = (
  [first, last, step]: DataCommand["keys"],
  { length }: Words
): ReadonlyArray<number> => {
  const places: Array<number> = []
  if (first === 0) return places
  const end = last < 0 ? length + last : last
  for (let at = first; at <= end && at < length; at += step) places.push(at)
  return places
}

export const keysOf = (
  { keys }: Pick<DataCommand, "keys">,
  words: Words
): ReadonlyArray<Key.Key> => keyPlaces(keys, words).map((at) => Key.fromBytes(words[at]!))

const encode = ({ keys }: Pick<DataCommand, "keys">) => (words: Words): Uint8Array | string => {
  for (const at of keyPlaces(keys, words)) {
    if (words[at]!.length > Key.LIMIT_BYTES) return KEY_TOO_LONG
  }
  const bytes = Command.encodeCall(words)
  return bytes.length > Command.LIMIT_BYTES ? COMMAND_TOO_LONG : bytes
}

const toRunnable = ({ kind, run, ...described }: DataCommand): Runnable => {
  switch (kind) {
    case "Write": {
      const write: Runnable = { ...described, kind: "Write", encode: encode(described) }
      return described.group === "pubsub" ? { ...write, counts: true } : write
    }
    case "Timed":
      return {
        ...described,
        kind: "Write",
        encode: encode(described),
        replied: (words, { index }, client, { tracking }) =>
          tracking.readAt(client, keysOf(described, words), index)
      }
    case "Read":
      return {
        ...described,
        kind: "Read",
        isOfLog: true,
        run: (words, reply, client, { draw, store, tracking }) => {
          run(words, { store, index: 0, reply, draw: draw(), isUse: client.leavesTraces })
          if (client.tracker !== undefined) tracking.read(client, keysOf(described, words))
        }
      }
  }
}

/** Those of a container that are commands on keys. */
export const subcommandsOf = (container: string): ReadonlyArray<RedisCommand> =>
  CommandTable.all.filter(({ name }) => name.startsWith(`${container}|`)).map(toRunnable)

const OBJECT = {
  name: "object",
  group: "generic",
  since: "2.2.3",
  helpSince: "6.2.0",
  summary: "Tells how what a key holds is kept."
} as const

export const commands: ReadonlyArray<RedisCommand> = [
  ...CommandTable.all.filter(({ name }) => !name.includes("|")).map(toRunnable),
  container(OBJECT, subcommandsOf("object"))
]

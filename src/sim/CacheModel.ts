/**
 * What the cache should do, said as plainly as possible: the answers of a finished run, and what
 * was told of its commands, are compared with this. It shares the encodings with kv/Machine.ts, the
 * constants of kv/Size.ts, the places of kv/Keyspace.ts, and nothing of the logic, not even the
 * arithmetic, so that the two can only be wrong in the same way by misreading the same sentence.
 *
 * It has every command on data, with what simulated clients say in it (CacheRequests.ts). Only what
 * a node knows and the log does not, OBJECT IDLETIME and OBJECT FREQ, no model can tell.
 */
import * as Answer from "../kv/Answer.js"
import * as Command from "../kv/Command.js"
import type { Model } from "./Application.js"
import * as HashModel from "./HashModel.js"
import * as KeyModel from "./KeyModel.js"
import { find, sizeOf, text } from "./ModelState.js"
import type { Commands, State } from "./ModelState.js"
import * as StringModel from "./StringModel.js"

export const make = (): Model => {
  const state: State = { entries: new Map(), nowMillis: 0, limitBytes: 0, told: [] }
  return {
    apply: (bytes, index) => {
      state.told = []
      const command = Command.decode(bytes)
      return command === undefined ? misunderstood : apply(state, command, index)
    },
    read: (bytes) => {
      const command = Command.decode(bytes)
      return command?._tag === "Call" ? call(state, command.words.map(text), 0) : misunderstood
    },
    told: () => state.told.join(", "),
    digest: () =>
      JSON.stringify([
        state.nowMillis,
        state.limitBytes,
        ...[...state.entries.keys()].sort().map((key) => {
          const { dueMillis, revision, value } = state.entries.get(key)!
          const held = typeof value === "string" ? value : [...value].sort()
          return [key, revision, String(dueMillis), held]
        })
      ])
  }
}

const apply = (state: State, command: Command.Command, index: number): Uint8Array => {
  switch (command._tag) {
    case "Time":
      return advance(state, command.millis)
    case "Memory":
      return limit(state, command)
    case "Call": {
      const words = command.words.map(text)
      return isFull(state) && GROWING.includes(words[0]!) ? refused("") : call(state, words, index)
    }
    case "Transaction": {
      const calls = command.calls.map((words) => words.map(text))
      if (isFull(state) && calls.some(([name]) => GROWING.includes(name!))) {
        return refused("EXECABORT Transaction discarded because of: ")
      }
      const isChanged = command.watched.some(({ key, revision }) =>
        (find(state, key)?.revision ?? 0) !== revision
      )
      return isChanged ? noArray : Answer.array(calls.map((words) => call(state, words, index)))
    }
  }
}

const misunderstood = Answer.error(
  "ERR command not understood: it comes from a newer version, " +
    "upgrade every node to that version"
)

/** As `EXEC` answers when a key has changed. */
const noArray: Uint8Array = Uint8Array.of(7)

const advance = (state: State, millis: number): Uint8Array => {
  if (millis > state.nowMillis) state.nowMillis = millis
  const due = [...state.entries].filter(([, { dueMillis }]) => dueMillis <= state.nowMillis)
    .sort(([one, a], [other, b]) => a.dueMillis - b.dueMillis || (one < other ? -1 : 1))
  for (const [key] of due) {
    state.entries.delete(key)
    state.told.push(`expired ${key}`)
  }
  return Answer.ok
}

const limit = (state: State, { evicted, limitBytes }: Command.Memory): Uint8Array => {
  const gone = evicted.filter(({ key, revision }) =>
    find(state, key)?.revision === revision && state.entries.delete(key)
  )
  for (const { key } of gone) state.told.push(`evicted ${key}`)
  state.limitBytes = limitBytes
  return Answer.integer(gone.length)
}

/** What a full cache refuses. */
const GROWING: ReadonlyArray<string> = [
  ..."set setnx setex psetex mset msetnx getset cas append setrange setbit".split(" "),
  ..."incr decr incrby decrby incrbyfloat copy hset hmset hsetnx hincrby hincrbyfloat".split(" ")
]

const refused = (why: string): Uint8Array =>
  Answer.error(`${why}OOM command not allowed when used memory > 'maxmemory'.`)

const isFull = ({ entries, limitBytes }: State): boolean => {
  let usedBytes = 0
  for (const [key, entry] of entries) usedBytes += sizeOf(key, entry)
  return limitBytes > 0 && usedBytes > limitBytes
}

const published: Commands[string] = ({ state, words: [channel, payload] }) => {
  state.told.push(`${channel}: ${payload}`)
  return Answer.integer(0)
}

const commands: Commands = {
  ...StringModel.commands,
  ...HashModel.commands,
  ...KeyModel.commands,
  publish: published,
  spublish: published
}

const CONTAINERS: ReadonlyArray<string> = ["object", "memory"]

const call = (state: State, words: ReadonlyArray<string>, revision: number): Uint8Array => {
  const nameWords = CONTAINERS.includes(words[0]!) ? 2 : 1
  const name = words.slice(0, nameWords).join(" ")
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  return command?.({ state, name, words: words.slice(nameWords), revision }) ?? misunderstood
}

/**
 * What the cache should do, said as plainly as possible: the answers of a finished run are compared
 * with this. It shares the encodings with kv/Store.ts and nothing of its logic, not even the
 * arithmetic, so that the two can only be wrong in the same way by misreading the same sentence.
 */
import * as Answer from "../kv/Answer.js"
import * as Command from "../kv/Command.js"
import * as Latin1 from "../kv/Latin1.js"
import type { Model } from "./Application.js"
import * as CacheQuery from "./CacheQuery.js"

interface Entry {
  readonly value: Uint8Array
  readonly revision: number
}

export const make = (): Model => {
  const entries = new Map<string, Entry>()
  return {
    apply: (bytes, index) => {
      const command = Command.decode(bytes)
      return command === undefined
        ? Answer.error(
          "ERR command not understood: it comes from a newer version, " +
            "upgrade every node to that version"
        )
        : apply(entries, command, index)
    },
    read: (bytes) => read(entries, CacheQuery.decode(bytes)),
    digest: () =>
      JSON.stringify(
        [...entries.keys()].sort().map((key) => {
          const { revision, value } = entries.get(key)!
          return [key, revision, text(value)]
        })
      )
  }
}

const text = (bytes: Uint8Array): string => Latin1.decode(bytes, 0, bytes.length)

const valueOf = (entry: Entry | undefined): Uint8Array =>
  entry === undefined ? Answer.nil : Answer.bulk(entry.value)

const apply = (
  entries: Map<string, Entry>,
  command: Command.Command,
  revision: number
): Uint8Array => {
  switch (command._tag) {
    case "Set": {
      const { condition, key, value } = command
      const before = entries.get(key)
      const isRefused = (condition === "NX" && before !== undefined) ||
        (condition === "XX" && before === undefined)
      if (!isRefused) entries.set(key, { value, revision })
      if (command.get) return valueOf(before)
      return isRefused ? Answer.nil : Answer.ok
    }
    case "SetMany":
      for (const [key, value] of command.pairs) entries.set(key, { value, revision })
      return Answer.ok
    case "Delete":
      return Answer.integer(command.keys.filter((key) => entries.delete(key)).length)
    case "Increment": {
      const before = entries.get(command.key)
      const digits = before === undefined ? "0" : text(before.value)
      if (!/^(0|-?[1-9][0-9]{0,18})$/.test(digits) || !fits(BigInt(digits))) {
        return Answer.error("ERR value is not an integer or out of range")
      }
      const sum = BigInt(digits) + BigInt(command.by)
      if (!fits(sum)) return Answer.error("ERR increment or decrement would overflow")
      entries.set(command.key, { value: Latin1.encode(String(sum)), revision })
      return Answer.integer(sum)
    }
    case "CompareAndSet": {
      const { expectedRevision, key, value } = command
      const actual = entries.get(key)?.revision ?? 0
      if (actual !== expectedRevision) return Answer.conflict(actual)
      entries.set(key, { value, revision })
      return Answer.ok
    }
    case "FlushAll":
      entries.clear()
      return Answer.ok
  }
}

/** Whether 64 bits with a sign hold it. */
const fits = (value: bigint): boolean => BigInt.asIntN(64, value) === value

const read = (
  entries: ReadonlyMap<string, Entry>,
  { keys, verb }: CacheQuery.Query
): Uint8Array => {
  switch (verb) {
    case "get":
      return CacheQuery.answer(keys.map((key) => valueOf(entries.get(key))))
    case "revision":
      return CacheQuery.answer(
        keys.map((key) => Answer.integer(entries.get(key)?.revision ?? 0))
      )
    case "exists":
      return Answer.integer(keys.filter((key) => entries.has(key)).length)
    case "size":
      return Answer.integer(entries.size)
    default:
      return Answer.error("ERR query not understood")
  }
}

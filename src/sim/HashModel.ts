/** What the commands on hashes should do: a part of the model of the cache (CacheModel.ts). */
import * as Answer from "../kv/Answer.js"
import * as KeyPattern from "./KeyPattern.js"
import {
  bulk,
  bulks,
  find,
  floatSumOf,
  integerOf,
  look,
  overflow,
  put,
  remove,
  reply,
  sumOf,
  truth,
  wrongType
} from "./ModelState.js"
import type { Call, Command, Commands } from "./ModelState.js"

type Fields = ReadonlyMap<string, string>

/** An absent key's hash has no fields. Any other type is refused. */
const onHash =
  (seek: typeof find, run: (fields: Fields, call: Call) => Uint8Array): Command => (call) => {
    const value = seek(call.state, call.words[0]!)?.value
    return typeof value === "string" ? wrongType : run(value ?? new Map(), call)
  }

const showing = (run: (fields: Fields, call: Call) => Uint8Array): Command => onHash(look, run)

const changing = (run: (fields: Fields, call: Call) => Uint8Array): Command => onHash(find, run)

/** The key holds these fields from now on, and goes when it was to go. */
const keep = ({ revision, state, words }: Call, fields: Fields, event: string): void => {
  const key = words[0]!
  const dueMillis = find(state, key)?.dueMillis ?? Infinity
  put(state, key, { value: fields, revision, dueMillis }, event)
}

const setFields = (fields: Fields, call: Call): number => {
  const after = new Map(fields)
  for (let at = 1; at < call.words.length; at += 2) after.set(call.words[at]!, call.words[at + 1]!)
  keep(call, after, "hset")
  return after.size - fields.size
}

const removeFields = changing((fields, call) => {
  const after = new Map(fields)
  const [key, ...names] = call.words as [string, ...Array<string>]
  for (const name of names) after.delete(name)
  const removed = fields.size - after.size
  if (removed > 0) keep(call, after, "hdel")
  if (removed > 0 && after.size === 0) remove(call.state, key)
  return Answer.integer(removed)
})

const count = changing((fields, call) => {
  const [, name, by] = call.words as [string, string, string]
  const current = integerOf(fields.get(name) ?? "0")
  if (current === undefined) return Answer.error("ERR hash value is not an integer")
  const sum = sumOf(current, BigInt(by))
  if (sum === undefined) return overflow
  keep(call, new Map([...fields, [name, String(sum)]]), "hincrby")
  return Answer.integer(sum)
})

const addFloat = changing((fields, call) => {
  const [, name, by] = call.words as [string, string, string]
  const sum = floatSumOf(fields.get(name) ?? "0", by)
  if (sum === undefined) return Answer.error("ERR hash value is not a float")
  keep(call, new Map([...fields, [name, sum]]), "hincrbyfloat")
  return bulk(sum)
})

const scan = showing((fields, { words: [, cursor, ...options] }) => {
  const { count, isWanted } = KeyPattern.scanOptions(options)
  const { found, next } = KeyPattern.scan([...fields.keys()], Number(cursor), count)
  return Answer.array([
    bulk(String(next)),
    bulks(found.filter(isWanted).flatMap((name) => [name, fields.get(name)]))
  ])
})

/** All of them: clients ask for more than there are. */
const random = showing((fields, { words: [, , withValues] }) =>
  withValues === undefined ? bulks([...fields.keys()]) : reply((writer) => {
    writer.pairs(fields.size)
    for (const [name, value] of fields) {
      writer.text(name)
      writer.text(value)
    }
  })
)

const getAll = showing((fields) =>
  reply((writer) => {
    writer.map(fields.size)
    for (const [name, value] of fields) {
      writer.text(name)
      writer.text(value)
    }
  })
)

export const commands: Commands = {
  hget: showing((fields, { words: [, name] }) => bulk(fields.get(name!))),
  hmget: showing((fields, { words: [, ...names] }) => bulks(names.map((name) => fields.get(name)))),
  hgetall: getAll,
  hkeys: showing((fields) => bulks([...fields.keys()])),
  hvals: showing((fields) => bulks([...fields.values()])),
  hlen: showing(({ size }) => Answer.integer(size)),
  hexists: showing((fields, { words: [, name] }) => truth(fields.has(name!))),
  hstrlen: showing((fields, { words: [, name] }) => Answer.integer(fields.get(name!)?.length ?? 0)),
  hscan: scan,
  hrandfield: random,
  hset: changing((fields, call) => Answer.integer(setFields(fields, call))),
  hmset: changing((fields, call) => {
    setFields(fields, call)
    return Answer.ok
  }),
  hsetnx: changing((fields, call) => {
    const isThere = fields.has(call.words[1]!)
    if (!isThere) setFields(fields, call)
    return truth(!isThere)
  }),
  hincrby: count,
  hincrbyfloat: addFloat,
  hdel: removeFields
}

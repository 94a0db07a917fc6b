/** Requests that concern hashes. */
import {
  field,
  hashKey as key,
  integer,
  maybe,
  options,
  pattern,
  phrase,
  shortFloat as float,
  shortValue as value,
  some,
  texts
} from "./Grammar.js"
import type { Family } from "./Grammar.js"
import * as KeyCommands from "./KeyCommands.js"

/** At most so many: a count may be negative, and then fields are told again and again. */
const howMany = texts("0", "1", "2", "5", "-1", "-3", "x", "", "-9223372036854775808")

const pairs = some(phrase(field, value))

export const commands: Family = () => ({
  hset: phrase("HSET", key, pairs),
  hmset: phrase("HMSET", key, pairs),
  hsetnx: phrase("HSETNX", key, field, value),
  hget: phrase("HGET", key, field),
  hmget: phrase("HMGET", key, some(field)),
  hgetall: phrase("HGETALL", key),
  hdel: phrase("HDEL", key, some(field)),
  hexists: phrase("HEXISTS", key, field),
  hincrby: phrase("HINCRBY", key, field, integer),
  hincrbyfloat: phrase("HINCRBYFLOAT", key, field, float),
  hkeys: phrase("HKEYS", key),
  hvals: phrase("HVALS", key),
  hlen: phrase("HLEN", key),
  hstrlen: phrase("HSTRLEN", key, field),
  hrandfield: phrase("HRANDFIELD", key, maybe(phrase(howMany, maybe(phrase("WITHVALUES"))))),
  hscan: phrase(
    "HSCAN",
    key,
    KeyCommands.cursor,
    options(phrase("MATCH", pattern), KeyCommands.count)
  )
})

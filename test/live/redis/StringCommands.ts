/** Requests that concern strings: whole values, parts of them, numbers and bits. */
import { FastCheck as fc } from "effect"
import * as Expiry from "./ExpiryCommands.js"
import {
  float,
  integer,
  maybe,
  offset,
  options,
  phrase,
  some,
  stringKey as key,
  texts,
  value
} from "./Grammar.js"
import type { Family, Phrase } from "./Grammar.js"

const pairs = some(phrase(key, value))

/** Within the first bytes of a value, or beyond every limit: never a value of megabytes. */
const place = fc.oneof(
  { arbitrary: fc.nat(40).map(String), weight: 4 },
  texts("-1", "8388608", "536870912", "4294967295", "4294967296", "x", "")
)

const bitPlace = fc.oneof(
  { arbitrary: fc.nat(100).map(String), weight: 4 },
  texts("-1", "4294967295", "4294967296", "67108864", "x", "")
)

const setOptions = (has: (name: string) => boolean): Phrase => {
  const conditions = [phrase("NX"), phrase("XX"), phrase("GET")]
  return options(...conditions, ...(has("expire") ? Expiry.settings : []))
}

export const commands: Family = (has) => ({
  set: fc.oneof(phrase("SET", key, value), phrase("SET", key, value, setOptions(has))),
  get: phrase("GET", key),
  getex: phrase("GETEX", key, maybe(...Expiry.settings, phrase("PERSIST"))),
  getdel: phrase("GETDEL", key),
  getset: phrase("GETSET", key, value),
  setnx: phrase("SETNX", key, value),
  setex: phrase("SETEX", key, Expiry.seconds, value),
  psetex: phrase("PSETEX", key, Expiry.millis, value),
  mget: phrase("MGET", some(key)),
  mset: phrase("MSET", pairs),
  msetnx: phrase("MSETNX", pairs),
  append: phrase("APPEND", key, value),
  strlen: phrase("STRLEN", key),
  getrange: phrase("GETRANGE", key, offset, offset),
  substr: phrase("SUBSTR", key, offset, offset),
  setrange: phrase("SETRANGE", key, place, value),
  incr: phrase("INCR", key),
  decr: phrase("DECR", key),
  incrby: phrase("INCRBY", key, integer),
  decrby: phrase("DECRBY", key, integer),
  incrbyfloat: phrase("INCRBYFLOAT", key, float),
  lcs: phrase(
    "LCS",
    key,
    key,
    options(phrase("LEN"), phrase("IDX"), phrase("MINMATCHLEN", integer), phrase("WITHMATCHLEN"))
  ),
  setbit: phrase("SETBIT", key, bitPlace, texts("0", "1", "1", "2", "-1", "x")),
  getbit: phrase("GETBIT", key, bitPlace),
  bitcount: phrase(
    "BITCOUNT",
    key,
    maybe(phrase(offset, offset, maybe(phrase("BYTE"), phrase("BIT"))))
  )
})

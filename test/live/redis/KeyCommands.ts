/** Requests that concern keys, whatever they hold, and all of them together. */
import { anyKey as key, maybe, options, pattern, phrase, some, texts } from "./Grammar.js"
import type { Family } from "./Grammar.js"

/** Redis takes any number for a cursor; of a foreign one nobody can say what it finds. */
export const cursor = texts("0", "0", "0", "0", "x", "", "1x")

export const count = phrase("COUNT", texts("1", "2", "10", "1000", "0", "-1", "x", ""))

const mode = maybe(phrase("SYNC"), phrase("ASYNC"), phrase("nope"))

export const commands: Family = () => ({
  del: phrase("DEL", some(key)),
  unlink: phrase("UNLINK", some(key)),
  exists: phrase("EXISTS", some(key)),
  type: phrase("TYPE", key),
  keys: phrase("KEYS", pattern),
  scan: phrase(
    "SCAN",
    cursor,
    options(
      phrase("MATCH", pattern),
      count,
      phrase("TYPE", texts("string", "hash", "STRING", "list", ""))
    )
  ),
  randomkey: phrase("RANDOMKEY"),
  rename: phrase("RENAME", key, key),
  renamenx: phrase("RENAMENX", key, key),
  copy: phrase(
    "COPY",
    key,
    key,
    options(phrase("REPLACE"), phrase("DB", texts("0", "1", "-1", "x")))
  ),
  touch: phrase("TOUCH", some(key)),
  dbsize: phrase("DBSIZE"),
  flushdb: phrase("FLUSHDB", mode),
  flushall: phrase("FLUSHALL", mode),
  "object|encoding": phrase("OBJECT", "ENCODING", key),
  "object|refcount": phrase("OBJECT", "REFCOUNT", key),
  "object|idletime": phrase("OBJECT", "IDLETIME", key),
  "object|freq": phrase("OBJECT", "FREQ", key)
})

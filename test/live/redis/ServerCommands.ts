/** Requests that concern the server: its users, its settings, and what tools send along. */
import { FastCheck as fc } from "effect"
import { anyKey as key, maybe, options, phrase, some, texts, value } from "./Grammar.js"
import type { Family } from "./Grammar.js"

const user = texts("default", "Default", "nobody", "")

const setting = texts("slowlog-max-len", "SLOWLOG-MAX-LEN", "databases", "nothing", "")

const settings = some(phrase(setting, texts("128", "x", "-1", "1.5")))

const mode = maybe(phrase("SYNC"), phrase("ASYNC"), phrase("nope"))

const digest = texts("0123456789012345678901234567890123456789", "x", "")

const event = texts("command", "fork", "")

const nobody = fc.oneof(
  phrase("ID", texts("999999", "0", "x")),
  phrase("ADDR", texts("1:2", "")),
  phrase("LADDR", texts("1:2")),
  phrase("USER", texts("nobody")),
  // Of type pubsub is whoever hears for the test what is told of keys.
  phrase("TYPE", texts("master", "nope")),
  phrase("NOPE", texts("x"))
)

export const commands: Family = () => ({
  "acl|getuser": phrase("ACL", "GETUSER", user),
  "acl|list": phrase("ACL", "LIST"),
  "acl|users": phrase("ACL", "USERS"),
  "acl|whoami": phrase("ACL", "WHOAMI"),
  "client|getredir": phrase("CLIENT", "GETREDIR"),
  "client|kill": phrase("CLIENT", "KILL", some(nobody)),
  "client|list": phrase("CLIENT", "LIST", options(phrase("TYPE", texts("pubsub", "nope")))),
  "client|unpause": phrase("CLIENT", "UNPAUSE"),
  "command|getkeysandflags": phrase(
    "COMMAND",
    "GETKEYSANDFLAGS",
    texts("get", "SET", "mset", "rename", "ping", "nope"),
    some(key)
  ),
  "config|resetstat": phrase("CONFIG", "RESETSTAT"),
  "config|rewrite": phrase("CONFIG", "REWRITE"),
  "config|set": phrase("CONFIG", "SET", settings),
  role: phrase("ROLE"),
  time: phrase("TIME"),
  lastsave: phrase("LASTSAVE"),
  debug: phrase("DEBUG", texts("SLEEP", "OBJECT", "nope"), value),
  // It waits for no replica: there is none, and Redis would wait for ever.
  wait: phrase("WAIT", texts("0", "-1", "x", ""), texts("1", "-1", "x", "")),
  "slowlog|get": phrase("SLOWLOG", "GET", maybe(phrase(texts("0", "1", "-1", "-2", "x")))),
  "slowlog|len": phrase("SLOWLOG", "LEN"),
  "slowlog|reset": phrase("SLOWLOG", "RESET"),
  "memory|usage": phrase(
    "MEMORY",
    "USAGE",
    key,
    maybe(phrase("SAMPLES", texts("0", "5", "-1", "x")))
  ),
  "latency|history": phrase("LATENCY", "HISTORY", event),
  "latency|latest": phrase("LATENCY", "LATEST"),
  "latency|reset": phrase("LATENCY", "RESET", options(phrase(event))),
  "function|flush": phrase("FUNCTION", "FLUSH", mode),
  "script|exists": phrase("SCRIPT", "EXISTS", some(digest)),
  "script|flush": phrase("SCRIPT", "FLUSH", mode)
})

/** Requests that concern a connection, and what a client library asks about commands. */
import { anyKey as key, maybe, options, phrase, some, texts, value } from "./Grammar.js"
import type { Family } from "./Grammar.js"

const name = texts("me", "a b", "é", "", "a\n")

const commandName = texts("get", "SET", "mset", "del", "nope", "")

const credentials = phrase(texts("default", "Default", "u", ""), value)

export const commands: Family = () => ({
  ping: phrase("PING", maybe(phrase(value))),
  echo: phrase("ECHO", value),
  select: phrase("SELECT", texts("0", "1", "-1", "x", "", "99999999999", "01")),
  auth: phrase("AUTH", maybe(phrase(value)), maybe(credentials)),
  hello: phrase(
    "HELLO",
    maybe(phrase(
      texts("2", "3", "3", "1", "4", "x", ""),
      options(phrase("SETNAME", name), phrase("AUTH", credentials), phrase("NOPE"))
    ))
  ),
  reset: phrase("RESET"),
  quit: phrase("QUIT", maybe(phrase(value))),
  "client|id": phrase("CLIENT", "ID"),
  "client|info": phrase("CLIENT", "INFO"),
  "client|getname": phrase("CLIENT", "GETNAME"),
  "client|setname": phrase("CLIENT", "SETNAME", name),
  "client|no-evict": phrase("CLIENT", "NO-EVICT", texts("ON", "OFF", "nope")),
  "command|count": phrase("COMMAND", "COUNT"),
  "command|info": phrase("COMMAND", "INFO", some(commandName)),
  "command|getkeys": phrase("COMMAND", "GETKEYS", commandName, some(key)),
  "config|get": phrase("CONFIG", "GET", texts("save", "appendonly", "databases", "nothing", "d?t*"))
})

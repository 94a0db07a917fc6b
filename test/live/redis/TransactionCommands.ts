/** Requests that make several commands one. What is queued between them is of the other families. */
import { anyKey as key, phrase, some } from "./Grammar.js"
import type { Family } from "./Grammar.js"

export const commands: Family = () => ({
  multi: phrase("MULTI"),
  exec: phrase("EXEC"),
  discard: phrase("DISCARD"),
  watch: phrase("WATCH", some(key)),
  unwatch: phrase("UNWATCH")
})

/**
 * The commands of transactions, as dispatch and `COMMAND` know them. What they do depends on what
 * was said before on the same connection: RedisTransaction.ts takes each request for them.
 */
import type { Local, RedisCommand } from "./RedisCommand.js"

const entry = (
  name: string,
  since: string,
  summary: string,
  others: Partial<Local> = {}
): Local => ({
  kind: "Local",
  name,
  arity: 1,
  flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
  group: "transactions",
  since,
  summary,
  syntax: "",
  run: (_, out) => out.simple("OK"),
  ...others
})

export const commands: ReadonlyArray<RedisCommand> = [
  entry("multi", "1.2.0", "Begins a transaction."),
  entry("exec", "1.2.0", "Carries out what was queued, as one.", {
    flags: ["noscript", "loading", "stale", "skip_slowlog"]
  }),
  entry("discard", "2.0.0", "Forgets what was queued."),
  entry("watch", "2.2.0", "Has EXEC refused if one of these keys changes until then.", {
    arity: -2,
    keys: [1, -1, 1],
    access: "RO",
    syntax: "key [key ...]"
  }),
  entry("unwatch", "2.2.0", "Forgets what was watched.")
]

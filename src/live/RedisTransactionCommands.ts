/**
 * The commands of transactions, as dispatch and `COMMAND` know them. What they do depends on what
 * was said before on the same connection: RedisTransaction.ts takes each request for them.
 */
import type { Local, RedisCommand } from "./RedisCommand.js"

const entry = (name: string, others: Partial<Local> = {}): Local => ({
  kind: "Local",
  name,
  arity: 1,
  flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
  run: (_, out) => out.simple("OK"),
  ...others
})

export const commands: ReadonlyArray<RedisCommand> = [
  entry("multi"),
  entry("exec", { flags: ["noscript", "loading", "stale", "skip_slowlog"] }),
  entry("discard"),
  entry("watch", { arity: -2, keys: [1, -1, 1] }),
  entry("unwatch")
]

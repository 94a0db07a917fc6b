/**
 * The commands of transactions, as dispatch and `COMMAND` know them. What they do depends on what
 * was said before on the same connection: RedisTransaction.ts takes each request for them.
 */
import { entriesOf, ok } from "./RedisCommand.js"
import type { RedisCommand } from "./RedisCommand.js"

const { local } = entriesOf({
  group: "transactions",
  flags: ["noscript", "loading", "stale", "fast", "allow_busy"]
})

export const commands: ReadonlyArray<RedisCommand> = [
  local("multi", "", 1, "1.2.0", ok, "Begins a transaction."),
  local("exec", "", 1, "1.2.0", ok, "Carries out what was queued, as one.", {
    flags: ["noscript", "loading", "stale", "skip_slowlog"]
  }),
  local("discard", "", 1, "2.0.0", ok, "Forgets what was queued."),
  local(
    "watch",
    "key [key ...]",
    -2,
    "2.2.0",
    ok,
    "Has EXEC refused if one of these keys changes until then.",
    { keys: [1, -1, 1], access: "RO" }
  ),
  local("unwatch", "", 1, "2.2.0", ok, "Forgets what was watched.")
]

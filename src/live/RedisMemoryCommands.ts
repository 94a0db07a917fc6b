/**
 * `MEMORY`: what the keys take by the account by which they are evicted (kv/Size.ts), and what the
 * process takes.
 */
import { container, entriesOf } from "./RedisCommand.js"
import type { RedisCommand, Run, Server } from "./RedisCommand.js"
import { subcommandsOf } from "./RedisDataCommands.js"

const tellOf = ({ store }: Server): string => {
  const { keys, memory: { limitBytes }, usedBytes } = store
  const taken = `${keys.size} keys take about ${usedBytes} bytes`
  if (limitBytes === 0) return `${taken}, and nothing limits them (maxmemory).\n`
  return usedBytes > limitBytes
    ? `${taken}, more than the ${limitBytes} that they may: writes are refused unless others go.\n`
    : `${taken} of the ${limitBytes} that they may.\n`
}

const doctor: Run = (_words, out, _client, server) => out.verbatim(tellOf(server))

const stats: Run = (_words, out, _client, { store: { keys, usedBytes } }) => {
  const { arrayBuffers, heapUsed, rss } = process.memoryUsage()
  const fields = {
    "total.allocated": heapUsed + arrayBuffers,
    "keys.count": keys.size,
    "keys.bytes-per-key": keys.size === 0 ? 0 : Math.floor(usedBytes / keys.size),
    "dataset.bytes": usedBytes,
    "allocator.resident": rss
  }
  const entries = Object.entries(fields)
  out.map(entries.length)
  for (const [name, value] of entries) {
    out.text(name)
    out.integer(value)
  }
}

const { local } = entriesOf({
  group: "server",
  flags: [],
  tips: ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"]
})

export const commands: ReadonlyArray<RedisCommand> = [
  container({
    name: "memory",
    group: "server",
    since: "4.0.0",
    helpSince: "4.0.0",
    summary: "Tells of memory."
  }, [
    ...subcommandsOf("memory"),
    local("memory|doctor", "", 2, "4.0.0", doctor, "Says how full the node is.", {
      differs: "In words of its own."
    }),
    local("memory|stats", "", 2, "4.0.0", stats, "Tells what takes memory.", {
      differs: "Fewer fields."
    })
  ])
]

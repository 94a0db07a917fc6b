/**
 * Requests that publish, or ask who listens. Who subscribes is not drawn: it is answered once for
 * each name, or with what is pushed (RedisSubscriptions.test.ts).
 */
import { maybe, pattern, phrase, some, texts, value } from "./Grammar.js"
import type { Family } from "./Grammar.js"

const channel = texts("a", "news", "", "\u0000\u00ff\r\n")

export const commands: Family = () => ({
  publish: phrase("PUBLISH", channel, value),
  spublish: phrase("SPUBLISH", channel, value),
  "pubsub|channels": phrase("PUBSUB", "CHANNELS", maybe(phrase(pattern))),
  "pubsub|numpat": phrase("PUBSUB", "NUMPAT"),
  "pubsub|numsub": phrase("PUBSUB", "NUMSUB", maybe(some(channel))),
  "pubsub|shardchannels": phrase("PUBSUB", "SHARDCHANNELS", maybe(phrase(pattern))),
  "pubsub|shardnumsub": phrase("PUBSUB", "SHARDNUMSUB", maybe(some(channel)))
})

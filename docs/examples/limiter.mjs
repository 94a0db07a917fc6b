/**
 * A rate limiter for any number of servers: each client may ask so often in each window of time.
 * It is the one of Redis's own documentation of INCR.
 *
 *   node docs/examples/limiter.mjs redis://127.0.0.1:6379,redis://127.0.0.1:6380
 *
 * Run it more than once at the same time: they share the limit. Shown: in no window are more let
 * through than the limit, whatever is killed in between.
 */
import { connect } from "./connect.mjs"
import { end, untilInterrupted } from "./demonstrate.mjs"

const WINDOW_SECONDS = 1
const LIMIT = 50

export class RateLimiter {
  #redis

  constructor(redis) {
    this.#redis = redis
  }

  /** Whether `client` may ask once more in this window. The servers' clocks tell which it is. */
  async allows(client, window) {
    const key = `limit:${client}:${window}`
    // Both or neither: a counter without an end would stay for ever.
    const [[, count]] = await this.#redis.multi().incr(key).expire(key, 10 * WINDOW_SECONDS).exec()
    return count <= LIMIT
  }
}

const redis = connect(process.argv[2])
const limiter = new RateLimiter(redis)

/** Requests that were let through, by window. */
const allowed = new Map()
let denied = 0

await untilInterrupted("requests", async () => {
  const window = Math.floor(Date.now() / 1_000 / WINDOW_SECONDS)
  // Where the limiter cannot tell, this server lets nobody in. A request whose answer was lost
  // may be counted twice: that errs to the same side.
  const isAllowed = await limiter.allows("ann", window).catch(() => false)
  if (isAllowed) allowed.set(window, (allowed.get(window) ?? 0) + 1)
  else denied += 1
})

for (const [window, count] of allowed) console.log(`window ${window}: ${count} let through`)
const most = Math.max(...allowed.values())
end(
  most <= LIMIT,
  `at most ${most} of ${LIMIT} let through in ${allowed.size} windows, ${denied} denied`
)

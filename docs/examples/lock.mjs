/**
 * A lock: `SET NX PX` takes it, and only who has taken it gives it back. It ends by itself, so that
 * nobody waits for a holder that has died.
 *
 *   node docs/examples/lock.mjs redis://127.0.0.1:6379,redis://127.0.0.1:6380 [delex]
 *
 * To give it back is to compare and to delete as one step. `DELEX key IFEQ token` is that step, in
 * Redis from 8.4 on. In every version it can be said with WATCH, as it is here by default.
 *
 * Shown: there are never two holders, and what they guard loses no change, whatever is killed in
 * between. What a lock that ends by itself cannot promise is said in README.md.
 */
import { randomUUID } from "node:crypto"
import { setTimeout } from "node:timers/promises"
import { connect } from "./connect.mjs"
import { end, insist, untilInterrupted, USERS } from "./demonstrate.mjs"

const LIFETIME_MILLIS = 2_000
const RETRY_MILLIS = 25

/**
 * A watch ends with its connection. A client that mends connections by itself must therefore not
 * send the rest of a transaction over the next one: it would delete what nobody watches.
 */
const STRICT = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  reconnectOnError: () => false
}

/** For one user at a time, since its connection watches. */
export class Lock {
  #redis
  #key
  #isDelex

  constructor(redis, name, isDelex) {
    this.#redis = redis
    this.#key = `lock:${name}`
    this.#isDelex = isDelex
  }

  /** Undefined if somebody has it. An attempt that fails may have taken it: until it ends. */
  async take() {
    const token = randomUUID()
    const untilMillis = performance.now() + LIFETIME_MILLIS
    const reply = await this.#redis.set(this.#key, token, "PX", LIFETIME_MILLIS, "NX")
    return reply === "OK" ? { token, untilMillis } : undefined
  }

  /** To do it twice does no harm. */
  async giveBack({ token }) {
    if (this.#isDelex) await this.#redis.call("DELEX", this.#key, "IFEQ", token)
    else await this.#deleteIf(token)
  }

  async #deleteIf(token) {
    const redis = this.#redis
    await redis.watch(this.#key)
    if (await redis.get(this.#key) === token) await redis.multi().del(this.#key).exec()
    else await redis.unwatch()
  }
}

const [, , addresses, form] = process.argv

/** Each user has a connection. */
const users = await Promise.all(Array.from({ length: USERS }, async () => {
  const redis = connect(addresses, STRICT)
  await redis.connect()
  return { redis, lock: new Lock(redis, "balance", form === "delex") }
}))

const bank = connect(addresses)
await bank.set("balance", 0)

/** Until when each holds it, as it knows itself. */
const holders = new Map()
let most = 0
let paid = 0
let unknown = 0

/** Reads what is there and writes one more, which only works while nobody else does. */
const pay = async (redis, { untilMillis }) => {
  const balance = Number(await redis.get("balance"))
  await setTimeout(1)
  if (performance.now() > untilMillis) return
  unknown += 1
  await redis.set("balance", balance + 1)
  unknown -= 1
  paid += 1
}

await untilInterrupted("turns", async (number) => {
  const { lock, redis } = users[number]
  let held
  while (held === undefined) {
    held = await insist(() => lock.take())
    if (held === undefined) await setTimeout(RETRY_MILLIS)
  }
  holders.set(number, held.untilMillis)
  const isHolding = (untilMillis) => untilMillis > performance.now()
  most = Math.max(most, [...holders.values()].filter(isHolding).length)
  await pay(redis, held).catch(() => {})
  holders.delete(number)
  await insist(() => lock.giveBack(held))
})

const balance = Number(await insist(() => bank.get("balance")))
end(
  most === 1 && balance >= paid && balance <= paid + unknown,
  `at most ${most} holder; ${paid} paid, ${unknown} unknown, balance ${balance}`
)

/**
 * A session store: what `express-session` and its like ask of one, in four commands of Redis.
 *
 *   node docs/examples/sessions.mjs redis://127.0.0.1:6379,redis://127.0.0.1:6380
 *
 * Shown: who was told that a session is saved finds it, as it was saved last, whatever is killed
 * in between. One that was logged out does not come back.
 */
import { randomInt, randomUUID } from "node:crypto"
import { connect } from "./connect.mjs"
import { end, insist, untilInterrupted } from "./demonstrate.mjs"

const LIFETIME_SECONDS = 30 * 60

export class SessionStore {
  #redis

  constructor(redis) {
    this.#redis = redis
  }

  /** Undefined if there is none any more. */
  async get(id) {
    const text = await this.#redis.get(`session:${id}`)
    return text === null ? undefined : JSON.parse(text)
  }

  /** Once this resolves, no crash takes it away. */
  async set(id, session) {
    await this.#redis.set(`session:${id}`, JSON.stringify(session), "EX", LIFETIME_SECONDS)
  }

  /** Somebody is still there. */
  async touch(id) {
    await this.#redis.expire(`session:${id}`, LIFETIME_SECONDS)
  }

  async destroy(id) {
    await this.#redis.del(`session:${id}`)
  }
}

const redis = connect(process.argv[2])
const store = new SessionStore(redis)

/** What visitors were told: by session, or undefined once they have logged out. */
const told = new Map()

/** A visit is to log in, to put things into the cart, and for some to log out. */
await untilInterrupted("visits", async (user) => {
  const id = randomUUID()
  const save = async (session) => {
    // To save the same twice is to save it once: a visitor may press reload.
    await insist(() => store.set(id, session))
    told.set(id, session)
  }
  await save({ user, cart: [] })
  await save({ user, cart: ["tea"] })
  await insist(() => store.touch(id))
  if (randomInt(5) > 0) return
  await insist(() => store.destroy(id))
  told.set(id, undefined)
})

let wrong = 0
let loggedOut = 0
for (const [id, session] of told) {
  const found = await insist(() => store.get(id))
  if (JSON.stringify(found) !== JSON.stringify(session)) wrong += 1
  if (session === undefined) loggedOut += 1
}
end(
  wrong === 0,
  `${
    told.size - loggedOut
  } sessions saved and ${loggedOut} logged out, ${wrong} not as they were told`
)

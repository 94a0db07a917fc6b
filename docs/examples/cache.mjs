/**
 * Cache-aside, with a near cache: what is asked for again is answered out of this process, until
 * the server says that it has changed (`CLIENT TRACKING`, done by node-redis). Redis 6 or later.
 *
 *   node docs/examples/cache.mjs redis://127.0.0.1:6379,redis://127.0.0.1:6380
 *
 * Shown: what a reader has seen never becomes older again; and once a writer was told that its
 * change is made, a reader that has heard from its server since does not see what was before,
 * whatever is killed in between.
 */
import { setTimeout } from "node:timers/promises"
import { BasicPooledClientSideCache, createClient, createSentinel } from "redis"
import { serversOf } from "./connect.mjs"
import { end, insist, untilInterrupted, USERS } from "./demonstrate.mjs"

const LIFETIME = { expiration: { type: "EX", value: 60 } }
const QUERY_MILLIS = 2
const READS = 10

export class Products {
  #redis
  #database

  constructor(redis, database) {
    this.#redis = redis
    this.#database = database
  }

  async get(id) {
    const key = `product:${id}`
    const cached = await this.#redis.get(key)
    if (cached !== null) return JSON.parse(cached)
    const product = await this.#database.load(id)
    // Only if there is still nothing: whoever has changed it meanwhile knows better.
    const options = { ...LIFETIME, condition: "NX" }
    const reply = await this.#redis.set(key, JSON.stringify(product), options)
    return reply === null ? this.get(id) : product
  }

  /** To be repeated until it succeeds: the cache would show the old one until that expires. */
  async change(id, product) {
    await this.#database.save(id, product)
    await this.#redis.set(`product:${id}`, JSON.stringify(product), LIFETIME)
  }

  /** The next reader asks the database. */
  async forget(id) {
    await this.#redis.del(`product:${id}`)
  }
}

/** Stands for one: slow, and right. */
const rows = new Map(Array.from({ length: USERS }, (_, id) => [id, { version: 0 }]))
const database = {
  load: (id) => setTimeout(QUERY_MILLIS, rows.get(id)),
  save: async (id, product) => void rows.set(id, product)
}

const connect = async (options = {}) => {
  const servers = serversOf(process.argv[2])
  const client = servers.length === 1
    ? createClient({ socket: servers[0], RESP: 3, ...options })
    : createSentinel({ sentinelRootNodes: servers, name: "raftcache", RESP: 3, ...options })
  client.on("error", () => {})
  await client.connect()
  return client
}

const writer = new Products(await connect(), database)
// A run before this one may have left its own.
for (const id of rows.keys()) await writer.forget(id)
const readers = await Promise.all([0, 1].map(async () => {
  const cache = new BasicPooledClientSideCache()
  const redis = await connect({ clientSideCache: cache })
  return { cache, redis, products: new Products(redis, database), seen: new Map() }
}))

let old = 0
const see = async ({ products, seen }, id, least = seen.get(id) ?? 0) => {
  const { version } = await insist(() => products.get(id))
  if (version < least) old += 1
  seen.set(id, Math.max(version, seen.get(id) ?? 0))
}

let version = 0
await untilInterrupted("changes", async (user) => {
  const reader = readers[user % readers.length]
  let changed
  await insist(async () => {
    version += 1
    changed = version
    await writer.change(user, { version })
  })
  // Asked of the server itself, which says what has changed before it replies.
  await insist(() => reader.redis.dbSize())
  await see(reader, user, changed)
  for (let read = 0; read < READS; read++) await see(reader, Math.floor(Math.random() * USERS))
})

const hits = readers.map(({ cache }) => cache.stats().hitCount)
end(
  old === 0,
  `${version} changes, ${hits.join(" and ")} answers out of the near caches, ${old} old`
)

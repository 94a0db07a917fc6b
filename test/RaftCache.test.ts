import { assert, describe, it, layer } from "@effect/vitest"
import { Context, Effect, Either, Exit, Layer, Logger, LogLevel, Option, Scope } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import * as Net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Command from "../src/kv/Command.js"
import * as Key from "../src/kv/Key.js"
import * as RedisServer from "../src/live/RedisServer.js"
import * as RaftCache from "../src/RaftCache.js"

layer(RaftCache.layerMemory, { excludeTestServices: true })("the cache in memory", (it) => {
  it.effect("gives back what was set, as text and as bytes with a revision", () =>
    Effect.gen(function*() {
      const cache = yield* RaftCache.RaftCache
      const revision = yield* cache.set("greeting", "grüezi")
      assert.deepStrictEqual(yield* cache.get("greeting"), Option.some("grüezi"))
      assert.deepStrictEqual(
        yield* cache.getEntry("greeting"),
        Option.some({ value: new TextEncoder().encode("grüezi"), revision })
      )
      assert.deepStrictEqual(yield* cache.get("nothing"), Option.none())
    }))

  it.effect("deletes, and says whether there was something", () =>
    Effect.gen(function*() {
      const cache = yield* RaftCache.RaftCache
      yield* cache.set("gone", Uint8Array.of(0, 255))
      assert.isTrue(yield* cache.delete("gone"))
      assert.isFalse(yield* cache.delete("gone"))
    }))

  it.effect("compares revisions: two writers of one revision do not both succeed", () =>
    Effect.gen(function*() {
      const cache = yield* RaftCache.RaftCache
      const first = yield* cache.compareAndSet("lock", 0, "a")
      assert.isTrue(first.succeeded)
      const both = yield* Effect.all(
        ["b", "c"].map((owner) => cache.compareAndSet("lock", first.revision, owner)),
        { concurrency: "unbounded" }
      )
      const winner = both.findIndex(({ succeeded }) => succeeded)
      assert.deepStrictEqual(both.map(({ succeeded }) => succeeded), [winner === 0, winner === 1])
      assert.strictEqual(both[0]!.revision, both[1]!.revision)
      assert.deepStrictEqual(yield* cache.get("lock"), Option.some(winner === 0 ? "b" : "c"))
    }))

  it.effect("increments from 0, each call once", () =>
    Effect.gen(function*() {
      const cache = yield* RaftCache.RaftCache
      const all = Array.from({ length: 100 }, () => cache.increment("n"))
      const sums = yield* Effect.all(all, { concurrency: "unbounded" })
      assert.deepStrictEqual(sums, sums.map((_, i) => i + 1))
      assert.strictEqual(yield* cache.increment("n", -100), 0)
    }))

  it.effect("refuses what it cannot do, and does nothing", () =>
    Effect.gen(function*() {
      const cache = yield* RaftCache.RaftCache
      yield* cache.set("word", "one")
      const key = "k".repeat(Key.LIMIT_BYTES + 1)
      const value = new Uint8Array(Command.VALUE_LIMIT_BYTES + 1)
      const refusals = yield* Effect.all([
        Effect.flip(cache.increment("word")),
        Effect.flip(cache.increment("n", 0.5)),
        Effect.flip(cache.set(key, "")),
        Effect.flip(cache.get(key)),
        Effect.flip(cache.set("large", value)),
        Effect.flip(cache.compareAndSet("word", -1, ""))
      ])
      assert.deepStrictEqual(refusals.map((error) => `${error._tag}: ${error.message}`), [
        "Invalid: value is not an integer or out of range",
        "Invalid: 0.5 is not a whole number below 2^53",
        "Invalid: the key has 65537 bytes: at most 65536",
        "Invalid: the key has 65537 bytes: at most 65536",
        "Invalid: the value has 8388609 bytes: at most 8388608",
        "Invalid: -1 is no revision"
      ])
      assert.deepStrictEqual(yield* cache.get("word"), Option.some("one"))
    }))

  it.effect("is its own leader", () =>
    Effect.gen(function*() {
      const status = yield* Effect.flatMap(RaftCache.RaftCache, (cache) => cache.status)
      assert.deepInclude(status, { id: "n1", role: "Leader", leader: "n1", members: ["n1"] })
    }))

  it.effect("tells who its members are, and why it does not change them", () =>
    Effect.gen(function*() {
      const cache = yield* RaftCache.RaftCache
      const { isJoint, members } = yield* cache.members
      assert.isFalse(isJoint)
      assert.deepStrictEqual(members, [{ id: "n1", address: "", role: "Voter", behind: 0 }])
      const why = (change: RaftCache.MembersChange) =>
        Effect.map(
          Effect.flip(cache.changeMembers(change)),
          (error) => `${error._tag}: ${error.message}`
        )
      assert.strictEqual(
        yield* why({ remove: ["n2"] }),
        "Invalid: one of those to remove is no member: members are n1"
      )
      assert.strictEqual(
        yield* why({ remove: ["n1"] }),
        "Invalid: no voting member would be left: the cluster would be no more"
      )
      assert.strictEqual(
        yield* why({ add: [{ id: "n2", host: "a", port: 1 }], expected: 7 }),
        "Invalid: the members are not those any more that were expected: look at them again"
      )
      const index = yield* cache.changeMembers({ add: [{ id: "n2", host: "a", port: 1 }] })
      assert.strictEqual((yield* cache.members).index, index)
      yield* cache.changeMembers({ remove: ["n2"], expected: index })
      assert.deepStrictEqual((yield* cache.status).members, ["n1"])
    }))
})

describe("the options of a cache that joins", () => {
  const joins = (join: RaftCache.Options["join"]) =>
    Either.match(
      RaftCache.validate({ id: "n4", data: "unused", ...(join === undefined ? {} : { join }) }),
      {
        onLeft: ({ message }) => message,
        onRight: ({ join, peers, self }) => ({ join, peers, self })
      }
    )

  it("say whom to ask, where the node listens, and whom it replaces", () => {
    assert.deepStrictEqual(
      joins({ at: "a:6379", listen: "b:7101", replaces: "n3" }),
      {
        join: { at: { host: "a", port: 6379 }, replaces: "n3" },
        peers: [],
        self: { id: "n4", host: "b", port: 7101 }
      }
    )
  })

  it("are refused if they say neither, or no addresses", () => {
    assert.strictEqual(joins(undefined), "peers or join must be given")
    assert.strictEqual(joins({ at: "a", listen: "b:7101" }), `join: "a" is not host:port`)
    assert.strictEqual(joins({ at: "a:1", listen: "b" }), `listen: "b" is not host:port`)
  })
})

describe("the options of the cache", () => {
  const valid = { id: "n1", peers: "n1=127.0.0.1:7101,n2=127.0.0.1:7102", data: "unused" }

  it.each([
    [{ id: "n3" }, "peers: n3 is not among n1, n2"],
    [{ peers: "n1" }, `peers: "n1" is not id=host:port`],
    [{ peers: [] }, "peers: n1 is not among "],
    [
      { join: { at: "127.0.0.1:6379", listen: "127.0.0.1:7101" } },
      "peers and join: a node begins a cluster or joins one, not both"
    ],
    [{ maxMemoryBytes: -1 }, "maxMemoryBytes: -1 is no number of bytes"],
    [
      { heartbeat: "150 millis" as const },
      "a heartbeat of 150 ms and an election timeout of 300 ms: the heartbeat must be at least " +
      "10 ms, the election timeout at least three heartbeats"
    ]
  ])("such as %j are refused", (change, message) => {
    const refused = RaftCache.validate({ ...valid, ...change })
    assert.deepStrictEqual(
      Either.getLeft(refused).pipe(Option.map((error) => error.message)),
      Option.some(message)
    )
  })
})

/** Ports that nobody listens on now. */
const freePorts = (count: number) =>
  Effect.promise(async () => {
    const servers = await Promise.all(Array.from({ length: count }, () =>
      new Promise<Net.Server>((resolve) => {
        const server = Net.createServer().listen(0, "127.0.0.1", () => resolve(server))
      })))
    const ports = servers.map((server) =>
      (server.address() as Net.AddressInfo).port
    )
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    return ports
  })

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "raftcache-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** The first line of the reply to an inline command. */
const ask = (port: number, command: string) =>
  Effect.async<string>((resume) => {
    const socket = Net.connect(port, "127.0.0.1", () => socket.write(`${command}\r\n`))
    socket.once("data", (chunk) => {
      resume(Effect.succeed(chunk.toString()))
      socket.destroy()
    })
  })

describe("an application that is told how much to hold", () => {
  it.scopedLive("is refused what is more, and told why, if no key may go", () =>
    Effect.gen(function*() {
      const [port] = yield* freePorts(1)
      const peers = `n1=127.0.0.1:${port}`
      const data = join(yield* folder, "n1")
      const built = yield* Layer.build(
        RaftCache.layer({ id: "n1", peers, data, maxMemoryBytes: 100 })
      )
      const cache = Context.get(built, RaftCache.RaftCache)
      yield* cache.set("first", "is taken")
      const refused = yield* Effect.flip(cache.set("second", "is not"))
      assert.strictEqual(refused._tag === "Unavailable" && refused.reason, "OutOfMemory")
      assert.isTrue(yield* cache.delete("first"))
      yield* cache.set("second", "is taken now")
    }).pipe(Logger.withMinimumLogLevel(LogLevel.None)))
})

describe("three applications that provide the cache", () => {
  it.scopedLive(
    "are the cluster: each shows what any of them wrote, also through Redis, also after a restart",
    () =>
      Effect.gen(function*() {
        const ports = yield* freePorts(3)
        const data = yield* folder
        const peers = ports.map((port, i) => ({ id: `n${i + 1}`, host: "127.0.0.1", port }))
        const start = Effect.forEach(peers, ({ id }) =>
          RedisServer.layer({ host: "127.0.0.1", port: 0 }).pipe(
            Layer.provideMerge(RaftCache.layer({ id, peers, data: join(data, id) })),
            Layer.build
          ), { concurrency: "unbounded" })

        const firstLife = yield* Scope.make()
        const nodes = yield* Scope.extend(start, firstLife)
        const caches = nodes.map((node) =>
          Context.get(node, RaftCache.RaftCache)
        )
        for (const [i, cache] of caches.entries()) {
          yield* cache.set("from", `application ${i}`)
          for (const reader of caches) {
            assert.deepStrictEqual(yield* reader.get("from"), Option.some(`application ${i}`))
          }
        }
        for (const node of nodes) {
          const { port } = Context.get(node, RedisServer.RedisServer)
          assert.strictEqual(yield* ask(port, "GET from"), "$13\r\napplication 2\r\n")
        }
        yield* Scope.close(firstLife, Exit.void)

        const [again] = yield* start
        const cache = Context.get(again!, RaftCache.RaftCache)
        assert.deepStrictEqual(yield* cache.get("from"), Option.some("application 2"))
      }).pipe(Logger.withMinimumLogLevel(LogLevel.None)),
    30_000
  )
})

/**
 * What clients see of the limit to what is held, beside what they see of Redis's: after a change of
 * the settings every request waits for the reply to the one before, because here a limit is told to
 * the log first.
 */
import { afterAll, assert, beforeAll, beforeEach, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { RawClient, request } from "./RawClient.js"
import * as Conversations from "./redis/Conversation.js"
import type { Words } from "./redis/Conversation.js"
import * as RedisPair from "./redis/RedisPair.js"

const lines = (all: string): ReadonlyArray<string> => all.split("; ")

const words = (line: string): Words => line.split(" ")

/** By two clients by turns, so that none says anything before the other has heard the reply. */
const inTurn = (lines: ReadonlyArray<string>): Conversations.Conversation => ({
  protocol: "2",
  turns: lines.map((line, at) => ({ client: at % 2, words: words(line) }))
})

/** By one client, but for what is said first, which the other says. */
const after = (first: string, lines: ReadonlyArray<string>): Conversations.Conversation => ({
  protocol: "2",
  turns: [first, ...lines].map((line, at) => ({ client: at === 0 ? 1 : 0, words: words(line) }))
})

describe.skipIf(!RedisPair.isInstalled)("compared with Redis itself, a full cache", () => {
  const scope = Effect.runSync(Scope.make())
  let pair: RedisPair.RedisPair

  beforeAll(async () => {
    pair = await Effect.runPromise(Scope.extend(RedisPair.make, scope))
  })

  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  const settle = async (...lines: ReadonlyArray<string>) => {
    await Conversations.withBoth(pair, inTurn(lines))
  }

  beforeEach(() => settle("config set maxmemory 0 maxmemory-policy noeviction"))

  const same = async (conversation: Conversations.Conversation) => {
    const { ours, theirs } = await Conversations.withBoth(pair, conversation)
    const shown = ({ replies }: Conversations.Heard) =>
      replies.map(({ raw }, at) => `${conversation.turns[at]!.words.join(" ")}: ${raw}`)
    assert.deepStrictEqual(shown(ours), shown(theirs))
  }

  const SMALL = ["set a 1", "hset h f 1", "config set maxmemory 1"]

  it("refuses and serves the same commands, in the same words", () =>
    same(inTurn([
      ...SMALL,
      ...lines("get a; set a 2; set b 1; incr a; append a x; setrange a 1 x"),
      ...lines("setbit a 1 1"),
      ...lines("getset a x; setnx a x; setnx b x; mset a 1 b 1; msetnx c 1 d 1"),
      ...lines("setex a 9 x"),
      ...lines("hset h f 2; hsetnx h g 1; hincrby h f 1; hincrbyfloat h f 1; hmset h f 1"),
      ...lines("expire a 100; ttl a; persist a; rename a b; renamenx b a; copy a c"),
      ...lines("touch a"),
      ...lines("incrbyfloat a 1; decr a; hget h f; hdel h g; type a; exists a"),
      ...lines("getex a ex 9"),
      ...lines("set a; hset; nope; get h; incr h; object freq a; config get maxmemory"),
      ...lines("hdel h f; set b 1; getdel a; flushall; get b")
    ])))

  it("refuses to queue anything, and so the transaction", () =>
    same({
      protocol: "2",
      turns: [
        ...SMALL.map((line) => ({ client: 0, words: words(line) })),
        ...lines("get a; multi; get a; set b 1; ping; exec; get b; multi; discard")
          .map((line) => ({ client: 1, words: words(line) }))
      ]
    }))

  it("aborts a transaction that was queued before it was full", () =>
    same({
      protocol: "2",
      turns: [
        ...lines("set a 1; multi; get a; set b 1").map((line) => ({
          client: 0,
          words: words(line)
        })),
        { client: 1, words: words("config set maxmemory 1") },
        { client: 0, words: words("exec") },
        { client: 1, words: words("get b") },
        ...lines("multi; get a").map((line) => ({ client: 2, words: words(line) })),
        { client: 1, words: words("exists b") },
        { client: 2, words: words("exec") }
      ]
    }))

  it("tells of the use of keys what the policy counts", async () => {
    await settle("config set maxmemory-policy allkeys-lfu")
    await same(after("set a x", [
      ...lines("object freq a; get a; object freq a; get a; type a; exists a; ttl a"),
      ...lines("object idletime a; object freq b; object idletime b; object freq")
    ]))
    await settle("config set maxmemory-policy allkeys-lru")
    await same(after("set a x", ["object freq a", "object idletime a", "object idletime b"]))
  })
})

describe("a node that is told to hold less", () => {
  const MEMORY_LINES = /^(used_memory|maxmemory|evicted)[^:]*:.*$/gm

  it.scopedLive("lets keys go from then on, and tells of it", () =>
    Effect.gen(function*() {
      const pair = yield* RedisPair.ours
      const said = yield* Effect.promise(async () => {
        const client = await RawClient.connect(pair)
        const ask = async (...lines: ReadonlyArray<string>) => {
          for (const line of lines) {
            const { length } = client.received
            client.send(request(...words(line)))
            await client.until((received) => received.length > length)
          }
        }
        await ask("set a x", "set b x", "set c x", "memory usage a")
        await ask("config set maxmemory 700 maxmemory-policy allkeys-random")
        await ask("del nothing", "dbsize")
        await ask("info memory", "info stats", "config resetstat", "info stats")
        client.socket.destroy()
        return client.received
      })
      const [usage, ...counts] = (said.match(/^:\d+/gm) ?? []).map((text) => Number(text.slice(1)))
      assert.deepStrictEqual(counts, [0, 2])
      const lines = (said.match(MEMORY_LINES) ?? []).map((line) => line.trim())
      assert.deepStrictEqual(lines.filter((line) => !line.startsWith("used_memory_rss")), [
        `used_memory:${2 * usage!}`,
        `used_memory_human:${2 * usage!}B`,
        "maxmemory:700",
        "maxmemory_human:700B",
        "maxmemory_policy:allkeys-random",
        "evicted_keys:1",
        "evicted_keys:0"
      ])
    }))
})

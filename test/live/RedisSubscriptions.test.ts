/**
 * Subscribers of a real Redis 7.0 and of this server, to whom the same is said: all that each of
 * them hears is compared byte for byte, replies and what is pushed in one.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Exit, FastCheck as fc, Scope } from "effect"
import type * as Net from "node:net"
import { RawClient, request } from "./RawClient.js"
import * as RedisPair from "./redis/RedisPair.js"

const CONVERSATIONS = Number(process.env["RAFTCACHE_REDIS_CONVERSATIONS"] ?? 100)
const SEED = Number(process.env["RAFTCACHE_REDIS_SEED"] ?? 1)
const LIMIT_MILLIS = 60_000 + 100 * CONVERSATIONS

/** Of one client: its requests, of several words each, which go out together. */
interface Turn {
  readonly client: number
  readonly lines: ReadonlyArray<string>
}

const CLIENTS = 3

const spoken = (lines: ReadonlyArray<string>): string =>
  lines.map((line) => request(...line.split(" "))).join("")

/** What every client has heard after each turn: a PING of each shows where that ends. */
const hold = async (
  where: Net.NetConnectOpts,
  turns: ReadonlyArray<Turn>
): Promise<ReadonlyArray<string>> => {
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => RawClient.connect(where)))
  const heard: Array<string> = []
  const say = async (client: RawClient, lines: ReadonlyArray<string>, mark: string) => {
    client.send(spoken([...lines, `PING ${mark}`]))
    await client.until((received) => received.endsWith(`${mark}\r\n`))
    heard.push(client.received)
    client.received = ""
  }
  await say(clients[0]!, ["FLUSHALL", "CONFIG SET notify-keyspace-events KEA"], "begin")
  for (const [at, { client, lines }] of turns.entries()) {
    await say(clients[client]!, lines, `said-${at}`)
    for (const each of clients) await say(each, [], `heard-${at}`)
  }
  for (const { socket } of clients) socket.destroy()
  return heard
}

const CLIENT_NUMBER = /(\$2\r\nid\r\n:)\d+/g

const withoutNumbers = (heard: ReadonlyArray<string>): ReadonlyArray<string> =>
  heard.map((each) => each.replace(CLIENT_NUMBER, "$1"))

/** "1: SUBSCRIBE a; PING" is said by the second client. */
const turn = (text: string): Turn => ({
  client: Number(text[0]),
  lines: text.slice("0: ".length).split("; ")
})

/**
 * Names that none but one of the patterns matches: in which order Redis tells of several patterns,
 * and of several names that are left at once, depends on its hash function.
 */
const name = fc.constantFrom("aa", "bb", "__keyspace@0__:k", "__keyevent@0__:set")
const pattern = fc.constantFrom("a*", "b?", "__keyspace@0__:*", "__keyevent@0__:s[e]t")
const names = fc.array(name, { minLength: 1, maxLength: 3 })
const patterns = fc.array(pattern, { minLength: 1, maxLength: 3 })

const phrase = (verb: string, words: fc.Arbitrary<ReadonlyArray<string>>) =>
  words.map((drawn) => [verb, ...drawn].join(" "))

const line = fc.oneof(
  phrase("SUBSCRIBE", names),
  phrase("PSUBSCRIBE", patterns),
  phrase("SSUBSCRIBE", names),
  phrase("UNSUBSCRIBE", names),
  phrase("PUNSUBSCRIBE", patterns),
  phrase("SUNSUBSCRIBE", names),
  { weight: 3, arbitrary: phrase("PUBLISH", fc.tuple(name, fc.constantFrom("x", "y"))) },
  phrase("SPUBLISH", fc.tuple(name, fc.constant("z"))),
  phrase("PUBSUB NUMSUB", names),
  phrase("PUBSUB SHARDNUMSUB", names),
  fc.constantFrom("PUBSUB NUMPAT", "PUBSUB CHANNELS aa", "PUBSUB NUMPAT x", "SUBSCRIBE", "GET"),
  fc.constantFrom("SET k 1", "GET k", "DEL k", "PING", "RESET", "HELLO 3", "HELLO 2", "EXEC")
)

/** Without a subscriber of its own, whom Redis tells in the midst of its replies. */
const transaction = fc.array(
  fc.constantFrom("PUBLISH aa x", "PUBLISH bb y", "SPUBLISH aa z", "SET k 2", "INCR k", "GET k"),
  { minLength: 1, maxLength: 4 }
).map((queued): Turn => ({ client: 2, lines: ["RESET", "MULTI", ...queued, "EXEC"] }))

const turns = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        client: fc.nat(CLIENTS - 1),
        lines: fc.array(line, { minLength: 1, maxLength: 4 })
      })
    },
    transaction
  ),
  { minLength: 1, maxLength: 10 }
)

describe.skipIf(!RedisPair.isInstalled)("subscribers, compared with Redis itself", () => {
  const scope = Effect.runSync(Scope.make())
  let pair: RedisPair.RedisPair

  beforeAll(async () => {
    pair = await Effect.runPromise(Scope.extend(RedisPair.make, scope))
  })

  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  const both = async (all: ReadonlyArray<Turn>) => {
    const [ours, theirs] = await Promise.all([hold(pair.ours, all), hold(pair.theirs, all)])
    return { ours: withoutNumbers(ours), theirs: withoutNumbers(theirs) }
  }

  it.each([
    ["leave all at once", [
      "0: SUBSCRIBE a; PSUBSCRIBE a*; UNSUBSCRIBE; PUNSUBSCRIBE; UNSUBSCRIBE"
    ]],
    ["leave what they do not listen to", ["0: UNSUBSCRIBE a b; PUNSUBSCRIBE c; SUNSUBSCRIBE d"]],
    ["are told what they publish, before they are answered", [
      "0: HELLO 3; SUBSCRIBE a; PUBLISH a x"
    ]],
    ["are told once for each way in which they listen", [
      "0: SUBSCRIBE ab; PSUBSCRIBE a*",
      "1: PUBLISH ab x"
    ]],
    ["may ask for little in version 2", [
      "0: SUBSCRIBE a; GET k; MULTI; EXEC; CONFIG GET port; AUTH x; HELLO 3; PING; PING x y; RESET"
    ]],
    ["may ask for all in version 3, until they choose version 2", [
      "0: HELLO 3; SUBSCRIBE a; SET k 1; GET k; HELLO 2; GET k; UNSUBSCRIBE; GET k"
    ]],
    ["begin in a transaction", ["0: MULTI; SUBSCRIBE a; PING; GET k; EXEC; GET k; RESET"]],
    ["are told of transactions in the order of their commands", [
      "0: PSUBSCRIBE *",
      "1: MULTI; SET k 1; PUBLISH a x; INCR k; PUBLISH b y; DEL k; EXEC"
    ]],
    ["are told of a key that goes at once", ["0: PSUBSCRIBE *", "1: SET k 1; PEXPIRE k 0; GET k"]],
    ["are told although they want no replies", [
      "0: HELLO 3; CLIENT REPLY SKIP; SUBSCRIBE a; CLIENT REPLY OFF; PUBLISH a x; CLIENT REPLY ON"
    ]],
    ["are found by name and by pattern", [
      "0: SUBSCRIBE a; PSUBSCRIBE b*; SSUBSCRIBE c",
      "1: PUBSUB CHANNELS; PUBSUB CHANNELS b*; PUBSUB NUMSUB a a b; PUBSUB NUMPAT; PUBSUB NOPE",
      "1: PUBSUB SHARDCHANNELS; PUBSUB SHARDNUMSUB c; PUBSUB CHANNELS a b; PUBSUB; PUBSUB NUMPAT x",
      "1: CONFIG GET notify-keyspace-events; CONFIG SET notify-keyspace-events Kq; HELLO 3",
      "1: PUBSUB NUMSUB a; PUBSUB CHANNELS"
    ]]
  ])("%s", async (_, texts) => {
    const { ours, theirs } = await both(texts.map(turn))
    assert.deepStrictEqual(ours, theirs)
  })

  it("are told of a key that is due", async () => {
    const told = async (where: Net.NetConnectOpts) => {
      const [one, other] = [await RawClient.connect(where), await RawClient.connect(where)]
      one.send(spoken(["CONFIG SET notify-keyspace-events KEx", "PSUBSCRIBE __key*"]))
      await one.until((received) => received.endsWith(":1\r\n"))
      other.send(spoken(["SET k 1 PX 1"]))
      const heard = await one.until((received) =>
        received.includes("__keyevent@0__:expired\r\n$1\r\nk\r\n")
      )
      for (const { socket } of [one, other]) socket.destroy()
      return heard
    }
    assert.strictEqual(await told(pair.ours), await told(pair.theirs))
  })

  it("hear the same, whatever is said", async () => {
    const agrees = async (all: ReadonlyArray<Turn>) => {
      const { ours, theirs } = await both(all)
      assert.deepStrictEqual(ours, theirs)
    }
    await fc.assert(fc.asyncProperty(turns, agrees), { numRuns: CONVERSATIONS, seed: SEED })
  }, LIMIT_MILLIS)
})

/**
 * Has several clients say the same to a real Redis 7.0 and to this server, and compares all that
 * each of them hears, replies and what is said unasked, byte for byte and in order.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import type * as Net from "node:net"
import { RawClient, request } from "./RawClient.js"
import * as RedisPair from "./redis/RedisPair.js"
import * as Reply from "./redis/Reply.js"

type Words = ReadonlyArray<string>

/** What a client says at once, each request a line; %0 stands for the number of the first one. */
type Turn = readonly [client: number, ...requests: ReadonlyArray<string>]

const ON = "CLIENT TRACKING ON"
const INFO = "CLIENT TRACKINGINFO"

/** All clients begin in version 3, on an empty database. */
const conversations: ReadonlyArray<readonly [name: string, turns: ReadonlyArray<Turn>]> = [
  ["wrong words", [[
    0,
    "CLIENT TRACKING",
    "CLIENT TRACKING x",
    "CLIENT TRACKING x y",
    `${ON} x`,
    `${ON} REDIRECT`,
    `${ON} REDIRECT x`,
    `${ON} REDIRECT 0`,
    `${ON} REDIRECT -1`,
    `${ON} REDIRECT 99999999`,
    `${ON} REDIRECT 99999999999999999999`,
    `${ON} REDIRECT %0 REDIRECT %0`,
    `${ON} PREFIX`,
    `${ON} PREFIX a`,
    `${ON} BCAST OPTIN`,
    `${ON} BCAST OPTOUT OPTIN`,
    `${ON} OPTIN OPTOUT`,
    `${ON} PREFIX a OPTIN OPTOUT`,
    "CLIENT TRACKING OFF OPTIN OPTOUT BCAST",
    "CLIENT TRACKING OFF REDIRECT 99999999",
    "CLIENT TRACKING off prefix a",
    "CLIENT TRACKING OFF x",
    "CLIENT CACHING",
    "CLIENT CACHING x",
    "CLIENT CACHING YES",
    "CLIENT CACHING YES x",
    `${INFO} x`,
    "CLIENT GETREDIR x",
    INFO,
    "CLIENT GETREDIR"
  ]]],
  ["modes and what becomes of them", [[
    0,
    ON,
    INFO,
    "CLIENT GETREDIR",
    "CLIENT CACHING YES",
    "CLIENT CACHING NO",
    "CLIENT CACHING x",
    `${ON} BCAST`,
    `${ON} BCAST PREFIX`,
    `${ON} optin noloop`,
    INFO,
    "CLIENT CACHING NO",
    "CLIENT CACHING yes",
    INFO,
    INFO,
    "PING",
    INFO,
    `${ON} OPTOUT`,
    ON,
    INFO,
    `${ON} OPTOUT`,
    "CLIENT CACHING YES",
    "CLIENT CACHING NO",
    INFO,
    `${ON} NOLOOP`,
    INFO,
    "CLIENT TRACKING OFF",
    INFO,
    "CLIENT TRACKING OFF"
  ]]],
  ["prefixes", [[
    0,
    `${ON} BCAST PREFIX a PREFIX ab`,
    `${ON} BCAST PREFIX ab PREFIX a`,
    `${ON} BCAST PREFIX a PREFIX a`,
    `${ON} BCAST PREFIX b PREFIX a PREFIX c`,
    INFO,
    ON,
    `${ON} OPTIN`,
    `${ON} BCAST OPTIN`,
    `${ON} BCAST PREFIX ab`,
    `${ON} BCAST PREFIX x PREFIX xy PREFIX a`,
    `${ON} BCAST PREFIX d PREFIX a`,
    `${ON} BCAST PREFIX e NOLOOP`,
    INFO,
    `${ON} BCAST`,
    `${ON} BCAST PREFIX f`,
    INFO,
    "RESET",
    INFO
  ]]],
  ["changes of others", [
    [0, ON, "GET a", "HGET h f", "EXISTS b c", "TTL d", "OBJECT ENCODING e", "MEMORY USAGE f"],
    [1, "SET a 1"],
    [1, "SET a 2", "HSET h f 1"],
    [1, "MSET b 1 c 1 d 1 e 1 f 1 g 1"],
    [0, "GET a"],
    [1, "SET a 1 NX"],
    [1, "EXPIRE a 100"],
    [0, "GET a"],
    [1, "PERSIST a"],
    [0, "GET a", "GET z"],
    [1, "RENAME a z"],
    [0, "GET z"],
    [1, "COPY z y"],
    [1, "DEL z"],
    [0, "GET h"],
    [1, "HDEL h f"]
  ]],
  ["own changes", [
    [0, ON, "GET a", "SET a 1", "PING", "GET a"],
    [0, "GET a", "GET b", "MSET a 1 b 1", "SET a 2", "PING"],
    [0, "GET a", "FLUSHALL", "GET a", "PING"],
    [0, `${ON} NOLOOP`, "GET a", "SET a 1", "PING"],
    [1, "SET a 2"],
    [0, "GET a", "FLUSHALL", "PING"]
  ]],
  ["all keys deleted", [
    [0, ON],
    [1, "FLUSHALL"],
    [2, `${ON} BCAST PREFIX x NOLOOP`],
    [1, "FLUSHDB ASYNC"],
    [2, "FLUSHALL"]
  ]],
  ["transactions", [
    [0, ON, "MULTI", "GET a", "EXEC"],
    [1, "SET a 1"],
    [0, "MULTI", "GET a", "SET a 2", "EXEC", "PING"],
    [1, "SET a 1"],
    [0, "MULTI", "SET a 1", "GET a", "EXEC", "PING"],
    [1, "SET a 1"],
    [0, "GET a", "MULTI", "SET a 2", "GET a", "SET a 3", "EXEC", "PING"],
    [1, "SET a 1"],
    [0, "WATCH a"],
    [1, "SET a 2"],
    [0, "MULTI", "GET a", "EXEC"],
    [1, "SET a 3"],
    [0, "MULTI", "GET b", "DISCARD"],
    [1, "SET b 1"]
  ]],
  ["CLIENT CACHING", [
    [0, `${ON} OPTIN`, "GET a", "CLIENT CACHING YES", "GET b", "GET c"],
    [1, "MSET a 1 b 1 c 1"],
    [0, "CLIENT CACHING YES", "CLIENT GETNAME", "GET a", "CLIENT CACHING YES", "PING", "GET b"],
    [1, "MSET a 1 b 1"],
    [0, "CLIENT CACHING YES", "MULTI", "GET a", "GET b", "EXEC", "GET c"],
    [1, "MSET a 1 b 1 c 1"],
    [0, "MULTI", "GET a", "CLIENT CACHING YES", "PING", "GET b", "EXEC", "GET c"],
    [1, "MSET a 1 b 1 c 1"],
    [0, "CLIENT CACHING YES", "NOSUCH", "GET a", "CLIENT CACHING YES", "GET", "GET b"],
    [1, "MSET a 1 b 1"],
    [0, "CLIENT CACHING YES", "MULTI", "NOSUCH", "DISCARD", "GET a"],
    [0, "CLIENT CACHING YES", "MULTI", "MULTI", "DISCARD", "GET b"],
    [0, "CLIENT CACHING YES", "MULTI", "EXEC", "GET c"],
    [1, "MSET a 1 b 1 c 1"],
    [0, "CLIENT CACHING YES", "CLIENT NOSUCH", "GET a", "CLIENT CACHING YES", "CLIENT CACHING x"],
    [0, "GET b"],
    [1, "MSET a 1 b 1"],
    [2, `${ON} OPTOUT`, "GET a", "CLIENT CACHING NO", "GET b", "GET c"],
    [1, "MSET a 1 b 1 c 1"]
  ]],
  ["every key with a prefix", [
    [0, `${ON} BCAST PREFIX a PREFIX b`],
    [2, `${ON} BCAST NOLOOP`],
    [1, "MSET ab 1 c 1 a 1 b 1"],
    [2, "SET a 1"],
    [0, "SET a 2"],
    [0, "GET a", "SET c 1"]
  ]],
  ["switched off and on", [
    [0, ON, "GET a", "CLIENT TRACKING OFF"],
    [1, "SET a 1"],
    [0, ON, "GET a", "CLIENT TRACKING OFF", ON],
    [1, "SET a 1"],
    [0, "GET a", "HELLO 2"],
    [1, "SET a 1"]
  ]],
  ["another client told", [
    [1, `${ON} REDIRECT %0`, INFO, "GET a", "SET a 1"],
    [2, `${ON} NOLOOP REDIRECT %0`, "GET a", "SET a 2", "GET a"],
    [1, "SET a 3", "FLUSHALL"],
    [0, "QUIT"],
    [1, INFO, "GET a", "SET a 2", INFO],
    [1, "GET a", "SET a 2", "FLUSHALL", "PING"],
    [1, ON, INFO]
  ]],
  ["another client told in version 2", [
    [0, "HELLO 2"],
    // Redis says nil to the first in the version of those who have it told: a mistake.
    [1, "HELLO 2"],
    [2, "HELLO 2"],
    [1, `${ON} REDIRECT %0`, "GET a"],
    [1, "SET a 1"],
    [0, "SUBSCRIBE x"],
    [1, "GET a", "SET a 1"],
    [0, "SUBSCRIBE __redis__:invalidate"],
    [1, "GET a", "SET a 1"],
    [2, `${ON} BCAST REDIRECT %0`],
    [2, "MSET b 1 a 1"],
    [1, "FLUSHALL"],
    [0, "UNSUBSCRIBE x"],
    [1, "GET a", "SET a 1"],
    [0, "UNSUBSCRIBE"],
    [1, "GET a", "SET a 1"],
    [0, "PSUBSCRIBE x*"],
    [1, "GET a", "SET a 1"]
  ]]
]

const CLIENTS = 3

/** A round trip: what was to be said to the client before has been said. Both servers answer it. */
const PING = request("PING", "round trip")
const PONGS = ["$10\r\nround trip\r\n", "*2\r\n$4\r\npong\r\n$10\r\nround trip\r\n"]

/** What stands where the servers have their own numbers for clients. */
const NUMBER = /((?:redirect|\nid|tracking-redir-broken)\r\n:)\d+/g

const hold = async (where: Net.NetConnectOpts, turns: ReadonlyArray<Turn>) => {
  const clients: Array<RawClient> = []
  while (clients.length < CLIENTS) clients.push(await RawClient.connect(where))
  const [first] = clients
  first!.send(request("FLUSHALL") + request("CLIENT", "ID"))
  const number = /^\+OK\r\n:(\d+)\r\n/.exec(
    await first!.until((text) => text.split("\n").length > 2)
  )
  for (const client of clients) client.send(request("HELLO", "3"))
  for (const [at, ...requests] of turns) {
    const words = requests.map((line) => line.replaceAll("%0", number![1]!).split(" "))
    await ask(clients[at]!, words)
    for (const client of clients) await settle(client)
  }
  for (const { socket } of clients) socket.destroy()
  return clients.map(({ received }) => received.slice(received.indexOf("%") + 1))
}

/** Resolves when it has the replies, or is gone. */
const ask = async (client: RawClient, requests: ReadonlyArray<Words>): Promise<void> => {
  const { length } = client.received
  client.send(requests.map((words) => request(...words)).join(""))
  await client.until((text) => {
    let replies = 0
    for (let at = length; replies < requests.length;) {
      const reply = Reply.read(text, at)
      if (reply === undefined) return false
      at += reply.raw.length
      if (!Reply.isPush(reply)) replies++
    }
    return true
  })
  if (requests.some(([name]) => name === "QUIT")) await client.ended()
}

const settle = async (client: RawClient): Promise<void> => {
  if (client.closed) return
  const { length } = client.received
  client.send(PING)
  await client.until((text) => PONGS.some((pong) => text.slice(length).endsWith(pong)))
}

describe.skipIf(!RedisPair.isInstalled)("client tracking compared with Redis itself", () => {
  const scope = Effect.runSync(Scope.make())
  let pair: RedisPair.RedisPair

  beforeAll(async () => {
    pair = await Effect.runPromise(Scope.extend(RedisPair.make, scope))
  })

  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  it.each(conversations)("says the same of %s", async (_, turns) => {
    const [ours, theirs] = [await hold(pair.ours, turns), await hold(pair.theirs, turns)]
    const masked = (said: ReadonlyArray<string>) => said.map((text) => text.replace(NUMBER, "$1?"))
    assert.deepStrictEqual(masked(ours), masked(theirs))
  })
})

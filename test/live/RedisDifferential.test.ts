/**
 * Says the same to a real Redis 7.0 and to this server, in conversations written by hand, and
 * compares the replies byte for byte. What differs on purpose is listed with its reason, and must
 * differ. `RedisConversations.test.ts` does so with conversations drawn by chance.
 */
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import type * as Net from "node:net"
import { RawClient, request } from "./RawClient.js"
import * as RedisPair from "./redis/RedisPair.js"

type Words = ReadonlyArray<string>

const long = "x".repeat(200)
const MIN = "-9223372036854775808"
const MAX = "9223372036854775807"

/** Each a conversation: its requests are sent at once, on an empty database. */
const same: ReadonlyArray<ReadonlyArray<Words>> = [
  // Connections.
  [["PING"], ["ping", "a\r\nb"], ["PING", ""], ["PING", "a", "b"]],
  [["ECHO", "a"], ["ECHO"], ["ECHO", "a", "b"]],
  [["SELECT", "0"], ["SELECT"], ["SELECT", "1"], ["SELECT", "-1"], ["SELECT", "x"]],
  [["SELECT", "99999999999"], ["SELECT", "0", "1"], ["SELECT", "2147483648"], ["SELECT", " 0"]],
  [["AUTH"], ["AUTH", "p"], ["AUTH", "default", "p"], ["AUTH", "u", "p"], ["AUTH", "a", "b", "c"]],
  [["AUTH", "DEFAULT", "p"], ["AUTH", "", ""]],
  [["QUIT"], ["PING"]],
  [["QUIT", "now"], ["PING"]],
  [["RESET"], ["GET", "nothing"], ["RESET", "x"]],
  [["CLIENT", "SETNAME", "a"], ["RESET"], ["CLIENT", "GETNAME"]],
  [["HELLO"], ["HELLO", "2"], ["GET", "nothing"], ["HELLO", "3"], ["GET", "nothing"], ["HELLO"]],
  [["HELLO", "4"], ["HELLO", "1"], ["HELLO", "x"], ["HELLO", ""], ["hello", "3", "x"]],
  [["HELLO", "3", "AUTH", "default", "p"], ["HELLO", "2", "auth", "u", "p"], ["GET", "nothing"]],
  [["HELLO", "2", "AUTH", "default"], ["HELLO", "3", "SETNAME"], ["HELLO", "2", "NO", "x"]],
  [["HELLO", "2", "SETNAME", "a"], ["CLIENT", "GETNAME"], ["HELLO", "2", "SETNAME", "a b"]],
  [["HELLO", "2", "SETNAME", "b", "AUTH", "default", "p"], ["CLIENT", "GETNAME"]],
  [["HELLO", "2", "SETNAME", "c", "AUTH", "u", "p"], ["CLIENT", "GETNAME"]],
  [["CLIENT"], ["CLIENT", "nope"], ["client", "NOPE\r\n", "x"], ["CLIENT", long]],
  [["CLIENT", "ID", "x"], ["CLIENT", "GETNAME"], ["CLIENT", "GETNAME", "x"]],
  [["CLIENT", "SETNAME", "a-1"], ["CLIENT", "GETNAME"], ["CLIENT", "SETNAME", "b c"]],
  [["CLIENT", "SETNAME", "é"], ["CLIENT", "SETNAME"], ["CLIENT", "SETNAME", "a", "b"]],
  [["CLIENT", "SETNAME", "a"], ["CLIENT", "SETNAME", ""], ["CLIENT", "GETNAME"]],
  // In a transaction what they change holds for what follows.
  [["MULTI"], ["HELLO", "3"], ["GET", "a"], ["CLIENT", "GETNAME"], ["EXEC"], ["GET", "a"]],
  [["MULTI"], ["HELLO", "2"], ["GET", "a"], ["HELLO", "3", "SETNAME", "b"], ["EXEC"]],
  [["MULTI"], ["CLIENT", "SETNAME", "a"], ["HELLO", "2", "SETNAME", "b"], ["EXEC"]],
  [["MULTI"], ["AUTH", "p"], ["AUTH", "default", "p"], ["AUTH", "u", "p"], ["EXEC"]],
  [["MULTI"], ["HELLO", "3", "AUTH", "u", "p"], ["HELLO", "4"], ["GET", "a"], ["EXEC"]],
  [["MULTI"], ["HELLO", "3"], ["nope"], ["EXEC"], ["GET", "a"]],
  // Nothing that follows overtakes it, although a password is tried before.
  [["WATCH", "a"], ["MULTI"], ["AUTH", "default", "p"], ["EXEC"], ["SET", "a", "1"], ["GET", "a"]],
  [["MULTI"], ["HELLO", "3"], ["DISCARD"], ["GET", "a"]],
  [["MULTI"], ["SET", "a", "1"], ["WAIT", "0", "0"], ["GET", "a"], ["EXEC"]],
  // What no server has.
  [["nope"], ["NOPE", "a", "b c"], ["nope", long, "b"], [long, "a".repeat(120), "bbbbbbbbbb", "c"]],
  [["no\r\npe", "a\r\nb"], ["no\u0000pe", "a\u0000b"], ["", "a"], ["\u00ff", "\u00ff"]],
  [["get "], ["client|id"], ["config|get", "save"], ["gets", "a"]],
  // Setting and getting.
  [["GET"], ["GET", "a"], ["GET", "a", "b"], ["SET", "a", "1"], ["GET", "a"], ["get", "A"]],
  [["SET"], ["SET", "a"], ["SET", "", ""], ["GET", ""], ["SET", "a\u0000", "\u00ff"], [
    "GET",
    "a\u0000"
  ]],
  [["SET", "a", "1", "XX"], ["SET", "a", "1", "nx"], ["SET", "a", "2", "NX"], [
    "SET",
    "a",
    "3",
    "XX"
  ]],
  [["SET", "a", "1", "GET"], ["SET", "a", "2", "get"], ["GET", "a"], [
    "SET",
    "a",
    "3",
    "GET",
    "GET"
  ]],
  [["SET", "a", "1", "NX", "GET"], ["SET", "a", "2", "GET", "NX"], ["GET", "a"]],
  [["SET", "a", "1", "XX", "GET"], ["SET", "a", "1"], ["SET", "a", "2", "GET", "XX"], ["GET", "a"]],
  [["SET", "a", "1", "NX", "XX"], ["SET", "a", "1", "XX", "NX"], ["SET", "a", "1", "NX", "NX"]],
  [["SET", "a", "1", "nope"], ["SET", "a", "1", ""], ["SET", "a", "1", "EX"], ["GET", "a"]],
  [["SET", "a", "1", "PX"], ["SET", "a", "1", "EXAT"], ["SET", "a", "1", "PXAT"]],
  [["MSET"], ["MSET", "a"], ["MSET", "a", "1"], ["MSET", "a", "2", "b"], ["GET", "a"]],
  [["MSET", "a", "1", "b", "2", "a", "3"], ["MGET", "a", "b", "c", "a"], ["MGET"], ["DBSIZE"]],
  [["STRLEN"], ["STRLEN", "a"], ["SET", "a", "é\r\n"], ["STRLEN", "a"], ["STRLEN", "a", "b"]],
  // Keys.
  [["DEL"], ["DEL", "a"], ["MSET", "a", "1", "b", "2"], ["DEL", "a", "b", "a", "c"], ["GET", "a"]],
  [["EXISTS"], ["EXISTS", "a"], ["SET", "a", ""], ["EXISTS", "a", "a", "b"]],
  [["DBSIZE"], ["DBSIZE", "x"], ["SET", "a", "1"], ["DBSIZE"], ["FLUSHALL"], ["DBSIZE"]],
  [["FLUSHALL", "ASYNC"], ["flushall", "sync"], ["FLUSHALL", "nope"], ["FLUSHALL", "SYNC", "x"]],
  // A cursor is a text of C.
  [["SCAN", "\u0000"], ["SCAN", "\u0000x"], ["SCAN", "0\u0000x"], ["HSCAN", "a", "\u0000"]],
  [["SCAN", "x\u0000"], ["SCAN", " 0"], ["SCAN", ""]],
  // Counting.
  [["INCR"], ["INCR", "a"], ["incr", "a"], ["INCR", "a", "b"], ["GET", "a"]],
  [["DECR"], ["DECR", "a"], ["DECR", "a", "b"], ["DECRBY", "a", "10"], ["DECRBY", "a", "-20"]],
  [["INCRBY"], ["INCRBY", "a"], ["INCRBY", "a", "5"], ["INCRBY", "a", "-7"], ["INCRBY", "a", "x"]],
  [["INCRBY", "a", "1.0"], ["INCRBY", "a", " 1"], ["INCRBY", "a", "01"], ["INCRBY", "a", "+1"]],
  [["INCRBY", "a", MAX], ["INCR", "a"], ["GET", "a"], ["INCRBY", "a", MIN], ["GET", "a"]],
  [["INCRBY", "a", MIN], ["DECR", "a"], ["INCRBY", "a", MAX], ["GET", "a"]],
  [["DECRBY", "a", MIN], ["DECRBY", "a", MAX], ["DECR", "a"], ["DECR", "a"], ["DECRBY", "a", "x"]],
  [["INCRBY", "a", "9223372036854775808"], ["INCRBY", "a", "-9223372036854775809"]],
  [["SET", "a", "9007199254740991"], ["INCR", "a"], ["INCR", "a"], ["DECRBY", "a", "2"]],
  ...["", " 1", "1 ", "01", "-0", "+1", "1.5", "x", "-", MAX + "0", "\u0000"].map((value) => [
    ["SET", "a", value],
    ["INCR", "a"],
    ["GET", "a"]
  ]),
  // The server.
  [["CONFIG"], ["CONFIG", "nope"], ["CONFIG", "GET"], ["CONFIG", "GET", "save"]],
  [["CONFIG", "GET", "appendonly"], ["CONFIG", "GET", "nothing"], ["config", "get", "maxclients"]],
  [["CONFIG", "GET", "proto-max-bulk-len"]],
  [["CONFIG", "GET", "databases", "databases", "d?t*base*"], ["CONFIG", "GET", "maxmemory-p*"]],
  [["CONFIG", "GET", "SAVE"], ["CONFIG", "GET", "Save", "save"], ["CONFIG", "GET", "S[aA]VE"]],
  [["INFO", "nope"], ["COMMAND", "nope"], ["COMMAND", "COUNT", "x"], ["COMMAND", "LIST", "x"]],
  [["COMMAND", "INFO", "nope"], ["COMMAND", "DOCS", "nope"], ["COMMAND", "INFO", "client|nope"]],
  [["COMMAND", "INFO", "get"], ["COMMAND", "INFO", "CLIENT|ID", "rename", "get|x", "mset", "ping"]],
  // Clients.
  [["CLIENT", "LIST", "TYPE", "nope"], ["CLIENT", "LIST", "ID"], ["CLIENT", "LIST", "ID", "x"]],
  [["CLIENT", "LIST", "x"], ["CLIENT", "LIST", "TYPE", "pubsub"], ["CLIENT", "LIST", "ID", "0"]],
  [["CLIENT", "KILL", "1.2.3.4:5"], ["CLIENT", "KILL", "ID", "0"], ["CLIENT", "KILL", "ID", "999"]],
  [["CLIENT", "KILL", "TYPE", "nope"], ["CLIENT", "KILL", "x", "y"], ["CLIENT", "KILL", "ID"]],
  [["CLIENT", "KILL", "ADDR", "1:2", "SKIPME", "no"], ["CLIENT", "KILL", "ID", "1", "SKIPME"]],
  [["CLIENT", "KILL", "ADDR", "1:2", "SKIPME", "x"], ["CLIENT", "KILL", "USER", "nobody"]],
  [["CLIENT", "REPLY"], ["CLIENT", "REPLY", "x"], ["CLIENT", "REPLY", "ON"], ["PING"]],
  [["CLIENT", "REPLY", "SKIP"], ["PING", "no"], ["PING", "yes"]],
  [["CLIENT", "REPLY", "SKIP"], ["CLIENT", "REPLY", "SKIP"], ["PING", "no"], ["PING", "yes"]],
  [["CLIENT", "REPLY", "SKIP"], ["CLIENT", "REPLY", "ON"], ["PING", "yes"]],
  [["CLIENT", "REPLY", "OFF"], ["SET", "a", "1"], ["CLIENT", "REPLY", "ON"], ["GET", "a"]],
  [["CLIENT", "REPLY", "OFF"], ["CLIENT", "REPLY", "SKIP"], ["PING", "no"], ["PING", "no"]],
  [["CLIENT", "REPLY", "OFF"], ["GET", "nope", "x"], ["RESET"], ["PING"]],
  [["CLIENT", "NO-EVICT", "on"], ["CLIENT", "NO-EVICT", "x"], ["CLIENT", "GETREDIR"]],
  [["CLIENT", "UNPAUSE"], ["CLIENT", "UNPAUSE", "x"]],
  // Users.
  [["ACL"], ["ACL", "nope"], ["ACL", "WHOAMI"], ["ACL", "USERS"], ["ACL", "GETUSER", "nobody"]],
  [["ACL", "LIST", "x"], ["ACL", "WHOAMI", "x"], ["ACL", "GETUSER", "default"]],
  // What tools send.
  // Of a cluster of one node: nobody else has anything.
  [["WAIT", "0", "0"], ["SET", "a", "1"], ["WAIT", "1", "1"]],
  [["WAIT", "x", "0"], ["WAIT", "1", "-1"], ["WAIT", "1", "x"], ["WAIT"]],
  [["TIME", "x"], ["LASTSAVE", "x"], ["DEBUG", "SLEEP", "0"], ["DEBUG"]],
  [["MEMORY", "USAGE", "nothing"], ["MEMORY", "nope"], ["MEMORY"], ["MEMORY", "USAGE"]],
  [["MEMORY", "USAGE", "a", "x"], ["MEMORY", "USAGE", "a", "SAMPLES", "x"]],
  [["LATENCY", "LATEST"], ["LATENCY", "RESET"], ["LATENCY", "RESET", "a"], ["LATENCY", "nope"]],
  [["LATENCY", "HISTORY", "command"], ["LATENCY", "HISTORY"]],
  [["FUNCTION", "FLUSH", "SYNC", "x"], ["SCRIPT", "FLUSH", "SYNC", "x"]],
  [["FUNCTION", "FLUSH"], ["FUNCTION", "FLUSH", "async"], ["FUNCTION", "FLUSH", "x"]],
  [["SCRIPT", "FLUSH"], ["SCRIPT", "FLUSH", "SYNC"], ["SCRIPT", "FLUSH", "x"], ["SCRIPT", "nope"]],
  [["SCRIPT", "EXISTS", "a", "b"], ["SCRIPT", "EXISTS"]],
  [["CONFIG", "SET"], ["CONFIG", "SET", "a"], ["CONFIG", "SET", "nope", "1"]],
  [["CONFIG", "SET", "a", "b", "c"], ["CONFIG", "SET", "save", "", "NOPE", "1"]],
  [["CONFIG", "SET", "save", ""], ["CONFIG", "SET", "maxmemory", "0", "save", ""]],
  ...["1", "100mb", "1GB", "1k", "1kb", "7m", "2g", "9b", "0", "", "kb"].map((amount) => [
    ["CONFIG", "SET", "maxmemory", amount],
    ["CONFIG", "GET", "maxmemory"],
    ["CONFIG", "SET", "maxmemory", "0"]
  ]),
  ["abc", "-1", "1.5mb", "10 mb", "10tb", "0x10", "1mb ", "b1"].map((amount) => [
    "CONFIG",
    "SET",
    "maxmemory",
    amount
  ]),
  [["CONFIG", "SET", "maxmemory-policy", "nope"], ["CONFIG", "GET", "maxmemory-policy"]],
  [
    ["CONFIG", "SET", "maxmemory-policy", "ALLKEYS-lru", "maxmemory-samples", "10"],
    ["CONFIG", "GET", "maxmemory-p*"],
    ["CONFIG", "GET", "maxmemory-s[a]*"],
    ["CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory-samples", "5"]
  ],
  ["0", "-1", "abc", "5.5", "99999999999"].map((samples) => [
    "CONFIG",
    "SET",
    "maxmemory-samples",
    samples
  ]),
  [["CONFIG", "SET", "maxmemory", "5mb", "maxmemory-policy", "x"], ["CONFIG", "GET", "maxmemory"]],
  [["CONFIG", "SET", "databases", "2"], ["CONFIG", "RESETSTAT"], ["CONFIG", "REWRITE"]],
  [["CONFIG", "GET", "slowlog-log-slower-than"], ["CONFIG", "SET", "slowlog-max-len", "-1"]],
  [["CONFIG", "SET", "slowlog-max-len", "x"], ["CONFIG", "SET", "slowlog-max-len", "1.5"]],
  [["CONFIG", "SET", "slowlog-max-len", "64", "SLOWLOG-MAX-LEN", "65"]],
  [["CONFIG", "SET", "slowlog-max-len", "64"], ["CONFIG", "GET", "slowlog-max-len"]],
  [["CONFIG", "SET", "slowlog-max-len", "128", "slowlog-log-slower-than", "-2"]],
  [["CONFIG", "SET", "slowlog-max-len", "128"], ["CONFIG", "GET", "slowlog-max-len"]],
  [["SLOWLOG"], ["SLOWLOG", "nope"], ["SLOWLOG", "GET", "x"], ["SLOWLOG", "GET", "-2"]],
  [["SLOWLOG", "GET", "1", "2"], ["SLOWLOG", "LEN", "x"], ["SLOWLOG", "GET", "0"]],
  [["SLOWLOG", "RESET"], ["SLOWLOG", "LEN"], ["SLOWLOG", "GET"], ["SLOWLOG", "RESET", "x"]],
  [["COMMAND", "GETKEYS"], ["COMMAND", "GETKEYS", "nope"], ["COMMAND", "GETKEYS", "PING"]],
  [["COMMAND", "GETKEYS", "get", "a"], ["COMMAND", "GETKEYS", "MSET", "a", "1", "b", "2"]],
  [["COMMAND", "GETKEYS", "GET"], ["COMMAND", "GETKEYS", "DEL", "a", "b", "c"]],
  [["COMMAND", "GETKEYS", "OBJECT", "ENCODING", "a"], ["COMMAND", "GETKEYS", "OBJECT", "x", "a"]],
  [["COMMAND", "GETKEYS", "OBJECT", "HELP"], ["COMMAND", "GETKEYS", "MEMORY", "USAGE", "a"]],
  [["COMMAND", "GETKEYSANDFLAGS", "COPY", "a", "b"], ["COMMAND", "GETKEYSANDFLAGS", "GET", "a"]],
  [["COMMAND", "GETKEYSANDFLAGS", "MSET", "a", "1", "b", "2"], ["COMMAND", "GETKEYSANDFLAGS"]],
  [["COMMAND", "GETKEYSANDFLAGS", "nope", "a"], ["COMMAND", "GETKEYSANDFLAGS", "LCS", "a", "b"]],
  [["COMMAND", "LIST", "FILTERBY", "PATTERN", "mset"], ["COMMAND", "LIST", "FILTERBY", "x", "y"]],
  [["COMMAND", "LIST", "FILTERBY", "PATTERN", "MSET"], ["COMMAND", "LIST", "FILTERBY", "PATTERN"]],
  [["COMMAND", "LIST", "FILTERBY", "MODULE", "x"], ["COMMAND", "LIST", "FILTERBY", "ACLCAT", "x"]],
  [["COMMAND", "LIST", "FILTERBY", "ACLCAT", "@hash"], ["COMMAND", "LIST", "FILTERBY"]],
  // The cluster of one shard.
  [["CLUSTER"], ["CLUSTER", "nope"], ["CLUSTER", "KEYSLOT"], ["CLUSTER", "SLOTS", "x"]]
]

interface Difference {
  readonly why: string
  readonly words: ReadonlyArray<Words>
}

const different: ReadonlyArray<Difference> = [
  {
    why: "libraries of today tell who they are, as Redis 7.2 lets them",
    words: [
      ["CLIENT", "SETINFO", "LIB-NAME", "x"]
    ]
  },
  { why: "every node answers reads, so that asking for it is no error", words: [["READONLY"]] },
  { why: "every node answers reads, so that asking for it is no error", words: [["READWRITE"]] },
  {
    why: "it is a cluster to those who ask",
    words: [["CLUSTER", "INFO"]]
  },
  { why: "it is a cluster to those who ask", words: [["ASKING"]] },
  { why: "keys take other memory", words: [["SET", "a", "1"], ["MEMORY", "USAGE", "a"]] },
  { why: "no client can be paused: others would serve on", words: [["CLIENT", "PAUSE", "0"]] },
  { why: "as Redis 7.2 has it", words: [["CLIENT", "NO-TOUCH", "on"]] },
  {
    why: "what is so cannot be changed",
    words: [["CONFIG", "SET", "timeout", "60"], ["CONFIG", "SET", "timeout", "0"]]
  },
  { why: "it has fewer commands", words: [["COMMAND", "COUNT"]] },
  { why: "Redis explains flags in a note", words: [["COMMAND", "INFO", "set"]] },
  {
    why: "SET may read its key, with GET or without",
    words: [
      ["COMMAND", "GETKEYSANDFLAGS", "SET", "a", "1"]
    ]
  },
  { why: "it has other subcommands to tell of", words: [["CLIENT", "HELP"]] },
  { why: "INFO tells what is so here", words: [["INFO", "server"]] },
  { why: "no command of Redis is missing silently", words: [["LPUSH", "a", "1"]] }
]

/** Not the protocol, or the protocol by hand. Sent alone and not after a greeting. */
const raw: ReadonlyArray<string> = [
  "PING\r\n",
  "PING\n",
  "\r\n\r\n  \r\nPING\r\n",
  "SET a \"b c\\x41\\n\\\"\" \nGET a\n",
  "SET a 'b \\'c\\n'\r\nGET a\r\n",
  "ECHO a\"b c\"\r\n",
  "ECHO \"a\"b\r\nPING\r\n",
  "ECHO \"a\r\nPING\r\n",
  "ECHO 'a\r\nPING\r\n",
  "*0\r\n*-1\r\n*-5\r\nPING\r\n",
  "*x\r\nPING\r\n",
  "*\r\nPING\r\n",
  "*1x\r\nPING\r\n",
  "*01\r\nPING\r\n",
  "*2147483648\r\nPING\r\n",
  "*1\r\nPING\r\n",
  "*1\r\n\r\nPING\r\n",
  "*1\r\n\u00ff1\r\nPING\r\n",
  "*1\r\n$x\r\nPING\r\n",
  "*1\r\n$-1\r\nPING\r\n",
  "*1\r\n$536870913\r\nPING\r\n",
  "*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n",
  "*1\rx$4\rxPING\r\n",
  "*1\r\n$0\r\n\r\n",
  "POST / HTTP/1.1\r\nPING\r\n",
  "Host: a\r\nPING\r\n",
  `*${"1".repeat(70_000)}`,
  `*1\r\n$${"1".repeat(70_000)}`,
  "a".repeat(70_000)
]

/** The clients' numbers are not the same on two servers. */
const masked = (replies: string): string => replies.replace(/(\$2\r\nid\r\n:)\d+/g, "$1?")

const conversation = (words: ReadonlyArray<Words>, protocol: string): string =>
  [["FLUSHALL"], ["HELLO", protocol], ...words, ["QUIT"]].map((one) => request(...one)).join("")

describe.skipIf(!RedisPair.isInstalled)("compared with Redis itself", () => {
  const scope = Effect.runSync(Scope.make())
  let pair: RedisPair.RedisPair

  beforeAll(async () => {
    pair = await Effect.runPromise(Scope.extend(RedisPair.make, scope))
  })

  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  const both = (text: string): Promise<readonly [ours: string, theirs: string]> => {
    const ask = async (where: Net.NetConnectOpts) => {
      const client = await RawClient.connect(where)
      client.send(text)
      return masked(await client.ended())
    }
    return Promise.all([ask(pair.ours), ask(pair.theirs)])
  }

  describe.each(["2", "3"])("in version %s of the protocol", (protocol) => {
    it.each(same.map((words) => [JSON.stringify(words), words] as const))(
      "says the same to %s",
      async (_, words) => {
        const [ours, theirs] = await both(conversation(words, protocol))
        expect(ours).toBe(theirs)
      }
    )

    it.each(different.map(({ why, words }) => [JSON.stringify(words), why, words] as const))(
      "differs on %s: %s",
      async (_, _why, words) => {
        const [ours, theirs] = await both(conversation(words, protocol))
        expect(ours).not.toBe(theirs)
      }
    )
  })

  it.each(raw)("says the same to the bytes %j", async (text) => {
    const quit = text.length > 60_000 ? "" : request("QUIT")
    const [ours, theirs] = await both(text + quit)
    expect(ours).toBe(theirs)
  })

  const tool = (name: string, ...options: ReadonlyArray<string>) => {
    const { host, port } = pair.ours
    const running = spawn(name, ["-h", host, "-p", String(port), ...options])
    let said = ""
    running.stdout.on("data", (text) => (said += String(text)))
    running.stderr.on("data", (text) => (said += String(text)))
    return once(running, "close").then(([code]) => [code, said] as const)
  }

  it("serves redis-cli in both versions of the protocol", async () => {
    expect(await tool("redis-cli", "set", "a", "1")).toEqual([0, "OK\n"])
    expect(await tool("redis-cli", "-3", "get", "a")).toEqual([0, "1\n"])
    expect(await tool("redis-cli", "--no-auth-warning", "-n", "0", "incr", "a")).toEqual([0, "2\n"])
    expect((await tool("redis-cli", "info", "raft"))[1]).toContain("leader_id:n1")
  })

  it("serves redis-benchmark without an error", async () => {
    const [code, said] = await tool(
      "redis-benchmark",
      "-n",
      "2000",
      "-c",
      "8",
      "-P",
      "4",
      "-t",
      "ping,set,get,incr,mset",
      "--csv"
    )
    expect(code).toBe(0)
    expect(said).not.toMatch(/error|warning/i)
    expect(said.split("\n").filter((line) => /^"(PING|SET|GET|INCR|MSET)/.test(line)).length).toBe(
      6
    )
  })
})

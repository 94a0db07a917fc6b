import { describe, expect, it } from "@effect/vitest"
import * as Latin1 from "../../src/kv/Latin1.js"
import { Notifications } from "../../src/live/Notifications.js"
import type { Client, Server } from "../../src/live/RedisCommand.js"
import * as RedisCommands from "../../src/live/RedisCommands.js"
import * as RedisUnsupported from "../../src/live/RedisUnsupported.js"
import { SlowLog } from "../../src/live/SlowLog.js"
import * as Subscriptions from "../../src/live/Subscriptions.js"
import { Tracking } from "../../src/live/Tracking.js"
import * as Users from "../../src/live/Users.js"
import { VERSION } from "../../src/live/Version.js"
import { Watches } from "../../src/live/Watches.js"
import * as RespReply from "../../src/wire/RespReply.js"
import { FakeNode } from "./FakeNode.js"

const words = (...texts: ReadonlyArray<string>) => texts.map(Latin1.encode)

const connection = () => {
  const node = new FakeNode()
  const subscriptions = new Subscriptions.Subscriptions()
  const server: Server = {
    store: node.store,
    draw: () => 0,
    status: node.status,
    transfer: () => {},
    snapshot: () => {},
    changeMembers: () => {},
    port: () => 6379,
    endpoint: () => ({ host: "127.0.0.1", port: 6379 }),
    endpoints: node.endpoints,
    groupName: "raftcache",
    users: Users.everybody,
    subscriptions,
    notifications: new Notifications(subscriptions),
    tracking: new Tracking(node.store),
    watches: new Watches(node.store),
    startedAtMillis: 0,
    connections: new Set([1, 2, 3].map(() => ({ client: undefined as never }))),
    connectionsLimit: 10,
    totals: { connections: 7, rejectedConnections: 1, commands: 9, deniedPasswords: 0 },
    slowLog: new SlowLog()
  }
  const client: Client = {
    id: 5,
    address: () => "127.0.0.1:1000",
    localAddress: () => "127.0.0.1:6379",
    connectedAtMillis: Date.now(),
    isGone: () => false,
    heardAtMillis: Date.now(),
    command: "client|info",
    replies: "on",
    kill: () => {},
    push: () => {},
    subscribed: Subscriptions.nothing(),
    protocol: 2,
    leavesTraces: true,
    isReadOnly: false,
    user: "default",
    reads: "linearizable",
    name: "",
    libraryName: "",
    libraryVersion: "",
    tracker: undefined
  }
  /** The reply to a request that needs neither the log nor the cluster. */
  const ask = (...texts: ReadonlyArray<string>): string => {
    const asked = words(...texts)
    const command = RedisCommands.find(asked)
    if (typeof command === "string") return `-${command}\r\n`
    if (command.kind !== "Local" && command.kind !== "Read") {
      throw new Error(`${texts[0]} is a ${command.kind}`)
    }
    const out = new RespReply.Writer()
    out.protocol = client.protocol
    command.run(asked, out, client, server)
    return Latin1.decode(out.written(), 0, out.length)
  }
  return { ask, client, node }
}

describe("a command", () => {
  it("is found by its name in any case, and by nothing like it", () => {
    for (const { arity, name } of RedisCommands.all) {
      const more = Array.from({ length: Math.abs(arity) - 1 }, () => "help")
      const found = RedisCommands.find(words(name, ...more))
      expect(RedisCommands.find(words(name.toUpperCase(), ...more))).toBe(found)
      expect(found).toHaveProperty("name", expect.stringMatching(new RegExp(`^${name}(\\||$)`)))
      expect(RedisCommands.find(words(`${name}x`, ...more))).toMatch(/^ERR unknown command/)
      expect(RedisCommands.find(words(`q${name}`, ...more))).toMatch(/^ERR unknown command/)
    }
  })

  it("is refused in Redis's words when there is none, or the number of words is wrong", () => {
    const { ask } = connection()
    expect(ask("NOPE", "a", "b\r\n")).toBe(
      "-ERR unknown command 'NOPE', with args beginning with: 'a' 'b  ' \r\n"
    )
    expect(ask("GET")).toBe("-ERR wrong number of arguments for 'get' command\r\n")
    expect(ask("CLIENT")).toBe("-ERR wrong number of arguments for 'client' command\r\n")
    expect(ask("client", "id", "x")).toBe(
      "-ERR wrong number of arguments for 'client|id' command\r\n"
    )
    expect(ask("client", "NOPE", "on")).toBe(
      "-ERR unknown subcommand 'NOPE'. Try CLIENT HELP.\r\n"
    )
  })
})

describe("a command that only Redis has", () => {
  it("is refused with what is missing", () => {
    const { ask } = connection()
    expect(ask("Lpush", "a", "b")).toBe(
      "-ERR LPUSH is not supported: there are no lists here (docs/redis.md)\r\n"
    )
    expect(ask("EVAL", "return 1", "0")).toBe(
      "-ERR EVAL is not supported: there is no Lua here; use DELEX or SET IFEQ (docs/redis.md)\r\n"
    )
  })

  it("is in no list of those that are here", () => {
    expect(RedisCommands.all.filter(({ name }) => RedisUnsupported.has(name))).toEqual([])
  })
})

describe("INFO", () => {
  const sections = (reply: string) => [...reply.matchAll(/# (\w+)/g)].map(([, title]) => title)

  it("tells every section, or those asked for", () => {
    const { ask } = connection()
    const all = ["Server", "Clients", "Memory", "Persistence", "Stats", "Replication", "Raft"]
    expect(sections(ask("INFO"))).toEqual([...all, "Cluster", "Keyspace"])
    expect(sections(ask("INFO", "everything"))).toEqual([...all, "Cluster", "Keyspace"])
    expect(sections(ask("info", "RAFT", "server", "nope"))).toEqual(["Server", "Raft"])
    expect(ask("INFO", "nope")).toBe("$0\r\n\r\n")
  })

  it("tells what client libraries wait for, and what only a cluster has", () => {
    const { ask } = connection()
    const reply = ask("INFO")
    const told = [
      `raftcache_version:${VERSION}`,
      "tcp_port:6379",
      "connected_clients:3",
      "loading:0",
      "total_commands_processed:9",
      "role:master",
      "node_id:n1",
      "state:leader",
      "leader_id:n1",
      "current_term:3",
      "num_nodes:3",
      "commit_index:0",
      "last_applied_index:0"
    ]
    for (const line of told) expect(reply).toContain(`\r\n${line}\r\n`)
  })
})

describe("CONFIG GET", () => {
  it("tells the settings that match any of its patterns, each once", () => {
    const { ask } = connection()
    expect(ask("CONFIG", "GET", "save")).toBe("*2\r\n$4\r\nsave\r\n$0\r\n\r\n")
    expect(ask("CONFIG", "GET", "appendonly")).toBe("*2\r\n$10\r\nappendonly\r\n$2\r\nno\r\n")
    expect(ask("CONFIG", "GET", "MAX*ts", "max?lients")).toBe(
      "*2\r\n$10\r\nmaxclients\r\n$2\r\n10\r\n"
    )
    expect(ask("CONFIG", "GET", "d*a*a*s")).toBe("*2\r\n$9\r\ndatabases\r\n$1\r\n1\r\n")
    expect(ask("CONFIG", "GET", "sav", "saves", "?ave?")).toBe("*0\r\n")
    expect(ask("CONFIG", "GET", "*")).toContain("\r\nport\r\n$4\r\n6379\r\n")
  })
})

describe("CLIENT", () => {
  it("knows a connection by its number, its name and its library", () => {
    const { ask, client } = connection()
    expect(ask("CLIENT", "ID")).toBe(":5\r\n")
    expect(ask("CLIENT", "GETNAME")).toBe("$-1\r\n")
    expect(ask("CLIENT", "SETNAME", "me")).toBe("+OK\r\n")
    expect(ask("CLIENT", "GETNAME")).toBe("$2\r\nme\r\n")
    expect(ask("CLIENT", "SETINFO", "LIB-NAME", "library")).toBe("+OK\r\n")
    expect(ask("CLIENT", "SETINFO", "lib-ver", "1.2")).toBe("+OK\r\n")
    client.protocol = 3
    const told =
      "id=5 addr=127.0.0.1:1000 laddr=127.0.0.1:6379 name=me age=0 idle=0 flags=N db=0 " +
      "sub=0 psub=0 ssub=0 " +
      "cmd=client|info user=default redir=-1 resp=3 lib-name=library lib-ver=1.2\n"
    expect(ask("CLIENT", "INFO")).toBe(`=${told.length + 4}\r\ntxt:${told}\r\n`)
  })

  it("refuses what would not be told apart in a list of clients", () => {
    const { ask } = connection()
    expect(ask("CLIENT", "SETINFO", "LIB-NAME", "a b")).toBe(
      "-ERR LIB-NAME cannot contain spaces, newlines or special characters.\r\n"
    )
    expect(ask("CLIENT", "SETINFO", "what", "x")).toBe("-ERR Unrecognized option 'what'\r\n")
  })
})

describe("COMMAND", () => {
  it("tells of every command there is", () => {
    const { ask } = connection()
    const count = RedisCommands.all.length
    expect(ask("COMMAND", "COUNT")).toBe(`:${count}\r\n`)
    expect(ask("COMMAND").startsWith(`*${count}\r\n*10\r\n$3\r\nget\r\n:2\r\n`)).toBe(true)
    expect(ask("COMMAND", "DOCS").startsWith(`*${2 * count}\r\n$3\r\nget\r\n*8\r\n`)).toBe(true)
    expect(ask("COMMAND", "LIST")).toContain("\r\nclient|getname\r\n")
  })

  it("INFO tells of a command what it wants, what it does and with which keys", () => {
    const { ask } = connection()
    const keys = "*6\r\n$5\r\nflags\r\n*2\r\n+RO\r\n+access\r\n" +
      "$12\r\nbegin_search\r\n*4\r\n$4\r\ntype\r\n$5\r\nindex\r\n" +
      "$4\r\nspec\r\n*2\r\n$5\r\nindex\r\n:1\r\n" +
      "$9\r\nfind_keys\r\n*4\r\n$4\r\ntype\r\n$5\r\nrange\r\n" +
      "$4\r\nspec\r\n*6\r\n$7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n"
    expect(ask("COMMAND", "INFO", "GET", "nope")).toBe(
      "*2\r\n*10\r\n$3\r\nget\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n" +
        `*3\r\n+@read\r\n+@string\r\n+@fast\r\n*0\r\n*1\r\n${keys}*0\r\n$-1\r\n`
    )
  })

  it("DOCS tells the syntax of a command, for tools that help whoever types", () => {
    const { ask } = connection()
    const text = (value: string) => `$${value.length}\r\n${value}\r\n`
    expect(ask("COMMAND", "DOCS", "nope", "MEMORY|USAGE")).toBe(
      "*2\r\n" + text("memory|usage") + "*8\r\n" +
        text("summary") + text("Returns about how much memory a key takes, in bytes.") +
        text("since") + text("4.0.0") +
        text("group") + text("server") +
        text("arguments") + "*2\r\n*6\r\n" +
        text("name") + text("key") +
        text("type") + text("key") +
        text("key_spec_index") + ":0\r\n*8\r\n" +
        text("name") + text("count") +
        text("type") + text("integer") +
        text("token") + text("SAMPLES") +
        text("flags") + "*1\r\n+optional\r\n"
    )
  })

  it("HELP is made from what the subcommands say of themselves", () => {
    const { ask } = connection()
    expect(ask("SCRIPT", "HELP")).toBe([
      "*7",
      "+SCRIPT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "+EXISTS sha1 [sha1 ...]",
      "+    Returns 0 for each.",
      "+FLUSH [ASYNC | SYNC]",
      "+    Deletes all scripts.",
      "+HELP",
      "+    Prints this help.",
      ""
    ].join("\r\n"))
  })
})

describe("ROLE", () => {
  it("tells of the leader its replicas, and of any other node its leader", () => {
    const { ask, node } = connection()
    node.served.set("n2", { host: "10.0.0.2", port: 6380 })
    expect(ask("ROLE")).toBe(
      "*3\r\n$6\r\nmaster\r\n:1\r\n*1\r\n*3\r\n$8\r\n10.0.0.2\r\n$4\r\n6380\r\n$2\r\n-1\r\n"
    )
    node.leader = "n2"
    expect(ask("ROLE")).toBe(
      "*5\r\n$5\r\nslave\r\n$8\r\n10.0.0.2\r\n:6380\r\n$9\r\nconnected\r\n:0\r\n"
    )
    node.leader = undefined
    expect(ask("ROLE")).toBe("*5\r\n$5\r\nslave\r\n$1\r\n?\r\n:0\r\n$7\r\nconnect\r\n:0\r\n")
  })
})

describe("LASTSAVE", () => {
  it("tells when the node took a snapshot, or else when it started", () => {
    const { ask, node } = connection()
    expect(ask("LASTSAVE")).toBe(":0\r\n")
    node.snapshotAtMillis = 1_700_000_000_999
    expect(ask("LASTSAVE")).toBe(":1700000000\r\n")
  })
})

describe("READONLY and READWRITE", () => {
  it("are granted: every node answers as the leader would", () => {
    const { ask } = connection()
    expect(ask("READONLY") + ask("READWRITE")).toBe("+OK\r\n+OK\r\n")
  })
})

/**
 * The command line: what it takes, and what it says to somebody who mistyped.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { cleanUp, freePorts, temporaryFolder } from "./Cluster.js"
import { Program } from "./Program.js"
import { RespClient } from "./RespClient.js"

afterEach(cleanUp)

/** Runs it to its end. */
const say = async (words: ReadonlyArray<string>, environment: Record<string, string> = {}) => {
  const program = new Program(words, { environment, workingFolder: temporaryFolder() })
  const { code } = await program.ended
  return { code, output: program.output }
}

const { version } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8")
) as { readonly version: string }

const alone = ["--id", "n1", "--peers", "n1=127.0.0.1:0"]

describe("the command line", () => {
  it.each(["--version", "-v"])("tells its version: %s", async (flag) => {
    assert.deepStrictEqual(await say([flag]), { code: 0, output: `${version}\n` })
  })

  it.each(["--help", "-h", "help"])("tells what can be said: %s", async (word) => {
    const { code, output } = await say([word])
    assert.strictEqual(code, 0)
    assert.match(output, /--peers LIST/)
    assert.match(output, /raftcache dev/)
  })

  it.each<readonly [string, ReadonlyArray<string>, RegExp]>([
    ["no flags at all", [], /--id is missing/],
    ["no peers", ["--id", "n1"], /--peers is missing/],
    ["a command that there is not", ["serve"], /there is no command "serve"/],
    ["a flag that there is not", [...alone, "--ports", "1"], /--ports/],
    ["a word too many", [...alone, "now"], /now/],
    ["peers without it", ["--id", "n9", "--peers", "n1=a:1"], /n9 is not among n1/],
    ["peers that are none", ["--id", "n1", "--peers", "n1"], /"n1" is not id=host:port/],
    ["a peer twice", ["--id", "n1", "--peers", "n1=a:1,n1=b:1"], /n1 is there twice/],
    ["an address that is none", [...alone, "--redis", "6379"], /--redis: "6379" is not host:port/],
    ["a time that is none", [...alone, "--heartbeat", "soon"], /--heartbeat: /],
    ["times that do not fit", [...alone, "--heartbeat", "200"], /at least three heartbeats/],
    ["a level that is none", [...alone, "--log-level", "loud"], /--log-level: /],
    ["letters of no event", [...alone, "--notify-keyspace-events", "KEq"], /Expected letters of/],
    ["peers and a cluster to join", [...alone, "--join", "a:1", "--listen", "a:2"], /not both/],
    ["a cluster to join, but not where", ["--id", "n1", "--join", "a:1"], /--listen is missing/],
    ["one to replace, but no cluster", [...alone, "--replaces", "n2"], /go with --join/],
    ["neither peers nor a cluster", ["--id", "n1"], /--peers is missing, or --join/],
    ["too many nodes", ["dev", "--nodes", "10"], /--nodes: Expected a number from 1 to 9/]
  ])("refuses %s with exit code 2 and says why", async (_, words, why) => {
    const { code, output } = await say(words)
    assert.strictEqual(code, 2, output)
    assert.match(output, /^raftcache: .*\nsee raftcache --help\n$/)
    assert.match(output, why)
  })

  it("takes the environment for flags, and flags over the environment", async () => {
    const [peerPort, redisPort, otherPort] = await freePorts(3)
    const program = new Program(["--redis", `127.0.0.1:${redisPort}`], {
      environment: {
        RAFTCACHE_ID: "n1",
        RAFTCACHE_PEERS: `n1=127.0.0.1:${peerPort}`,
        RAFTCACHE_REDIS: `127.0.0.1:${otherPort}`,
        RAFTCACHE_ELECTION_TIMEOUT: "150"
      },
      workingFolder: temporaryFolder()
    })
    await program.said(new RegExp(`ready .* redis://127\\.0\\.0\\.1:${redisPort}\\b`))
    const client = await RespClient.connect(redisPort!)
    assert.strictEqual(await client.send("SET", "key", "value"), "OK")
    assert.deepStrictEqual(await program.signal("SIGTERM"), { code: 0, signal: null })
  })

  it("says which address is taken, and stops with exit code 1", async () => {
    const [peerPort, redisPort, otherPeerPort, otherRedisPort] = await freePorts(4)
    const words = (id: string, redis: number, peers: number) => {
      const node = ["--id", id, "--peers", `${id}=127.0.0.1:${peers}`]
      return [...node, "--redis", `127.0.0.1:${redis}`, "--data", temporaryFolder()]
    }
    const first = new Program(words("n1", redisPort!, peerPort!))
    await first.said(/ready/)
    const sameRedis = await say(words("n2", redisPort!, otherPeerPort!))
    assert.strictEqual(sameRedis.code, 1)
    assert.match(sameRedis.output, new RegExp(`^raftcache: port ${redisPort} .* is taken`, "m"))
    const samePeer = await say(words("n2", otherRedisPort!, peerPort!))
    assert.strictEqual(samePeer.code, 1)
    assert.match(
      samePeer.output,
      new RegExp(`^raftcache: .*peers on 127\\.0\\.0\\.1:${peerPort}`, "m")
    )
  })
})

/**
 * Two servers that should not differ, each in its own world: a Redis of the version that this
 * server claims to be, and a cluster of one node with its Redis server in front, the program of
 * production without a disk. Both serve this machine only, and neither keeps anything.
 */
import { Effect, Layer } from "effect"
import type { Scope } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import type * as Net from "node:net"
import { join } from "node:path"
import * as Command from "../../../src/kv/Command.js"
import { REDIS_VERSION } from "../../../src/live/RedisInfo.js"
import * as RedisServer from "../../../src/live/RedisServer.js"
import * as RaftCache from "../../../src/RaftCache.js"
import { temporaryFolder } from "../TemporaryFolder.js"

const HOST = "127.0.0.1"

/** Where two servers are reached. */
export interface Pair {
  readonly ours: Net.NetConnectOpts
  readonly theirs: Net.NetConnectOpts
}

export interface RedisPair extends Pair {
  readonly ours: Net.TcpNetConnectOpts & { readonly host: string }
}

/** Which of the two. */
export type Side = keyof Pair

const found = spawnSync("redis-server", ["--version"], { encoding: "utf8" })

/** Says aloud when it is not, so that nobody takes what is skipped for passed. */
export const isInstalled = found.status === 0 && found.stdout.includes(`v=${REDIS_VERSION}`)
if (!isInstalled) {
  console.warn(`SKIPPED: no redis-server ${REDIS_VERSION} is installed to compare the replies with`)
}

/** Redis as this server is: one database, no expiry by memory, and the limits that it can share. */
const SETTINGS = [
  ["--port", "0"],
  ["--save", ""],
  ["--appendonly", "no"],
  ["--databases", "1"],
  ["--proto-max-bulk-len", String(Command.VALUE_LIMIT_BYTES)]
].flat()

const startTheirs: Effect.Effect<Net.IpcNetConnectOpts, never, Scope.Scope> = Effect.gen(
  function*() {
    const folder = yield* temporaryFolder
    const path = join(folder, "socket")
    const child = spawn("redis-server", [...SETTINGS, "--unixsocket", path, "--dir", folder], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    yield* Effect.addFinalizer(() =>
      Effect.promise(async () => {
        child.kill("SIGKILL")
        if (child.exitCode === null) await once(child, "exit")
      })
    )
    yield* Effect.promise(async () => {
      for (let log = ""; !log.includes("ready to accept connections");) {
        log += String((await once(child.stdout, "data"))[0])
      }
      child.stdout.resume()
    })
    return { path }
  }
)

const ourServer = Layer.provide(
  RedisServer.layer({ host: HOST, port: 0 }),
  RaftCache.layerMemory
)

/** Where this server alone is reached, until the scope closes. */
export const ours: Effect.Effect<
  RedisPair["ours"],
  RedisServer.RedisServerError,
  Scope.Scope
> = Effect.gen(function*() {
  const services = yield* Layer.build(ourServer)
  const { host, port } = yield* Effect.provide(RedisServer.RedisServer, services)
  return { host, port }
})

/** Both, until the scope closes. */
export const make: Effect.Effect<RedisPair, RedisServer.RedisServerError, Scope.Scope> = Effect.gen(
  function*() {
    const theirs = yield* startTheirs
    return { ours: yield* ours, theirs }
  }
)

/** Redis twice: what the two say differs by nothing but chance and the clock. */
export const twins: Effect.Effect<Pair, never, Scope.Scope> = Effect.map(
  Effect.all([startTheirs, startTheirs]),
  ([ours, theirs]) => ({ ours, theirs })
)

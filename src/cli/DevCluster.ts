/**
 * A whole cluster in this process: the same layers as one node each, over real TCP and, unless
 * asked otherwise, on disk. Its nodes can be killed, restarted and cut off one by one.
 */
import { Context, Effect, Exit, Layer, Option, Scope } from "effect"
import * as Net from "node:net"
import * as RedisServer from "../live/RedisServer.js"
import * as Members from "../node/Members.js"
import type { Status } from "../node/Node.js"
import * as WriteAheadLog from "../node/WriteAheadLog.js"
import * as RaftCache from "../RaftCache.js"
import * as MemoryDisk from "../sim/MemoryDisk.js"
import * as Logs from "./Logs.js"

const HOST = "127.0.0.1"
const FIRST_PEER_PORT = 7101
const FIRST_REDIS_PORT = 6379
/** How many ports after the wanted one are tried. */
const PORTS_TRIED = 200

export interface Options {
  readonly nodes: number
  /** The folder that holds each node's own; undefined keeps everything in memory. */
  readonly data: string | undefined
}

interface Running {
  readonly scope: Scope.CloseableScope
  readonly cache: RaftCache.RaftCache["Type"]
}

interface Member {
  readonly id: string
  readonly redisPort: number
  /** Undefined while the node is down. */
  running: Running | undefined
  isCutOff: boolean
  readonly disk: MemoryDisk.MemoryDisk
}

export type StartError = RaftCache.StartError | RedisServer.RedisServerError

export interface DevCluster {
  readonly members: ReadonlyArray<Member>
  readonly start: (member: Member) => Effect.Effect<void, StartError>
  /** Nothing leaves the node from here on, as if its process had died. */
  readonly kill: (member: Member) => Effect.Effect<void>
  /** Undefined while the node is down. */
  readonly status: (member: Member) => Effect.Effect<Status | undefined>
}

const isFree = (port: number): Effect.Effect<boolean> =>
  Effect.async<boolean>((resume) => {
    const server = Net.createServer()
    server.once("error", () => resume(Effect.succeed(false)))
    server.listen(port, HOST, () => server.close(() => resume(Effect.succeed(true))))
  })

/** `count` ports that nobody listens on, the wanted ones if they are free. */
const freePorts = (first: number, count: number): Effect.Effect<ReadonlyArray<number>> =>
  Effect.gen(function*() {
    const ports: Array<number> = []
    for (let port = first; ports.length < count && port < first + PORTS_TRIED; port++) {
      if (yield* isFree(port)) ports.push(port)
    }
    return ports
  })

export const make = (options: Options): Effect.Effect<DevCluster, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { data, nodes } = options
    const peerPorts = yield* freePorts(FIRST_PEER_PORT, nodes)
    const redisPorts = yield* freePorts(FIRST_REDIS_PORT, nodes)
    const peers = peerPorts.map((port, i) => ({ id: `n${i + 1}`, host: HOST, port }))
    const members = redisPorts.map((redisPort, i): Member => ({
      id: `n${i + 1}`,
      redisPort,
      running: undefined,
      isCutOff: false,
      disk: MemoryDisk.make()
    }))

    const isReachable = (id: string): boolean =>
      members.some((member) => member.id === id && !member.isCutOff)

    const layerOf = ({ disk, id, redisPort }: Member) => {
      const world: RaftCache.World = {
        gate: { isOpen: (peer) => isReachable(id) && isReachable(peer) },
        ...(data === undefined ? { storage: inMemory(disk) } : {})
      }
      const node = RaftCache.layer({ id, peers, data: `${data}/${id}` }, world)
      return Layer.provideMerge(RedisServer.layer({ host: HOST, port: redisPort }), node)
    }

    const start = (member: Member) =>
      Effect.gen(function*() {
        if (member.running !== undefined) return
        const scope = yield* Scope.make()
        const services = yield* Layer.buildWithScope(layerOf(member), scope).pipe(
          Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
        )
        member.running = { scope, cache: Context.get(services, RaftCache.RaftCache) }
      }).pipe(Logs.ofNode(member.id))

    const stop = (member: Member) =>
      Effect.suspend(() => {
        const { running } = member
        member.running = undefined
        return running === undefined ? Effect.void : Scope.close(running.scope, Exit.void)
      })

    yield* Effect.addFinalizer(() =>
      Effect.forEach(members, stop, { concurrency: "unbounded", discard: true })
    )

    return {
      members,
      start,
      kill: (member) =>
        Effect.suspend(() => {
          member.isCutOff = true
          return Effect.ensuring(stop(member), Effect.sync(() => void (member.isCutOff = false)))
        }),
      status: ({ running }) =>
        Effect.transposeMapOption(Option.fromNullable(running), ({ cache }) => cache.status).pipe(
          Effect.map(Option.getOrUndefined)
        )
    }
  })

/** A disk that outlives its node, so that a restart finds what was written. */
const inMemory = (disk: MemoryDisk.MemoryDisk) => (folder: WriteAheadLog.Options) =>
  Layer.provide(WriteAheadLog.layer(folder), MemoryDisk.layer(disk))

/** Where a Redis client may connect. */
export const redisUrl = ({ redisPort }: Member): string =>
  `redis://${Members.formatAddress({ host: HOST, port: redisPort })}`

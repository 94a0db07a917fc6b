/**
 * The door for Redis clients: every one of them, in any language, is a client of the cluster,
 * through any of its nodes.
 */
import { Context, Data, Deferred, Effect, Exit, Layer, Option, Runtime, Schedule } from "effect"
import type { Scope } from "effect"
import * as Net from "node:net"
import type { Listener } from "../kv/Events.js"
import * as Keyspace from "../kv/Keyspace.js"
import type { Store } from "../kv/Store.js"
import { Cache } from "../node/Cache.js"
import { Node } from "../node/Node.js"
import type { ReadMode } from "../node/Node.js"
import * as RespReply from "../wire/RespReply.js"
import { Endpoints } from "./Endpoints.js"
import type { Endpoint } from "./Endpoints.js"
import { Notifications } from "./Notifications.js"
import type { Server } from "./RedisCommand.js"
import { RedisConnection } from "./RedisConnection.js"
import type { Shared } from "./RedisConnection.js"
import * as RedisSwitch from "./RedisSwitch.js"
import { SlowLog } from "./SlowLog.js"
import { Subscriptions } from "./Subscriptions.js"
import { codeOf } from "./SystemError.js"
import { Tracking } from "./Tracking.js"
import * as Users from "./Users.js"
import * as Warnings from "./Warnings.js"
import { Watches } from "./Watches.js"

/** How many connections may be open at once, if nothing else is said. */
export const CONNECTIONS_LIMIT = 10_000

/**
 * How long a server that closes goes on to refuse requests, before it closes the connections of
 * those who have not gone by themselves: a request that crosses the end of its connection is lost,
 * and its client cannot know whether it was carried out.
 */
export const LINGER_MILLIS = 250

/** How long a server that closes waits for the replies that are still to come. */
export const CLOSE_GRACE_MILLIS = 2_000

/** After this long without a word, the system asks whether the other end is still there. */
export const KEEP_ALIVE_MILLIS = 300_000

/** How Sentinel clients call the cluster, if nothing else is said. */
export const GROUP_NAME = "raftcache"

/** The server cannot listen where it should. `message` says what, why and what to do. */
export class RedisServerError extends Data.TaggedError("RedisServerError")<{
  readonly reason: "AddressInUse" | "Listen" | "Unprotected"
  readonly message: string
  readonly cause: unknown
}> {}

/** Where clients reach it: `port` is the one that was bound when 0 was asked for. */
export class RedisServer extends Context.Tag("raftcache/RedisServer")<RedisServer, {
  readonly host: string
  readonly port: number
}>() {}

export interface Options {
  readonly host: string
  /** From 0 to 65535; 0 takes any free one. */
  readonly port: number
  /** Default `CONNECTIONS_LIMIT`. More are told so and closed. */
  readonly connectionsLimit?: number
  /** Where clients reach it, if not at `host` and `port`: to be told by other members, too. */
  readonly announce?: Endpoint
  /** Default everybody, without a password. */
  readonly users?: Users.Users
  /**
   * Default true: without users it serves nobody but this machine, and does not start elsewhere.
   */
  readonly protectedMode?: boolean
  /** In what Sentinel clients are told unasked. Default `GROUP_NAME`. */
  readonly groupName?: string
  /** Of which changes of keys this node tells its subscribers, in Redis's letters. Default none. */
  readonly notifyKeyspaceEvents?: string
  /** What reads may show where a connection says nothing else. Default `linearizable`. */
  readonly reads?: ReadMode
}

type Needs = Node | Cache | Endpoints

/** Serves until its scope closes: then the node leaves, and all that it has taken is answered. */
export const layer = (
  options: Options
): Layer.Layer<RedisServer, RedisServerError, Needs> => Layer.scoped(RedisServer, make(options))

const make = (
  options: Options
): Effect.Effect<RedisServer["Type"], RedisServerError, Needs | Scope.Scope> =>
  Effect.gen(function*() {
    const users = options.users ?? Users.everybody
    if (!isSafe(options, users)) return yield* unprotected(options)
    const node = yield* Node
    const store = yield* Cache
    const endpoints = yield* Endpoints
    const warn = Warnings.make()
    const fork = Runtime.runFork(yield* Effect.runtime())
    const warning = (reason: string, message: string) =>
      void fork(warn({ reason, peer: "redis", message }))

    const connectionsLimit = options.connectionsLimit ?? CONNECTIONS_LIMIT
    const connections = new Set<RedisConnection>()
    let lastId = 0
    const { notifications, subscriptions } = yield* listenTo(store, options)
    const totals = { connections: 0, rejectedConnections: 0, commands: 0, deniedPasswords: 0 }
    const server: Server = {
      store,
      draw: () => Math.floor(Math.random() * Keyspace.PLACES),
      status: node.status,
      transfer: node.transfer,
      snapshot: node.snapshot,
      changeMembers: node.changeMembers,
      port: () => portOf(listener),
      endpoint: () => options.announce ?? { host: options.host, port: portOf(listener) },
      groupName: options.groupName ?? GROUP_NAME,
      endpoints,
      users,
      tracking: new Tracking(store),
      watches: new Watches(store),
      subscriptions,
      notifications,
      startedAtMillis: Date.now(),
      connections,
      connectionsLimit,
      totals,
      slowLog: new SlowLog()
    }
    const shared = sharedBy(connections, node, server, options)
    const listener = Net.createServer({
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MILLIS
    }, (socket) => {
      if (connections.size >= connectionsLimit) {
        totals.rejectedConnections++
        reject(socket)
        warning("connections", `${connectionsLimit} Redis clients are connected: more are refused`)
        return
      }
      totals.connections++
      connections.add(new RedisConnection(socket, ++lastId, shared))
    })
    yield* Effect.acquireRelease(
      listen(listener, options),
      () => close(node, listener, connections)
    )
    listener.on(
      "error",
      (error) => warning("accept", `a Redis client could not be accepted: ${error.message}`)
    )
    endpoints.announce(server.endpoint())
    const look = Effect.sync(RedisSwitch.make(server))
    yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced(RedisSwitch.LOOK_MILLIS)))
    return { host: options.host, port: portOf(listener) }
  })

const sharedBy = (
  connections: Set<RedisConnection>,
  node: Node["Type"],
  server: Server,
  { reads = "linearizable" }: Options
): Shared => ({
  node,
  server,
  reads,
  out: new RespReply.Writer(),
  count: () => void server.totals.commands++,
  schedule: makeSchedule(),
  closed: (connection) => {
    connections.delete(connection)
    server.subscriptions.leave(connection.client)
  }
})

/** Who is to be told, by this server, of what happens in the store. */
const listenTo = ({ listeners }: Store, { notifyKeyspaceEvents }: Options) =>
  Effect.gen(function*() {
    const subscriptions = new Subscriptions()
    const notifications = new Notifications(subscriptions, notifyKeyspaceEvents)
    const { notified } = notifications
    const listener: Listener = { published: subscriptions.published, notified }
    yield* Effect.acquireRelease(
      Effect.sync(() => listeners.add(listener)),
      () => Effect.sync(() => listeners.delete(listener))
    )
    return { subscriptions, notifications }
  })

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(\.\d+){3}$/.test(host)

/** Whether nobody from elsewhere gets in unasked, or it is meant so. */
const isSafe = ({ host, protectedMode = true }: Options, users: Users.Users): boolean =>
  !protectedMode || users.initial === undefined || isLoopback(host)

const unprotected = ({ host, port }: Options): RedisServerError =>
  new RedisServerError({
    reason: "Unprotected",
    message: `whoever reaches ${host} port ${port} could read and write everything: give a ` +
      "password (--requirepass-file, --users), serve on 127.0.0.1 only, or say that the network " +
      "keeps others out (--protected-mode no)",
    cause: undefined
  })

/** One turn for each connection that has something to do, after whatever runs now. */
const makeSchedule = (): Shared["schedule"] => {
  let ready: Array<RedisConnection> = []
  const run = () => {
    const now = ready
    ready = []
    for (const connection of now) {
      connection.scheduled = false
      connection.turn()
    }
  }
  return (connection) => {
    if (connection.scheduled) return
    connection.scheduled = true
    if (ready.push(connection) === 1) queueMicrotask(run)
  }
}

const reject = (socket: Net.Socket): void => {
  socket.on("error", () => {})
  socket.write("-ERR max number of clients reached\r\n")
  socket.destroySoon()
}

const portOf = (listener: Net.Server): number => {
  const address = listener.address()
  return address !== null && typeof address === "object" ? address.port : 0
}

const listen = (
  listener: Net.Server,
  { host, port }: Options
): Effect.Effect<void, RedisServerError> =>
  Effect.async((resume) => {
    const failed = (cause: Error) => resume(Effect.fail(toError({ host, port }, cause)))
    listener.once("error", failed)
    listener.listen({ host, port }, () => {
      listener.off("error", failed)
      resume(Effect.void)
    })
  })

const toError = ({ host, port }: Options, cause: Error): RedisServerError =>
  codeOf(cause) === "EADDRINUSE"
    ? new RedisServerError({
      reason: "AddressInUse",
      message: `port ${port} of ${host} is taken by another process: stop it, or choose another ` +
        "port for Redis clients (0 takes any free one)",
      cause
    })
    : new RedisServerError({
      reason: "Listen",
      message:
        `cannot listen for Redis clients on ${host} port ${port} (${cause.message}): choose ` +
        "an address of this machine and a port that this user may open",
      cause
    })

/**
 * Connections stay while the node leaves, and a little longer: their clients learn from a refusal
 * that they have to ask another member. What is left then gets the replies that are still to come,
 * for so long, and after that what is true by then.
 */
const close = (
  node: Node["Type"],
  listener: Net.Server,
  connections: ReadonlySet<RedisConnection>
): Effect.Effect<void> =>
  Effect.gen(function*() {
    const closed = yield* Deferred.make<void>()
    const closedWithin = (millis: number) =>
      Effect.timeoutOption(Effect.interruptible(Deferred.await(closed)), millis)
    listener.close(() => Deferred.unsafeDone(closed, Exit.void))
    yield* node.leave
    yield* closedWithin(LINGER_MILLIS)
    for (const connection of connections) connection.leave()
    if (Option.isSome(yield* closedWithin(CLOSE_GRACE_MILLIS))) return
    for (const connection of connections) connection.giveUp()
  })

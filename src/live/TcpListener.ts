/**
 * Where peers reach this node: it only receives on the connections it accepts. Whatever arrives
 * there, the worst it can do is to lose its own connection.
 */
import { Effect, FiberSet } from "effect"
import type { Scope } from "effect"
import * as Net from "node:net"
import { NetworkError } from "../service/Network.js"
import * as Handshake from "../wire/Handshake.js"
import * as SystemError from "./SystemError.js"
import * as TcpConnection from "./TcpConnection.js"
import type { Warnings } from "./Warnings.js"

/** From being accepted to a valid handshake. */
export const HANDSHAKE_LIMIT_MILLIS = 5000

/** How many connections may be without a handshake at a time; further ones are closed at once. */
export const STRANGERS_LIMIT = 64

export interface Options {
  readonly self: Handshake.Identity
  readonly versions: Handshake.Versions
  readonly host: string
  readonly port: number
  /** Shared by all connections of this node, and added to by each handshake. */
  readonly incarnations: Map<string, string | undefined>
  readonly patience: TcpConnection.Patience
  readonly strangersLimit: number
  readonly received: (from: string, payload: Uint8Array) => void
  /** `peer` has just connected, so it is alive. */
  readonly met: (peer: string) => void
  readonly warn: Warnings
}

/** Listens when it returns, until the scope closes. */
export const serve = (options: Options): Effect.Effect<void, NetworkError, Scope.Scope> =>
  Effect.gen(function*() {
    const { strangersLimit, warn } = options
    const fork = yield* FiberSet.makeRuntime()
    const guests: Guests = { established: new Map(), strangers: 0 }
    const accept = (socket: Net.Socket): void => {
      if (guests.strangers < strangersLimit) {
        fork(converse(socket, options, guests))
      } else {
        socket.destroy()
        const message =
          `closed a connection: ${strangersLimit} others have not introduced themselves`
        fork(warn({ reason: "TooManyStrangers", peer: STRANGER, message }))
      }
    }
    const server = yield* listen(options, accept)
    server.on("error", (error) => {
      const message = `cannot accept a connection: ${error.message}`
      fork(warn({ reason: "AcceptFailed", peer: STRANGER, message }))
    })
  })

interface Guests {
  /** At most one connection of each peer. */
  readonly established: Map<string, TcpConnection.Connection>
  strangers: number
}

/** How warnings call whoever has not introduced itself. */
const STRANGER = "stranger"

/** One accepted connection, to its end. */
const converse = (socket: Net.Socket, options: Options, guests: Guests): Effect.Effect<void> => {
  const { incarnations, met, patience, received, self, versions, warn } = options
  const from = `${socket.remoteAddress}:${socket.remotePort}`
  let peer: string | undefined
  const untilClosed = Effect.async<TcpConnection.Ending>((resume) => {
    guests.strangers += 1
    const introduce = (payload: Uint8Array): void => {
      const hello = Handshake.examineHello(payload, { self, incarnations, versions })
      if (hello._tag === "Refused") {
        return connection.close(hello.reason, hello.message, Handshake.refused(hello.message))
      }
      peer = hello.peer
      incarnations.set(peer, hello.incarnation)
      guests.strangers -= 1
      guests.established.get(peer)?.close("Replaced", "the peer connected anew")
      guests.established.set(peer, connection)
      connection.establish(hello.version)
      connection.write(Handshake.accepted(self, peer, versions))
      met(peer)
    }
    const connection = TcpConnection.open(socket, patience, {
      payload: (payload) => peer === undefined ? introduce(payload) : received(peer, payload),
      drained: () => {},
      closed: (ending) => {
        if (peer === undefined) guests.strangers -= 1
        else if (guests.established.get(peer) === connection) guests.established.delete(peer)
        resume(Effect.succeed(ending))
      }
    })
    return Effect.sync(() => connection.close("Stopped", "this node stops"))
  })
  return Effect.flatMap(untilClosed, ({ message, reason }) =>
    // Peers may come and go; that they are gone is told by the link to them.
    reason === "Lost" || reason === "Replaced"
      ? Effect.void
      : warn({
        reason,
        peer: peer ?? STRANGER,
        message: `closed the connection of ${peer ?? "a stranger"} at ${from}: ${message}`
      }))
}

const listen = (
  { host, port }: Options,
  accept: (socket: Net.Socket) => void
): Effect.Effect<Net.Server, NetworkError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<Net.Server, NetworkError>((resume) => {
      const server = Net.createServer({ noDelay: true }, accept)
      const failed = (cause: Error): void => resume(Effect.fail(toNetworkError(host, port, cause)))
      server.once("error", failed)
      server.listen({ host, port }, () => {
        server.off("error", failed)
        resume(Effect.succeed(server))
      })
    }),
    (server) => Effect.sync(() => server.close())
  )

const toNetworkError = (host: string, port: number, cause: Error): NetworkError => {
  const address = `${host}:${port}`
  return SystemError.codeOf(cause) === "EADDRINUSE"
    ? new NetworkError({
      reason: "AddressInUse",
      message:
        `cannot listen for peers on ${address}: another process does. Stop it, or give this ` +
        "node another address, and its peers too",
      cause
    })
    : new NetworkError({
      reason: "Listen",
      message:
        `cannot listen for peers on ${address}: ${cause.message}. Give this node an address ` +
        "that this machine has and this user may use",
      cause
    })
}

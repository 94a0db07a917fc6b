/**
 * Where others reach this node: it receives on the connections it accepts. Whatever arrives there,
 * the worst it can do is to lose its own connection.
 *
 * Who is no peer here is answered on the connection it has opened, because nobody has told this
 * node where it listens: so a node that was away learns of its cluster's newest members.
 */
import { Effect, FiberSet } from "effect"
import type { Scope } from "effect"
import * as Net from "node:net"
import { NetworkError } from "../service/Network.js"
import type { Acquaintances } from "../service/Storage.js"
import * as Handshake from "../wire/Handshake.js"
import * as SystemError from "./SystemError.js"
import * as TcpConnection from "./TcpConnection.js"
import * as TcpMeeting from "./TcpMeeting.js"
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
  readonly acquaintances: Acquaintances
  readonly patience: TcpConnection.Patience
  readonly strangersLimit: number
  /** What may wait to leave on one connection. */
  readonly queueLimitBytes: number
  readonly received: (from: string, payload: Uint8Array) => void
  readonly noted: (from: string, note: Uint8Array) => void
  /** What was sent to `peer` here and not answered may be lost. */
  readonly lost: (peer: string) => void
  /** `peer` has just connected, so it is alive. */
  readonly met: (peer: string) => void
  readonly warn: Warnings
}

/** On the connection that `peer` has opened, if it has. False if there is none. */
export type Answer = (peer: string, payload: Uint8Array) => boolean

/** Listens when it returns, until the scope closes. */
export const serve = (options: Options): Effect.Effect<Answer, NetworkError, Scope.Scope> =>
  Effect.gen(function*() {
    const { strangersLimit, warn } = options
    const fork = yield* FiberSet.makeRuntime()
    const guests: Guests = { established: new Map(), strangers: 0 }
    const accept = (socket: Net.Socket): void => {
      if (guests.strangers < strangersLimit) {
        fork(converse(socket, options, guests, fork))
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
    return (peer, payload) => {
      const guest = guests.established.get(peer)
      if (guest === undefined) return false
      if (guest.connection.waitingBytes() > options.queueLimitBytes) return true
      guest.isAnswered = true
      guest.connection.write(payload)
      return true
    }
  })

interface Guest {
  readonly connection: TcpConnection.Connection
  /** Something was sent to it, too. */
  isAnswered: boolean
}

interface Guests {
  /** At most one connection of each peer. */
  readonly established: Map<string, Guest>
  strangers: number
}

/** How warnings call whoever has not introduced itself. */
const STRANGER = "stranger"

/** One accepted connection, to its end. */
const converse = (
  socket: Net.Socket,
  options: Options,
  guests: Guests,
  fork: (effect: Effect.Effect<void>) => void
): Effect.Effect<void> => {
  const { acquaintances, lost, met, noted, patience, received, self, versions, warn } = options
  const from = `${socket.remoteAddress}:${socket.remotePort}`
  let isMeeting = false
  let guest: Guest | undefined
  let peer = STRANGER
  const untilClosed = Effect.async<TcpConnection.Ending>((resume) => {
    guests.strangers += 1
    const refuse: TcpMeeting.Handlers["refused"] = (reason, message) =>
      connection.close(reason, message, Handshake.refused(message))
    const introduce = (payload: Uint8Array): void => {
      if (isMeeting) return refuse("NoHandshake", "it did not wait for the answer to its hello")
      const hello = Handshake.examineHello(payload, { self, versions })
      if (hello._tag === "Refused") return refuse(hello.reason, hello.message)
      isMeeting = true
      fork(TcpMeeting.make(acquaintances, hello, connection, {
        welcome: () => welcome(hello),
        refused: refuse
      }))
    }
    const welcome = ({ peer: id, version }: Handshake.Met): void => {
      peer = id
      guest = { connection, isAnswered: false }
      guests.strangers -= 1
      guests.established.get(peer)?.connection.close("Replaced", "the peer connected anew")
      guests.established.set(peer, guest)
      connection.establish(version)
      connection.write(Handshake.accepted(self, peer, versions))
      met(peer)
    }
    const connection = TcpConnection.open(socket, patience, {
      payload: (payload) => guest === undefined ? introduce(payload) : received(peer, payload),
      noted: (note) => noted(peer, note),
      drained: () => {},
      closed: (ending) => {
        if (guest === undefined) guests.strangers -= 1
        else if (guests.established.get(peer) === guest) guests.established.delete(peer)
        if (guest?.isAnswered === true && ending.reason !== "Stopped") lost(peer)
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
        peer,
        message: `closed the connection of ${
          guest === undefined ? "a stranger" : peer
        } at ${from}: ${message}`
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

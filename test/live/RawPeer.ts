/**
 * The other end of a node's connections without a node behind it: what a test of the TCP network
 * writes byte by byte, and how it sees what comes back.
 */
import { Deferred, Effect, FiberSet, Queue } from "effect"
import type { Scope } from "effect"
import * as Net from "node:net"
import type { AddressInfo } from "node:net"
import * as Frame from "../../src/wire/Frame.js"
import * as Handshake from "../../src/wire/Handshake.js"
import * as Acquainted from "../service/Acquainted.js"

export const host = "127.0.0.1"

export const identity = (nodeId: string): Handshake.Identity => ({
  clusterId: "c1",
  nodeId,
  incarnation: `${nodeId}'s folder`
})

/** Of a node that has met nobody. */
export const options = (nodeId: string) => ({
  identity: identity(nodeId),
  acquaintances: Acquainted.make(nodeId)
})

export interface RawPeer {
  readonly socket: Net.Socket
  /** Payloads of the frames that arrive, empty ones included. */
  readonly payloads: Queue.Queue<Uint8Array>
  readonly notes: Queue.Queue<Uint8Array>
  readonly closed: Effect.Effect<void>
}

const wrap = (socket: Net.Socket): Effect.Effect<RawPeer> =>
  Effect.gen(function*() {
    const payloads = yield* Queue.unbounded<Uint8Array>()
    const notes = yield* Queue.unbounded<Uint8Array>()
    const closed = yield* Deferred.make<void>()
    const splitter = new Frame.Splitter()
    splitter.takesNotes = true
    socket.on("data", (piece) => {
      splitter.feed(
        new Uint8Array(piece),
        (payload) => void payloads.unsafeOffer(payload),
        (note) => void notes.unsafeOffer(note)
      )
    })
    // A connection that is reset is closed like any other.
    socket.on("error", () => {})
    socket.on("close", () => Deferred.unsafeDone(closed, Effect.void))
    return { socket, payloads, notes, closed: Deferred.await(closed) }
  })

/** Connects to a node that listens on `port`. */
export const dial = (port: number): Effect.Effect<RawPeer, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.suspend(() => wrap(Net.connect({ host, port, noDelay: true }))),
    ({ socket }) => Effect.sync(() => socket.destroy())
  )

export interface RawListener {
  readonly port: number
  readonly accepted: Queue.Queue<RawPeer>
}

/** Listens on a port of its own. */
export const listen: Effect.Effect<RawListener, never, Scope.Scope> = Effect.gen(function*() {
  const accepted = yield* Queue.unbounded<RawPeer>()
  const fork = yield* FiberSet.makeRuntime()
  const sockets = new Set<Net.Socket>()
  const server = yield* Effect.acquireRelease(
    Effect.async<Net.Server>((resume) => {
      const server = Net.createServer({ noDelay: true }, (socket) => {
        sockets.add(socket)
        fork(Effect.flatMap(wrap(socket), (peer) => accepted.offer(peer)))
      })
      server.listen({ host, port: 0 }, () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.sync(() => {
        for (const socket of sockets) socket.destroy()
        server.close()
      })
  )
  return { port: (server.address() as AddressInfo).port, accepted }
})

/** A port that nobody listens on. */
export const freePort: Effect.Effect<number> = Effect.map(Effect.scoped(listen), (it) => it.port)

export const write = (peer: RawPeer, ...payloads: ReadonlyArray<Uint8Array>): void => {
  peer.socket.write(Buffer.concat(payloads.map(Frame.encode)))
}

/** The next connection to `listener`, on which `to` is answered that it has found `as`. */
export const accept = (
  listener: RawListener,
  as: string,
  to: string,
  versions = Handshake.VERSIONS
): Effect.Effect<RawPeer> =>
  Effect.gen(function*() {
    const connection = yield* Queue.take(listener.accepted)
    yield* Queue.take(connection.payloads)
    write(connection, Handshake.accepted(identity(as), to, versions))
    return connection
  })

/**
 * The way to one peer: a connection this node dials, and dials again for as long as it lives.
 * Payloads go straight to the socket while it takes them, and wait in a bounded queue while it does
 * not.
 *
 * When a connection is lost, what waits is dropped: the stream it belongs to has lost an unknown
 * part, the core is told so and starts over with a probe, and a peer that comes back should not
 * have to wade through the past. What is sent from then on was sent in the knowledge of the loss
 * and waits for the next connection, but little of it only: a new cluster's first vote request
 * arrives, and minutes of heartbeats for a dead peer do not.
 */
import { Effect, Random, Runtime } from "effect"
import type { Scope } from "effect"
import * as Net from "node:net"
import type { Receiver } from "../service/Network.js"
import * as Frame from "../wire/Frame.js"
import * as Handshake from "../wire/Handshake.js"
import { SendQueue } from "./SendQueue.js"
import * as TcpConnection from "./TcpConnection.js"
import type { Warning, Warnings } from "./Warnings.js"

/** What may wait for a peer that reads too slowly. */
export const QUEUE_LIMIT_BYTES = 64 * 1024 * 1024

/** What may wait for a peer without a connection, beside the newest payload. */
export const UNCONNECTED_LIMIT_BYTES = 64 * 1024

/** For dialling and the handshake together. */
export const DIAL_LIMIT_MILLIS = 2000

/** The longest wait between two attempts doubles from one to the other; half of it is random. */
export const BACK_OFF_MIN_MILLIS = 50
export const BACK_OFF_MAX_MILLIS = 1000

export interface Options {
  readonly self: Handshake.Identity
  readonly versions: Handshake.Versions
  readonly peer: string
  readonly host: string
  readonly port: number
  /** Shared by all connections of this node, and added to by each handshake. */
  readonly incarnations: Map<string, string | undefined>
  readonly patience: TcpConnection.Patience
  readonly queueLimitBytes: number
  readonly receiver: Receiver
  readonly warn: Warnings
}

export interface Link {
  readonly send: (payload: Uint8Array) => void
  /** The peer has just been heard of: an attempt is worth while now. */
  readonly wake: () => void
}

/** Dials until the scope closes. */
export const make = (options: Options): Effect.Effect<Link, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { peer, receiver, warn } = options
    const fork = Runtime.runFork(yield* Effect.runtime())
    /** Empty unless the connection is missing or full: whatever ends that flushes it. */
    const queue = new SendQueue()
    const heardOf = yield* Effect.makeLatch()
    let connection: TcpConnection.Connection | undefined

    const flush = (): void => {
      while (true) {
        if (connection === undefined || connection.isFull()) return
        const payload = queue.take()
        if (payload === undefined) return
        connection.write(payload)
      }
    }

    const send = (payload: Uint8Array): void => {
      if (payload.length > Frame.FRAME_LIMIT_BYTES) {
        fork(warn({ reason: "PayloadTooLong", peer, message: tooLong(peer, payload) }))
      } else if (connection === undefined) {
        queue.offer(payload, UNCONNECTED_LIMIT_BYTES)
      } else if (connection.isFull()) {
        queue.offer(payload, options.queueLimitBytes)
      } else {
        connection.write(payload)
      }
    }

    const converse = dial(options, {
      established: (opened) => {
        connection = opened
        fork(Effect.logDebug(`connected to ${peer}, speaking protocol ${opened.version()}`))
        flush()
      },
      drained: flush,
      lost: () => {
        connection = undefined
        queue.clear()
        receiver.unreachable(peer)
      }
    })

    const keep = Effect.gen(function*() {
      let failures = 0
      while (true) {
        yield* heardOf.close
        const ending = yield* converse
        yield* warn(warningOf(options, ending))
        failures = ending.established ? 0 : failures + 1
        // Two nodes that cannot keep a connection must not spur each other on.
        if (ending.established) yield* heardOf.close
        const mostMillis = Math.min(BACK_OFF_MIN_MILLIS * 2 ** failures, BACK_OFF_MAX_MILLIS)
        const waitMillis = yield* Random.nextRange(mostMillis / 2, mostMillis)
        yield* Effect.timeoutOption(heardOf.await, waitMillis)
      }
    })
    yield* Effect.forkScoped(keep)
    return { send, wake: () => void heardOf.unsafeOpen() }
  })

interface Handlers {
  readonly established: (connection: TcpConnection.Connection) => void
  readonly drained: () => void
  /** Not called for a connection that was never established, nor for one that is interrupted. */
  readonly lost: () => void
}

/** One connection, from the attempt to its end. */
const dial = (options: Options, handlers: Handlers): Effect.Effect<TcpConnection.Ending> =>
  Effect.async((resume) => {
    const { host, incarnations, patience, peer, port, self, versions } = options
    const socket = Net.connect({ host, port, noDelay: true })
    const connection = TcpConnection.open(socket, patience, {
      payload: (payload) => {
        if (connection.version() !== undefined) return
        const known = new Map([[peer, incarnations.get(peer)]])
        const answer = Handshake.examineAnswer(payload, { self, incarnations: known, versions })
        if (answer._tag === "Refused") return connection.close(answer.reason, answer.message)
        incarnations.set(peer, answer.incarnation)
        connection.establish(answer.version)
        handlers.established(connection)
      },
      drained: handlers.drained,
      closed: (ending) => {
        if (ending.established && ending.reason !== "Stopped") handlers.lost()
        resume(Effect.succeed(ending))
      }
    })
    connection.write(Handshake.hello(self, peer, versions))
    return Effect.sync(() => connection.close("Stopped", "this node stops"))
  })

const warningOf = ({ host, peer, port }: Options, ending: TcpConnection.Ending): Warning => {
  const { established, message, reason } = ending
  return {
    // A peer that was not there yet must not silence the warning of its loss.
    reason: reason === "Lost" && !established ? "Unreachable" : reason,
    peer,
    message: `${established ? "lost the" : "no"} connection to ${peer} at ${host}:${port}: ` +
      `${message}; trying again`
  }
}

const tooLong = (peer: string, payload: Uint8Array): string =>
  `dropped ${payload.length} bytes for ${peer}: more than the ${Frame.FRAME_LIMIT_BYTES} of a frame`

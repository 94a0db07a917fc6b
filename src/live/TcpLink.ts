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
import { Effect, Random } from "effect"
import * as Net from "node:net"
import type { Receiver } from "../service/Network.js"
import type { Acquaintances } from "../service/Storage.js"
import * as Frame from "../wire/Frame.js"
import * as Handshake from "../wire/Handshake.js"
import { SendQueue } from "./SendQueue.js"
import * as TcpConnection from "./TcpConnection.js"
import * as TcpMeeting from "./TcpMeeting.js"
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
  readonly acquaintances: Acquaintances
  readonly patience: TcpConnection.Patience
  readonly queueLimitBytes: number
  readonly receiver: Receiver
  /** What the peer is told first on every connection. */
  readonly note: () => Uint8Array | undefined
  readonly warn: Warnings
  /** Runs what a call from outside has begun. */
  readonly fork: (effect: Effect.Effect<void>) => void
}

export interface Link {
  readonly send: (payload: Uint8Array) => void
  /** There is something new to note: the peer is told now if it is connected. */
  readonly tell: () => void
  readonly isConnected: () => boolean
  /** The peer has just been heard of: an attempt is worth while now. */
  readonly wake: () => void
  /** Dials until it is interrupted. Run once. */
  readonly keep: Effect.Effect<never>
}

export const make = (options: Options): Link => {
  const { fork, peer, receiver, warn } = options
  /** Empty unless the connection is missing or full: whatever ends that flushes it. */
  const queue = new SendQueue()
  const heardOf = Effect.unsafeMakeLatch()
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

  const tell = (): void => {
    const note = options.note()
    if (note !== undefined) connection?.note(note)
  }

  const converse = dial(options, {
    established: (opened) => {
      connection = opened
      tell()
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
  return {
    send,
    tell,
    isConnected: () => connection !== undefined,
    wake: () => void heardOf.unsafeOpen(),
    keep
  }
}

interface Handlers {
  readonly established: (connection: TcpConnection.Connection) => void
  readonly drained: () => void
  /** Not called for a connection that was never established, nor for one that is interrupted. */
  readonly lost: () => void
}

/** One connection, from the attempt to its end. */
const dial = (options: Options, handlers: Handlers): Effect.Effect<TcpConnection.Ending> =>
  Effect.async((resume) => {
    const { acquaintances, fork, host, patience, peer, port, receiver, self, versions } = options
    const socket = Net.connect({ host, port, noDelay: true })
    const examine = (payload: Uint8Array): void => {
      const answer = Handshake.examineAnswer(payload, peer, { self, versions })
      if (answer._tag === "Refused") return connection.close(answer.reason, answer.message)
      fork(TcpMeeting.make(acquaintances, answer, connection, {
        welcome: () => {
          connection.establish(answer.version)
          handlers.established(connection)
        },
        refused: connection.close
      }))
    }
    const connection = TcpConnection.open(socket, patience, {
      // The peer answers here as long as it does not know where this node listens.
      payload: (payload) =>
        connection.version() === undefined ? examine(payload) : receiver.received(peer, payload),
      drained: handlers.drained,
      closed: (ending) => {
        if (ending.established && ending.reason !== "Stopped") handlers.lost()
        resume(Effect.succeed(ending))
      }
    })
    connection.write(Handshake.hello(self, peer, versions))
    return Effect.sync(() => connection.close("Stopped", "this node needs it no more"))
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

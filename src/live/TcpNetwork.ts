/**
 * The network of a real cluster: TCP, with one connection for each direction between two nodes.
 * Each node dials every peer to send (TcpLink.ts) and receives on the connections it accepts
 * (TcpListener.ts), so a half that breaks is found and mended by the one who needs it. Data goes
 * through plain callbacks; Effect holds the lifetimes, the waits between attempts and the warnings.
 */
import { Effect, Layer } from "effect"
import type { Scope } from "effect"
import { Network } from "../service/Network.js"
import type { NetworkError, Receiver } from "../service/Network.js"
import * as Handshake from "../wire/Handshake.js"
import * as TcpConnection from "./TcpConnection.js"
import * as TcpLink from "./TcpLink.js"
import * as TcpListener from "./TcpListener.js"
import * as Warnings from "./Warnings.js"

export interface Peer {
  readonly id: string
  readonly host: string
  readonly port: number
}

/** Cuts a node off from its peers, to show or to test what happens then. */
export interface Gate {
  /** While false, payloads from and to `peer` are dropped; its connections stay. */
  readonly isOpen: (peer: string) => boolean
}

export interface Limits {
  /** What may wait for a peer that reads too slowly. */
  readonly queueLimitBytes: number
  /** From dialling to the peer's consent. */
  readonly dialMillis: number
  /** From accepting a connection to its valid hello. */
  readonly handshakeMillis: number
  /** A connection is given up after `TcpConnection.SILENCE_LIMIT_PINGS` of these in silence. */
  readonly pingMillis: number
  /** How many accepted connections may be without a hello at a time. */
  readonly strangersLimit: number
}

export const defaultLimits: Limits = {
  queueLimitBytes: TcpLink.QUEUE_LIMIT_BYTES,
  dialMillis: TcpLink.DIAL_LIMIT_MILLIS,
  handshakeMillis: TcpListener.HANDSHAKE_LIMIT_MILLIS,
  pingMillis: TcpConnection.PING_MILLIS,
  strangersLimit: TcpListener.STRANGERS_LIMIT
}

export interface Options {
  readonly identity: Handshake.Identity
  readonly listen: { readonly host: string; readonly port: number }
  /** All other members. The node itself may be among them and is passed over. */
  readonly peers: ReadonlyArray<Peer>
  readonly gate?: Gate
  readonly limits?: Partial<Limits>
  /** What this node speaks; what this build does if not given. */
  readonly versions?: Handshake.Versions
}

/** Opens nothing before `run`. An empty payload says nothing and is not delivered. */
export const layer = (options: Options): Layer.Layer<Network> =>
  Layer.sync(Network, () => {
    const isOpen = options.gate?.isOpen ?? (() => true)
    const links = new Map<string, TcpLink.Link>()
    return {
      run: (receiver) => run(options, isOpen, links, receiver),
      send: (to, payload) => {
        if (isOpen(to)) links.get(to)?.send(payload)
      }
    }
  })

const run = (
  { identity: self, limits: changes, listen, peers, versions = Handshake.VERSIONS }: Options,
  isOpen: Gate["isOpen"],
  links: Map<string, TcpLink.Link>,
  receiver: Receiver
): Effect.Effect<void, NetworkError, Scope.Scope> =>
  Effect.gen(function*() {
    const limits = { ...defaultLimits, ...changes }
    const { pingMillis, queueLimitBytes, strangersLimit } = limits
    const others = peers.filter((peer) => peer.id !== self.nodeId)
    const incarnations = new Map<string, string | undefined>()
    for (const { id } of others) incarnations.set(id, undefined)
    const warn = Warnings.make()

    yield* TcpListener.serve({
      self,
      versions,
      ...listen,
      incarnations,
      patience: { handshakeMillis: limits.handshakeMillis, pingMillis },
      strangersLimit,
      received: (from, payload) => {
        if (isOpen(from)) receiver.received(from, payload)
      },
      met: (peer) => links.get(peer)?.wake(),
      warn
    })
    for (const { host, id, port } of others) {
      const link = yield* TcpLink.make({
        self,
        versions,
        peer: id,
        host,
        port,
        incarnations,
        patience: { handshakeMillis: limits.dialMillis, pingMillis },
        queueLimitBytes,
        receiver,
        warn
      })
      links.set(id, link)
    }
    yield* Effect.addFinalizer(() => Effect.sync(() => links.clear()))
  })

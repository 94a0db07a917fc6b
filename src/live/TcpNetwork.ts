/**
 * The network of a real cluster: TCP, with one connection for each direction between two nodes.
 * Each node dials every peer to send (TcpLink.ts) and receives on the connections it accepts
 * (TcpListener.ts), so a half that breaks is found and mended by the one who needs it. Who cannot
 * be reached by dialling is answered on the connection it has opened itself. Data goes through
 * plain callbacks; Effect holds the lifetimes, the waits between attempts and the warnings.
 */
import { Context, Effect, Either, FiberMap, FiberSet, Layer } from "effect"
import type { Scope } from "effect"
import * as Members from "../node/Members.js"
import { Network } from "../service/Network.js"
import type { Addresses, NetworkError, Receiver } from "../service/Network.js"
import type { Acquaintances } from "../service/Storage.js"
import * as Handshake from "../wire/Handshake.js"
import * as Note from "../wire/Note.js"
import * as Endpoints from "./Endpoints.js"
import * as TcpConnection from "./TcpConnection.js"
import * as TcpLink from "./TcpLink.js"
import * as TcpListener from "./TcpListener.js"
import * as Warnings from "./Warnings.js"

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
  readonly acquaintances: Acquaintances
  readonly listen: { readonly host: string; readonly port: number }
  /** Where peers are reached, whatever `setPeers` says of them: an operator has moved them. */
  readonly moved?: Addresses
  readonly gate?: Gate
  readonly limits?: Partial<Limits>
  /** What this node speaks; what this build does if not given. */
  readonly versions?: Handshake.Versions
}

/** Opens nothing before `run`. An empty payload says nothing and is not delivered. */
export const layer = (options: Options): Layer.Layer<Network | Endpoints.Endpoints> =>
  Layer.syncContext(() => {
    const isOpen = options.gate?.isOpen ?? (() => true)
    const ways: Ways = { addresses: {}, endpoints: new Map(), note: undefined, running: undefined }
    const network = Network.of({
      run: (receiver) => run(options, isOpen, ways, receiver),
      setPeers: (addresses) => {
        ways.addresses = addresses
        ways.running?.update(addresses)
      },
      send: (to, payload) => {
        if (isOpen(to)) ways.running?.send(to, payload)
      }
    })
    const endpoints = Endpoints.Endpoints.of({
      announce: (endpoint) => {
        ways.note = Note.serves(Members.formatAddress(endpoint))
        ways.running?.tell()
      },
      of: (peer) => ways.endpoints.get(peer),
      isConnected: (peer) => ways.running?.isConnected(peer) === true
    })
    return Context.make(Network, network).pipe(Context.add(Endpoints.Endpoints, endpoints))
  })

/** What `run` makes, for those who send, and what it needs from them. */
interface Ways {
  addresses: Addresses
  /** Where peers serve clients, as each has said last. */
  readonly endpoints: Map<string, Endpoints.Endpoint>
  /** What peers are told about this node. */
  note: Uint8Array | undefined
  running: Running | undefined
}

interface Running {
  readonly update: (addresses: Addresses) => void
  readonly send: (to: string, payload: Uint8Array) => void
  readonly tell: () => void
  readonly isConnected: (peer: string) => boolean
}

const run = (
  options: Options,
  isOpen: Gate["isOpen"],
  ways: Ways,
  receiver: Receiver
): Effect.Effect<void, NetworkError, Scope.Scope> =>
  Effect.gen(function*() {
    const { acquaintances, identity: self, listen, versions = Handshake.VERSIONS } = options
    const limits = { ...defaultLimits, ...options.limits }
    const { pingMillis, queueLimitBytes, strangersLimit } = limits
    const warn = Warnings.make()
    const fork = yield* FiberSet.makeRuntime()
    const guarded: Receiver = {
      ...receiver,
      received: (from, payload) => {
        if (isOpen(from)) receiver.received(from, payload)
      }
    }
    const shared = { self, versions, acquaintances, queueLimitBytes, warn, fork }
    const patience = { handshakeMillis: limits.dialMillis, pingMillis }
    const links = yield* makeLinks(
      (peer, { host, port }) =>
        TcpLink.make({
          ...shared,
          peer,
          host,
          port,
          patience,
          receiver: guarded,
          note: () => ways.note
        }),
      options,
      fork
    )
    const answer = yield* TcpListener.serve({
      ...shared,
      ...listen,
      patience: { handshakeMillis: limits.handshakeMillis, pingMillis },
      strangersLimit,
      received: guarded.received,
      noted: (from, note) => {
        const endpoint = Endpoints.parse(Note.read(note) ?? "")
        if (endpoint !== undefined) ways.endpoints.set(from, endpoint)
      },
      lost: receiver.unreachable,
      met: (peer) => links.get(peer)?.wake()
    })
    ways.running = {
      update: links.update,
      send: (to, payload) => {
        const link = links.get(to)
        if (link?.isConnected() !== true && answer(to, payload)) return
        link?.send(payload)
      },
      tell: links.tell,
      isConnected: (peer) => links.get(peer)?.isConnected() === true
    }
    links.update(ways.addresses)
    yield* Effect.addFinalizer(() => Effect.sync(() => void (ways.running = undefined)))
  })

interface Address {
  readonly host: string
  readonly port: number
}

/** The ways to those who are peers now, each dialled for as long as it is one and does not move. */
const makeLinks = (
  make: (peer: string, address: Address) => TcpLink.Link,
  { identity: { nodeId }, moved = {} }: Options,
  fork: (effect: Effect.Effect<void>) => void
) =>
  Effect.gen(function*() {
    const links = new Map<string, { readonly address: string; readonly link: TcpLink.Link }>()
    const keepers = yield* FiberMap.make<string, never>()
    const keep = yield* FiberMap.runtime(keepers)()

    const open = (peer: string, address: string): void => {
      const parsed = Members.parseAddress(address)
      if (Either.isLeft(parsed)) {
        return fork(Effect.logError(`cannot reach ${peer}: ${parsed.left}`))
      }
      const link = make(peer, parsed.right)
      links.set(peer, { address, link })
      // This ends the one to where it was before.
      keep(peer, link.keep)
    }

    return {
      get: (peer: string) => links.get(peer)?.link,
      tell: () => links.forEach(({ link }) => link.tell()),
      update: (addresses: Addresses): void => {
        const wanted = new Map(Object.entries(addresses))
        wanted.delete(nodeId)
        for (const peer of wanted.keys()) wanted.set(peer, moved[peer] ?? wanted.get(peer)!)
        for (const peer of links.keys()) {
          if (wanted.has(peer)) continue
          links.delete(peer)
          fork(FiberMap.remove(keepers, peer))
        }
        for (const [peer, address] of wanted) {
          if (links.get(peer)?.address !== address) open(peer, address)
        }
      }
    }
  })

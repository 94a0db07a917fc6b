/**
 * Where the members serve Redis clients. Their log says where nodes reach each other; where clients
 * reach a node is its own affair, so each tells the others itself (wire/Note.ts), and a client can
 * be told of all members by any of them.
 */
import { Context, Either, Layer } from "effect"
import * as Members from "../node/Members.js"
import type { NodeId } from "../raft/Event.js"

export interface Endpoint {
  readonly host: string
  readonly port: number
}

export class Endpoints extends Context.Tag("raftcache/Endpoints")<Endpoints, {
  /** Tells every peer where this node serves clients, now and whenever they are connected anew. */
  readonly announce: (endpoint: Endpoint) => void
  /** Where `peer` has said that it does. It stays known when the peer is gone. */
  readonly of: (peer: NodeId) => Endpoint | undefined
  /** Whether there is a connection to `peer` now. */
  readonly isConnected: (peer: NodeId) => boolean
}>() {}

/** For a node without peers. */
export const layerAlone: Layer.Layer<Endpoints> = Layer.succeed(Endpoints, {
  announce: () => {},
  of: () => undefined,
  isConnected: () => false
})

/** A name or an address, and no longer than names may be: it is told on to clients in one line. */
const HOST = /^[A-Za-z0-9._:-]{1,253}$/

/** What a peer says of itself, if it can be that. */
export const parse = (text: string): Endpoint | undefined => {
  const address = Either.getOrUndefined(Members.parseAddress(text))
  return address !== undefined && HOST.test(address.host) ? address : undefined
}

/** Whether it stands for every address of its machine, and so tells nobody where to go. */
export const isEverywhere = (host: string): boolean => host === "0.0.0.0" || host === "::"

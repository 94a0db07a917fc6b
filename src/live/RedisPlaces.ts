/**
 * The members as a Redis client is told of them, whatever it takes the cluster for: the leader is
 * its master, all others are replicas. Any node takes reads and writes of any key; the leader only
 * has nothing to pass on.
 */
import { createHash } from "node:crypto"
import type { Status } from "../node/Node.js"
import type { NodeId } from "../raft/Event.js"
import * as Endpoints from "./Endpoints.js"
import type { Endpoint } from "./Endpoints.js"
import type { Client, Server } from "./RedisCommand.js"

export interface Place {
  readonly id: NodeId
  /** Undefined as long as it has not said where it serves clients. */
  readonly endpoint: Endpoint | undefined
  readonly peerPort: number
  readonly isSelf: boolean
  readonly isLeader: boolean
  /** Whether this node is connected to it, or is it. */
  readonly isUp: boolean
}

/** One that clients can be sent to. */
export interface Reachable extends Place {
  readonly endpoint: Endpoint
}

export const isReachable = (place: Place): place is Reachable =>
  place.isUp && place.endpoint !== undefined

/** Forty digits, as Redis names its nodes: the same for a node whoever is asked. */
export const nameOf = ({ clusterId }: Status, id: NodeId): string =>
  createHash("sha1").update(`${clusterId}/${id}`).digest("hex")

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(":") + 1))

const hostOf = (address: string): string =>
  address.slice(0, address.lastIndexOf(":")).replace(/^\[(.*)\]$/, "$1").replace(/^::ffff:/, "")

/** Who listens everywhere is reached where it is known to be. */
const locate = (endpoint: Endpoint, address: string): Endpoint =>
  Endpoints.isEverywhere(endpoint.host) ? { ...endpoint, host: hostOf(address) } : endpoint

/** Who asks; if nobody does, this node is where its peers find it. */
type Asker = Pick<Client, "localAddress"> | undefined

/** This node, where this client has found it if it has not been told where it is. */
export const self = (server: Server, asker: Asker): Reachable => {
  const { id, leader, membership } = server.status()
  const address = membership.members.find((member) => member.id === id)?.address ?? ""
  return {
    id,
    endpoint: locate(server.endpoint(), asker?.localAddress() ?? address),
    peerPort: portOf(address),
    isSelf: true,
    isLeader: leader === id,
    isUp: true
  }
}

/** Every member, in the order in which the cluster has them. */
export const all = (server: Server, asker?: Asker): ReadonlyArray<Place> => {
  const { id: ownId, leader, membership } = server.status()
  return membership.members.map(({ address, id }) => {
    if (id === ownId) return self(server, asker)
    const endpoint = server.endpoints.of(id)
    return {
      id,
      endpoint: endpoint === undefined ? undefined : locate(endpoint, address),
      peerPort: portOf(address),
      isSelf: false,
      isLeader: leader === id,
      isUp: server.endpoints.isConnected(id)
    }
  })
}

/** Undefined as long as nobody leads, or this node cannot say where. */
export const leader = (server: Server, asker?: Asker): Reachable | undefined =>
  all(server, asker).filter(isReachable).find((place) => place.isLeader)

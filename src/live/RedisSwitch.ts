/**
 * Tells the Sentinel clients of this node that another member leads now, by the message that Redis
 * Sentinel publishes then. Each node looks for itself and tells its own subscribers.
 */
import * as Latin1 from "../kv/Latin1.js"
import type { Endpoint } from "./Endpoints.js"
import type { Server } from "./RedisCommand.js"
import * as RedisPlaces from "./RedisPlaces.js"

export const CHANNEL = "+switch-master"

/** How often it is looked. */
export const LOOK_MILLIS = 100

const isSame = (one: Endpoint, other: Endpoint): boolean =>
  one.host === other.host && one.port === other.port

/** Looks who leads, and tells this node's subscribers when it is not who led before. */
export const make = (server: Server): () => void => {
  let master: Endpoint | undefined
  return () => {
    const found = RedisPlaces.leader(server)?.endpoint
    if (found === undefined) return
    const before = master ?? found
    master = found
    if (isSame(before, found)) return
    const message = `${server.groupName} ${before.host} ${before.port} ${found.host} ${found.port}`
    server.subscriptions.publish("channel", CHANNEL, Latin1.encode(message))
  }
}

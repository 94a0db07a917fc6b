/**
 * Tells the Sentinel clients of this node that another member leads now, by the message that Redis
 * Sentinel publishes then. Each node looks for itself and tells its own subscribers.
 */
import type { Endpoint } from "./Endpoints.js"
import type { Server } from "./RedisCommand.js"
import * as RedisPlaces from "./RedisPlaces.js"

export const CHANNEL = "+switch-master"

/** How often it is looked. */
export const LOOK_MILLIS = 100

/** To the subscribers of this node only. */
export type Publish = (channel: string, message: string) => void

const isSame = (one: Endpoint, other: Endpoint): boolean =>
  one.host === other.host && one.port === other.port

/** Looks who leads, and publishes when it is not who led before. */
export const make = (server: Server, publish: Publish): () => void => {
  let master: Endpoint | undefined
  return () => {
    const found = RedisPlaces.leader(server)?.endpoint
    if (found === undefined) return
    const before = master ?? found
    master = found
    if (isSame(before, found)) return
    publish(
      CHANNEL,
      `${server.groupName} ${before.host} ${before.port} ${found.host} ${found.port}`
    )
  }
}

/**
 * How the examples reach their servers. One address is one server, a Redis or any node. Several
 * are nodes of a cluster: each answers what Redis Sentinel answers, so that the client finds the
 * leader by itself, and the next one when it is lost.
 */
import { Redis } from "ioredis"

/** Of these, nothing was done: the client connects to whoever leads now, and sends again. */
const isRefused = ({ message }) => /^(CLUSTERDOWN|TRYAGAIN|READONLY) /.test(message)
const RECONNECT_AND_SEND_AGAIN = 2

/** The servers of "redis://127.0.0.1:6379,redis://127.0.0.1:6380". */
export const serversOf = (addresses = "redis://127.0.0.1:6379") =>
  addresses.split(",").map((address) => {
    const { hostname, port } = new URL(address)
    return { host: hostname, port: Number(port || 6379) }
  })

/** `options` are those of ioredis. */
export const connect = (addresses, options = {}) => {
  const servers = serversOf(addresses)
  const where = servers.length === 1
    ? servers[0]
    : { sentinels: servers, name: "raftcache", sentinelRetryStrategy: () => 50 }
  const redis = new Redis({
    ...where,
    reconnectOnError: (error) => isRefused(error) ? RECONNECT_AND_SEND_AGAIN : false,
    retryStrategy: () => 50,
    ...options
  })
  // A lost connection is mended; what it means for a request, the request tells.
  redis.on("error", () => {})
  return redis
}

/**
 * Loaded before the program where there are no namespaces: its connections to the ports named in
 * CHAOS_PORTS, as `port:proxy,...`, go to the proxies instead. The addresses of the peers cannot be
 * the proxies' themselves: all nodes must be told the same ones.
 */
import { Socket } from "node:net"

const ports = new Map(process.env.CHAOS_PORTS.split(",").map((pair) => pair.split(":").map(Number)))
const connect = Socket.prototype.connect

Socket.prototype.connect = function(...words) {
  const options = Array.isArray(words[0]) ? words[0][0] : words[0]
  const proxy = ports.get(Number(options.port))
  if (proxy !== undefined) options.port = proxy
  return connect.apply(this, words)
}

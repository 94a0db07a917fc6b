/**
 * Whom a node of a simulated network can reach: its peers, and whoever has spoken to it since, on
 * whose connection it may answer. The real network comes to the same by its connections.
 */
import type { Addresses, Receiver } from "../service/Network.js"

export interface Correspondents {
  readonly setPeers: (addresses: Addresses) => void
  readonly isKnown: (node: string) => boolean
  /** `receiver`, and it is noted who has spoken to it. */
  readonly listening: (receiver: Receiver) => Receiver
}

export const make = (): Correspondents => {
  const heard = new Set<string>()
  let peers: ReadonlySet<string> = new Set()
  return {
    setPeers: (addresses) => void (peers = new Set(Object.keys(addresses))),
    isKnown: (node) => peers.has(node) || heard.has(node),
    listening: ({ received, unreachable }) => ({
      received: (from, payload) => {
        heard.add(from)
        received(from, payload)
      },
      unreachable: (peer) => {
        heard.delete(peer)
        unreachable(peer)
      }
    })
  }
}

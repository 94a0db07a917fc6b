/**
 * Whether a member of this cluster answers at an address: one connection, up to its handshake.
 */
import { Effect, Either } from "effect"
import * as Net from "node:net"
import * as Members from "../node/Members.js"
import * as Handshake from "../wire/Handshake.js"
import * as TcpConnection from "./TcpConnection.js"
import * as TcpLink from "./TcpLink.js"

/** Undefined if it does; else why it does not. `self` is who is said to ask. */
export const ask = (
  self: Handshake.Identity,
  peer: string,
  address: string
): Effect.Effect<string | undefined> => {
  const parsed = Members.parseAddress(address)
  if (Either.isLeft(parsed)) return Effect.succeed(parsed.left)
  return Effect.async((resume) => {
    const { host, port } = parsed.right
    const socket = Net.connect({ host, port, noDelay: true })
    const patience = {
      handshakeMillis: TcpLink.DIAL_LIMIT_MILLIS,
      pingMillis: TcpConnection.PING_MILLIS
    }
    const connection = TcpConnection.open(socket, patience, {
      payload: (payload) => {
        const answer = Handshake.examineAnswer(payload, peer, { self })
        // Whoever refuses this node is a node, and may be a member that others listen to.
        const isThere = answer._tag === "Met" || answer.reason === "RefusedByPeer"
        resume(Effect.succeed(isThere ? undefined : answer.message))
        connection.close("Stopped", "it was only asked whether it is there")
      },
      drained: () => {},
      closed: ({ message }) => resume(Effect.succeed(message))
    })
    connection.write(Handshake.hello(self, peer))
    return Effect.sync(() => connection.close("Stopped", "nobody waits for it"))
  })
}

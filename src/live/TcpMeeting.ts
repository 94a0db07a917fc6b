/**
 * Between a valid hello and the first payload: whether its sender may be heard. Who is met for the
 * first time must first be written down, and a connection does not stand still meanwhile.
 */
import { Effect } from "effect"
import type { Acquaintances } from "../service/Storage.js"
import type * as Handshake from "../wire/Handshake.js"
import type * as TcpConnection from "./TcpConnection.js"

export interface Handlers {
  /** The connection is still open. */
  readonly welcome: () => void
  /** What `close` is to be told. */
  readonly refused: (reason: TcpConnection.Ending["reason"], message: string) => void
}

/** Calls one of the two at most once: neither if the connection ends before it is known. */
export const make = (
  { meet }: Pick<Acquaintances, "meet">,
  { incarnation, peer }: Handshake.Met,
  connection: TcpConnection.Connection,
  { refused, welcome }: Handlers
): Effect.Effect<void> =>
  Effect.match(meet(peer, incarnation), {
    onFailure: ({ message }) => {
      if (connection.isOpen()) refused("NotRemembered", `cannot meet ${peer}: ${message}`)
    },
    onSuccess: (meeting) => {
      if (!connection.isOpen()) return
      if (meeting._tag === "Welcome") welcome()
      else refused("WrongIncarnation", meeting.message)
    }
  })

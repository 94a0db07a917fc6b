/**
 * One connection, as commands see and change it: who the client is, how it wants to be spoken to,
 * and what it has said of itself.
 */
import type { Socket } from "node:net"
import type { ReadMode } from "../node/Node.js"
import type { Protocol, Writer } from "../wire/RespReply.js"
import * as Subscriptions from "./Subscriptions.js"
import type { Tracker } from "./Tracker.js"

/** Writes one reply, or one thing that nobody asked for. */
export type Tell = (out: Writer) => void

export interface Client {
  readonly id: number
  readonly address: () => string
  readonly localAddress: () => string
  readonly connectedAtMillis: number
  /** Whether its connection is closed. */
  readonly isGone: () => boolean
  /** When its last bytes arrived. */
  heardAtMillis: number
  /** The last command that it has sent. */
  command: string
  /** `skip` is for the next reply, `skipping` for the one that is being written. */
  replies: "on" | "off" | "skip" | "skipping"
  /** Closes its connection; if it has asked for that itself, when it has the reply. */
  readonly kill: (asker: Client) => void
  /** Has something said unasked, after what was pushed before. */
  readonly push: (tell: Tell) => void
  /** Changed by whoever tells subscribers. */
  readonly subscribed: Subscriptions.Subscribed
  protocol: Protocol
  /** Whether what it reads counts as used. */
  leavesTraces: boolean
  /** Whether it has said READONLY, as a cluster's clients do to replicas. */
  isReadOnly: boolean
  /** Undefined as long as it must say who it is and has not. */
  user: string | undefined
  /** What its reads may show, unless a request says otherwise. */
  reads: ReadMode
  /** Empty when it has none, as are the two below. */
  name: string
  libraryName: string
  libraryVersion: string
  /** Undefined until it has said CLIENT TRACKING ON (Tracking.ts). */
  tracker: Tracker | undefined
}

/** A client that has said nothing yet. */
export const make = (
  socket: Socket,
  given: Pick<Client, "id" | "kill" | "push" | "reads" | "user">
): Client => ({
  ...given,
  address: () => `${socket.remoteAddress}:${socket.remotePort}`,
  localAddress: () => `${socket.localAddress}:${socket.localPort}`,
  connectedAtMillis: Date.now(),
  isGone: () => socket.destroyed,
  heardAtMillis: Date.now(),
  command: "",
  replies: "on",
  subscribed: Subscriptions.nothing(),
  protocol: 2,
  leavesTraces: true,
  isReadOnly: false,
  name: "",
  libraryName: "",
  libraryVersion: "",
  tracker: undefined
})

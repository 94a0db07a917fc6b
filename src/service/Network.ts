/**
 * How nodes reach each other. The port promises little, on purpose: Raft tolerates loss, so a layer
 * may lose, repeat, delay or reorder whatever it carries, and only ever delivers whole and
 * unaltered.
 */
import { Context, Data } from "effect"
import type { Effect, Scope } from "effect"

/** The node's side of the network: called synchronously, must not block and must not throw. */
export interface Receiver {
  /** `from` is who the sender proved to be; the payload is the receiver's to keep. */
  readonly received: (from: string, payload: Uint8Array) => void
  /** What was sent to `peer` and not answered may be lost. */
  readonly unreachable: (peer: string) => void
}

/** The node cannot listen where its peers expect it. */
export class NetworkError extends Data.TaggedError("NetworkError")<{
  readonly reason: "AddressInUse" | "Listen"
  readonly message: string
  readonly cause: unknown
}> {}

/** Every member by its id, and where it listens, as `host:port`. */
export type Addresses = Readonly<Record<string, string>>

export class Network extends Context.Tag("raftcache/Network")<Network, {
  /** Delivers to `receiver` until the scope closes. Called once. */
  readonly run: (receiver: Receiver) => Effect.Effect<void, NetworkError, Scope.Scope>
  /**
   * From now on these are the peers; the node itself may be among them and is passed over. What has
   * waited for one that is left out, or that has moved, is dropped. Nobody at first.
   *
   * Whoever speaks is heard, peer or not: a node that was away for long does not know its cluster's
   * newest members, and it is from them that it learns of them.
   */
  readonly setPeers: (addresses: Addresses) => void
  /**
   * Takes the payload and returns at once. Never fails: a payload for a node that is no peer and
   * has not spoken, over the frame limit or beyond a full queue is dropped, the oldest first. The
   * payload must not be written to afterwards.
   */
  readonly send: (to: string, payload: Uint8Array) => void
}>() {}

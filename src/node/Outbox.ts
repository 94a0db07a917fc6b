/**
 * What a turn has to say to each peer, sent as one payload when the turn ends.
 */
import type { NodeId } from "../raft/Event.js"
import type { Network } from "../service/Network.js"
import * as PeerMessage from "../wire/PeerMessage.js"

export class Outbox {
  readonly #network: Network["Type"]
  readonly #messages = new Map<NodeId, Array<PeerMessage.PeerMessage>>()

  constructor(network: Network["Type"]) {
    this.#network = network
  }

  add(to: NodeId, message: PeerMessage.PeerMessage): void {
    const messages = this.#messages.get(to)
    if (messages === undefined) this.#messages.set(to, [message])
    else messages.push(message)
  }

  flush(): void {
    for (const [to, messages] of this.#messages) {
      this.#network.send(to, PeerMessage.encode(messages))
    }
    this.#messages.clear()
  }
}

/** A client without a connection: what it is told waits until it is heard. */
import * as Net from "node:net"
import * as Latin1 from "../../src/kv/Latin1.js"
import * as ConnectedClient from "../../src/live/ConnectedClient.js"
import type { Client, Tell } from "../../src/live/ConnectedClient.js"
import { Writer } from "../../src/wire/RespReply.js"
import * as Invalidations from "./Invalidations.js"
import type { Told } from "./Invalidations.js"

export class FakeClient {
  readonly client: Client
  readonly #socket = new Net.Socket()
  readonly #out = new Writer()
  #pushed: Array<Tell> = []

  constructor(id: number) {
    this.client = ConnectedClient.make(this.#socket, {
      id,
      kill: () => {},
      push: (tell) => void this.#pushed.push(tell),
      reads: "linearizable",
      user: "default"
    })
    this.#out.protocol = 3
  }

  /** What it was told since the last time. */
  hear(): ReadonlyArray<Told> {
    for (const tell of this.#pushed) tell(this.#out)
    this.#pushed = []
    return this.#read()
  }

  /** What it is told behind the reply to what it has asked for at `index` of the log. */
  reply(index: number): ReadonlyArray<Told> {
    this.client.tracker?.replied(index, this.#out)
    return this.#read()
  }

  /** Its connection closes. */
  go(): void {
    this.#socket.destroy()
  }

  #read(): ReadonlyArray<Told> {
    const said = Latin1.decode(this.#out.written(), 0, this.#out.length)
    this.#out.clear(false)
    return Invalidations.read(said)
  }
}

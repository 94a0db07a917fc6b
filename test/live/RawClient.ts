/** A client that sends bytes and shows bytes, one character for each, and knows no protocol. */
import * as Net from "node:net"

/** The request as client libraries write it. */
export const request = (...words: ReadonlyArray<string>): string =>
  `*${words.length}\r\n` + words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")

export class RawClient {
  received = ""
  closed = false
  readonly socket: Net.Socket
  private wake: () => void = () => {}

  private constructor(socket: Net.Socket) {
    this.socket = socket
    socket.setEncoding("latin1")
    socket.on("data", (text) => {
      this.received += String(text)
      this.wake()
    })
    socket.on("error", () => {})
    socket.on("close", () => {
      this.closed = true
      this.wake()
    })
  }

  static connect(where: Net.NetConnectOpts): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = Net.connect(where)
      socket.once("error", reject)
      socket.once("connect", () => resolve(new RawClient(socket)))
    })
  }

  send(text: string): void {
    this.socket.write(text, "latin1")
  }

  /** Everything received so far, once that satisfies the condition or nothing more can come. */
  async until(satisfied: (received: string) => boolean): Promise<string> {
    while (!this.closed && !satisfied(this.received)) {
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
    return this.received
  }

  /** Everything received until the server closed the connection. */
  ended(): Promise<string> {
    return this.until(() => false)
  }

  /** Says `text` and nothing after it; everything the server says until it closes. */
  static async converse(where: Net.NetConnectOpts, text: string): Promise<string> {
    const client = await RawClient.connect(where)
    client.socket.end(text, "latin1")
    return client.ended()
  }
}

/**
 * A Redis client of the tests: RESP2 over one connection, requests in flight without limit, and
 * nothing retried or hidden. What the server says is what the test sees.
 */
import * as Net from "node:net"

/** The server answered with an error. A value: the tests ask for it as often as for others. */
export class Refusal {
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}

/** Simple and bulk strings are both text: the values of these tests are. */
export type Reply = string | number | null | Refusal | ReadonlyArray<Reply>

/** The connection ended before the answer: nobody knows what became of the request. */
export class ConnectionLost extends Error {}

interface Pending {
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: ConnectionLost) => void
}

export class RespClient {
  readonly #socket: Net.Socket
  readonly #pending: Array<Pending> = []
  #received: Buffer = Buffer.alloc(0)
  /** Why nothing more can be asked. */
  #ended: ConnectionLost | undefined

  static connect(port: number, host = "127.0.0.1"): Promise<RespClient> {
    return new Promise((resolve, reject) => {
      const socket = Net.connect({ host, port, noDelay: true })
      socket.once("error", reject)
      socket.once("connect", () => {
        socket.off("error", reject)
        resolve(new RespClient(socket))
      })
    })
  }

  private constructor(socket: Net.Socket) {
    this.#socket = socket
    socket.on("data", (bytes) => this.#take(bytes))
    socket.on("error", (error) => this.#end(error.message))
    socket.on("close", () => this.#end("closed by the server"))
  }

  get isOpen(): boolean {
    return this.#ended === undefined
  }

  /** Rejects with `ConnectionLost` if there will be no answer. */
  send(...words: ReadonlyArray<string>): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended)
      this.#pending.push({ resolve, reject })
      const bulks = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
      this.#socket.write(`*${words.length}\r\n${bulks.join("")}`)
    })
  }

  /** Sends all at once; the answers in order. */
  sendAll(requests: ReadonlyArray<ReadonlyArray<string>>): Promise<ReadonlyArray<Reply>> {
    this.#socket.cork()
    const replies = requests.map((words) => this.send(...words))
    this.#socket.uncork()
    return Promise.all(replies)
  }

  close(): void {
    this.#socket.destroy()
  }

  #end(why: string): void {
    this.#ended ??= new ConnectionLost(why)
    for (const { reject } of this.#pending.splice(0)) reject(this.#ended)
  }

  #take(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes])
    let at = 0
    while (true) {
      const parsed = parse(this.#received, at)
      if (parsed === undefined) break
      at = parsed.end
      this.#pending.shift()?.resolve(parsed.reply)
    }
    this.#received = this.#received.subarray(at)
  }
}

interface Parsed {
  readonly reply: Reply
  readonly end: number
}

/** The reply that begins at `start`; undefined while a part of it is missing. */
const parse = (bytes: Buffer, start: number): Parsed | undefined => {
  const lineEnd = bytes.indexOf("\r\n", start)
  if (lineEnd === -1) return undefined
  const line = bytes.toString("utf8", start + 1, lineEnd)
  const end = lineEnd + 2
  switch (bytes.toString("latin1", start, start + 1)) {
    case "+":
      return { reply: line, end }
    case "-":
      return { reply: new Refusal(line), end }
    case ":":
      return { reply: Number(line), end }
    case "$": {
      const length = Number(line)
      if (length === -1) return { reply: null, end }
      if (bytes.length < end + length + 2) return undefined
      return { reply: bytes.toString("utf8", end, end + length), end: end + length + 2 }
    }
    case "*":
      return parseArray(bytes, end, Number(line))
    default:
      throw new Error(`no RESP2 reply: ${JSON.stringify(line)}`)
  }
}

const parseArray = (bytes: Buffer, start: number, length: number): Parsed | undefined => {
  const reply: Array<Reply> = []
  let end = start
  while (reply.length < length) {
    const element = parse(bytes, end)
    if (element === undefined) return undefined
    reply.push(element.reply)
    end = element.end
  }
  return { reply, end }
}

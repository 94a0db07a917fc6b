/**
 * One client of the Redis server: requests in, replies out, in order, without an Effect on the way.
 *
 * Order is kept by three rules. Replies are written when their turn comes, whenever they became
 * possible. What is pushed is said before the replies to whatever was carried out after it. And
 * each connection sees its commands take effect one after the other although many are on their way:
 * writes travel together, because the node keeps the order of its writes; reads that have arrived
 * together share one read of the node; but a read never starts before every earlier write is
 * answered, nor a write before every earlier read.
 *
 * A read is carried out when its reply is written, which may be later than the moment at which the
 * node allowed it: the store only ever advances along the log, so what it shows then is at least as
 * fresh, and still committed before the reply.
 *
 * Memory is bounded by leaving bytes where they are: requests are not parsed while too many are
 * unanswered, replies are not written while the client does not read those before, and the socket
 * is not read while requests wait. A client that never reads costs what was written for it, no
 * more.
 */
import type { Socket } from "node:net"
import type { Node, ReadMode } from "../node/Node.js"
import * as Resp from "../wire/Resp.js"
import type { Writer } from "../wire/RespReply.js"
import * as ConnectedClient from "./ConnectedClient.js"
import { Pushes } from "./Pushes.js"
import type { Client, Runnable, Server, Words } from "./RedisCommand.js"
import * as RedisCommands from "./RedisCommands.js"
import { OPEN, STOPPING } from "./RedisGate.js"
import type { Gate, Outcome } from "./RedisGate.js"
import { redirected } from "./RedisRedirection.js"
import { NO_AUTHENTICATION } from "./RedisRefusals.js"
import * as RedisReply from "./RedisReply.js"
import * as RedisRequest from "./RedisRequest.js"
import type { Request } from "./RedisRequest.js"
import * as RedisSubscribeCommands from "./RedisSubscribeCommands.js"
import { RedisTransaction } from "./RedisTransaction.js"

/** Requests of one connection that may wait for their replies; more are not read. */
export const UNANSWERED_LIMIT = 1024

/** Replies that the client has not taken in: beyond this, no more are written for it. */
export const OUTPUT_LIMIT_BYTES = 1024 * 1024

/** Requests that wait to be parsed: beyond this, no more are read from the socket. */
export const INPUT_LIMIT_BYTES = 64 * 1024

/**
 * What was said unasked and the client has not taken in: beyond this its connection is closed, as
 * Redis does with subscribers by default, because there is nothing that could wait.
 */
export const PUSHED_LIMIT_BYTES = 32 * 1024 * 1024

/** What all connections of a server share. */
export interface Shared {
  readonly node: Node["Type"]
  readonly server: Server
  /** What a connection's reads may show, until it says otherwise. */
  readonly reads: ReadMode
  /** Used within a turn only, and empty between turns. */
  readonly out: Writer
  readonly count: () => void
  /** Has `turn` called soon, once for however many calls. */
  readonly schedule: (connection: RedisConnection) => void
  readonly closed: (connection: RedisConnection) => void
}

interface Waiting {
  readonly request: Request
  readonly gate: Gate
  readonly sinceMillis: number
}

export class RedisConnection {
  readonly client: Client
  /** Set and read by `Shared.schedule`. */
  scheduled = false

  private readonly socket: Socket
  private readonly shared: Shared
  private readonly parser = new Resp.Parser(() => this.client.user === undefined)
  private readonly transaction = new RedisTransaction()
  /** Requests in order, from `head`: all that are not yet answered. */
  private waiting: Array<Waiting> = []
  private head = 0
  /** Reads or writes among them, and which of the two. */
  private underWay = 0
  private underWayKind: Runnable["kind"] = "Read"
  /** A request that may only start once what is under way is answered. */
  private held: Request | undefined
  private readonly pushes = new Pushes()
  /** What the reads of this turn wait for, by their mode. */
  private readonly readGates = new Map<ReadMode, Gate>()
  /** When this turn began, or what may have taken long in it ended. */
  private nowMillis = 0
  /** Until it is answered, nobody knows what the next request means. */
  private turning: Request | undefined
  /** Requests are left where they are until replies have gone out. */
  private stalled = false
  /** No more requests are taken or will arrive: once all is answered, the connection closes. */
  private leaving = false
  private ended = false
  private closed = false

  constructor(socket: Socket, id: number, shared: Shared) {
    this.socket = socket
    this.shared = shared
    this.client = ConnectedClient.make(socket, {
      id,
      kill: (asker) => {
        if (asker === this.client) this.leaving = true
        else socket.destroy()
      },
      push: (tell) => {
        if (this.closed) return
        this.pushes.add(tell)
        shared.schedule(this)
      },
      reads: shared.reads,
      user: shared.server.users.initial
    })
    socket.on("data", (chunk: Buffer) => {
      if (this.leaving) return
      this.client.heardAtMillis = Date.now()
      this.parser.push(chunk)
      this.turn()
    })
    socket.on("drain", () => this.turn())
    socket.on("end", () => {
      this.ended = true
      this.turn()
    })
    // A reset is nobody's mistake here; `close` follows.
    socket.on("error", () => {})
    socket.on("close", () => {
      this.closed = true
      this.waiting = []
      this.pushes.forget()
      shared.server.tracking.leave(this.client)
      this.transaction.forget()
      shared.closed(this)
    })
  }

  /** Parses, starts, answers and sends whatever can be now. */
  turn(): void {
    if (this.closed) return
    const { client, shared: { out } } = this
    this.nowMillis = performance.now()
    out.protocol = client.protocol
    const { said } = this.pushes
    let moved = true
    while (moved) {
      const taken = this.take()
      const answered = this.answer()
      if (out.length >= OUTPUT_LIMIT_BYTES) this.send()
      moved = taken || answered
    }
    this.readGates.clear()
    // Whether replies wait or not: these are not counted against what the client may ask.
    this.pushes.say(Infinity, out)
    this.send()
    const isTooMuch = this.pushes.said > said && this.socket.writableLength > PUSHED_LIMIT_BYTES
    if (isTooMuch) this.socket.destroy()
    else if (this.isFinished()) this.socket.destroySoon()
    else this.settleReading()
  }

  /** Takes no more requests, answers those it has taken, then closes. */
  leave(): void {
    this.leaving = true
    this.turn()
  }

  /**
   * Closes now: says of whatever is unanswered all that is known of it, if the client reads that.
   */
  giveUp(): void {
    this.leaving = true
    if (this.held !== undefined) this.wait(this.held, STOPPING)
    this.held = undefined
    for (const { gate, request } of this.waiting) {
      const isUnknown = request.kind === "Write" || request.kind === "Task"
      gate.outcome ??= isUnknown ? { _tag: "UnknownOutcome" } : STOPPING.outcome
    }
    this.turn()
    if (!this.isFinished() || this.socket.writableLength > 0) this.socket.destroy()
  }

  /** Starts requests in order until one must wait. Returns whether it started any. */
  private take(): boolean {
    let taken = false
    this.stalled = false
    while (!this.leaving || this.held !== undefined) {
      // How much may be read next depends on whether the AUTH or HELLO under way lets it in.
      const isEntering = this.client.user === undefined && this.underWay > 0
      const isFull = this.waiting.length - this.head >= UNANSWERED_LIMIT
      if (isEntering || isFull || this.turning !== undefined) {
        this.stalled = true
        break
      }
      const request = this.held ?? this.parse()
      if (request === undefined) break
      const local = request.kind === "Local"
      const mayJoin = request.kind === this.underWayKind && request.kind !== "Task"
      const mayStart = local || this.underWay === 0 || mayJoin
      // What it is depends on what was asked before, down to the last reply.
      const isEarly = request.encode !== undefined && this.head < this.waiting.length
      if (!mayStart || isEarly) {
        this.held = request
        this.stalled = true
        break
      }
      this.held = undefined
      if (local || RedisReply.mayAsk(request, this.client)) this.begin(request)
      else this.begin(RedisRequest.failed(NO_AUTHENTICATION))
      taken = true
    }
    return taken
  }

  private begin(request: Request): void {
    if (request.turns === true) this.turning = request
    this.wait(request, request.kind === "Local" ? OPEN : this.start(request))
  }

  private wait(request: Request, gate: Gate): void {
    this.waiting.push({ request, gate, sinceMillis: this.nowMillis })
  }

  private start(request: Request): Gate {
    const { asked, kind, prepare, reads = this.client.reads, words } = request
    const command = request.command ?? request.encode?.()
    const { node, schedule, server } = this.shared
    this.underWay++
    // What must be prepared is not begun yet: no later write may overtake it.
    this.underWayKind = prepare === undefined ? kind : "Task"
    const shared = kind === "Read" ? this.readGates.get(reads) : undefined
    if (shared !== undefined) return shared
    const gate: Gate = { outcome: undefined }
    const settle = (outcome: Outcome) => {
      gate.outcome = outcome
      gate.pushes = this.pushes.count
      schedule(this)
    }
    if (asked?.kind === "Task") {
      asked.begin(words, this.client, server, (tell) => settle({ _tag: "Told", tell }))
    } else if (command === undefined) {
      this.readGates.set(reads, gate)
      node.read(settle, reads)
    } else {
      const write = () =>
        node.write(command, (outcome) => {
          if (outcome._tag === "Done") {
            gate.heard = server.subscriptions.heard(outcome.index)
            server.tracking.wrote(this.client, outcome.index)
          }
          settle(outcome)
        })
      if (prepare === undefined) write()
      else prepare(this.client, server, write)
    }
    return gate
  }

  private parse(): Request | undefined {
    switch (this.parser.next()) {
      case "Incomplete":
        return undefined
      case "Refused":
        return RedisRequest.failed(this.parser.message)
      case "Broken":
        this.leaving = true
        return RedisRequest.failed(this.parser.message)
      case "Request":
        this.shared.count()
        return this.understand(this.parser.request)
    }
  }

  private understand(words: Words): Request | undefined {
    const { client, shared: { server } } = this
    const found = RedisSubscribeCommands.allowed(client, RedisCommands.find(words))
    const command = redirected(found, words, client, server)
    // Nobody's requests are refused: they begin no transaction.
    const isKnown = client.user !== undefined
    const taken = isKnown ? this.transaction.take(command, words) : undefined
    if (taken !== undefined) return taken
    if (typeof command === "string") {
      if (!RedisCommands.isHttp(words)) return RedisRequest.failed(command)
      this.leaving = true
      return undefined
    }
    client.command = command.name
    if (command.kind === "Local" && command.last === true) this.leaving = true
    return RedisRequest.make(command, words)
  }

  /** Writes replies until one is not known yet or the client must read first. */
  private answer(): boolean {
    const { client, shared: { out, server } } = this
    let answered = false
    while (
      this.head < this.waiting.length &&
      out.length + this.socket.writableLength < OUTPUT_LIMIT_BYTES
    ) {
      const { gate, request, sinceMillis } = this.waiting[this.head]!
      if (gate.outcome === undefined) break
      if (request.kind !== "Local") this.underWay--
      if (request === this.turning) this.turning = undefined
      // A read is carried out now.
      const isNow = request.kind === "Read" || request.turns === true
      this.pushes.say(isNow ? Infinity : gate.pushes ?? 0, out)
      RedisReply.write(request, gate, out, client, server)
      if (RedisRequest.isSlow(request)) this.nowMillis = performance.now()
      const tookMillis = this.nowMillis - sinceMillis
      if (tookMillis >= server.slowLog.limitMillis) server.slowLog.add(request, client, tookMillis)
      this.head++
      answered = true
    }
    if (this.head === this.waiting.length) {
      this.waiting.length = 0
      this.head = 0
    } else if (this.head >= UNANSWERED_LIMIT) {
      this.waiting.splice(0, this.head)
      this.head = 0
    }
    return answered
  }

  private send(): void {
    const { out } = this.shared
    if (out.length === 0) return
    this.socket.write(out.written())
    // What the system took at once is copied already; the rest is the socket's until it is sent.
    out.clear(this.socket.writableLength > 0)
  }

  /** A client that has only said its last word still gets every reply (`printf ... | nc`). */
  private isFinished(): boolean {
    return (this.leaving || this.ended) && this.held === undefined &&
      this.head === this.waiting.length
  }

  private settleReading(): void {
    const full = this.stalled && this.parser.bufferedBytes > INPUT_LIMIT_BYTES
    if (full === this.socket.isPaused()) return
    if (full) this.socket.pause()
    else this.socket.resume()
  }
}

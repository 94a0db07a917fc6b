/**
 * The clients of the simulated cluster. Each asks for one thing at a time, of one node; a refusal
 * had no effect, so it asks the next node; if its node dies it does not know what became of its
 * write. Inside the cluster nodes retry by their sessions, so a client never repeats a write.
 */
import type { ReadOutcome, WriteOutcome } from "../node/Node.js"
import * as Leasing from "../raft/Leasing.js"
import type { State } from "../raft/State.js"
import type { Application } from "./Application.js"
import type { Call } from "./History.js"
import type { Ending, Host } from "./Host.js"
import type { Operation } from "./Scenario.js"
import { NOBODY } from "./Timeline.js"
import type { World } from "./World.js"

/** How long a client waits before it asks another node. */
const BACKOFF_MICROS = 50_000

/** Nodes that a client asks for one thing, before it takes the refusal. */
const ATTEMPTS_LIMIT = 20

interface Running extends Call {
  readonly operation: Operation
  /** Whom it was sent to last. */
  node: number
  attempts: number
  /** Called when the client goes on to its next request. */
  readonly next: () => void
}

export class Clients {
  readonly #world: World
  readonly #application: Application
  readonly #hosts: ReadonlyArray<Host>
  #nodes: ReadonlyArray<number>
  readonly #calls: Array<Running> = []
  /** Sent to a node, which has not answered. */
  readonly #waiting = new Map<number, Set<Running>>()
  /** Operations whose client has not come to them. */
  #toCome = 0
  /** Queues of an older generation are given up. */
  #generation = 0
  ackedWrites = 0
  ackedReads = 0

  constructor(world: World, application: Application, hosts: ReadonlyArray<Host>) {
    this.#world = world
    this.#application = application
    this.#hosts = hosts
    this.#nodes = hosts.map(({ number }) => number)
    for (const { number } of hosts) this.#waiting.set(number, new Set())
  }

  get calls(): ReadonlyArray<Call> {
    return this.#calls
  }

  /** The first request that is still open at a node of `nodes`, or that no client has come to. */
  unanswered(nodes: ReadonlyArray<number>): string | undefined {
    if (this.#toCome > 0) return `${this.#toCome} requests have not been made`
    const open = this.#calls.find(({ node, outcome }) => outcome === "open" && nodes.includes(node))
    if (open === undefined) return undefined
    return `${this.#name(open)} was never answered`
  }

  schedule(operations: ReadonlyArray<Operation>): void {
    const queues = new Map<number, Array<Operation>>()
    for (const operation of operations) {
      const queue = queues.get(operation.client)
      if (queue === undefined) queues.set(operation.client, [operation])
      else queue.push(operation)
    }
    this.#toCome += operations.length
    for (const queue of queues.values()) this.#scheduleNext(queue, 0, this.#generation)
  }

  /** The process of `node` is no more: its clients' connections break. */
  ended(node: number, how: Ending): void {
    const waiting = this.#waiting.get(node)!
    const broken = [...waiting]
    waiting.clear()
    const [forgotten] = broken
    if (how === "stopped" && forgotten !== undefined) {
      this.#world.violate(
        "answered-once",
        `${this.#name(forgotten)} was not answered by a node ` +
          "that had all the time to stop"
      )
    }
    for (const call of broken) {
      if (call.outcome !== "open") continue
      if (call.request.kind === "read") this.#tryNext(call)
      else this.#settle(call, "unknown", "lost", () => "the connection broke")
    }
  }

  /**
   * From now on only these nodes are asked. Who waits for another one gives up, and what no client
   * has come to is not asked any more.
   */
  stayWith(nodes: ReadonlyArray<number>): void {
    this.#generation += 1
    this.#toCome = 0
    this.#nodes = nodes
    for (const { number } of this.#hosts) if (!nodes.includes(number)) this.ended(number, "died")
  }

  #scheduleNext(queue: ReadonlyArray<Operation>, at: number, generation: number): void {
    const operation = queue[at]
    if (operation === undefined || generation !== this.#generation) return
    this.#world.timeline.at(operation.atMicros, NOBODY, "client", () => {
      if (generation !== this.#generation) return
      this.#toCome -= 1
      this.#call(operation, () => this.#scheduleNext(queue, at + 1, generation))
    })
  }

  #call(operation: Operation, next: () => void): void {
    const { client, id, node, patienceMicros, request } = operation
    const call: Running = {
      id,
      isStale: operation.reads === "stale",
      client,
      request,
      calledAt: this.#world.recorder.events,
      outcome: "open",
      returnedAt: undefined,
      answer: undefined,
      index: undefined,
      operation,
      node: this.#asked(node, id) % this.#hosts.length,
      attempts: 0,
      next
    }
    this.#calls.push(call)
    this.#world.progressed()
    this.#tell(call, "Invoked")
    if (patienceMicros !== undefined) {
      this.#world.timeline.after(patienceMicros, NOBODY, "client's patience", () => {
        if (call.outcome !== "open") return
        this.#world.marks.hit("client abandoned a request")
        this.#settle(call, "unknown", "abandoned", () => "the client gave up")
      })
    }
    this.#send(call)
  }

  /** Of leaders that do not know of each other the first; if there is none, anybody. */
  #asked(node: Operation["node"], id: number): number {
    if (node !== "leader") return node
    let found: number | undefined
    let term = Infinity
    for (const { node: service, number, status } of this.#hosts) {
      const state = status === "Running" ? service?.state() : undefined
      if (state?.role !== "Leader" || state.term >= term) continue
      found = number
      term = state.term
    }
    return found ?? id
  }

  #send(call: Running): void {
    const host = this.#hosts[call.node]!
    const node = host.status === "Running" ? host.node : undefined
    if (node === undefined) return this.#tryNext(call)
    call.attempts += 1
    this.#waiting.get(call.node)!.add(call)
    this.#expectAnswer(call, host)
    const asked = this.#answerOnce(call)
    if (call.request.kind === "write") {
      node.write(call.request.bytes, (outcome) => asked(() => this.#wrote(call, outcome)))
    } else {
      node.read((outcome) => asked(() => this.#read(call, host, outcome)), call.operation.reads)
    }
    asked(undefined)
  }

  /** A node that runs answers in time, if only to say that it does not know. */
  #expectAnswer(call: Running, host: Host): void {
    const { attempts, node } = call
    const { isPaused, pauses } = host
    const { electionTimeoutMillis, requestTimeoutMillis } = this.#world.scenario
    const millis = 2 * requestTimeoutMillis + 2 * electionTimeoutMillis
    this.#world.timeline.after(1_000 * millis, NOBODY, "deadline", () => {
      const isWaiting = this.#waiting.get(node)!.has(call) && call.attempts === attempts
      if (!isWaiting || isPaused || host.pauses !== pauses) return
      this.#world.violate("answered-in-time", `${this.#name(call)} has waited for ${millis} ms`)
    })
  }

  /** Sees to it that the node answers once, and not before the call has returned. */
  #answerOnce(call: Running): (answered: (() => void) | undefined) => void {
    const at = call.node
    let hasReturned = false
    let hasAnswered = false
    return (answered) => {
      if (answered === undefined) {
        hasReturned = true
        return
      }
      if (!hasReturned || hasAnswered) {
        this.#world.violate(
          "answered-once",
          `${this.#name(call)} was answered ${hasAnswered ? "twice" : "before it was asked"}`
        )
      }
      hasAnswered = true
      this.#waiting.get(at)!.delete(call)
      if (call.outcome === "open") answered()
    }
  }

  #wrote(call: Running, outcome: WriteOutcome): void {
    switch (outcome._tag) {
      case "Done":
        call.answer = outcome.answer
        call.index = outcome.index
        this.ackedWrites += 1
        return this.#settle(
          call,
          "done",
          "done",
          () => this.#application.describeAnswer(outcome.answer)
        )
      case "Refused":
        return this.#refused(call, outcome.reason)
      case "UnknownOutcome":
        this.#world.marks.hit("write answered unknown")
        return this.#settle(call, "unknown", "unknown", () => "the outcome is not known")
    }
  }

  #read(call: Running, { node, replica }: Host, outcome: ReadOutcome): void {
    if (outcome._tag === "Refused") return this.#refused(call, outcome.reason)
    if (node === undefined || replica === undefined) return
    const answer = replica.machine.read(call.request.bytes)
    call.answer = answer
    call.index = replica.appliedIndex
    this.ackedReads += 1
    this.#markRead(call, node.state())
    this.#settle(call, "done", "done", () => this.#application.describeAnswer(answer))
  }

  #markRead({ isStale, operation }: Running, state: State): void {
    const { marks } = this.#world
    if (state.role !== "Leader" && !isStale) marks.hit("read served by a follower")
    if (isStale) marks.hit("stale read served")
    if (operation.reads !== "lease") return
    if (Leasing.isHeld(state)) marks.hit("lease read served")
    else if (state.role === "Leader") marks.hit("lease read fell back to a round")
  }

  #refused(call: Running, reason: string): void {
    this.#world.marks.hit("request refused")
    if (call.attempts < ATTEMPTS_LIMIT) return this.#tryNext(call)
    this.#settle(call, "refused", "refused", () => reason)
  }

  /** Not at once: a client that finds nobody must not spin. */
  #tryNext(call: Running): void {
    const at = this.#nodes.indexOf(call.node)
    call.node = this.#nodes[(at + 1) % this.#nodes.length]!
    this.#world.timeline.after(BACKOFF_MICROS, NOBODY, "client retries", () => {
      if (call.outcome !== "open") return
      // It may have been the next when the client began to wait, and not be asked any more.
      if (!this.#nodes.includes(call.node)) return this.#tryNext(call)
      this.#send(call)
    })
  }

  #settle(
    call: Running,
    outcome: "done" | "refused" | "unknown",
    told: "done" | "refused" | "unknown" | "abandoned" | "lost",
    text: () => string
  ): void {
    this.#world.progressed()
    call.outcome = outcome
    if (outcome !== "unknown") call.returnedAt = this.#world.recorder.events
    if (this.#world.recorder.isRecording) {
      const { client, id: operation, node } = call
      this.#world.tell({
        _tag: "Answered",
        operation,
        client,
        node: this.#hosts[node]!.id,
        outcome: told,
        text: text()
      })
    }
    call.next()
  }

  #name({ client, id, node, request }: Running): string {
    const what = this.#application.describe(request)
    return `request ${id} of client ${client} to ${this.#hosts[node]!.id} (${what})`
  }

  #tell({ client, id: operation, node, request }: Running, _tag: "Invoked"): void {
    if (!this.#world.recorder.isRecording) return
    const text = this.#application.describe(request)
    this.#world.tell({ _tag, operation, client, node: this.#hosts[node]!.id, text })
  }
}

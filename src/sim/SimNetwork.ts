/**
 * The network between simulated nodes, as faulty as the port allows: it delays, loses, repeats and
 * reorders single messages, loses, holds up or says again all of a link, and tells senders of a
 * dead process or does not. What arrives is whole and unaltered.
 *
 * Like the real one it lets two lives of nodes first meet (Greetings.ts): one that comes back with
 * another incarnation than it was met with has lost its memory, and is not heard.
 */
import { Effect, FiberSet, Layer } from "effect"
import type { Scope } from "effect"
import { Network } from "../service/Network.js"
import type { Receiver } from "../service/Network.js"
import { Storage } from "../service/Storage.js"
import * as Frame from "../wire/Frame.js"
import * as Correspondents from "./Correspondents.js"
import { Echoes } from "./Echoes.js"
import type { Life, Message } from "./Greetings.js"
import * as Greetings from "./Greetings.js"
import * as Payload from "./Payload.js"
import type { Link } from "./Scenario.js"
import { nodeId } from "./Scenario.js"
import type { World } from "./World.js"

/** Messages that a link or a paused process keeps back; beyond it the oldest are lost. */
export const HELD_LIMIT = 4_096

/** Between two messages that have waited for the same process, on average. */
const HANDOVER_MICROS = 300

/** How long messages live on when the network's conditions have changed. */
export const OVERDUE_MICROS = 500_000

/** What a node's machine is to the network. */
interface Endpoint {
  life: Life | undefined
  isPaused: boolean
  /** Arrived while it was paused. */
  inbound: Array<() => void>
}

export class SimNetwork {
  readonly #world: World
  readonly #endpoints: ReadonlyArray<Endpoint>
  /** By link: how many troubles cut it, and how many clog it. */
  readonly #cuts: Uint8Array
  readonly #clogs: Uint8Array
  readonly #held: ReadonlyArray<Array<Message>>
  readonly #echoes: Echoes<Message>
  /** By link: messages that keep their order, and when the last of them arrives. */
  readonly #inOrder: ReadonlyArray<Array<Message>>
  readonly #lastMicros: Float64Array
  #conditions: World["scenario"]["network"]
  #changedMicros = 0
  #nextId = 1
  /** Called with every payload that leaves, before anything happens to it. */
  readonly #watch: (from: number, to: number, payload: Uint8Array) => void
  readonly #greetings: Greetings.Greetings
  sentMessages = 0

  constructor(world: World, watch: (from: number, to: number, payload: Uint8Array) => void) {
    const { network, nodes } = world.scenario
    this.#world = world
    this.#conditions = network
    this.#watch = watch
    this.#endpoints = Array.from({ length: nodes }, () => ({
      life: undefined,
      isPaused: false,
      inbound: []
    }))
    this.#cuts = new Uint8Array(nodes * nodes)
    this.#clogs = new Uint8Array(nodes * nodes)
    this.#held = Array.from({ length: nodes * nodes }, () => [])
    this.#echoes = new Echoes(nodes * nodes, HELD_LIMIT)
    this.#inOrder = Array.from({ length: nodes * nodes }, () => [])
    this.#lastMicros = new Float64Array(nodes * nodes)
    this.#greetings = new Greetings.Greetings(world.marks, {
      lifeOf: (node) => this.#endpoints[node]!.life,
      arrive: (to, call) => this.#arrive(to, call),
      receive: (message, { receiver }) => {
        const { from, payload } = message
        this.#tell("Delivered", message)
        world.recorder.mixBytes(payload)
        // A copy: a sender that writes to what it has sent is not spared the consequence.
        receiver.received(nodeId(from), payload.slice())
      },
      lose: (message) => this.#tell("Lost", message)
    })
  }

  /** The node's end of it, for one life. */
  layer(node: number): Layer.Layer<Network, never, Storage> {
    const ids = new Map(this.#endpoints.map((_, each) => [nodeId(each), each]))
    return Layer.effect(
      Network,
      Effect.map(Storage, (storage) => {
        const way = Correspondents.make()
        return {
          run: (receiver) => this.#attach(node, storage, way.listening(receiver)),
          setPeers: way.setPeers,
          send: (to, payload) => {
            const target = ids.get(to)
            const { life } = this.#endpoints[node]!
            if (life === undefined || target === undefined || target === node) return
            if (way.isKnown(to)) this.#send(node, life, target, payload)
          }
        }
      })
    )
  }

  /** Whether each of the others would notice if it came back without its memory. */
  isKnownToAll(node: number): boolean {
    return this.#greetings.knownTo(node) === this.#endpoints.length - 1
  }

  cut(links: ReadonlyArray<Link>): void {
    for (const [from, to] of links) this.#cuts[this.#link(from, to)]! += 1
  }

  mend(links: ReadonlyArray<Link>): void {
    for (const [from, to] of links) {
      const link = this.#link(from, to)
      this.#cuts[link] = Math.max(0, this.#cuts[link]! - 1)
    }
  }

  clog(links: ReadonlyArray<Link>): void {
    for (const [from, to] of links) this.#clogs[this.#link(from, to)]! += 1
  }

  /** What has gathered arrives in one burst. */
  unclog(links: ReadonlyArray<Link>): void {
    for (const [from, to] of links) {
      const link = this.#link(from, to)
      this.#clogs[link] = Math.max(0, this.#clogs[link]! - 1)
      if (this.#clogs[link] !== 0) continue
      const burst = this.#held[link]!.splice(0)
      if (burst.length > 0) this.#world.marks.hit("clog released")
      for (const message of burst) this.#deliver(message)
    }
  }

  /** What arrives from now on is remembered. */
  remember(links: ReadonlyArray<Link>): void {
    for (const link of links) this.#echoes.begin(this.#link(...link))
  }

  /** What was remembered arrives once more, in one burst. */
  repeat(links: ReadonlyArray<Link>): void {
    for (const link of links) {
      const echo = this.#echoes.end(this.#link(...link))
      if (echo.length > 0) this.#world.marks.hit("echo of an earlier time")
      for (const message of echo) this.#deliver(message)
    }
  }

  /** Nothing goes wrong any more on any link from or to these nodes. */
  heal(nodes: ReadonlyArray<number>): void {
    for (const node of nodes) {
      for (let other = 0; other < this.#endpoints.length; other++) {
        for (const link of [[node, other], [other, node]] as const) {
          this.#cuts[this.#link(...link)] = 0
          this.#echoes.forget(this.#link(...link))
          this.#clogs[this.#link(...link)] = 1
          this.unclog([link])
        }
      }
    }
  }

  /** From now on, for all links. What is on its way has a moment left to arrive. */
  setConditions(conditions: World["scenario"]["network"]): void {
    this.#conditions = conditions
    this.#changedMicros = this.#world.nowMicros
  }

  /** Held back so long that the network it was sent on is no more. */
  #isOverdue({ sentMicros }: Message): boolean {
    return sentMicros < this.#changedMicros &&
      this.#world.nowMicros > this.#changedMicros + OVERDUE_MICROS
  }

  isCut(from: number, to: number): boolean {
    return this.#cuts[this.#link(from, to)]! > 0
  }

  /** The socket buffers of a stopped process fill; nothing is lost. */
  pause(node: number): void {
    this.#endpoints[node]!.isPaused = true
  }

  resume(node: number): void {
    this.#endpoints[node]!.isPaused = false
    this.#drain(node)
  }

  /** One after the other, as a system hands over its sockets: between them the node may run. */
  #drain(node: number): void {
    const endpoint = this.#endpoints[node]!
    if (endpoint.isPaused || endpoint.inbound.length === 0) return
    const micros = this.#world.chooser.delay("network", 0, HANDOVER_MICROS)
    this.#world.timeline.after(micros, node, "message", () => {
      if (endpoint.isPaused) return
      endpoint.inbound.shift()?.()
      this.#drain(node)
    })
  }

  /** The process has died. Its peers may hear of it. */
  detach(node: number): void {
    const endpoint = this.#endpoints[node]!
    endpoint.life = undefined
    endpoint.isPaused = false
    endpoint.inbound = []
    if (!this.#conditions.tellsUnreachable) return
    for (let peer = 0; peer < this.#endpoints.length; peer++) {
      if (peer === node || this.isCut(node, peer)) continue
      const tell = (): void =>
        this.#arrive(peer, ({ receiver }) => receiver.unreachable(nodeId(node)))
      this.#world.timeline.after(this.#delay(), peer, "connection lost", tell)
    }
  }

  #attach(
    node: number,
    { acquaintances, recovered: { identity: { incarnation } } }: Storage["Type"],
    receiver: Receiver
  ): Effect.Effect<void, never, Scope.Scope> {
    const endpoint = this.#endpoints[node]!
    return Effect.gen(this, function*() {
      const fork = yield* FiberSet.makeRuntime()
      const meet: Life["meet"] = (other, theirs, told) =>
        void fork(Effect.match(acquaintances.meet(other, theirs), {
          onFailure: () => told("Unheard"),
          onSuccess: ({ _tag }) => told(_tag)
        }))
      const life: Life = { incarnation, receiver, meet, greeted: new Map() }
      endpoint.life = life
      this.#dial(node, life)
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          if (endpoint.life === life) this.detach(node)
        })
      )
    })
  }

  #send(from: number, sender: Life, to: number, payload: Uint8Array): void {
    if (payload.length > Frame.FRAME_LIMIT_BYTES) return
    const { chooser, marks, nowMicros: sentMicros } = this.#world
    const conditions = this.#conditions
    this.#watch(from, to, payload)
    this.sentMessages += 1
    this.#world.sent()
    const message = { id: this.#nextId++, from, sender, to, payload, sentMicros }
    this.#tell("Sent", message)
    if (this.isCut(from, to)) return this.#tell("Lost", message)
    if (chooser.chance("network", conditions.dropPerMille)) {
      marks.hit("message dropped")
      return this.#tell("Lost", message)
    }
    if (chooser.chance("network", conditions.duplicatePerMille)) {
      marks.hit("message duplicated")
      this.#post(message, this.#late())
    }
    if (chooser.chance("network", conditions.reorderPerMille)) {
      marks.hit("message reordered")
      return this.#post(message, this.#late())
    }
    const arrival = sentMicros + this.#delay()
    if (conditions.isUnordered) return this.#post(message, arrival)
    const link = this.#link(from, to)
    const inOrder = Math.max(arrival, this.#lastMicros[link]!)
    const queue = this.#inOrder[link]!
    this.#lastMicros[link] = inOrder
    queue.push(message)
    // Whichever of the link's timers comes first brings the first message.
    const deliverFirst = (): void => this.#deliver(queue.shift()!)
    this.#world.timeline.at(inOrder, to, "message", deliverFirst)
  }

  #post(message: Message, atMicros: number): void {
    this.#world.timeline.at(atMicros, message.to, "message", () => this.#deliver(message))
  }

  #deliver(message: Message): void {
    const { from, to } = message
    const link = this.#link(from, to)
    if (this.#cuts[link]! > 0 || this.#isOverdue(message)) return this.#tell("Lost", message)
    if (this.#clogs[link]! > 0) {
      const held = this.#held[link]!
      if (held.push(message) > HELD_LIMIT) this.#tell("Lost", held.shift()!)
      return
    }
    this.#echoes.hear(link, message)
    this.#arrive(to, (life) => this.#greetings.deliver(message, life))
  }

  /** As the real one does, whether or not there is something to say. */
  #dial(node: number, life: Life): void {
    for (let peer = 0; peer < this.#endpoints.length; peer++) {
      if (peer === node) continue
      this.#world.timeline.after(this.#delay(), peer, "connection", () => {
        const isCut = this.isCut(node, peer) || this.isCut(peer, node)
        if (isCut || this.#endpoints[node]!.life !== life) return
        this.#arrive(peer, (other) => this.#greetings.dial([node, life], [peer, other]))
      })
    }
  }

  #arrive(to: number, call: (life: Life) => void): void {
    const endpoint = this.#endpoints[to]!
    const arrive = (): void => {
      if (endpoint.life !== undefined) call(endpoint.life)
    }
    if (!endpoint.isPaused && endpoint.inbound.length === 0) return arrive()
    if (endpoint.inbound.push(arrive) > HELD_LIMIT) endpoint.inbound.shift()
  }

  #delay(): number {
    const { leastMicros, meanMicros } = this.#conditions.delay
    return this.#world.chooser.delay("network", leastMicros, meanMicros)
  }

  #late(): number {
    const { leastMicros, meanMicros } = this.#conditions.heldBack
    const held = this.#world.chooser.delay("network", leastMicros, meanMicros)
    return this.#world.nowMicros + this.#delay() + held
  }

  #link(from: number, to: number): number {
    return from * this.#endpoints.length + to
  }

  #tell(tag: "Sent" | "Delivered" | "Lost", message: Message): void {
    const { recorder } = this.#world
    if (!recorder.isRecording) return
    const { id, payload, sentMicros } = message
    const from = nodeId(message.from)
    const to = nodeId(message.to)
    const text = Payload.describe(payload)
    const told = { from, to, id, text }
    this.#world.tell(
      tag === "Delivered" ? { _tag: tag, ...told, sentMicros } : { _tag: tag, ...told }
    )
  }
}

/**
 * Before one life of a simulated node hears another, the two meet, each by the word of its own
 * storage (Storage.acquaintances), as they do in the handshake of a real connection: a node that
 * comes back without its memory is refused by the code that refuses it in production.
 */
import type { Receiver } from "../service/Network.js"
import type { Meeting } from "../service/Storage.js"
import type { Marks } from "./Marks.js"
import { nodeId } from "./Scenario.js"

/** A process, as the network knows it. */
export interface Life {
  readonly incarnation: string
  readonly receiver: Receiver
  /** Asks its storage whether this one may be heard. `told` is not called if it dies meanwhile. */
  readonly meet: (node: string, incarnation: string, told: (verdict: Verdict) => void) => void
  /** By the life of another: what waits until the two have met; nothing once they have. */
  readonly greeted: Map<Life, Array<Message> | undefined>
}

/** `Unheard`: the storage could not take it down. */
export type Verdict = Meeting["_tag"] | "Unheard"

export interface Message {
  readonly id: number
  readonly from: number
  /** The life of the sender that it comes from. */
  readonly sender: Life
  readonly to: number
  readonly payload: Uint8Array
  readonly sentMicros: number
}

/** One life of a node. */
export type Party = readonly [node: number, life: Life]

/** The network around it. */
export interface Ways {
  readonly lifeOf: (node: number) => Life | undefined
  /** Calls when the node's process runs and has taken what came before. */
  readonly arrive: (to: number, call: (life: Life) => void) => void
  readonly receive: (message: Message, by: Life) => void
  readonly lose: (message: Message) => void
}

/** What may wait for a meeting; beyond it the oldest are lost. */
const WAITING_LIMIT = 4_096

export class Greetings {
  readonly #marks: Marks
  readonly #ways: Ways
  /** By node: those who would know it again. */
  readonly #knownTo = new Map<number, Set<number>>()

  constructor(marks: Marks, ways: Ways) {
    this.#marks = marks
    this.#ways = ways
  }

  /** How many others would know the node again. */
  knownTo(node: number): number {
    return this.#knownTo.get(node)?.size ?? 0
  }

  /** Has `life` receive the message, once it has met its sender; it is lost if they do not meet. */
  deliver(message: Message, life: Life): void {
    const { from, sender, to } = message
    if (!life.greeted.has(sender)) return this.#greet([from, sender], [to, life], [message])
    const waiting = life.greeted.get(sender)
    if (waiting === undefined) return this.#ways.receive(message, life)
    if (waiting.push(message) > WAITING_LIMIT) this.#ways.lose(waiting.shift()!)
  }

  /** Has them meet although neither has said anything. */
  dial(one: Party, other: Party): void {
    if (!other[1].greeted.has(one[1])) this.#greet(one, other, [])
  }

  #greet(one: Party, other: Party, waiting: Array<Message>): void {
    const [, sender] = one
    const [, life] = other
    life.greeted.set(sender, waiting)
    const refused = (): void => {
      life.greeted.delete(sender)
      for (const message of waiting) this.#ways.lose(message)
    }
    const met = (): void => {
      life.greeted.set(sender, undefined)
      for (const message of waiting) this.#ways.receive(message, life)
    }
    const back = (): void => this.#introduce(other, one, refused, met)
    this.#introduce(one, other, refused, back)
  }

  /** The first is presented to the second. Neither is called if that one dies meanwhile. */
  #introduce(
    [node, { incarnation }]: Party,
    [other, life]: Party,
    refused: () => void,
    welcome: () => void
  ): void {
    if (this.#ways.lifeOf(other) !== life) return refused()
    this.#ways.arrive(other, ({ meet }) =>
      meet(nodeId(node), incarnation, (verdict) => {
        if (verdict === "Refused") this.#marks.hit("wiped disk refused")
        if (verdict !== "Welcome") return refused()
        this.#knownTo.set(node, (this.#knownTo.get(node) ?? new Set()).add(other))
        welcome()
      }))
  }
}

/**
 * Keyspace notifications: what becomes of keys as messages to this node's subscribers, in the two
 * channels that Redis has for each event, if `notify-keyspace-events` chooses them. It is chosen at
 * each node for itself, as each tells its own subscribers.
 */
import type { Class } from "../kv/Events.js"
import type { Key } from "../kv/Key.js"
import * as Latin1 from "../kv/Latin1.js"
import type { Setting } from "./Settings.js"
import type { Subscriptions } from "./Subscriptions.js"

/** Redis's letters; those of types that are not here choose nothing. */
const LETTERS: Readonly<Record<Class, string>> = {
  generic: "g",
  string: "$",
  hash: "h",
  expired: "x",
  evicted: "e",
  new: "n",
  missed: "m"
}

/** What "A" stands for. */
const ALL = "g$lshzxetd"
const KEYSPACE = "K"
const KEYEVENT = "E"
/** In Redis's order. */
export const KNOWN = "Ag$lshzxeKEtmdn"

const INVALID = `Invalid event class character. Use '${KNOWN}'.`

export const isValid = (letters: string): boolean =>
  [...letters].every((letter) => KNOWN.includes(letter))

export class Notifications {
  /** Under Redis's name for it. */
  readonly setting: Setting = {
    name: "notify-keyspace-events",
    get: () => this.letters,
    prepare: (word) => {
      const letters = Latin1.decode(word, 0, word.length)
      return isValid(letters) ? () => this.choose(letters) : INVALID
    }
  }
  readonly #subscriptions: Subscriptions
  #chosen: ReadonlySet<string> = new Set()

  constructor(subscriptions: Subscriptions, letters = "") {
    this.#subscriptions = subscriptions
    this.choose(letters)
  }

  /** From now on. The letters are valid. */
  choose(letters: string): void {
    this.#chosen = new Set(letters.replace("A", ALL))
  }

  /** As Redis writes it, which leaves out "n" when all else is chosen. */
  get letters(): string {
    const chosenOf = (letters: string) => [...letters].filter((each) => this.#chosen.has(each))
    const isAll = chosenOf(ALL).length === ALL.length
    return [...isAll ? "A" : chosenOf(`${ALL}n`), ...chosenOf(`${KEYSPACE}${KEYEVENT}m`)].join("")
  }

  readonly notified = (kind: Class, event: string, key: Key): void => {
    if (!this.#chosen.has(LETTERS[kind])) return
    const publish = (channel: string, payload: string) =>
      this.#subscriptions.publish("channel", channel, Latin1.encode(payload))
    if (this.#chosen.has(KEYSPACE)) publish(`__keyspace@0__:${key}`, event)
    if (this.#chosen.has(KEYEVENT)) publish(`__keyevent@0__:${event}`, key)
  }
}

/**
 * One client that is told when what it has read changes: how it wants that, and what it is still to
 * be told (https://redis.io/docs/latest/commands/client-tracking).
 *
 * It is told of a change of its own when it has the reply to it, and of the changes of others
 * before any reply that could already show them.
 */
import type { Key } from "../kv/Key.js"
import type { Writer } from "../wire/RespReply.js"
import type { Client, Tell } from "./ConnectedClient.js"
import * as Subscriptions from "./Subscriptions.js"

export interface Mode {
  /** Who is told instead. */
  readonly redirect: Client | undefined
  /** It is told of all keys that begin so, whatever it reads; undefined if of what it has read. */
  readonly prefixes: ReadonlySet<Key> | undefined
  /** What it reads counts: always, only or unless it has just said CLIENT CACHING. */
  readonly reads: "all" | "optin" | "optout"
  /** It is told nothing of its own changes. */
  readonly isNoLoop: boolean
}

/** One command of the log. */
export interface Change {
  /** Infinity until it is carried out. */
  index: number
  /** Who has asked for it on this node, and is a client that tracks. */
  writer: Tracker | undefined
}

/** That a key has changed; undefined means all keys. */
export interface Notice {
  readonly key: Key | undefined
  readonly change: Change
}

/** What is told at once. Shared by all who are to be told it, and open until the first is. */
export interface Batch {
  readonly notices: Array<Notice>
  isClosed: boolean
}

/** What is told alone. */
export const single = (notice: Notice): Batch => ({ notices: [notice], isClosed: true })

/** Where clients of version 2 listen. */
const CHANNEL = "__redis__:invalidate"

export class Tracker {
  readonly client: Client
  /** Undefined while it is told nothing. */
  mode: Mode | undefined
  /** It has said CLIENT CACHING about the command to come. */
  isCachingSaid = false
  /** It should have been told something, and whoever is told instead was gone. */
  isBroken = false
  #waiting: Array<Batch> = []
  /** Whether its connection is about to ask for it. */
  #isPushed = false
  /** The last of its commands in the log to whose reply it has come. */
  #repliedIndex = 0

  constructor(client: Client) {
    this.client = client
  }

  /** Whether it is told of what it has read, and is there to hear it. */
  get isReader(): boolean {
    return this.mode !== undefined && this.mode.prefixes === undefined && !this.client.isGone()
  }

  /** Whether it may keep what it reads of the key now, because it will be told of changes. */
  mayKeep(key: Key): boolean {
    if (this.mode === undefined) return false
    const { prefixes, reads } = this.mode
    if (prefixes !== undefined) return [...prefixes].some((prefix) => key.startsWith(prefix))
    return reads === "all" || (reads === "optin") === this.isCachingSaid
  }

  add(batch: Batch): void {
    this.#waiting.push(batch)
    if (this.#isPushed) return
    this.#isPushed = true
    this.client.push((out) => {
      this.#isPushed = false
      this.#tell(out)
    })
  }

  /** The reply to its command at `index` of the log is written. */
  replied(index: number, out: Writer): void {
    this.#repliedIndex = index
    if (this.#waiting.length > 0) this.#tell(out)
  }

  #tell(out: Writer): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const batch of waiting) {
      batch.isClosed = true
      const early = batch.notices.filter((notice) => this.#isEarly(notice))
      if (early.length > 0) this.#waiting.push({ notices: early, isClosed: true })
      const due = batch.notices.filter((notice) =>
        !this.#isEarly(notice) && !this.#isUnwanted(notice)
      )
      if (due.length > 0) this.#say(due, out)
    }
  }

  #isEarly({ change }: Notice): boolean {
    return change.writer === this && change.index > this.#repliedIndex
  }

  /** As with Redis, it hears that there are no keys any more whoever has done that. */
  #isUnwanted({ change, key }: Notice): boolean {
    return change.writer === this && this.mode?.isNoLoop === true && key !== undefined
  }

  #say(notices: ReadonlyArray<Notice>, out: Writer): void {
    if (this.mode === undefined) return
    const { redirect } = this.mode
    if (redirect === undefined) {
      if (out.protocol === 3) push(notices, out)
    } else if (!redirect.isGone()) {
      redirect.push((to) => {
        if (to.protocol === 3) push(notices, to)
        // As to a subscriber of the channel, which whoever listens to anything is taken for.
        else if (Subscriptions.isListening(redirect)) message(notices)(to)
      })
    } else {
      this.isBroken = true
      if (out.protocol === 3) pushBroken(redirect, out)
    }
  }
}

const push = (notices: ReadonlyArray<Notice>, out: Writer): void => {
  out.push(2)
  out.text("invalidate")
  writeKeys(notices, out)
}

const message = (notices: ReadonlyArray<Notice>): Tell =>
  Subscriptions.say("message", CHANNEL, (out) => writeKeys(notices, out))

const pushBroken = ({ id }: Client, out: Writer): void => {
  out.push(2)
  out.text("tracking-redir-broken")
  out.integer(id)
}

/** Each key once, in order; nil if all keys are meant. */
const writeKeys = (notices: ReadonlyArray<Notice>, out: Writer): void => {
  const keys = new Set<Key>()
  for (const { key } of notices) {
    if (key === undefined) return out.nil()
    keys.add(key)
  }
  out.array(keys.size)
  for (const key of [...keys].sort()) out.text(key)
}

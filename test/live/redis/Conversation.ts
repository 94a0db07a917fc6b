/**
 * What one or more clients say to a server, turn by turn, and what they hear: the requests of one
 * client in a row go out together, as a pipeline; another client speaks once all of them are
 * answered, so that both servers see the same order. A scan is asked on to its end, because its
 * cursors mean nothing to anybody else. One more client only listens, to all that is published and
 * to all that becomes of keys.
 */
import type * as Net from "node:net"
import { RawClient, request } from "../RawClient.js"
import type { Pair, Side } from "./RedisPair.js"
import * as Reply from "./Reply.js"

export type Words = ReadonlyArray<string>

export interface Turn {
  /** The client, counted from 0. */
  readonly client: number
  readonly words: Words
}

export interface Conversation {
  /** In which all clients begin. */
  readonly protocol: "2" | "3"
  readonly turns: ReadonlyArray<Turn>
}

export interface Heard {
  /** One for each turn, in order. */
  readonly replies: ReadonlyArray<Reply.Reply>
  /** By client, in order: what was said to it unasked. */
  readonly pushes: ReadonlyArray<ReadonlyArray<Reply.Reply>>
  /** Channels and messages that whoever listens was told, but for keys that were due to go. */
  readonly told: ReadonlyArray<Words>
}

/** What the listener asks last: nobody publishes it. */
const END = "that is all"

/** A server that owes a reply has this long: far more than it needs on a busy machine. */
const ANSWER_LIMIT_MILLIS = 10_000

/** A scan that does not end within so many steps is going in circles. */
const SCAN_STEPS_LIMIT = 1_000

/** Names in lower case, and where the cursor stands among the words. */
const CURSORS: Readonly<Record<string, number>> = { scan: 1, hscan: 2 }

export const nameOf = (words: Words): string => (words[0] ?? "").toLowerCase()

const isScan = (words: Words): boolean => nameOf(words) in CURSORS

/** Whether a scan begins where all of them do. */
export const isFromStart = (words: Words): boolean => words[CURSORS[nameOf(words)]!] === "0"

/** Said in order by one client on a fresh connection, beginning in version 2. */
export const alone = (...turns: ReadonlyArray<Words>): Conversation => ({
  protocol: "2",
  turns: turns.map((words) => ({ client: 0, words }))
})

/** The same on an empty database of either server. */
export const withBoth = async (
  pair: Pair,
  conversation: Conversation
): Promise<Record<Side, Heard>> => {
  const [ours, theirs] = await Promise.all([
    hold(pair.ours, conversation),
    hold(pair.theirs, conversation)
  ])
  return { ours, theirs }
}

const hold = async (
  where: Net.NetConnectOpts,
  { protocol, turns }: Conversation
): Promise<Heard> => {
  const count = Math.max(0, ...turns.map(({ client }) => client)) + 1
  const clients = await Promise.all(Array.from({ length: count }, () => Client.connect(where)))
  const listener = await Client.connect(where)
  await listener.ask([["CONFIG", "SET", "notify-keyspace-events", "KEAnm"], ["PSUBSCRIBE", "*"]])
  const greeting = ["HELLO", protocol]
  await Promise.all(
    clients.map((client, at) => client.ask(at === 0 ? [["FLUSHALL"], greeting] : [greeting]))
  )
  const replies: Array<Reply.Reply> = []
  for (const { client, requests } of inRows(turns)) {
    const [first] = requests
    if (isScan(first!)) replies.push(await clients[client]!.scan(first!))
    else replies.push(...await clients[client]!.ask(requests))
  }
  const told = await listener.told()
  for (const { raw } of [...clients, listener]) raw.socket.destroy()
  return { replies, pushes: clients.map(({ pushes }) => pushes), told }
}

interface Row {
  readonly client: number
  readonly requests: Array<Words>
}

const inRows = (turns: ReadonlyArray<Turn>): ReadonlyArray<Row> => {
  const rows: Array<Row> = []
  for (const { client, words } of turns) {
    const last = rows.at(-1)
    const joins = last?.client === client && !isScan(words) && !isScan(last.requests[0]!)
    if (joins) last.requests.push(words)
    else rows.push({ client, requests: [words] })
  }
  return rows
}

class Client {
  readonly raw: RawClient
  readonly pushes: Array<Reply.Reply> = []
  /** Up to here, what was received has been read. */
  private at = 0

  private constructor(raw: RawClient) {
    this.raw = raw
  }

  static async connect(where: Net.NetConnectOpts): Promise<Client> {
    return new Client(await RawClient.connect(where))
  }

  /** One reply for each request. */
  async ask(requests: ReadonlyArray<Words>): Promise<ReadonlyArray<Reply.Reply>> {
    this.raw.send(requests.map((words) => request(...words)).join(""))
    const replies: Array<Reply.Reply> = []
    let isSilent = false
    const limit = setTimeout(() => {
      isSilent = true
      this.raw.socket.destroy()
    }, ANSWER_LIMIT_MILLIS)
    await this.raw.until(() => this.read(replies, requests.length))
    clearTimeout(limit)
    this.read(replies, requests.length)
    while (replies.length < requests.length) {
      replies.push(isSilent ? Reply.SILENT : Reply.CLOSED)
    }
    return replies
  }

  /** All that a scan finds, as if one step had found it; its first reply if that is none. */
  async scan(words: Words): Promise<Reply.Reply> {
    const at = CURSORS[nameOf(words)]!
    const found: Array<Reply.Reply> = []
    for (let step = 0, cursor = words[at]; step < SCAN_STEPS_LIMIT; step++) {
      const [reply] = await this.ask([cursor === undefined ? words : words.with(at, cursor)])
      const [next, items] = reply!.items
      if (next === undefined || items === undefined) return reply!
      found.push(...items.items)
      if (next.text === "0") return Reply.list([next, Reply.list(found)])
      cursor = next.text
    }
    throw new Error(`${words.join(" ")} does not end`)
  }

  /** All that it was told since it has subscribed. When a key that is due goes, nobody can say. */
  async told(): Promise<ReadonlyArray<Words>> {
    const told: Array<Reply.Reply> = []
    this.raw.send(request("PING", END))
    await this.raw.until(() => this.read(told, Infinity) || told.at(-1)?.items[1]?.text === END)
    return told.slice(0, -1).map(({ items }) => items.slice(2).map(({ text }) => text))
      .filter((words) => !words.some((word) => word.endsWith("expired")))
  }

  /** Whether `replies` are as many as wanted, with what has arrived by now. */
  private read(replies: Array<Reply.Reply>, wanted: number): boolean {
    while (replies.length < wanted) {
      const reply = Reply.read(this.raw.received, this.at)
      if (reply === undefined) return false
      this.at += reply.raw.length
      if (Reply.isPush(reply)) this.pushes.push(reply)
      else replies.push(reply)
    }
    return true
  }
}

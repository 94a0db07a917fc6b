/**
 * Where this server may say something else than Redis, why, and what must be the same even there.
 * All else is compared byte for byte. `witness` is said to both to show that the difference exists;
 * where it depends on chance or on the clock there is none.
 */
import type { Heard, Turn, Words } from "./Conversation.js"
import { isFromStart, nameOf } from "./Conversation.js"
import { FIRST_MOMENT_SECONDS } from "./ExpiryCommands.js"
import * as Reply from "./Reply.js"

export interface Difference {
  /** Of commands, in lower case; of a subcommand as in "object|idletime". */
  readonly names: ReadonlyArray<string>
  readonly why: string
  /** Said of two replies of the same kind: neither is an error, nil or a queued command. */
  readonly isSame: (ours: Reply.Reply, theirs: Reply.Reply, words: Words) => boolean
  /** Each said alone, on an empty database. */
  readonly witness?: ReadonlyArray<Words>
}

/** How far apart the two servers may be in time when they carry out the same request. */
const CLOCK_SLACK_MILLIS = 10_000

/** The whole test lasts less. */
const SAVED_SLACK_SECONDS = 3_600

const within = (slack: number): Difference["isSame"] => (ours, theirs) =>
  Number(ours.text) >= 0 && Number(theirs.text) >= 0 &&
  Math.abs(Number(ours.text) - Number(theirs.text)) <= slack

/** Only what was set as a duration: a moment that was given is the same to the millisecond. */
const unlessGiven =
  (firstGiven: number, slack: number): Difference["isSame"] => (ours, theirs, words) =>
    Number(theirs.text) < firstGiven && within(slack)(ours, theirs, words)

const sortedRaws = (items: ReadonlyArray<Reply.Reply>): string =>
  items.map(({ raw }) => raw).sort().join("")

const inAnyOrder: Difference["isSame"] = (ours, theirs) =>
  ours.text === theirs.text && sortedRaws(ours.items) === sortedRaws(theirs.items)

/** Fields and values by turns. */
const pairsOf = ({ items }: Reply.Reply): ReadonlyArray<Reply.Reply> =>
  items.flatMap((field, at) => at % 2 === 0 ? [Reply.list([field, items[at + 1]!])] : [])

const pairsInAnyOrder: Difference["isSame"] = (ours, theirs, words) =>
  inAnyOrder(Reply.list(pairsOf(ours)), Reply.list(pairsOf(theirs)), words)

/** Up to so many fields, none of them long, Redis keeps as they came (hash-max-listpack-entries). */
const ORDERED_FIELDS_LIMIT = 512

const onceLarge = (isSame: Difference["isSame"]): Difference["isSame"] => (ours, theirs, words) =>
  theirs.items.length > ORDERED_FIELDS_LIMIT && isSame(ours, theirs, words)

/**
 * What a whole scan has found, some of it maybe twice. A transaction holds no more than a step of
 * it, and of a cursor that no server has given nobody can say what it finds.
 */
const found = (list: (items: Reply.Reply) => ReadonlyArray<Reply.Reply>): Difference["isSame"] => {
  const isEnd = ({ items }: Reply.Reply) => items[0]!.text === "0"
  const once = ({ items }: Reply.Reply) =>
    [...new Set(list(items[1]!).map(({ raw }) => raw))].sort().join("")
  return (ours, theirs, words) =>
    !isFromStart(words) || !isEnd(ours) || !isEnd(theirs) || once(ours) === once(theirs)
}

/** The same lengths all the way down, whatever the texts. */
const shapeOf = (reply: Reply.Reply): string =>
  Reply.isList(reply)
    ? `${reply.mark}${reply.text}(${reply.items.map(shapeOf).join("")})`
    : reply.mark

const alike: Difference["isSame"] = (ours, theirs) => shapeOf(ours) === shapeOf(theirs)

const anything: Difference["isSame"] = () => true

/** All but the keys' flags and the subcommands: test/live/RedisRegistry.test.ts compares those. */
const SHARED_ITEMS = 8

const nameIn = (command: Reply.Reply): string => command.items[0]?.text ?? command.raw

const isSameCommand = (ours: Reply.Reply, theirs: Reply.Reply): boolean => {
  const shared = ({ items, raw }: Reply.Reply) =>
    items.length === 0 ? raw : items.slice(0, SHARED_ITEMS).map((item) => item.raw).join("")
  const [our, their] = [ours.items.at(-1), theirs.items.at(-1)]
  return shared(ours) === shared(theirs) &&
    (our === undefined || their === undefined || sameCommands(our, their))
}

/** Those of ours that Redis has, too. */
const sameCommands = (ours: Reply.Reply, theirs: Reply.Reply): boolean => {
  const known = new Map(theirs.items.map((command) => [nameIn(command), command]))
  return ours.items.every((command) => {
    const other = known.get(nameIn(command))
    return other === undefined || isSameCommand(command, other)
  })
}

const CLIENT_NUMBER = /(\$2\r\nid\r\n:)\d+/

const sameButNumber: Difference["isSame"] = (ours, theirs) =>
  ours.raw.replace(CLIENT_NUMBER, "$1") === theirs.raw.replace(CLIENT_NUMBER, "$1")

const STRING_ENCODINGS: ReadonlyArray<string> = ["int", "embstr", "raw"]

/** So many that they stand in the same order only by a miracle. */
const manyKeys = ["MSET", ...Array.from({ length: 40 }, (_, index) => `k${index >> 1}`)]
const manyFields = ["HSET", "h", ...Array.from({ length: 1200 }, (_, index) => `f${index >> 1}`)]

/** In the year 287,000: from then on moments are one and the same here. */
const FAR_MILLIS = 9e15

const orFar = (farthest: number, isSame: Difference["isSame"]): Difference["isSame"] =>
(
  ours,
  theirs,
  words
) => [ours, theirs].every(({ text }) => Number(text) > farthest) || isSame(ours, theirs, words)

export const all: ReadonlyArray<Difference> = [
  {
    names: ["ttl"],
    why: "two servers carry out a request at two moments",
    isSame: orFar(FAR_MILLIS / 1000, within(CLOCK_SLACK_MILLIS / 1000))
  },
  {
    names: ["pttl"],
    why: "two servers carry out a request at two moments",
    isSame: orFar(FAR_MILLIS, within(CLOCK_SLACK_MILLIS))
  },
  {
    names: ["expiretime"],
    why: "a duration begins on two servers at two moments",
    isSame: orFar(
      FAR_MILLIS / 1000,
      unlessGiven(FIRST_MOMENT_SECONDS, CLOCK_SLACK_MILLIS / 1000)
    )
  },
  {
    names: ["pexpiretime"],
    why: "a duration begins on two servers at two moments",
    isSame: orFar(FAR_MILLIS, unlessGiven(1000 * FIRST_MOMENT_SECONDS, CLOCK_SLACK_MILLIS))
  },
  {
    names: ["keys"],
    why: "keys have no order, and Redis's is of its hash function",
    isSame: inAnyOrder,
    witness: [manyKeys, ["KEYS", "*"]]
  },
  {
    names: ["hkeys", "hvals"],
    why: "fields have no order once a hash is large",
    isSame: onceLarge(inAnyOrder),
    witness: [manyFields, ["HKEYS", "h"]]
  },
  {
    names: ["hgetall"],
    why: "fields have no order once a hash is large",
    isSame: onceLarge(pairsInAnyOrder),
    witness: [manyFields, ["HGETALL", "h"]]
  },
  {
    names: ["scan"],
    why: "cursors are each server's own: the whole scan is compared, each key once",
    isSame: found(({ items }) => items),
    witness: [manyKeys, ["SCAN", "0"]]
  },
  {
    names: ["hscan"],
    why: "cursors are each server's own: the whole scan is compared, each field once",
    isSame: found(pairsOf),
    witness: [manyFields, ["HSCAN", "h", "0"]]
  },
  { names: ["randomkey", "hrandfield"], why: "chance decides", isSame: alike },
  {
    names: ["object|idletime"],
    why: "Redis keeps one object for each small number: it is used with whoever holds it",
    isSame: (ours, theirs) => [ours, theirs].every(({ text }) => Number(text) >= 0)
  },
  {
    names: ["object|refcount"],
    why: "Redis keeps one object for each small number, whoever holds it",
    isSame: anything,
    witness: [["SET", "a", "1"], ["OBJECT", "REFCOUNT", "a"]]
  },
  {
    names: ["object|encoding"],
    why: "how Redis keeps a string depends on how it came about",
    isSame: (ours, theirs) => [ours, theirs].every(({ text }) => STRING_ENCODINGS.includes(text)),
    witness: [["SET", "a", "x"], ["APPEND", "a", "y"], ["OBJECT", "ENCODING", "a"]]
  },
  {
    names: ["hello"],
    why: "clients are counted by each server for itself",
    isSame: sameButNumber
  },
  {
    names: ["client|id"],
    why: "clients are counted by each server for itself",
    isSame: anything
  },
  {
    names: ["client|info"],
    why: "a line for people tells what the server knows of the client, which is less here",
    isSame: alike,
    witness: [["CLIENT", "INFO"]]
  },
  {
    names: ["client|list"],
    why: "a line for people tells what the server knows of each client",
    isSame: alike,
    witness: [["CLIENT", "LIST"]]
  },
  {
    names: ["command|getkeysandflags"],
    why: "SET may read its key, with GET or without",
    isSame: (ours, theirs, words) =>
      words[2]?.toLowerCase() === "set" && ours.items.length === theirs.items.length,
    witness: [["COMMAND", "GETKEYSANDFLAGS", "SET", "a", "1"]]
  },
  {
    names: ["role"],
    why: "the log is counted in entries, and Redis's stream of writes in bytes",
    isSame: alike,
    witness: [["SET", "a", "1"], ["ROLE"]]
  },
  {
    names: ["time"],
    why: "two servers carry out a request at two moments",
    isSame: alike
  },
  {
    names: ["lastsave"],
    why: "two servers are started, and save, at two moments",
    isSame: within(SAVED_SLACK_SECONDS)
  },
  {
    names: ["slowlog|len"],
    why: "what takes long is decided by the machine",
    isSame: (ours, theirs) => [ours, theirs].every(({ text }) => Number(text) >= 0)
  },
  {
    names: ["slowlog|get"],
    why: "what takes long is decided by the machine",
    isSame: (ours, theirs) =>
      [ours, theirs].every(({ items }) => items.every((entry) => entry.items.length === 6))
  },
  {
    names: ["memory|usage"],
    why: "keys take other memory",
    isSame: (ours, theirs) => [ours, theirs].every(({ text }) => Number(text) > 0),
    witness: [["SET", "a", "1"], ["MEMORY", "USAGE", "a"]]
  },
  {
    names: ["command|count"],
    why: "it has fewer commands",
    isSame: anything,
    witness: [["COMMAND", "COUNT"]]
  },
  {
    names: ["command", "command|info"],
    why: "it has fewer commands, in another order",
    isSame: sameCommands,
    witness: [["COMMAND"]]
  }
]

/** Every command that has subcommands. */
const HELPED =
  "acl client cluster command config function latency memory object pubsub script slowlog"

/** Commands of which nothing is compared in conversations drawn by chance, by the reason. */
const uncompared: Readonly<Record<string, ReadonlyArray<string>>> = {
  "each server tells of its own subcommands, in words of its own": HELPED.split(" ").map((name) =>
    `${name}|help`
  ),
  "a Redis that is alone refuses them, and this is a cluster to those who ask": [
    ..."asking readonly readwrite cluster|countkeysinslot cluster|getkeysinslot".split(" "),
    ..."cluster|info cluster|keyslot cluster|myid cluster|nodes cluster|shards".split(" "),
    "cluster|slots"
  ],
  "it takes the replies away by which they are compared (RedisDifferential.test.ts)": [
    "client|reply"
  ],
  "it is answered with what is pushed (RedisSubscriptions.test.ts)":
    "subscribe psubscribe ssubscribe unsubscribe punsubscribe sunsubscribe".split(" "),
  "it changes what is pushed later (TrackingDifferential.test.ts)":
    "client|caching client|tracking client|trackinginfo".split(" "),
  "it tells what is so, which is not the same": ["info", "memory|doctor", "memory|stats"],
  "it tells of fewer commands, in another order (RedisRegistry.test.ts)": [
    "command|docs",
    "command|list"
  ]
}

export const wholes: ReadonlyArray<string> = Object.values(uncompared).flat()

const byName: ReadonlyMap<string, Difference> = new Map(
  all.flatMap((difference) => difference.names.map((name) => [name, difference] as const))
)

const CONTAINERS: ReadonlyArray<string> = HELPED.split(" ")

const differenceOf = (words: Words): Difference | undefined =>
  byName.get(
    CONTAINERS.includes(nameOf(words)) ? words.slice(0, 2).join("|").toLowerCase() : nameOf(words)
  )

/** An error or nil. */
const isRefusal = ({ mark, raw }: Reply.Reply): boolean =>
  mark === "-" || raw === "$-1\r\n" || raw === "*-1\r\n"

const QUEUED = "+QUEUED\r\n"

/** Whether the reply to this request counts as the same. */
const isSame = (words: Words, ours: Reply.Reply, theirs: Reply.Reply): boolean => {
  if (ours.raw === theirs.raw) return true
  if (ours.mark !== theirs.mark || [ours, theirs].some(isRefusal)) return false
  return differenceOf(words)?.isSame(ours, theirs, words) ?? false
}

/** The reply to EXEC holds one for each command that was queued. */
const isSameOfAll = (
  queued: ReadonlyArray<Words>,
  ours: Reply.Reply,
  theirs: Reply.Reply
): boolean =>
  queued.length > 0 && [ours, theirs].every(({ items }) => items.length === queued.length) &&
  queued.every((words, at) => isSame(words, ours.items[at]!, theirs.items[at]!))

/**
 * The first turn on which they do not agree; `turns.length` when it is what was said unasked, or
 * what whoever listens was told.
 */
export const find = (
  turns: ReadonlyArray<Turn>,
  ours: Heard,
  theirs: Heard
): number | undefined => {
  const queues = new Map<number, Array<Words>>()
  for (const [at, { client, words }] of turns.entries()) {
    const [our, their] = [ours.replies[at]!, theirs.replies[at]!]
    const queue = queues.get(client) ?? []
    const agreed = isSame(words, our, their) ||
      (nameOf(words) === "exec" && isSameOfAll(queue, our, their))
    if (!agreed) return at
    if (their.raw === QUEUED) queues.set(client, [...queue, words])
    else if (["discard", "exec", "reset"].includes(nameOf(words))) queues.delete(client)
  }
  const said = ({ pushes, told }: Heard) => JSON.stringify({ pushes, told })
  return said(ours) === said(theirs) ? undefined : turns.length
}

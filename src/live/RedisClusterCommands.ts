/**
 * `CLUSTER`: to a client of Redis Cluster the nodes are a cluster of one shard, whose master has
 * all slots and is the leader. Nobody is ever sent elsewhere (`MOVED`), since any node takes any
 * command. As long as no leader can be told of, the node that is asked stands in for it: what it is
 * sent waits there for the next one.
 */
import * as Integer from "../kv/Integer.js"
import type { Key } from "../kv/Key.js"
import * as Keys from "../kv/Key.js"
import type { Writer } from "../wire/RespReply.js"
import * as KeySlot from "./KeySlot.js"
import { container, entriesOf, NOT_AN_INTEGER, ok } from "./RedisCommand.js"
import type { Client, RedisCommand, Run, Server } from "./RedisCommand.js"
import * as RedisPlaces from "./RedisPlaces.js"
import type { Place, Reachable } from "./RedisPlaces.js"

const LAST_SLOT = KeySlot.SLOTS - 1

const INVALID_SLOT = "ERR Invalid slot"
const INVALID_SLOT_OR_COUNT = "ERR Invalid slot or number of keys"

/** Whom clients of a cluster are sent to, who takes writes first. */
const reachable = (server: Server, client: Client): ReadonlyArray<Reachable> => {
  const places = RedisPlaces.all(server, client).filter(RedisPlaces.isReachable)
  const first = places.find(({ isLeader }) => isLeader) ?? RedisPlaces.self(server, client)
  return [first, ...places.filter(({ id }) => id !== first.id)]
}

const slots: Run = (_words, out, client, server) => {
  const places = reachable(server, client)
  const status = server.status()
  out.array(1)
  out.array(2 + places.length)
  out.integer(0)
  out.integer(LAST_SLOT)
  for (const { endpoint, id } of places) {
    out.array(4)
    out.text(endpoint.host)
    out.integer(endpoint.port)
    out.text(RedisPlaces.nameOf(status, id))
    out.map(0)
  }
}

const shards: Run = (_words, out, client, server) => {
  const places = reachable(server, client)
  out.array(1)
  out.map(2)
  out.text("slots")
  out.array(2)
  out.integer(0)
  out.integer(LAST_SLOT)
  out.text("nodes")
  out.array(places.length)
  for (const [at, place] of places.entries()) tellOfShard(place, at === 0, server, out)
}

const tellOfShard = (
  { endpoint, id }: Reachable,
  isMaster: boolean,
  server: Server,
  out: Writer
): void => {
  const status = server.status()
  const fields = [
    ["id", RedisPlaces.nameOf(status, id)],
    ["port", endpoint.port],
    ["ip", endpoint.host],
    ["endpoint", endpoint.host],
    ["role", isMaster ? "master" : "replica"],
    ["replication-offset", status.appliedIndex],
    ["health", "online"]
  ] as const
  out.map(fields.length)
  for (const [name, value] of fields) {
    out.text(name)
    if (typeof value === "number") out.integer(value)
    else out.text(value)
  }
}

/** A line for each member, as Redis's nodes.conf has it. */
const nodes: Run = (_words, out, client, server) => {
  const status = server.status()
  const [master] = reachable(server, client)
  const lineOf = ({ endpoint, id, isSelf, isUp, peerPort }: Place): string => {
    const isMaster = id === master?.id
    const flags = [
      ...(isSelf ? ["myself"] : []),
      isMaster ? "master" : "slave",
      ...(isUp ? [] : ["fail?"]),
      ...(endpoint === undefined ? ["noaddr"] : [])
    ]
    return [
      RedisPlaces.nameOf(status, id),
      `${endpoint?.host ?? ""}:${endpoint?.port ?? 0}@${peerPort}`,
      flags.join(","),
      isMaster || master === undefined ? "-" : RedisPlaces.nameOf(status, master.id),
      // When it was pinged and has answered: neither is known here.
      "0 0",
      status.term,
      isUp ? "connected" : "disconnected",
      ...(isMaster ? [`0-${LAST_SLOT}`] : [])
    ].join(" ")
  }
  out.verbatim(RedisPlaces.all(server, client).map((place) => `${lineOf(place)}\n`).join(""))
}

const info: Run = (_words, out, client, server) => {
  const { membership: { members }, term } = server.status()
  const hasLeader = RedisPlaces.leader(server, client) !== undefined
  const fields = {
    cluster_state: hasLeader ? "ok" : "fail",
    cluster_slots_assigned: KeySlot.SLOTS,
    cluster_slots_ok: hasLeader ? KeySlot.SLOTS : 0,
    cluster_slots_pfail: hasLeader ? 0 : KeySlot.SLOTS,
    cluster_slots_fail: 0,
    cluster_known_nodes: members.length,
    cluster_size: 1,
    cluster_current_epoch: term,
    cluster_my_epoch: term
  }
  out.verbatim(Object.entries(fields).map(([name, value]) => `${name}:${value}\r\n`).join(""))
}

const keysIn = function*(slot: number, { store }: Server): Generator<Key> {
  for (const [key] of store.keys.entries()) {
    if (KeySlot.of(Keys.toBytes(key)) === slot && store.get(key) !== undefined) yield key
  }
}

const isSlot = (slot: Integer.Integer): slot is number => slot >= 0 && slot <= LAST_SLOT

const countKeys: Run = (words, out, _client, server) => {
  const slot = Integer.parse(words[2]!)
  if (slot === undefined) return out.error(NOT_AN_INTEGER)
  if (!isSlot(slot)) return out.error(INVALID_SLOT)
  let count = 0
  for (const _key of keysIn(slot, server)) count++
  out.integer(count)
}

const getKeys: Run = (words, out, _client, server) => {
  const slot = Integer.parse(words[2]!)
  const limit = Integer.parse(words[3]!)
  if (slot === undefined || limit === undefined) return out.error(NOT_AN_INTEGER)
  if (!isSlot(slot) || limit < 0) return out.error(INVALID_SLOT_OR_COUNT)
  const found: Array<Key> = []
  if (limit > 0) {
    for (const key of keysIn(slot, server)) if (found.push(key) >= limit) break
  }
  out.array(found.length)
  for (const key of found) out.text(key)
}

const { local, read } = entriesOf({ group: "cluster", flags: ["stale"] })
const UNSURE = { tips: ["nondeterministic_output"] } as const

const subcommands: ReadonlyArray<RedisCommand> = [
  read("cluster|countkeysinslot", "slot", 3, "3.0.0", countKeys, "Counts the keys of a slot."),
  read(
    "cluster|getkeysinslot",
    "slot count",
    4,
    "3.0.0",
    getKeys,
    "Returns keys of a slot.",
    UNSURE
  ),
  local("cluster|info", "", 2, "3.0.0", info, "Tells how the cluster is.", {
    ...UNSURE,
    differs: "Fewer fields."
  }),
  local(
    "cluster|keyslot",
    "key",
    3,
    "3.0.0",
    (words, out) => out.integer(KeySlot.of(words[2]!)),
    "Returns the slot of a key."
  ),
  local(
    "cluster|myid",
    "",
    2,
    "3.0.0",
    (_words, out, _client, { status }) => out.text(RedisPlaces.nameOf(status(), status().id)),
    "Returns the id of this node."
  ),
  local("cluster|nodes", "", 2, "3.0.0", nodes, "Returns a line about each member.", UNSURE),
  local("cluster|shards", "", 2, "7.0.0", shards, "Returns the one shard and its nodes.", UNSURE),
  local(
    "cluster|slots",
    "",
    2,
    "3.0.0",
    slots,
    "Returns the one range of slots and its nodes.",
    UNSURE
  )
]

export const commands: ReadonlyArray<RedisCommand> = [
  container({
    name: "cluster",
    group: "cluster",
    since: "3.0.0",
    helpSince: "5.0.0",
    summary: "Tells of the members as a cluster of one shard."
  }, subcommands),
  local("asking", "", 1, "3.0.0", ok, "Asks to be let in after a redirection.", {
    flags: ["fast"],
    categories: ["connection"],
    differs: "Granted, and changes nothing: nobody is sent elsewhere."
  })
]

/**
 * `SENTINEL`: to a client of Redis Sentinel every node is one of the sentinels, on the same port
 * on which it serves, and the group that they watch is the cluster: its master is the leader. The
 * group goes by whatever name the client calls it, as there is only this one.
 */
import * as Latin1 from "../kv/Latin1.js"
import type { Writer } from "../wire/RespReply.js"
import { container, entriesOf } from "./RedisCommand.js"
import type { Client, RedisCommand, Run, Server } from "./RedisCommand.js"
import * as RedisPlaces from "./RedisPlaces.js"
import type { Place, Reachable } from "./RedisPlaces.js"

const NO_LEADER = "CLUSTERDOWN No Raft leader: there is no master now; try again"

const textOf = (word: Uint8Array): string => Latin1.decode(word, 0, word.length)

type Fields = Readonly<Record<string, string | number>>

const tell = (fields: Fields, out: Writer): void => {
  const entries = Object.entries(fields)
  out.map(entries.length)
  for (const [name, value] of entries) {
    out.text(name)
    out.text(String(value))
  }
}

const flagsOf = (kind: string, { isUp }: Place): string => isUp ? kind : `${kind},s_down`

/** What Redis tells of an instance of any kind, as far as it is known here. */
const instance = (name: string, kind: string, place: Place, server: Server): Fields => ({
  name,
  ip: place.endpoint?.host ?? "",
  port: place.endpoint?.port ?? 0,
  runid: RedisPlaces.nameOf(server.status(), place.id),
  flags: flagsOf(kind, place)
})

const others = (server: Server, client: Client, than: Place): ReadonlyArray<Place> =>
  RedisPlaces.all(server, client).filter(({ endpoint, id }) =>
    id !== than.id && endpoint !== undefined
  )

const master = (name: string, place: Reachable, server: Server, client: Client): Fields => ({
  ...instance(name, "master", place, server),
  "role-reported": "master",
  "config-epoch": server.status().term,
  "num-slaves": others(server, client, place).length,
  "num-other-sentinels": others(server, client, RedisPlaces.self(server, client)).length,
  quorum: quorumOf(server)
})

const replica = (place: Place, leader: Place | undefined, server: Server): Fields => ({
  ...instance(`${place.endpoint?.host}:${place.endpoint?.port}`, "slave", place, server),
  "role-reported": "slave",
  "master-link-status": leader !== undefined && place.isUp ? "ok" : "err",
  "master-host": leader?.endpoint?.host ?? "?",
  "master-port": leader?.endpoint?.port ?? 0,
  "slave-priority": 100,
  "replica-announced": 1
})

const votersOf = (server: Server): ReadonlyArray<string> =>
  server.status().membership.members.flatMap(({ id, role }) => role === "Learner" ? [] : [id])

const quorumOf = (server: Server): number => Math.floor(votersOf(server).length / 2) + 1

const getMasterAddress: Run = (_words, out, client, server) => {
  const leader = RedisPlaces.leader(server, client)
  if (leader === undefined) return out.nil()
  out.array(2)
  out.text(leader.endpoint.host)
  out.text(String(leader.endpoint.port))
}

const tellMaster: Run = (words, out, client, server) => {
  const leader = RedisPlaces.leader(server, client)
  if (leader === undefined) return out.error(NO_LEADER)
  tell(master(textOf(words[2]!), leader, server, client), out)
}

const tellMasters: Run = (_words, out, client, server) => {
  const leader = RedisPlaces.leader(server, client)
  out.array(leader === undefined ? 0 : 1)
  if (leader !== undefined) tell(master(server.groupName, leader, server, client), out)
}

const tellReplicas: Run = (_words, out, client, server) => {
  const leader = RedisPlaces.leader(server, client)
  const replicas = RedisPlaces.all(server, client).filter(({ endpoint, id }) =>
    id !== leader?.id && endpoint !== undefined
  )
  out.array(replicas.length)
  for (const place of replicas) tell(replica(place, leader, server), out)
}

const tellSentinels: Run = (_words, out, client, server) => {
  const sentinels = others(server, client, RedisPlaces.self(server, client))
  out.array(sentinels.length)
  for (const place of sentinels) {
    const name = RedisPlaces.nameOf(server.status(), place.id)
    tell(instance(name, "sentinel", place, server), out)
  }
}

const checkQuorum: Run = (_words, out, client, server) => {
  const voters = votersOf(server)
  const usable =
    RedisPlaces.all(server, client).filter(({ id, isUp }) => isUp && voters.includes(id)).length
  if (usable >= quorumOf(server)) {
    out.simple(`OK ${usable} usable Sentinels. Quorum and failover authorization can be reached`)
  } else {
    out.error(
      `NOQUORUM ${usable} usable Sentinels. Not enough available Sentinels to reach the majority ` +
        "and authorize a failover"
    )
  }
}

const tellOwnId: Run = (_words, out, _client, server) => {
  const status = server.status()
  out.text(RedisPlaces.nameOf(status, status.id))
}

const { local } = entriesOf({ group: "sentinel", flags: ["admin"] })
const NAME = "master-name"

const subcommands: ReadonlyArray<RedisCommand> = [
  local(
    "sentinel|ckquorum",
    NAME,
    3,
    "2.8.4",
    checkQuorum,
    "Tells whether this node is connected to a majority of the members."
  ),
  local(
    "sentinel|get-master-addr-by-name",
    NAME,
    3,
    "2.8.4",
    getMasterAddress,
    "Returns the host and port of the leader, or nil as long as there is none."
  ),
  local("sentinel|master", NAME, 3, "2.8.4", tellMaster, "Returns what is known of the leader."),
  local(
    "sentinel|masters",
    "",
    2,
    "2.8.4",
    tellMasters,
    "Returns a list of the one group there is."
  ),
  local("sentinel|myid", "", 2, "6.2.0", tellOwnId, "Returns the id of this node."),
  local(
    "sentinel|replicas",
    NAME,
    3,
    "5.0.0",
    tellReplicas,
    "Returns what is known of the other members."
  ),
  local(
    "sentinel|sentinels",
    NAME,
    3,
    "2.8.4",
    tellSentinels,
    "Returns what is known of the other members as sentinels: every node is one."
  ),
  local("sentinel|slaves", NAME, 3, "2.8.0", tellReplicas, "Does as REPLICAS does.")
]

export const commands: ReadonlyArray<RedisCommand> = [
  container({
    name: "sentinel",
    flags: ["admin"],
    group: "sentinel",
    since: "2.8.4",
    helpSince: "6.2.0",
    summary: "Tells of the members as Redis Sentinel would."
  }, subcommands)
]

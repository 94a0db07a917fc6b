/**
 * The answer to `INFO`: what tools and client libraries look for under the names that Redis gave
 * it, and under "Raft" what only a cluster has, as RedisRaft names it. It tells what is so here and
 * leaves out what is not.
 */
import type { Client, Server } from "./RedisCommand.js"
import * as RedisPlaces from "./RedisPlaces.js"
import { VERSION } from "./Version.js"

/** The Redis whose commands, wording and replies this server's own follow. */
export const REDIS_VERSION = "7.0.15"

type Fields = Readonly<Record<string, string | number>>

const serverFields = (server: Server): Fields => {
  const uptimeSeconds = Math.floor((Date.now() - server.startedAtMillis) / 1000)
  return {
    redis_version: REDIS_VERSION,
    redis_mode: "standalone",
    raftcache_version: VERSION,
    node_version: process.versions.node,
    os: `${process.platform} ${process.arch}`,
    process_id: process.pid,
    tcp_port: server.port(),
    uptime_in_seconds: uptimeSeconds,
    uptime_in_days: Math.floor(uptimeSeconds / 86_400)
  }
}

const UNITS = ["K", "M", "G", "T"] as const

/** As Redis writes it: "512B", "1.50M". */
const human = (bytes: number): string => {
  if (bytes < 1024) return `${bytes}B`
  const power = Math.min(UNITS.length, Math.floor(Math.log2(bytes) / 10))
  return `${(bytes / 1024 ** power).toFixed(2)}${UNITS[power - 1]}`
}

/** Used is what the keys take, which is what `maxmemory` is about; the process needs more. */
const memoryFields = ({ store }: Server): Fields => {
  const { memory: { limitBytes, policy }, usedBytes } = store
  const { rss } = process.memoryUsage()
  return {
    used_memory: usedBytes,
    used_memory_human: human(usedBytes),
    used_memory_rss: rss,
    used_memory_rss_human: human(rss),
    maxmemory: limitBytes,
    maxmemory_human: human(limitBytes),
    maxmemory_policy: policy
  }
}

const raftFields = (server: Server): Fields => {
  const status = server.status()
  return {
    dbid: status.clusterId,
    node_id: status.id,
    state: status.role.toLowerCase(),
    leader_id: status.leader ?? "",
    current_term: status.term,
    num_nodes: status.members.length,
    current_index: status.lastIndex,
    commit_index: status.commitIndex,
    last_applied_index: status.appliedIndex,
    pending_requests: status.pending
  }
}

/** The leader is the master of all others; an index of the log stands for an offset. */
const replicationFields = (server: Server, client: Client): Fields => {
  const { appliedIndex, lastIndex, membership, role } = server.status()
  if (role === "Leader") {
    const replicas = RedisPlaces.all(server, client).filter(({ isSelf }) => !isSelf)
      .filter(RedisPlaces.isReachable)
    const lines = replicas.map(({ endpoint: { host, port }, id }, at) => {
      const behind = membership.members.find((member) => member.id === id)?.behind ?? 0
      const offset = lastIndex - behind
      return [`slave${at}`, `ip=${host},port=${port},state=online,offset=${offset},lag=0`] as const
    })
    return {
      role: "master",
      connected_slaves: replicas.length,
      ...Object.fromEntries(lines),
      master_repl_offset: lastIndex
    }
  }
  const leader = RedisPlaces.leader(server, client)
  return {
    role: "slave",
    master_host: leader?.endpoint.host ?? "?",
    master_port: leader?.endpoint.port ?? 0,
    master_link_status: leader === undefined ? "down" : "up",
    slave_repl_offset: appliedIndex,
    // It passes writes on.
    slave_read_only: 0,
    connected_slaves: 0,
    master_repl_offset: lastIndex
  }
}

const SECTIONS: Readonly<Record<string, (server: Server, client: Client) => Fields>> = {
  Server: serverFields,
  Clients: (server) => ({
    connected_clients: server.connections.size,
    maxclients: server.connectionsLimit,
    tracking_clients: server.tracking.clients
  }),
  Memory: memoryFields,
  Persistence: () => ({ loading: 0 }),
  Stats: ({ store, subscriptions, totals, tracking }) => ({
    total_connections_received: totals.connections,
    total_commands_processed: totals.commands,
    rejected_connections: totals.rejectedConnections,
    evicted_keys: store.evictedKeys,
    pubsub_channels: subscriptions.names("channel").length,
    pubsub_patterns: subscriptions.names("pattern").length,
    pubsubshard_channels: subscriptions.names("shard").length,
    tracking_total_keys: tracking.keys,
    tracking_total_items: tracking.items,
    tracking_total_prefixes: tracking.prefixes,
    acl_access_denied_auth: totals.deniedPasswords
  }),
  Replication: replicationFields,
  Raft: raftFields,
  // It speaks of a cluster to those who ask; whoever does not may take it for a single server.
  Cluster: () => ({ cluster_enabled: 1 }),
  Keyspace: ({ store }): Fields => {
    const { dues, keys: { size } } = store
    return size === 0 ? {} : { db0: `keys=${size},expires=${dues.size},avg_ttl=0` }
  }
}

const EVERYTHING: ReadonlyArray<string> = ["default", "all", "everything"]

/** The sections whose names, in lower case, are asked for, each once; all of them when none is. */
export const render = (
  server: Server,
  client: Client,
  asked: ReadonlyArray<string>
): string => {
  const all = asked.length === 0 || asked.some((name) => EVERYTHING.includes(name))
  return Object.entries(SECTIONS)
    .filter(([title]) => all || asked.includes(title.toLowerCase()))
    .map(([title, fields]) => {
      const lines = Object.entries(fields(server, client)).map(([name, value]) =>
        `${name}:${value}\r\n`
      )
      return `# ${title}\r\n${lines.join("")}`
    })
    .join("\r\n")
}

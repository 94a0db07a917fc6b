/**
 * `raftcache dev`: a cluster to try out, and on a terminal a few keys to break it with.
 */
import { Clock, Config, Duration, Effect, LogLevel, Option, Schedule } from "effect"
import * as Version from "../live/Version.js"
import * as Members from "../node/Members.js"
import * as DevCluster from "./DevCluster.js"
import * as DevKeys from "./DevKeys.js"
import * as Flags from "./Flags.js"
import * as Logs from "./Logs.js"

export const spec = {
  nodes: { type: "string" },
  memory: { type: "boolean" },
  data: { type: "string" },
  "log-level": { type: "string" }
} as const satisfies Flags.Spec

const DEFAULT_NODES = 3
const DEFAULT_FOLDER = "./data/dev"

const config = Config.all({
  nodes: Config.withDefault(Flags.integer("NODES", 1, Members.MEMBERS_LIMIT), DEFAULT_NODES),
  memory: Config.withDefault(Config.boolean("MEMORY"), false),
  data: Config.withDefault(Config.nonEmptyString("DATA"), DEFAULT_FOLDER),
  logLevel: Config.withDefault(Config.logLevel("LOG_LEVEL"), LogLevel.Error)
})

const print = (line: string) => Effect.sync(() => void process.stdout.write(`${line}\n`))

/** The node that leads and that a majority follows, if there is one. */
const leader = (cluster: DevCluster.DevCluster) =>
  Effect.gen(function*() {
    const statuses = yield* Effect.forEach(cluster.members, cluster.status)
    const known = statuses.flatMap((status) => status?.leader === undefined ? [] : [status])
    const term = Math.max(...known.map((status) => status.term))
    const followers = known.filter((status) => status.term === term)
    return 2 * followers.length > cluster.members.length
      ? Option.fromNullable(followers.find((status) => status.role === "Leader"))
      : Option.none()
  })

const LEADER_POLL = Duration.millis(5)

const awaitLeader = (cluster: DevCluster.DevCluster) =>
  Effect.flatten(leader(cluster)).pipe(Effect.retry(Schedule.spaced(LEADER_POLL)), Effect.orDie)

/** Says who leads whenever that changes. */
const announce = (cluster: DevCluster.DevCluster, first: string) =>
  Effect.gen(function*() {
    let said = first
    let since = 0
    while (true) {
      yield* Effect.sleep(LEADER_POLL)
      const now = yield* Clock.currentTimeMillis
      const found = yield* leader(cluster)
      const line = Option.match(found, {
        onNone: () => "no leader",
        onSome: ({ id, term }) => `leader ${id} (term ${term})`
      })
      if (line === said) continue
      const gap = said === "no leader" ? ` after ${now - since} ms` : ""
      yield* print(`  ${line}${gap}`)
      said = line
      since = now
    }
  })

export const run = (argv: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const options = yield* Flags.read(config, yield* Flags.provider(argv, spec))
    const { data, logLevel, memory, nodes } = options
    yield* Effect.gen(function*() {
      const startedAt = yield* Clock.currentTimeMillis
      const cluster = yield* DevCluster.make({ nodes, data: memory ? undefined : data })
      yield* Effect.forEach(cluster.members, cluster.start, {
        concurrency: "unbounded",
        discard: true
      })
      const { id, term } = yield* awaitLeader(cluster)
      const took = (yield* Clock.currentTimeMillis) - startedAt
      yield* print(banner(cluster, memory ? "in memory" : data, took, id, term))
      yield* Effect.fork(announce(cluster, `leader ${id} (term ${term})`))
      if (process.stdin.isTTY) return yield* DevKeys.run(cluster)
      return yield* Effect.never
    }).pipe(Effect.scoped, Effect.provide(Logs.layer(logLevel)))
  })

const banner = (
  cluster: DevCluster.DevCluster,
  data: string,
  tookMillis: number,
  leaderId: string,
  term: number
): string => {
  const [first, ...others] = cluster.members
  const ports = others.map(({ redisPort }) => redisPort).join(", ")
  const rest = ports === "" ? "" : `  (${ports}: any node will do)`
  return [
    `raftcache ${Version.VERSION}  ${cluster.members.length} nodes  ready in ${tookMillis} ms  ` +
    `leader ${leaderId} (term ${term})`,
    `  redis  ${first === undefined ? "" : DevCluster.redisUrl(first)}${rest}`,
    `  data   ${data}`,
    `  try    redis-cli -p ${first?.redisPort} set greeting hello`,
    process.stdin.isTTY ? DevKeys.help : "  stop   Ctrl-C"
  ].join("\n")
}

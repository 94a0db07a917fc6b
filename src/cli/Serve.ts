/**
 * `raftcache --id ...`: one node of a cluster, with its Redis server, until it is told to stop.
 */
import {
  Config,
  ConfigError as ConfigErrors,
  Context,
  Effect,
  Either,
  Layer,
  LogLevel,
  Option
} from "effect"
import * as Memory from "../kv/Memory.js"
import * as Garbage from "../live/Garbage.js"
import * as Notifications from "../live/Notifications.js"
import type { Credentials } from "../live/RedisClient.js"
import * as RedisServer from "../live/RedisServer.js"
import * as Members from "../node/Members.js"
import { readModes } from "../node/Node.js"
import * as NodeProgram from "../node/NodeProgram.js"
import * as RaftCache from "../RaftCache.js"
import * as Flags from "./Flags.js"
import * as Logs from "./Logs.js"
import * as Secrets from "./Secrets.js"

export const spec = {
  id: { type: "string" },
  peers: { type: "string" },
  join: { type: "string" },
  listen: { type: "string" },
  replaces: { type: "string" },
  redis: { type: "string" },
  announce: { type: "string" },
  "sentinel-name": { type: "string" },
  ...Secrets.spec,
  "protected-mode": { type: "string" },
  data: { type: "string" },
  "election-timeout": { type: "string" },
  heartbeat: { type: "string" },
  reads: { type: "string" },
  "max-memory": { type: "string" },
  "max-memory-policy": { type: "string" },
  "notify-keyspace-events": { type: "string" },
  "log-level": { type: "string" }
} as const satisfies Flags.Spec

const address = (name: string) =>
  Config.mapOrFail(
    Config.string(name),
    (text) =>
      Either.mapLeft(Members.parseAddress(text), (why) => ConfigErrors.InvalidData([name], why))
  )

/** Longer than this no timeout makes sense: it is a slip of the keyboard. */
const MILLIS_LIMIT = 60_000

const millis = (name: string, otherwise: number) =>
  Config.withDefault(Flags.integer(name, 1, MILLIS_LIMIT), otherwise)

const bytes = (name: string) =>
  Config.mapOrFail(
    Config.string(name),
    (text) =>
      Either.fromNullable(
        Memory.parseBytes(text),
        () => ConfigErrors.InvalidData([name], "Expected bytes, such as 100mb or 1gb")
      )
  )

const config = Config.all({
  id: Config.nonEmptyString("ID"),
  peers: Config.option(Config.nonEmptyString("PEERS")),
  join: Config.option(Config.nonEmptyString("JOIN")),
  listen: Config.option(Config.nonEmptyString("LISTEN")),
  replaces: Config.option(Config.nonEmptyString("REPLACES")),
  redis: Config.withDefault(address("REDIS"), { host: "127.0.0.1", port: 6379 }),
  announce: Config.option(address("ANNOUNCE")),
  sentinelName: Config.withDefault(
    Config.validate(Config.nonEmptyString("SENTINEL_NAME"), {
      message: "Expected a name without spaces",
      validation: (name) => /^[!-~]+$/.test(name)
    }),
    RedisServer.GROUP_NAME
  ),
  secrets: Secrets.config,
  protectedMode: Config.withDefault(Config.literal("yes", "no")("PROTECTED_MODE"), "yes"),
  data: Config.option(Config.nonEmptyString("DATA")),
  electionTimeout: millis("ELECTION_TIMEOUT", NodeProgram.defaults.electionTimeoutMillis),
  heartbeat: millis("HEARTBEAT", NodeProgram.defaults.heartbeatMillis),
  reads: Config.withDefault(Config.literal(...readModes)("READS"), "linearizable"),
  maxMemoryBytes: Config.withDefault(bytes("MAX_MEMORY"), Memory.defaults.limitBytes),
  maxMemoryPolicy: Config.withDefault(
    Config.literal(...Memory.policies)("MAX_MEMORY_POLICY"),
    Memory.defaults.policy
  ),
  notifyKeyspaceEvents: Config.withDefault(
    Config.validate(Config.string("NOTIFY_KEYSPACE_EVENTS"), {
      message: `Expected letters of ${Notifications.KNOWN}`,
      validation: Notifications.isValid
    }),
    ""
  ),
  logLevel: Config.withDefault(Config.logLevel("LOG_LEVEL"), LogLevel.Info)
})

/** A node is told with whom its cluster begins, or whom to join. */
const placeOf = (
  { join, listen, peers, replaces }: Config.Config.Success<typeof config>,
  credentials: Credentials | undefined
): Either.Either<Pick<RaftCache.Options, "join" | "peers">, Flags.UsageError> => {
  const usage = (message: string) => Either.left(new Flags.UsageError({ message }))
  if (Option.isNone(join)) {
    if (Option.isNone(peers)) return usage("--peers is missing, or --join")
    const isStray = Option.isSome(listen) || Option.isSome(replaces)
    return isStray
      ? usage("--listen and --replaces go with --join")
      : Either.right({ peers: peers.value })
  }
  if (Option.isSome(peers)) return usage("--peers begins a cluster and --join joins one: not both")
  if (Option.isNone(listen)) return usage("--listen is missing: where the others reach this node")
  const leaves = Option.isSome(replaces) ? { replaces: replaces.value } : {}
  const asks = credentials === undefined ? {} : { credentials }
  return Either.right({ join: { at: join.value, listen: listen.value, ...leaves, ...asks } })
}

export const run = (argv: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const options = yield* Flags.read(config, yield* Flags.provider(argv, spec))
    const { electionTimeout, heartbeat, id, maxMemoryBytes, maxMemoryPolicy, reads } = options
    const redis = {
      ...options.redis,
      reads,
      groupName: options.sentinelName,
      notifyKeyspaceEvents: options.notifyKeyspaceEvents,
      users: yield* Secrets.users(options.secrets),
      protectedMode: options.protectedMode === "yes",
      ...(Option.isSome(options.announce) ? { announce: options.announce.value } : {})
    }
    const data = Option.getOrElse(options.data, () => `./data/${id}`)
    const place = yield* placeOf(options, yield* Secrets.credentials(options.secrets))
    const node = RaftCache.layer({
      id,
      ...place,
      data,
      electionTimeout,
      heartbeat,
      maxMemoryBytes,
      maxMemoryPolicy
    })
    const served = Layer.provideMerge(RedisServer.layer(redis), node)
    yield* Garbage.collectEarly
    return yield* Effect.gen(function*() {
      const services = yield* Layer.build(served)
      const bound = Context.get(services, RedisServer.RedisServer)
      yield* Effect.logInfo(`ready for Redis clients at redis://${Members.formatAddress(bound)}`)
      return yield* Context.get(services, RaftCache.RaftCache).stopped
    }).pipe(Effect.scoped, Logs.ofNode(id), Effect.provide(Logs.layer(options.logLevel)))
  })

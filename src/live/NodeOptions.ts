/**
 * What a node is told when it starts: who it is, with whom its cluster begins or which one it
 * joins, where its data is, and how patient it is.
 */
import { Duration, Effect, Either } from "effect"
import { createHash } from "node:crypto"
import * as Memory from "../kv/Memory.js"
import * as Members from "../node/Members.js"
import type { ReadMode } from "../node/Node.js"
import * as NodeProgram from "../node/NodeProgram.js"
import type { Recovered } from "../service/Storage.js"
import type * as Joining from "./Joining.js"
import type { Credentials } from "./RedisClient.js"

export interface Join {
  /** `host:port` where any member serves Redis clients (live/RedisServer.ts). */
  readonly at: string
  /** `host:port` where the others are to reach this node. */
  readonly listen: string
  /** A member that leaves in the same step, because it is lost. */
  readonly replaces?: string
  /** Who asks, if the cluster has users. */
  readonly credentials?: Credentials
}

export interface Options {
  readonly id: string
  /**
   * Every member with which the cluster begins, this node included: `"n1=host:port,..."` or the
   * same as values. Who belongs to it later is in its log; an address given here is used all the
   * same, because its node may have moved.
   */
  readonly peers?: string | ReadonlyArray<Members.Member>
  /** Instead of `peers`: the node joins a cluster that runs. */
  readonly join?: Join
  /** The data folder. Made when it is not there; belongs to one node. */
  readonly data: string
  /** Silence of the leader that makes a node campaign. Default 300 milliseconds. */
  readonly electionTimeout?: Duration.DurationInput
  /** Default 50 milliseconds; at most a third of the election timeout. */
  readonly heartbeat?: Duration.DurationInput
  /** How long a request may wait. Default 5 seconds. */
  readonly requestTimeout?: Duration.DurationInput
  /** What reads may show where they say nothing else. Default `linearizable`. */
  readonly reads?: ReadMode
  /**
   * What the keys may take while this node leads, about (docs/operations.md): the same on all
   * nodes. Default as much as there is.
   */
  readonly maxMemoryBytes?: number
  /** Which keys go when it is more; if none, writes are refused. Default `noeviction`. */
  readonly maxMemoryPolicy?: Memory.Policy
}

/**
 * Nodes that were given the same members at the same addresses when their folders were made are one
 * cluster; a folder keeps the name when members come, go or move.
 */
export const clusterIdOf = (members: ReadonlyArray<Members.Member>): string => {
  const sorted = [...members].sort((a, b) => (a.id < b.id ? -1 : 1))
  return createHash("sha256").update(Members.format(sorted)).digest("hex").slice(0, 16)
}

/** How a node does what it does, whoever it is. */
export interface Behavior extends NodeProgram.Options {
  readonly reads: ReadMode
  readonly memory: Memory.Settings
}

export const defaults: Behavior = {
  ...NodeProgram.defaults,
  reads: "linearizable",
  memory: Memory.defaults
}

/** The options as the node needs them. */
export interface Valid extends Behavior {
  readonly self: Members.Member
  /** As they were given, this node included; none if it joins. */
  readonly peers: ReadonlyArray<Members.Member>
  readonly join: Joining.Join | undefined
}

type Place = Pick<Valid, "join" | "peers" | "self">

const placeOf = (options: Options): Either.Either<Place, string> =>
  Either.gen(function*() {
    const { id, join, peers } = options
    if (join !== undefined && peers !== undefined) {
      return yield* Either.left("peers and join: a node begins a cluster or joins one, not both")
    }
    if (join !== undefined) {
      const { credentials } = join
      const place = yield* Either.mapLeft(Members.parseAddress(join.at), (why) => `join: ${why}`)
      const at = credentials === undefined ? place : { ...place, credentials }
      const listen = `${id}=${join.listen}`
      const [self] = yield* Either.mapLeft(Members.parse(listen), (why) => `listen: ${why}`)
      return { self: self!, peers: [], join: { at, replaces: join.replaces } }
    }
    if (peers === undefined) return yield* Either.left("peers or join must be given")
    const parsed = typeof peers === "string" ? Members.parse(peers) : Members.validate(peers)
    const members = yield* Either.mapLeft(parsed, (why) => `peers: ${why}`)
    const self = members.find((member) => member.id === id)
    if (self === undefined) {
      const ids = members.map((each) => each.id).join(", ")
      return yield* Either.left(`peers: ${id} is not among ${ids}`)
    }
    return { self, peers: members, join: undefined }
  })

/** What is wrong with them is on the left side. */
export const validate = (options: Options): Either.Either<Valid, string> => {
  const place = placeOf(options)
  if (Either.isLeft(place)) return Either.left(place.left)
  const { reads = defaults.reads } = options
  const millis = (given: Duration.DurationInput | undefined, otherwise: number): number =>
    given === undefined ? otherwise : Duration.toMillis(given)
  const electionTimeoutMillis = millis(options.electionTimeout, defaults.electionTimeoutMillis)
  const heartbeatMillis = millis(options.heartbeat, defaults.heartbeatMillis)
  const requestTimeoutMillis = millis(options.requestTimeout, defaults.requestTimeoutMillis)
  if (!(heartbeatMillis >= 10 && electionTimeoutMillis >= 3 * heartbeatMillis)) {
    return Either.left(
      `a heartbeat of ${heartbeatMillis} ms and an election timeout of ` +
        `${electionTimeoutMillis} ms: the heartbeat must be at least 10 ms, the election ` +
        "timeout at least three heartbeats"
    )
  }
  const { maxMemoryBytes: limitBytes = 0, maxMemoryPolicy: policy = Memory.defaults.policy } =
    options
  if (!Number.isSafeInteger(limitBytes) || limitBytes < 0) {
    return Either.left(`maxMemoryBytes: ${limitBytes} is no number of bytes`)
  }
  return Either.right({
    ...place.right,
    electionTimeoutMillis,
    heartbeatMillis,
    requestTimeoutMillis,
    reads,
    memory: { ...Memory.defaults, limitBytes, policy }
  })
}

/** Others were named than are members: that does not make them so. */
export const warnOfOthers = ({ peers }: Valid, { bootstrap }: Recovered): Effect.Effect<void> => {
  const others = peers.filter(({ id }) => bootstrap.addresses[id] === undefined)
  if (others.length === 0) return Effect.void
  return Effect.logWarning(
    `the peers name ${others.map(({ id }) => id).join(", ")}, with whom this cluster did not ` +
      "begin: members are added with \"raftcache members add\", and are then known without being " +
      "named"
  )
}

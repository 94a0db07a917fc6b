/**
 * The cache inside an application. Every process that provides `layer` is a node of the cluster:
 * there is no server beside it. Whichever node is asked, answers are linearizable; who leads, and a
 * change of it, is handled inside.
 *
 * The Redis server is one more layer on top (live/RedisServer.ts), and `raftcache` on the command
 * line is nothing but the two together.
 */
import { Context, Effect, Either, Layer, Option } from "effect"
import * as CacheError from "./CacheError.js"
import { Invalid, Unavailable, UnknownOutcome } from "./CacheError.js"
import * as Answer from "./kv/Answer.js"
import * as Command from "./kv/Command.js"
import * as Key from "./kv/Key.js"
import * as Endpoints from "./live/Endpoints.js"
import * as FolderReader from "./live/FolderReader.js"
import * as Garbage from "./live/Garbage.js"
import * as ImmediateScheduler from "./live/ImmediateScheduler.js"
import * as Joining from "./live/Joining.js"
import * as NodeDisk from "./live/NodeDisk.js"
import * as NodeOptions from "./live/NodeOptions.js"
import type { RedisClientError } from "./live/RedisClient.js"
import * as TcpNetwork from "./live/TcpNetwork.js"
import * as Cache from "./node/Cache.js"
import * as DataFolder from "./node/DataFolder.js"
import * as EphemeralStorage from "./node/EphemeralStorage.js"
import * as Members from "./node/Members.js"
import * as MembershipRefusals from "./node/MembershipRefusals.js"
import { Node } from "./node/Node.js"
import type { Membership, ReadMode, Removed, Status } from "./node/Node.js"
import * as NodeProgram from "./node/NodeProgram.js"
import type * as WriteAheadLog from "./node/WriteAheadLog.js"
import { Network } from "./service/Network.js"
import type { NetworkError } from "./service/Network.js"
import { Storage } from "./service/Storage.js"
import type { StorageError } from "./service/Storage.js"

export { Invalid, Unavailable, UnknownOutcome }

export type WriteError = Unavailable | UnknownOutcome | Invalid

/** The index of the log entry that last wrote a key; 0 stands for an absent key. */
export type Revision = number

export interface Entry {
  readonly value: Uint8Array
  readonly revision: Revision
}

export interface CompareAndSet {
  /** Whether the key had the expected revision and the value was written. */
  readonly succeeded: boolean
  /** The key's revision now. */
  readonly revision: Revision
}

export interface MembersChange {
  readonly add?: ReadonlyArray<Members.Member>
  readonly remove?: ReadonlyArray<string>
  /** Of the members that are to be changed (`Membership.index`); whoever they are if not given. */
  readonly expected?: Membership["index"]
}

export class RaftCache extends Context.Tag("raftcache/RaftCache")<RaftCache, {
  /** The value as UTF-8 text. Linearizable, unless `reads` or the layer's options say otherwise. */
  readonly get: (
    key: string,
    reads?: ReadMode
  ) => Effect.Effect<Option.Option<string>, Unavailable | Invalid>
  /** The value as bytes, with the revision that `compareAndSet` asks for. */
  readonly getEntry: (
    key: string,
    reads?: ReadMode
  ) => Effect.Effect<Option.Option<Entry>, Unavailable | Invalid>
  readonly set: (key: string, value: string | Uint8Array) => Effect.Effect<Revision, WriteError>
  /** Whether the key was there. */
  readonly delete: (key: string) => Effect.Effect<boolean, WriteError>
  /** Writes only if the key still has the revision `expected`; 0 means only if it is absent. */
  readonly compareAndSet: (
    key: string,
    expected: Revision,
    value: string | Uint8Array
  ) => Effect.Effect<CompareAndSet, WriteError>
  /**
   * Adds a whole number, 1 if none is given; an absent key counts as 0. `Invalid` if the value is
   * no 64-bit integer or would leave that range. Exact up to 2^53.
   */
  readonly increment: (key: string, by?: number) => Effect.Effect<number, WriteError>
  readonly status: Effect.Effect<Status>
  /** Who the members are, as this node knows. */
  readonly members: Effect.Effect<Membership>
  /**
   * Adds and removes members, as one change; done at most once. Returns the version of the members
   * from which on it holds. Nodes that are added become voters by themselves once they have caught
   * up. `Invalid` says that, and why, the members are as they were.
   */
  readonly changeMembers: (change: MembersChange) => Effect.Effect<Membership["index"], WriteError>
  /**
   * Never succeeds. Fails when this node's disk does, or when the cluster has removed this node,
   * which has stopped.
   */
  readonly stopped: Effect.Effect<never, StorageError | Removed>
}>() {}

export type Options = NodeOptions.Options

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const toBytes = (value: string | Uint8Array): Uint8Array =>
  typeof value === "string" ? encoder.encode(value) : value

const validKey = (key: string): Effect.Effect<Key.Key, Invalid> => {
  const bytes = encoder.encode(key)
  return bytes.length > Key.LIMIT_BYTES
    ? new Invalid({ message: `the key has ${bytes.length} bytes: at most ${Key.LIMIT_BYTES}` })
    : Effect.succeed(Key.fromBytes(bytes))
}

const validValue = (value: string | Uint8Array): Effect.Effect<Uint8Array, Invalid> => {
  const bytes = toBytes(value)
  const limit = Command.VALUE_LIMIT_BYTES
  return bytes.length > limit
    ? new Invalid({ message: `the value has ${bytes.length} bytes: at most ${limit}` })
    : Effect.succeed(bytes)
}

interface Applied {
  readonly answer: Answer.Answer
  readonly index: number
}

const write =
  (node: Node["Type"]) =>
  (...words: ReadonlyArray<string | Uint8Array>): Effect.Effect<Applied, WriteError> =>
    Effect.async((resume) =>
      node.write(Command.encodeCall(Command.words(...words)), (outcome) => {
        switch (outcome._tag) {
          case "Done": {
            const answer = Answer.read(outcome.answer)
            return resume(
              answer._tag === "Error"
                ? CacheError.ofAnswer(answer.message)
                : Effect.succeed({ answer, index: outcome.index })
            )
          }
          case "Refused":
            return resume(CacheError.unavailable(outcome))
          case "UnknownOutcome":
            return resume(
              new UnknownOutcome({ message: "no answer in time: the write may have happened" })
            )
        }
      })
    )

const changeMembers =
  (node: Node["Type"]) => (change: MembersChange): Effect.Effect<number, WriteError> =>
    Effect.async((resume) => {
      const { expected, remove = [] } = change
      const add = (change.add ?? []).map(Members.toNew)
      node.changeMembers({ add, remove, expected }, (outcome) => {
        switch (outcome._tag) {
          case "MembershipChanged":
            return resume(Effect.succeed(outcome.index))
          case "ChangeRefused": {
            const message = MembershipRefusals.describe(outcome.why, node.status().members)
            return resume(new Invalid({ message }))
          }
          case "Refused":
            return resume(CacheError.unavailable(outcome))
          case "UnknownOutcome":
            return resume(new UnknownOutcome({ message: "no answer in time: look who they are" }))
        }
      })
    })

/** Looks at the node's own store at a moment at which it may be shown. */
const read =
  (node: Node["Type"]) => <A>(look: () => A, reads: ReadMode): Effect.Effect<A, Unavailable> =>
    Effect.async((resume) =>
      node.read(
        (outcome) =>
          resume(
            outcome._tag === "Readable" ? Effect.succeed(look()) : CacheError.unavailable(outcome)
          ),
        reads
      )
    )

const make = (defaultReads: ReadMode) =>
  Effect.gen(function*() {
    const node = yield* Node
    const store = yield* Cache.Cache
    const apply = write(node)
    const show = read(node)

    const getEntry = (
      key: string,
      reads = defaultReads
    ): Effect.Effect<Option.Option<Entry>, Unavailable | Invalid> =>
      Effect.gen(function*() {
        const valid = yield* validKey(key)
        const { revision = 0, value } = (yield* show(() => store.use(valid), reads)) ?? {}
        if (value instanceof Map) return yield* new Invalid({ message: `${key} holds a hash` })
        return Option.map(Option.fromNullable(value), (value) => ({ value, revision }))
      })

    return RaftCache.of({
      get: (key, reads) =>
        Effect.map(getEntry(key, reads), Option.map(({ value }) => decoder.decode(value))),
      getEntry,
      set: (key, value) =>
        Effect.gen(function*() {
          return (yield* apply("set", yield* validKey(key), yield* validValue(value))).index
        }),
      delete: (key) =>
        Effect.gen(function*() {
          const { answer } = yield* apply("del", yield* validKey(key))
          return answer._tag === "Integer" && answer.value === 1
        }),
      compareAndSet: (key, expectedRevision, value) =>
        Effect.gen(function*() {
          if (!Number.isSafeInteger(expectedRevision) || expectedRevision < 0) {
            return yield* new Invalid({ message: `${expectedRevision} is no revision` })
          }
          const [name, bytes] = [yield* validKey(key), yield* validValue(value)]
          const { answer, index } = yield* apply("cas", name, String(expectedRevision), bytes)
          return answer._tag === "Integer"
            ? { succeeded: false, revision: Number(answer.value) }
            : { succeeded: true, revision: index }
        }),
      increment: (key, by = 1) =>
        Effect.gen(function*() {
          if (!Number.isSafeInteger(by)) {
            return yield* new Invalid({ message: `${by} is not a whole number below 2^53` })
          }
          const { answer } = yield* apply("incrby", yield* validKey(key), String(by))
          return answer._tag === "Integer" ? Number(answer.value) : by
        }),
      status: Effect.sync(node.status),
      members: Effect.sync(() => node.status().membership),
      changeMembers: changeMembers(node),
      stopped: node.stopped
    })
  })

/** What a node offers to the servers in front of it. */
export type Services = RaftCache | Node | Cache.Cache | Endpoints.Endpoints

const assemble = <E>(
  options: NodeOptions.Behavior,
  ports: Layer.Layer<Network | Storage | Endpoints.Endpoints, E>
): Layer.Layer<Services, E | NetworkError | StorageError> => {
  const node = Layer.scoped(
    Node,
    Effect.withScheduler(NodeProgram.make(options), ImmediateScheduler.scheduler)
  )
  const endpoints = Layer.effect(Endpoints.Endpoints, Endpoints.Endpoints)
  return Layer.effect(RaftCache, make(options.reads)).pipe(
    Layer.provideMerge(Layer.provide(Layer.merge(node, endpoints), ports)),
    Layer.provideMerge(Cache.layer(options.memory)),
    Layer.provide(Garbage.layer)
  )
}

/** The options as the node needs them, or why they cannot be right. */
export const validate = (options: Options): Either.Either<NodeOptions.Valid, Invalid> =>
  Either.mapLeft(NodeOptions.validate(options), (message) => new Invalid({ message }))

/** For what a test or a demonstration may come between: every part that touches the world. */
export interface World {
  readonly gate?: TcpNetwork.Gate
  readonly storage?: (options: WriteAheadLog.Options) => Layer.Layer<Storage, StorageError>
}

/** Why a node does not come up. */
export type StartError = Invalid | StorageError | NetworkError | RedisClientError

/** The folder's storage; a new folder is of the cluster that begins, or of the one to be joined. */
const storageOf = (
  { data }: Options,
  { join, peers, self }: NodeOptions.Valid,
  world: World
): Layer.Layer<Storage, StorageError | RedisClientError> =>
  Layer.unwrapEffect(Effect.gen(function*() {
    const open = world.storage ?? ((folder) => NodeDisk.layerStorage(data, folder))
    const members = Members.addressesOf(peers)
    if (join === undefined) {
      return open({ clusterId: NodeOptions.clusterIdOf(peers), nodeId: self.id, members })
    }
    const isNew = !(yield* FolderReader.holds(data, DataFolder.FILE))
    // An existing folder knows its cluster.
    const clusterId = isNew ? yield* Joining.introduce(self, join) : ""
    return open({ clusterId, nodeId: self.id, members })
  }))

/** A node of the cluster, over TCP, with its data in a folder of this machine. */
export const layer = (
  options: Options,
  world: World = {}
): Layer.Layer<Services, StartError> =>
  Layer.unwrapEffect(Effect.map(validate(options), (valid) => {
    const { join, peers, self } = valid
    const network = Layer.unwrapEffect(Effect.gen(function*() {
      const { acquaintances, recovered } = yield* Storage
      if (join !== undefined && Joining.isStranger(recovered)) yield* Joining.enter(self, join)
      yield* NodeOptions.warnOfOthers(valid, recovered)
      return TcpNetwork.layer({
        identity: recovered.identity,
        acquaintances,
        listen: { host: self.host, port: self.port },
        moved: Members.addressesOf(peers),
        ...(world.gate === undefined ? {} : { gate: world.gate })
      })
    }))
    const storage = storageOf(options, valid, world)
    return assemble(valid, Layer.provideMerge(network, storage))
  }))

/** Alone, without a network and without a disk: for tests, and for trying things out. */
export const layerMemory: Layer.Layer<Services> = Layer.suspend(() => {
  const alone = { run: () => Effect.void, setPeers: () => {}, send: () => {} }
  const network = Layer.succeed(Network, alone)
  const ports = Layer.mergeAll(EphemeralStorage.layer("n1"), network, Endpoints.layerAlone)
  return assemble(NodeOptions.defaults, ports).pipe(Layer.orDie)
})

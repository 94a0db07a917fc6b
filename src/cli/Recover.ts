/**
 * `raftcache recover`: a new cluster of one node from what one survivor has, when the others are
 * gone for good. Without `--force` it only tells what there is and what may be lost.
 */
import { Config, Data, Effect, Either, Layer, Option } from "effect"
import * as Path from "node:path"
import * as FolderReader from "../live/FolderReader.js"
import * as NodeDisk from "../live/NodeDisk.js"
import * as TcpProbe from "../live/TcpProbe.js"
import * as DataFolder from "../node/DataFolder.js"
import * as Members from "../node/Members.js"
import * as NewCluster from "../node/NewCluster.js"
import * as StorageFailure from "../node/StorageFailure.js"
import * as Configurations from "../raft/Configuration.js"
import type { NewMember } from "../raft/Event.js"
import * as Quorum from "../raft/Quorum.js"
import { Disk } from "../service/Disk.js"
import type { DiskError } from "../service/Disk.js"
import type { StorageError } from "../service/Storage.js"
import * as Flags from "./Flags.js"

/** Nothing was done. */
export class RecoverError extends Data.TaggedError("RecoverError")<{
  readonly message: string
}> {}

const spec = {
  data: { type: "string" },
  to: { type: "string" },
  listen: { type: "string" },
  force: { type: "boolean" }
} as const satisfies Flags.Spec

const config = Config.all({
  data: Config.nonEmptyString("DATA"),
  to: Config.nonEmptyString("TO"),
  listen: Config.option(Config.nonEmptyString("LISTEN")),
  force: Config.withDefault(Config.boolean("FORCE"), false)
})

interface Other {
  readonly id: string
  readonly address: string
  /** Undefined if it answers. */
  readonly silence: string | undefined
}

export const run = (argv: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const options = yield* Flags.read(config, yield* Flags.provider(argv, spec))
    const [from, to] = [Path.resolve(options.data), Path.resolve(options.to)]
    if (!(yield* FolderReader.holds(from, DataFolder.FILE))) {
      return yield* new RecoverError({ message: `no node's data is in ${from}` })
    }
    yield* Effect.scoped(Effect.gen(function*() {
      // Held all the time: its node must not start meanwhile.
      const source = yield* Effect.provide(Disk, yield* Layer.build(NodeDisk.layer(from)))
      const survivor = yield* Effect.provideService(NewCluster.read, Disk, source)
      const self = yield* memberOf(survivor, options.listen)
      const others = yield* askOthers(survivor)
      yield* print(describe(from, survivor, others))
      yield* judge(survivor, others, options.force)
      const target = NodeDisk.layer(to)
      const folder = yield* Effect.provide(NewCluster.make(survivor, source, self), target).pipe(
        Effect.mapError(inWords(to))
      )
      yield* print(next(to, folder, self))
    })).pipe(Effect.mapError(inWords(from)))
  })

/** Where the node of the new cluster is to be reached: where it was, unless it is said. */
const memberOf = (
  { configuration, folder: { nodeId: id } }: NewCluster.Survivor,
  listen: Option.Option<string>
) => {
  const address = Option.getOrElse(listen, () => configuration.addresses[id] ?? "")
  return Either.match(Members.parseMember(`${id}=${address}`), {
    onLeft: (why) => new Flags.UsageError({ message: `--listen: ${why}` }),
    onRight: (member) => Effect.succeed(Members.toNew(member))
  })
}

const askOthers = ({ configuration, folder }: NewCluster.Survivor) =>
  Effect.forEach(
    Configurations.voters(configuration).filter((id) => id !== folder.nodeId),
    (id): Effect.Effect<Other> => {
      const address = configuration.addresses[id] ?? ""
      return Effect.map(TcpProbe.ask(folder, id, address), (silence) => ({ id, address, silence }))
    },
    { concurrency: "unbounded" }
  )

const describe = (
  location: string,
  { configuration, folder: { nodeId }, last }: NewCluster.Survivor,
  others: ReadonlyArray<Other>
): string =>
  [
    `${location}: node ${nodeId} of ${Configurations.describe(configuration)}, entries up to ` +
    `${last.index}`,
    ...others.map(({ address, id, silence }) =>
      silence === undefined
        ? `${id} at ${address} answers`
        : `${id} at ${address} does not answer: ${silence}`
    ),
    `Kept is what this node has, up to entry ${last.index}: also what no majority had, and nobody`,
    "was told of. Lost is what only others had: writes that were acknowledged may be among it.",
    ""
  ].join("\n")

/** Whether there is no other way, and the operator knows it. */
const judge = (
  { configuration, folder: { nodeId } }: NewCluster.Survivor,
  others: ReadonlyArray<Other>,
  force: boolean
): Effect.Effect<void, RecoverError> => {
  const there = others.filter(({ silence }) => silence === undefined).map(({ id }) => id)
  const votes = Object.fromEntries([nodeId, ...there].map((id) => [id, true]))
  if (Quorum.voteResult(configuration, votes) === "Won") {
    return new RecoverError({
      message: there.length === 0
        ? `${nodeId} is the only voter and needs nobody: start it`
        : `nothing is to be recovered: with ${nodeId}, ${there.join(" and ")} are a majority. ` +
          `Start ${nodeId}, and nothing is lost`
    })
  }
  if (force) return Effect.void
  return new RecoverError({
    message: "nothing was done. If those that do not answer are gone for good, say --force; if " +
      "one of them can be started with its data, start it instead. Of several survivors take the " +
      "one with the most entries"
  })
}

const next = (location: string, { clusterId }: DataFolder.DataFolder, self: NewMember) =>
  [
    `${location}: a new cluster, ${clusterId}, of ${self.id} alone. No member of the old one can ` +
    "talk to it.",
    `Start it:         raftcache --id ${self.id} --peers ${self.id}=${self.address} --data ` +
    location,
    "Then let others join with empty folders:  raftcache --id NEW --join HOST:PORT --listen " +
    "HOST:PORT",
    ""
  ].join("\n")

const print = (text: string) => Effect.sync(() => void process.stdout.write(text))

const inWords = (location: string) =>
<E extends { readonly _tag: string }>(
  error: E | DiskError | StorageError
): Exclude<E, DiskError> | StorageError =>
  error._tag === "DiskError"
    ? StorageFailure.fromDisk(location)(error as DiskError)
    : error as Exclude<E, DiskError> | StorageError

/**
 * Who a data folder belongs to: a file `identity` (TextFile.ts) that says which node of which
 * cluster made it, and how often it was opened.
 *
 * A folder is born with `start` 0 and counts its first opening only when its log exists: from then
 * on a folder without a log has lost it.
 */
import { Effect, Random, Schema } from "effect"
import type { Configuration } from "../raft/Configuration.js"
import * as Configurations from "../raft/Configuration.js"
import { Disk } from "../service/Disk.js"
import type { DiskError } from "../service/Disk.js"
import type { Addresses } from "../service/Network.js"
import type { StorageError } from "../service/Storage.js"
import * as StorageFailure from "./StorageFailure.js"
import * as TextFile from "./TextFile.js"

export const FILE = "identity"

/** 2 since the members come from the log, and the first of them with their addresses from here. */
const FORMAT_VERSION = 2

const Id = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{16}$/))

const Contents = Schema.parseJson(Schema.Struct({
  format: Schema.Literal(FORMAT_VERSION),
  clusterId: Id,
  nodeId: Schema.String,
  members: Schema.Record({ key: Schema.String, value: Schema.String }),
  incarnation: Id,
  start: Schema.NonNegativeInt
}))

/** What the identity file says. `start` counts the openings that succeeded. */
export type DataFolder = typeof Contents.Type

export interface Options {
  /** 16 hex digits, for a new folder; an existing one keeps its own. */
  readonly clusterId: string
  readonly nodeId: string
  /**
   * The voters with which the cluster begins, this node included, and where each is reached; nobody
   * if this node is to join a cluster. For a new folder as well.
   */
  readonly members: Addresses
}

type Failure = DiskError | StorageError

/** The folder's identity, made now if the folder is empty; refuses one that is not this node's. */
export const open = (options: Options): Effect.Effect<DataFolder, Failure, Disk> =>
  Effect.gen(function*() {
    const disk = yield* Disk
    const files = yield* disk.list
    const strangers = files.filter((file) => file !== TextFile.asideOf(FILE))
    if (!files.includes(FILE) && strangers.length > 0) {
      return yield* StorageFailure.foreign(
        disk.location,
        `it has no file "${FILE}", but others, such as "${strangers[0]}". Give the node an empty ` +
          "folder or its own."
      )
    }
    return files.includes(FILE) ? yield* load(options) : yield* create(options)
  })

/** With which members the cluster begins, as far as this folder knows. */
export const bootstrap = ({ members }: DataFolder): Configuration =>
  Configurations.bootstrap(Object.keys(members).sort(), members)

/** Counts an opening: the folder as it is from then on. */
export const countStart = (self: DataFolder): Effect.Effect<DataFolder, DiskError, Disk> =>
  save({ ...self, start: self.start + 1 })

const create = (options: Options) =>
  Effect.flatMap(drawIncarnation, (incarnation) => begin(options, incarnation))

/** Makes the folder one of a node's, which has not opened it so far. */
export const begin = ({ clusterId, members, nodeId }: Options, incarnation: string) =>
  save({ format: FORMAT_VERSION, clusterId, nodeId, members, incarnation, start: 0 })

/** 16 hex digits, from Effect's Random. */
export const drawIncarnation = Effect.map(
  Effect.replicateEffect(Random.nextIntBetween(0, 0x1_0000), 4),
  (words) => words.map((word) => word.toString(16).padStart(4, "0")).join("")
)

const load = ({ nodeId }: Options): Effect.Effect<DataFolder, Failure, Disk> =>
  Effect.gen(function*() {
    const { location } = yield* Disk
    const folder = yield* read
    if (folder.nodeId === nodeId) return folder
    return yield* StorageFailure.foreign(
      location,
      `it belongs to the node "${folder.nodeId}", and this is "${nodeId}". Start this node with ` +
        "its own folder, or with the id it had."
    )
  })

/** What the folder says of itself, whoever asks. It must have its identity file. */
export const read: Effect.Effect<DataFolder, Failure, Disk> = Effect.flatMap(
  Disk,
  (disk) => TextFile.read(disk, FILE, FORMAT_VERSION, Contents)
)

const save = (folder: DataFolder): Effect.Effect<DataFolder, DiskError, Disk> =>
  Effect.flatMap(
    Disk,
    (disk) => Effect.as(TextFile.write(disk, FILE, Contents, folder), folder)
  )

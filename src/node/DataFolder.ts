/**
 * Who a data folder belongs to: a file `identity` (TextFile.ts) that says which node of which
 * cluster made it, and how often it was opened.
 *
 * A folder is born with `start` 0 and counts its first opening only when its log exists: from then
 * on a folder without a log has lost it.
 */
import { Effect, Random, Schema } from "effect"
import { Disk } from "../service/Disk.js"
import type { DiskError } from "../service/Disk.js"
import type { StorageError } from "../service/Storage.js"
import * as StorageFailure from "./StorageFailure.js"
import * as TextFile from "./TextFile.js"

export const FILE = "identity"

const FORMAT_VERSION = 1

const Id = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{16}$/))

const Contents = Schema.parseJson(Schema.Struct({
  format: Schema.Literal(FORMAT_VERSION),
  clusterId: Id,
  nodeId: Schema.String,
  members: Schema.Array(Schema.String),
  incarnation: Id,
  start: Schema.NonNegativeInt
}))

/** What the identity file says. `start` counts the openings that succeeded. */
export type DataFolder = typeof Contents.Type

export interface Options {
  /** 16 hex digits, for a new folder; an existing one keeps its own. */
  readonly clusterId: string
  readonly nodeId: string
  /** The ids of all members, this node's included, in any order. */
  readonly members: ReadonlyArray<string>
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

/** Counts an opening: the folder as it is from then on. */
export const countStart = (self: DataFolder): Effect.Effect<DataFolder, DiskError, Disk> =>
  save({ ...self, start: self.start + 1 })

const create = ({ clusterId, members, nodeId }: Options) =>
  Effect.flatMap(drawIncarnation, (incarnation) =>
    save({
      format: FORMAT_VERSION,
      clusterId,
      nodeId,
      members: [...members].sort(),
      incarnation,
      start: 0
    }))

/** 16 hex digits, from Effect's Random. */
export const drawIncarnation = Effect.map(
  Effect.replicateEffect(Random.nextIntBetween(0, 0x1_0000), 4),
  (words) => words.map((word) => word.toString(16).padStart(4, "0")).join("")
)

const load = (options: Options): Effect.Effect<DataFolder, Failure, Disk> =>
  Effect.gen(function*() {
    const { location } = yield* Disk
    const folder = yield* read
    const why = difference(folder, options)
    return why === undefined ? folder : yield* StorageFailure.foreign(location, why)
  })

/** What the folder says of itself, whoever asks. It must have its identity file. */
export const read: Effect.Effect<DataFolder, Failure, Disk> = Effect.flatMap(
  Disk,
  (disk) => TextFile.read(disk, FILE, FORMAT_VERSION, Contents)
)

const difference = (folder: DataFolder, { members, nodeId }: Options): string | undefined => {
  if (folder.nodeId !== nodeId) {
    return `it belongs to the node "${folder.nodeId}", and this is "${nodeId}". Start this node ` +
      "with its own folder, or with the id it had."
  }
  const theirs = folder.members.join(", ")
  const ours = [...members].sort().join(", ")
  if (theirs === ours) return undefined
  return `its cluster has the members ${theirs}, and this node was told ${ours}. Members cannot ` +
    "be changed by naming others: start it with the same ids; their addresses may differ."
}

const save = (folder: DataFolder): Effect.Effect<DataFolder, DiskError, Disk> =>
  Effect.flatMap(
    Disk,
    (disk) => Effect.as(TextFile.write(disk, FILE, Contents, folder), folder)
  )

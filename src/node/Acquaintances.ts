/**
 * Whom this node has met: a file `peers` with the incarnation of each. A node that lost its data
 * folder has forgotten its votes and what it acknowledged; were it heard under its old id, it could
 * vote twice and acknowledged writes could be lost. So an id is heard with one incarnation only,
 * until the cluster has committed that it left.
 *
 * A failure to write it is none of the log: who could not be remembered is not heard, and may try
 * again.
 */
import { Effect, Schema } from "effect"
import { Disk } from "../service/Disk.js"
import type { DiskError } from "../service/Disk.js"
import type { Acquaintances, Meeting, StorageError } from "../service/Storage.js"
import * as StorageFailure from "./StorageFailure.js"
import * as TextFile from "./TextFile.js"

export const FILE = "peers"

const FORMAT_VERSION = 1

/** So many that have left are remembered; beyond it the oldest are forgotten. */
export const LEFT_LIMIT = 256

/**
 * `Met`: in no committed configuration so far that this node knows of. `Left`: was in one, and then
 * in none any more.
 */
const Acquaintance = Schema.Struct({
  id: Schema.String,
  incarnation: Schema.String,
  standing: Schema.Literal("Met", "Member", "Left")
})

type Acquaintance = typeof Acquaintance.Type

const Contents = Schema.parseJson(Schema.Struct({
  format: Schema.Literal(FORMAT_VERSION),
  /** The newest committed configuration that it takes account of, and who is in it. */
  settledIndex: Schema.Int,
  members: Schema.Array(Schema.String),
  /** In the order in which they were met; no id twice. */
  peers: Schema.Array(Acquaintance)
}))

type Contents = typeof Contents.Type

const nobody: Contents = { format: FORMAT_VERSION, settledIndex: -1, members: [], peers: [] }

/** `self` is this node's id, for messages. */
export const make = (
  self: string
): Effect.Effect<Acquaintances, DiskError | StorageError, Disk> =>
  Effect.gen(function*() {
    const disk = yield* Disk
    let contents = yield* load(disk)
    const one = yield* Effect.makeSemaphore(1)

    /** What is not durable does not hold. */
    const save = (next: Contents): Effect.Effect<void, StorageError> =>
      Effect.gen(function*() {
        yield* TextFile.write(disk, FILE, Contents, next)
        contents = next
      }).pipe(
        Effect.uninterruptible,
        Effect.mapError(StorageFailure.ofPeers(disk.location))
      )

    /** Undefined if this is the first meeting. */
    const recall = (peer: string, incarnation: string): Meeting | undefined => {
      const known = contents.peers.find(({ id }) => id === peer)
      if (known === undefined || known.incarnation === incarnation) return known && welcome
      return known.standing === "Left" ? undefined : wrongIncarnation(peer, self)
    }

    const meet = (id: string, incarnation: string): Effect.Effect<Meeting, StorageError> =>
      Effect.suspend(() => {
        const meeting = recall(id, incarnation)
        if (meeting !== undefined) return Effect.succeed(meeting)
        const others = contents.peers.filter((known) => known.id !== id)
        const standing = contents.members.includes(id) ? "Member" : "Met"
        const peers: Contents["peers"] = [...others, { id, incarnation, standing }]
        return Effect.as(save({ ...contents, peers }), welcome)
      })

    const settle: Acquaintances["settle"] = (index, members) =>
      Effect.suspend(() => {
        if (index <= contents.settledIndex) return Effect.void
        const peers = settled(contents, members)
        return save({ ...contents, settledIndex: index, members, peers })
      })

    return {
      meet: (peer, incarnation) =>
        Effect.suspend(() => {
          const meeting = recall(peer, incarnation)
          // Nothing is written for an old acquaintance: it need not wait for those who are met.
          if (meeting !== undefined) return Effect.succeed(meeting)
          return one.withPermits(1)(meet(peer, incarnation))
        }),
      settle: (index, members) => one.withPermits(1)(settle(index, members))
    }
  })

/** A new folder has no such file, nor one whose node has met nobody. */
const load = (disk: Disk["Type"]): Effect.Effect<Contents, DiskError | StorageError> =>
  Effect.gen(function*() {
    if (!(yield* disk.list).includes(FILE)) return nobody
    return yield* TextFile.read(disk, FILE, FORMAT_VERSION, Contents)
  })

const settled = (
  { peers }: Contents,
  members: ReadonlyArray<string>
): ReadonlyArray<Acquaintance> => {
  const next: Array<Acquaintance> = []
  for (const known of peers) {
    const isMember = members.includes(known.id)
    // Given again: to whoever comes first.
    if (isMember && known.standing === "Left") continue
    if (isMember) next.push({ ...known, standing: "Member" })
    else next.push(known.standing === "Met" ? known : { ...known, standing: "Left" })
  }
  const left = next.filter(({ standing }) => standing === "Left")
  const forgotten = new Set(left.slice(0, Math.max(0, left.length - LEFT_LIMIT)))
  return next.filter((known) => !forgotten.has(known))
}

const welcome: Meeting = { _tag: "Welcome" }

const wrongIncarnation = (peer: string, self: string): Meeting => ({
  _tag: "Refused",
  message: `${peer} lost its data folder or runs twice, for ${self} has met it with another one: ` +
    "stop it, and give it that folder back, or have it join as a new node: raftcache --id NEW " +
    `--join HOST:PORT --replaces ${peer} --data EMPTY (docs/operations.md)`
})

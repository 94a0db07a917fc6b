/**
 * A storage that keeps nothing: for a cluster of one whose contents may end with the process. A
 * member of a larger cluster must not use it: it would forget its votes.
 */
import { Effect, Layer } from "effect"
import * as Configurations from "../raft/Configuration.js"
import * as EntryIds from "../raft/EntryId.js"
import { Storage } from "../service/Storage.js"
import type { Acquaintances, Snapshots } from "../service/Storage.js"
import * as DataFolder from "./DataFolder.js"

/** There is nobody to be sent one and no next start: a snapshot only lets go of the log. */
const forgotten: Snapshots = {
  save: (id, configuration) => Effect.succeed({ id, configuration, sizeBytes: 0, checksum: 0 }),
  store: () => Effect.void,
  finish: () => Effect.void,
  read: () => Effect.succeed(new Uint8Array(0)),
  load: () => Effect.void
}

/** There is nobody to meet. */
const unneeded: Acquaintances = {
  meet: () => Effect.succeed({ _tag: "Welcome" }),
  settle: () => Effect.void
}

export const layer = (nodeId: string): Layer.Layer<Storage> =>
  Layer.effect(
    Storage,
    Effect.gen(function*() {
      const clusterId = yield* DataFolder.drawIncarnation
      const incarnation = yield* DataFolder.drawIncarnation
      return Storage.of({
        recovered: {
          identity: { clusterId, nodeId, incarnation },
          start: 1,
          hardState: { term: 0, vote: undefined },
          bootstrap: Configurations.bootstrap([nodeId]),
          snapshot: undefined,
          base: EntryIds.zero,
          entries: [],
          memory: []
        },
        releaseLog: () => {},
        persist: () => Effect.void,
        snapshots: forgotten,
        acquaintances: unneeded
      })
    })
  )

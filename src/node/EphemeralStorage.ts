/**
 * A storage that keeps nothing: for a cluster of one whose contents may end with the process. A
 * member of a larger cluster must not use it: it would forget its votes.
 */
import { Effect, Layer } from "effect"
import { Storage } from "../service/Storage.js"
import * as DataFolder from "./DataFolder.js"

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
          entries: []
        },
        persist: () => Effect.void
      })
    })
  )

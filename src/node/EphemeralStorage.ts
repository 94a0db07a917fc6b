/**
 * A storage that keeps nothing: for a cluster of one whose contents may end with the process. A
 * member of a larger cluster must not use it: it would forget its votes.
 */
import { Effect, Layer, Random } from "effect"
import { Storage } from "../service/Storage.js"

const drawHex = Effect.map(
  Effect.replicateEffect(Random.nextIntBetween(0, 16), 16),
  (digits) => digits.map((digit) => digit.toString(16)).join("")
)

export const layer = (nodeId: string): Layer.Layer<Storage> =>
  Layer.effect(
    Storage,
    Effect.gen(function*() {
      const clusterId = yield* drawHex
      const incarnation = yield* drawHex
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

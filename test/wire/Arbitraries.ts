/**
 * Values of the core as they may stand in any message or record.
 */
import { FastCheck as fc } from "effect"
import type { Configuration } from "../../src/raft/Configuration.js"
import * as Entry from "../../src/raft/Entry.js"
import type { Index } from "../../src/raft/EntryId.js"

const ids = fc.array(fc.string(), { maxLength: 3 })

const addresses = fc.dictionary(fc.string(), fc.string(), { maxKeys: 3, noNullPrototype: true })

export const configuration: fc.Arbitrary<Configuration> = fc.record({
  index: fc.maxSafeNat(),
  voters: ids,
  outgoing: ids,
  learners: ids,
  leaving: ids,
  addresses
})

/** Of any kind, at the index that is given later. */
export const entryAt: fc.Arbitrary<(index: Index) => Entry.Entry> = fc.oneof(
  fc.maxSafeNat().map((term) => (index: Index) => Entry.noop(term, index)),
  fc.tuple(fc.maxSafeNat(), fc.uint8Array({ minLength: 1, maxLength: 40 }))
    .map(([term, bytes]) => (index: Index) => Entry.command(term, index, bytes)),
  fc.tuple(fc.maxSafeNat(), configuration)
    .map(([term, configuration]) => (index: Index) =>
      Entry.configuration(term, index, configuration)
    )
)

import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Proposal from "../../src/wire/Proposal.js"

const proposal = fc.record({
  client: fc.hexaString({ minLength: 16, maxLength: 16 }),
  epoch: fc.maxSafeNat(),
  sequence: fc.maxSafeNat(),
  command: fc.option(fc.uint8Array(), { nil: undefined })
})

describe("a proposal", () => {
  it.prop("reads as it was written, an empty command not being a skip", [proposal], ([written]) => {
    assert.deepStrictEqual(Proposal.decode(Proposal.encode(written)), written)
  })

  it.prop("costs its overhead and the command", [proposal], ([written]) => {
    const size = Proposal.OVERHEAD_BYTES + (written.command?.length ?? 0)
    assert.strictEqual(Proposal.encode(written).length, size)
  })

  it.prop("is undefined for bytes that nobody wrote", [fc.uint8Array()], ([bytes]) => {
    const read = Proposal.decode(bytes)
    if (read !== undefined) {
      const kept = { ...read, command: read.command && new Uint8Array(read.command) }
      assert.deepStrictEqual(Proposal.encode(kept), new Uint8Array(bytes).slice(0, bytes.length))
    }
  })
})

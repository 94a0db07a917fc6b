import { assert, describe, it } from "@effect/vitest"
import * as Entry from "../../src/raft/Entry.js"
import { SessionModel } from "../../src/sim/SessionModel.js"
import * as Proposal from "../../src/wire/Proposal.js"

const ONE = "00000000000000a1"
const OTHER = "00000000000000b2"

/** Client, epoch and sequence; a skip where it says so. */
type Place = readonly [client: string, epoch: number, sequence: number, skip?: "skip"]

/** The places of the log whose commands have to take effect, and those that have no turn. */
const due = (...log: ReadonlyArray<Place>) => {
  const model = new SessionModel()
  const vain: Array<number> = []
  for (const [at, [client, epoch, sequence, skip]] of log.entries()) {
    const command = skip === undefined ? Uint8Array.of(at) : undefined
    const bytes = Proposal.encode({ client, epoch, sequence, command })
    if (!model.commit(Entry.command(1, at + 1, bytes))) vain.push(at + 1)
  }
  for (const { command, index } of model.commands) {
    assert.deepStrictEqual(command, Uint8Array.of(index - 1))
  }
  return { at: model.commands.map(({ index }) => index), vain }
}

describe("the model of sessions", () => {
  it("lets each node's numbers take effect in turn, whatever others do", () => {
    assert.deepStrictEqual(due([ONE, 1, 1], [OTHER, 1, 1], [ONE, 1, 2], [OTHER, 1, 2]).at, [
      1,
      2,
      3,
      4
    ])
  })

  it("lets a number take effect once", () => {
    assert.deepStrictEqual(due([ONE, 1, 1], [ONE, 1, 1], [ONE, 1, 2], [ONE, 1, 1]), {
      at: [1, 3],
      vain: [2, 4]
    })
  })

  it("drops a number that comes too early: it has to come again", () => {
    assert.deepStrictEqual(due([ONE, 1, 2], [ONE, 1, 1], [ONE, 1, 3], [ONE, 1, 2], [ONE, 1, 3]), {
      at: [2, 4, 5],
      vain: [1, 3]
    })
  })

  it("lets a skip use up its turn without any effect", () => {
    assert.deepStrictEqual(due([ONE, 1, 1, "skip"], [ONE, 1, 1], [ONE, 1, 2]), {
      at: [3],
      vain: [2]
    })
  })

  it("begins to count again with each life, and a newer one ends the older ones for good", () => {
    assert.deepStrictEqual(
      due([ONE, 1, 1], [ONE, 3, 1], [ONE, 1, 2], [ONE, 2, 1], [ONE, 3, 2], [OTHER, 1, 1]).at,
      [1, 2, 5, 6]
    )
  })

  it("ends the older lives also by a number that is out of turn", () => {
    assert.deepStrictEqual(due([ONE, 2, 7], [ONE, 1, 1], [ONE, 2, 1]).at, [3])
  })

  it("lets nothing take effect that is no proposal", () => {
    const model = new SessionModel()
    assert.isFalse(model.commit(Entry.command(1, 1, Uint8Array.of(77))))
    assert.deepStrictEqual(model.commands, [])
  })
})

import { assert, describe, it } from "@effect/vitest"
import * as Session from "../../src/kv/Session.js"
import { Applier } from "../../src/node/Applier.js"
import { Proposed } from "../../src/node/Proposed.js"
import { Writes } from "../../src/node/Writes.js"
import * as Entry from "../../src/raft/Entry.js"
import * as EntryId from "../../src/raft/EntryId.js"
import * as Log from "../../src/raft/Log.js"
import * as Proposal from "../../src/wire/Proposal.js"

const client = "00000000000000a1"
const command = Uint8Array.of(1)

const proposal = (sequence: number, epoch = 1): Uint8Array =>
  Proposal.encode({ client, epoch, sequence, command })

/** A leader of term 1 whose log is empty, and what it says of proposals that n2 forwards. */
const make = () => {
  const proposed = new Proposed()
  proposed.leads(1, Session.make)
  let ref = 0
  const admit = (...sequences: ReadonlyArray<number>) =>
    sequences.map((sequence) => proposed.admit(++ref, "n2", proposal(sequence)))
  return { proposed, admit }
}

describe("what a leader proposes", () => {
  it("is proposed once, however often it is sent", () => {
    const { admit } = make()
    assert.deepStrictEqual(admit(1, 2, 1, 2, 3), [
      "Apply",
      "Apply",
      "Duplicate",
      "Duplicate",
      "Apply"
    ])
  })

  it("does not overtake what was lost on its way", () => {
    const { admit } = make()
    assert.deepStrictEqual(admit(1, 3, 2, 3), ["Apply", "Gap", "Apply", "Apply"])
  })

  it("is not what an earlier life of a node still sends, or what nobody understands", () => {
    const { admit, proposed } = make()
    admit(1)
    assert.strictEqual(proposed.admit(8, "n2", proposal(1, 2)), "Apply")
    assert.deepStrictEqual(admit(2), ["Stale"])
    assert.strictEqual(proposed.admit(9, "n2", Uint8Array.of(7)), "Stale")
  })

  it("may be proposed again once it was refused, from the first that was", () => {
    const { admit, proposed } = make()
    admit(1, 2, 3)
    const refused = [proposed.refused(2), proposed.refused(3)]
    assert.deepStrictEqual(refused.map((origin) => origin?.position.sequence), [2, 3])
    assert.deepStrictEqual(refused.map((origin) => origin?.from), ["n2", "n2"])
    assert.deepStrictEqual(admit(3, 1, 2, 3), ["Gap", "Duplicate", "Apply", "Apply"])
  })

  it("stays proposed when it is applied", () => {
    const { admit, proposed } = make()
    admit(1)
    proposed.settled(1)
    assert.isUndefined(proposed.refused(1))
    assert.deepStrictEqual(admit(1, 2), ["Duplicate", "Apply"])
  })

  it("is looked up anew in each term, because a log may lose what it had", () => {
    const { admit, proposed } = make()
    admit(1, 2)
    let asked = 0
    const lookAhead = () => {
      asked += 1
      return Session.make()
    }
    assert.isTrue(proposed.leads(1, lookAhead))
    assert.strictEqual(asked, 0)
    assert.isTrue(proposed.leads(2, lookAhead))
    assert.strictEqual(asked, 1)
    assert.deepStrictEqual(admit(1), ["Apply"])
  })

  it("waits until it can be told what the log has", () => {
    const { proposed } = make()
    assert.isFalse(proposed.leads(2, () => undefined))
    assert.isTrue(proposed.leads(2, Session.make))
  })
})

describe("what the session table will be when all of a log is applied", () => {
  const session = { client, epoch: 1 }
  const restoring = { add: () => {}, done: () => {} }
  const machine = { apply: () => command, snapshot: () => [], restore: () => restoring }
  const others = { client: "00000000000000b2", epoch: 1 }
  const entry = (index: number, sequence: number): Entry.Entry =>
    Entry.command(1, index, Proposal.encode({ ...others, sequence, command }))
  const last = (table: Session.Table | undefined): number | undefined =>
    table && Session.lastOf(table, others.client, others.epoch)

  it("counts what is applied and what is not yet, and changes nothing", () => {
    const applier = new Applier(machine, session, new Writes(session))
    const entries = [entry(1, 1), entry(2, 2), Entry.noop(1, 3), entry(4, 2), entry(5, 3)]
    applier.apply(entries.slice(0, 2))
    const log = Log.fromEntries(entries)
    assert.strictEqual(last(applier.lookAhead(log)), 3)
    assert.strictEqual(last(applier.lookAhead(Log.fromEntries(entries.slice(0, 2)))), 2)
    assert.strictEqual(last(applier.lookAhead(log)), 3)
  })

  it("is not known while a snapshot before the log is being restored", () => {
    const applier = new Applier(machine, session, new Writes(session))
    const log = Log.fromEntries([], EntryId.make(1, 7))
    assert.isUndefined(applier.lookAhead(log))
    const table = Session.make()
    Session.admit(table, { ...others, sequence: 1 })
    const { addSlice, done } = applier.restore(7)
    const bytes = Session.encode(table)
    addSlice(bytes, 0, bytes.length)
    assert.isUndefined(applier.lookAhead(log))
    done()
    assert.strictEqual(last(applier.lookAhead(log)), 1)
  })
})

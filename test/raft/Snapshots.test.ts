/**
 * Snapshots in the core (thesis 5): when one is taken, what is let go of then, how a leader streams
 * it, and how a follower begins anew with it.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Action, SendChunk } from "../../src/raft/Action.js"
import * as Configurations from "../../src/raft/Configuration.js"
import * as Entries from "../../src/raft/Entry.js"
import type { Index } from "../../src/raft/EntryId.js"
import type { Event } from "../../src/raft/Event.js"
import type { Message } from "../../src/raft/Message.js"
import type { Snapshot } from "../../src/raft/Snapshot.js"
import * as Snapshots from "../../src/raft/Snapshot.js"
import type { State } from "../../src/raft/State.js"
import * as States from "../../src/raft/State.js"
import {
  accepted,
  actionsOf,
  append,
  applied,
  command,
  commands,
  follower,
  heartbeat,
  heartbeatResponse,
  id,
  leader,
  leaderKnown,
  node,
  observe,
  persisted,
  propose,
  receive,
  rejected,
  reply,
  run,
  send,
  tick,
  unreachable
} from "./Fixtures.js"

const equal = assert.deepStrictEqual

const configuration = Configurations.bootstrap(["n1", "n2", "n3"])

const snapshot = (term: number, index: Index, sizeBytes = 10, checksum = 7): Snapshot => ({
  id: id(term, index),
  configuration,
  sizeBytes,
  checksum
})

const limits = {
  ...States.defaultLimits,
  snapshotEntries: 3,
  trailingEntries: 1,
  chunkBytes: 4,
  inflightChunkBytes: 8
}

const taken = (of: Snapshot): Event => ({ _tag: "SnapshotTaken", snapshot: of })

const take = (term: number, index: Index): Action => ({
  _tag: "TakeSnapshot",
  id: id(term, index),
  configuration
})

const want = (ref: number): Event => ({ _tag: "WantSnapshot", ref })

const chunk = (of: Snapshot, offset: number, bytes = 4, term = 1, round = 3): Message => ({
  _tag: "SnapshotChunk",
  term,
  round,
  snapshot: of,
  offset,
  bytes: new Uint8Array(bytes)
})

const progress = (of: Snapshot, offset: number, receivedBytes: number, term: number): Message => ({
  _tag: "SnapshotProgress",
  term,
  round: 0,
  id: of.id,
  offset,
  receivedBytes
})

/** A follower whose three entries are committed, applied and asked to be a snapshot. */
const due = (): readonly [State, ReadonlyArray<Action>] =>
  run(
    follower({ log: [1, 1, 1], limits }),
    receive("n2", heartbeat(1, 1, 3)),
    applied(3)
  )

describe("a snapshot", () => {
  it("is asked for after so many entries, and one at a time", () => {
    const [state, actions] = due()
    equal(actions, [take(1, 3)])
    const more = run(
      state,
      receive("n2", append(1, id(1, 3), commands(4, 1), 4)),
      persisted(state.seq + 1)
    )
    equal(more[1].map(({ _tag }) => _tag), ["Send", "Apply"])
    equal(actionsOf(more[0], applied(4)), [])
  })

  it("is asked for after so many bytes, and at least as many as the last one has", () => {
    const few = { ...limits, snapshotEntries: 1_000, snapshotBytes: 60 }
    const state = follower({ log: [1, 1, 1, 1], limits: few })
    const [one, first] = run(state, receive("n2", heartbeat(1, 1, 2)), applied(2))
    equal(first, [take(1, 2)])
    const large = taken(snapshot(1, 2, 1_000))
    const [two] = run(one, large, receive("n2", heartbeat(1, 2, 4)))
    equal(actionsOf(two, applied(4)), [])
  })

  it("lets go of the log up to a trailing part, once it is durable", () => {
    const [state] = due()
    const latest = snapshot(1, 3)
    const [after, actions] = run(state, taken(latest))
    equal(actions, [
      { _tag: "Compact", seq: state.seq + 1, snapshot: latest, upTo: id(1, 2) },
      observe({ _tag: "Compacted", upTo: 2, snapshot: 3 })
    ])
    equal([after.log.base, after.log.last, after.snapshots.latest], [id(1, 2), 3, latest])
  })

  it("that failed is tried again later, and later still", () => {
    const [state] = due()
    const failed: Event = { _tag: "SnapshotNotTaken", id: id(1, 3) }
    const [once] = run(state, failed)
    const heard = receive("n2", heartbeat(1, 2, 3))
    equal(actionsOf(once, heard, tick(9)), [])
    const [again, actions] = run(once, heard, tick(10))
    equal(actions, [take(1, 3)])
    equal(actionsOf(again, failed, heard, tick(10), heard, tick(9)), [])
    equal(actionsOf(again, failed, heard, tick(10), heard, tick(10)), [take(1, 3)])
  })

  it("may be wanted at any time, and everybody who waits for it is answered", () => {
    const state = follower({ log: [1, 1], commit: 2 })
    const [waiting, actions] = run(state, want(1))
    equal(actions, [take(1, 2)])
    const answers = actionsOf(waiting, want(2), taken(snapshot(1, 2)))
    equal(answers.filter(({ _tag }) => _tag === "Reply"), [
      reply(1, { _tag: "SnapshotDurable", index: 2 }),
      reply(2, { _tag: "SnapshotDurable", index: 2 })
    ])
    const [done] = run(waiting, taken(snapshot(1, 2)))
    equal(actionsOf(done, want(3)), [reply(3, { _tag: "SnapshotDurable", index: 2 })])
    equal(actionsOf(waiting, { _tag: "SnapshotNotTaken", id: id(1, 2) }), [
      reply(1, { _tag: "SnapshotFailed" })
    ])
  })

  it("is where a node starts: what it covers is committed and applied", () => {
    const recovered = {
      hardState: { term: 3, vote: undefined },
      snapshot: snapshot(2, 5),
      base: id(2, 4),
      entries: commands(5, 2, 3)
    }
    const state = States.boot(node().config, recovered)
    equal([state.commit, state.applied, state.stable, state.verifiedTo], [5, 5, 6, 5])
    equal([state.log.base, state.log.last], [id(2, 4), 6])
  })
})

/** The leader of term 1 once it and n2 hold these entries as well, and has applied them. */
const grown = (
  leader: State,
  ...indexes: ReadonlyArray<Index>
): readonly [State, ReadonlyArray<Action>] => {
  const last = indexes.at(-1)!
  const [state] = run(leader, propose(...indexes))
  return run(state, persisted(state.seq), receive("n2", accepted(1, last)), applied(last))
}

/** A leader of term 1 whose snapshot covers its log up to 4, and whose log begins after 3. */
const compacted = (of = limits): State => {
  const [due] = grown(run(leader({ log: [], limits: of }), unreachable("n3"))[0], 2, 3, 4)
  return run(due, taken(snapshot(1, 4)), persisted(due.seq + 1))[0]
}

/** The same, in the term after: n3 turns out to have nothing of its log. */
const streaming = (): readonly [State, ReadonlyArray<Action>] =>
  run(compacted(), unreachable("n3"), receive("n3", heartbeatResponse(1, 0, 0)))

const sendChunk = (offset: number, lengthBytes: number, of = snapshot(1, 4)): SendChunk => ({
  _tag: "SendChunk",
  to: "n3",
  term: 1,
  round: 0,
  snapshot: of,
  offset,
  lengthBytes
})

describe("a leader whose log has not what a follower needs", () => {
  it("sends the first chunk of its snapshot, and waits to hear how far the follower is", () => {
    const [state, actions] = streaming()
    equal(actions, [observe({ _tag: "Streaming", to: "n3", snapshot: 4 }), sendChunk(0, 4)])
    equal(state.progress["n3"]?.mode, "Snapshot")
    equal(actionsOf(state, receive("n3", heartbeatResponse(1, 0, 0))), [])
  })

  it("then fills its window, and goes on as chunks are stored", () => {
    const [state] = streaming()
    const [flowing, actions] = run(state, receive("n3", progress(snapshot(1, 4), 0, 4, 1)))
    equal(actions, [sendChunk(4, 4), sendChunk(8, 2)])
    equal(actionsOf(flowing, receive("n3", progress(snapshot(1, 4), 4, 8, 1))), [])
  })

  it("goes on from where the follower already is", () => {
    const [state] = streaming()
    equal(actionsOf(state, receive("n3", progress(snapshot(1, 4), 0, 8, 1))), [sendChunk(8, 2)])
  })

  it("goes back to what is missing when a chunk was lost, once", () => {
    const [state] = streaming()
    const of = snapshot(1, 4)
    const [flowing] = run(state, receive("n3", progress(of, 0, 4, 1)))
    const [back, actions] = run(flowing, receive("n3", progress(of, 8, 4, 1)))
    equal(actions, [sendChunk(4, 4)])
    equal(actionsOf(back, receive("n3", progress(of, 8, 4, 1))), [])
    equal(actionsOf(back, receive("n3", progress(of, 4, 8, 1))), [sendChunk(8, 2)])
  })

  it("asks again when nothing has moved for an election timeout", () => {
    const [state] = streaming()
    const alive = (round: number): Event => receive("n3", heartbeatResponse(1, round, 0))
    const others = (round: number): Event => receive("n2", heartbeatResponse(1, round, 4))
    const [later] = run(state, tick(5), alive(1), others(1), tick(5), others(2))
    const actions = actionsOf(later, alive(2))
    equal(actions, [{ ...sendChunk(0, 4), round: 2 }])
  })

  it("goes on with the log as soon as the follower holds enough to continue it", () => {
    const [state] = streaming()
    const [going, actions] = run(state, receive("n3", accepted(1, 4)))
    equal(going.progress["n3"]?.mode, "Replicate")
    equal(actions, [send("n3", append(1, id(1, 4), [], 4, 0))])
    const [hint] = run(state, receive("n3", heartbeatResponse(1, 0, 4)))
    equal(hint.progress["n3"]?.mode, "Probe")
  })

  it("is not moved by what the follower held of the log before", () => {
    const [state] = streaming()
    equal(run(state, receive("n3", accepted(1, 1)))[0].progress["n3"]?.mode, "Snapshot")
    const late = rejected(1, 2, id(1, 1))
    equal(run(state, receive("n3", late))[0].progress["n3"]?.mode, "Snapshot")
  })

  it("begins again with a newer snapshot that is durable meanwhile", () => {
    const [due] = grown(streaming()[0], 5, 6, 7, 8, 9, 10)
    const newer = snapshot(1, 10, 20)
    const actions = actionsOf(due, taken(newer))
    equal(actions.filter(({ _tag }) => _tag === "SendChunk"), [sendChunk(0, 4, newer)])
  })

  it("sends nothing of it while the next is being taken, and goes on if that fails", () => {
    const [taking] = run(grown(streaming()[0], 5)[0], want(1))
    const stored = receive("n3", progress(snapshot(1, 4), 0, 4, 1))
    equal(actionsOf(taking, stored), [])
    const failed: Event = { _tag: "SnapshotNotTaken", id: id(1, 5) }
    equal(
      actionsOf(taking, stored, failed, receive("n3", heartbeatResponse(1, 0, 0))),
      [sendChunk(4, 4), sendChunk(8, 2)]
    )
  })

  it("tries again after a while when the shell cannot read it", () => {
    const [state] = streaming()
    const failed: Event = { _tag: "ChunkNotSent", to: "n3", snapshot: snapshot(1, 4) }
    const [waiting, actions] = run(state, failed)
    equal(actions, [])
    equal(actionsOf(waiting, receive("n3", heartbeatResponse(1, 0, 0))), [])
  })
})

/** Both followers answer a round; n3 holds the log so far. */
const answered = (verifiedTo: Index): ReadonlyArray<Event> => [
  tick(5),
  receive("n2", heartbeatResponse(1, 1, 4)),
  receive("n3", heartbeatResponse(1, 1, verifiedTo))
]

const takings = (actions: ReadonlyArray<Action>): ReadonlyArray<Action> =>
  actions.filter(({ _tag }) => _tag === "TakeSnapshot")

describe("a leader whose follower catches up", () => {
  const holds = (index: Index): Event => receive("n3", accepted(1, index))

  it("puts off its next snapshot, until twice as much asks for one", () => {
    const [state] = run(streaming()[0], ...answered(0))
    const [later, few] = grown(state, 5, 6, 7, 8, 9)
    equal(takings(few), [])
    equal(takings(grown(later, 10)[1]), [take(1, 10)])
  })

  it("takes it when the follower needs nothing more that it would let go of", () => {
    const [state] = run(streaming()[0], holds(4), ...answered(4))
    const [later, actions] = grown(state, 5, 6, 7)
    equal(takings(actions), [])
    equal(takings(actionsOf(later, holds(5), tick())), [])
    equal(takings(actionsOf(later, holds(6), tick())), [take(1, 7)])
  })

  it("counts in what would stay how large the entries are", () => {
    const trailingBytes = 2 * Entries.sizeBytes(command(1, 5)) - 1
    const state = compacted({ ...limits, trailingEntries: 2, trailingBytes })
    const [later] = grown(run(state, holds(4), ...answered(4))[0], 5, 6, 7)
    equal(takings(actionsOf(later, holds(5), tick())), [])
    equal(takings(actionsOf(later, holds(6), tick())), [take(1, 7)])
  })

  it("waits for none that does not answer any more", () => {
    const [state] = run(streaming()[0], ...answered(0))
    const silent = [tick(5), receive("n2", heartbeatResponse(1, 2, 4)), tick(5)]
    equal(takings(grown(run(state, ...silent)[0], 5, 6, 7)[1]), [take(1, 7)])
  })

  it("takes one that is wanted all the same", () => {
    const [state] = grown(run(streaming()[0], ...answered(0))[0], 5)
    equal(actionsOf(state, want(1)), [take(1, 5)])
  })
})

/** A follower of n2 in term 1 that has applied its first two entries of three. */
const behind = (): State => follower({ log: [1, 1, 1], commit: 2, limits })

const store = (of: Snapshot, offset: number, bytes = 4): Action => ({
  _tag: "StoreChunk",
  snapshot: of,
  offset,
  bytes: new Uint8Array(bytes)
})

const stored = (of: Snapshot, offset: number, upTo: number): Event => ({
  _tag: "ChunkStored",
  snapshot: of,
  offset,
  upTo
})

const received = (of: Snapshot): Event => ({ _tag: "SnapshotReceived", snapshot: of })

const told = (of: Snapshot, offset: number, receivedBytes: number): Action =>
  send("n2", { ...progress(of, offset, receivedBytes, 1), round: 3 } as Message)

describe("a follower that is sent a snapshot", () => {
  const of = snapshot(1, 9)

  it("answers a chunk when it is stored, so that its disk sets the pace", () => {
    const [state, actions] = run(behind(), receive("n2", chunk(of, 0)))
    equal(actions, [store(of, 0)])
    equal(actionsOf(state, stored(of, 0, 4)), [told(of, 0, 4)])
  })

  it("takes a chunk for a word of its leader", () => {
    const state = run(node({ term: 1 }), tick(14))[0]
    const [heard, actions] = run(state, receive("n2", chunk(of, 0)), tick(14))
    equal(actions, [])
    equal([heard.role, heard.leader], ["Follower", "n2"])
  })

  it("stores nothing twice and leaves no gap, and says how far it is", () => {
    const [state] = run(behind(), receive("n2", chunk(of, 0)), stored(of, 0, 4))
    equal(actionsOf(state, receive("n2", chunk(of, 0))), [told(of, 0, 4)])
    equal(actionsOf(state, receive("n2", chunk(of, 8, 2))), [told(of, 8, 4)])
    equal(actionsOf(behind(), receive("n2", chunk(of, 4))), [told(of, 4, 0)])
  })

  it("does not go on with other bytes of the same entry", () => {
    const [state] = run(behind(), receive("n2", chunk(of, 0)))
    const other = snapshot(1, 9, 10, 8)
    equal(actionsOf(state, receive("n2", chunk(other, 4))), [told(other, 4, 0)])
    equal(actionsOf(state, receive("n2", chunk(other, 0))), [store(other, 0)])
  })

  it("begins anew with it in one write, then accepts, then restores it", () => {
    const [state] = run(behind(), receive("n2", chunk(of, 0, 10)))
    const [installing, actions] = run(state, received(of))
    const { seq } = installing
    equal(actions, [
      { _tag: "InstallSnapshot", seq, snapshot: of },
      observe({ _tag: "Installed", snapshot: 9 })
    ])
    equal([installing.log.base, installing.log.last, installing.commit], [id(1, 9), 9, 9])
    const [durable, then] = run(installing, persisted(seq))
    equal(then, [
      send("n2", accepted(1, 9, 3)),
      { _tag: "RestoreSnapshot", snapshot: of }
    ])
    equal(actionsOf(durable, receive("n2", append(1, id(1, 9), commands(10, 1), 10))).length, 1)
    equal(run(durable, applied(9))[0].applied, 9)
  })

  it("counts no write that was on its way as durable afterwards", () => {
    const conflict = append(1, id(1, 2), [command(1, 3), command(1, 4)], 2)
    const [state] = run(follower({ log: [1, 1], commit: 2, limits }), receive("n2", conflict))
    const [installing] = run(state, receive("n2", chunk(of, 0, 10)), received(of))
    equal(run(installing, persisted(installing.seq - 1))[0].stable, 2)
    equal(run(installing, persisted(installing.seq))[0].stable, 9)
  })

  it("needs none of one that its log reaches: it keeps what comes after", () => {
    const [state, actions] = run(behind(), receive("n2", chunk(snapshot(1, 3), 0)))
    equal(actions, [
      send("n2", accepted(1, 3, 3)),
      { _tag: "Apply", entries: [command(1, 3)] }
    ])
    equal([state.commit, state.log.last, state.log.base.index], [3, 3, 0])
  })

  it("answers one that is older than what it has", () => {
    equal(actionsOf(behind(), receive("n2", chunk(snapshot(1, 1), 0))), [
      send("n2", accepted(1, 1, 3))
    ])
  })

  it("begins from the start when what it had could not be kept", () => {
    const lost: Event = { _tag: "SnapshotNotReceived", snapshot: of }
    const [state] = run(behind(), receive("n2", chunk(of, 0)), lost)
    equal(actionsOf(state, receive("n2", chunk(of, 4))), [told(of, 4, 0)])
  })

  it("takes no second one before the first is restored", () => {
    const [state] = run(behind(), receive("n2", chunk(of, 0, 10)), received(of))
    equal(actionsOf(state, receive("n2", chunk(snapshot(1, 12), 0))), [])
  })

  it("tells a leader of an older term of the newer one", () => {
    const state = follower({ term: 2, log: [1] })
    const [, actions] = run(state, receive("n3", chunk(of, 0, 4, 1)))
    equal(actions, [send("n3", { ...progress(of, 0, 0, 2), round: 3 } as Message)])
  })

  it("follows whoever sends it", () => {
    const actions = actionsOf(node({ term: 1 }), receive("n2", chunk(of, 0)))
    equal(actions, [leaderKnown(1, "n2"), store(of, 0)])
  })

  it("is no candidate any more, and installs nothing once it is one", () => {
    const [state] = run(behind(), receive("n2", chunk(of, 0, 10)))
    const [standing] = run(state, tick(40))
    equal(standing.role, "PreCandidate")
    equal(actionsOf(standing, received(of)), [])
  })
})

describe("two snapshots", () => {
  it("are the same only if their bytes are", () => {
    assert.isTrue(Snapshots.equals(snapshot(1, 2), snapshot(1, 2)))
    assert.isFalse(Snapshots.equals(snapshot(1, 2), snapshot(1, 2, 10, 8)))
    assert.isFalse(Snapshots.equals(snapshot(1, 2), snapshot(2, 2)))
  })
})

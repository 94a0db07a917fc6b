/**
 * Bugs of snapshots: what is let go of when, what is in them, how they travel, and what a log that
 * begins anew still says.
 */
import type { Mutant } from "./Mutant.js"

export const mutants: ReadonlyArray<Mutant> = [
  {
    id: "S01",
    title: "The log is let go of before the snapshot is durable",
    source: "openraft Condition::Snapshot",
    file: "raft/Snapshotting.ts",
    find: `  step.actions.push({ _tag: "TakeSnapshot", id, configuration })
`,
    replace: `  step.actions.push({ _tag: "TakeSnapshot", id, configuration })
  change(next, { latest: { ...latest, id } })
  compact(step)
`
  },
  {
    id: "S02",
    title: "A snapshot is renamed before its bytes are durable",
    source: "Pillai et al., OSDI 2014",
    file: "node/SnapshotFiles.ts",
    find: `    yield* disk.sync(aside)
`,
    replace: ""
  },
  {
    id: "S03",
    title: "A log that has the snapshot's last entry is thrown away after it",
    source: "camunda/camunda#6092, etcd-io/etcd#1763",
    file: "raft/Installing.ts",
    find: "id.index <= next.commit || Log.has(next.log, id)",
    replace: "id.index <= next.commit"
  },
  {
    id: "S04",
    title: "Sessions are not in the snapshot",
    source: "analysis",
    file: "node/Applier.ts",
    find: "        this.#sessions = sessions ?? Session.make()",
    replace: "        this.#sessions = Session.make()"
  },
  {
    id: "S06",
    title: "Who was sent part of a snapshot is never asked again how far it came",
    source: "etcd-io/etcd#110",
    file: "raft/Streaming.ts",
    find: "const isStuck = next.now - stream.movedAt >= next.config.electionTimeoutTicks",
    replace: "const isStuck = stream.movedAt < 0"
  },
  {
    id: "S08",
    title: "The state is added to the old one",
    source: "analysis",
    file: "kv/Store.ts",
    find: `  const loading = new StoreSnapshot.Loading(Memory.rules[self.memory.policy].order)
`,
    replace: `  const loading = new StoreSnapshot.Loading(Memory.rules[self.memory.policy].order)
  for (const [key, stored] of self.keys.entries()) loading.keys.set(key, stored)
`
  },
  {
    id: "S13",
    title: "After the first snapshot there is no other",
    source: "openraft d0e245a2",
    file: "raft/Snapshotting.ts",
    find: "  change(next, { taking: undefined, failures: 0 })",
    replace: "  change(next, { failures: 0 })"
  },
  {
    id: "S14",
    title: "A snapshot older than the state is installed",
    source: "analysis",
    file: "raft/Installing.ts",
    find: "id.index <= next.commit || Log.has(next.log, id)",
    replace: "Log.has(next.log, id)"
  },
  {
    id: "S15",
    title: "A follower accepts a snapshot before its log has begun anew durably",
    source: "analysis",
    file: "raft/Installing.ts",
    find: `    { _tag: "AppendAccepted", term: next.term, round, match: index },
    index
`,
    replace: `    { _tag: "AppendAccepted", term: next.term, round, match: index },
    0
`
  },
  {
    id: "S16",
    title: "A snapshot shows what was written after it was begun",
    source: "analysis",
    file: "kv/Store.ts",
    find: "for (const walk of this.walks) walk.keep(this.keys, key, stored)",
    replace: "void StoreSnapshot"
  },
  {
    id: "S17",
    title: "Segments are removed that hold entries of the trailing log",
    source: "analysis",
    file: "node/WriteAheadLog.ts",
    find: "following.beforeIndex > base.index",
    replace: "following.beforeIndex > tail.beginning.snapshot.id.index"
  },
  {
    id: "S18",
    title: "The last snapshot is removed before the log names the next",
    source: "analysis",
    file: "node/SnapshotFiles.ts",
    find: `      yield* publish(disk, TAKEN_ASIDE, snapshot)
`,
    replace: `      yield* publish(disk, TAKEN_ASIDE, snapshot)
      yield* removeOlder(disk, snapshot)
`
  },
  {
    id: "S19",
    title: "A new segment begins where the log began at the start",
    source: "analysis",
    file: "node/WriteAheadLog.ts",
    find: "segment.sequence + 1, tail)",
    replace: `segment.sequence + 1, {
          ...tail,
          beginning: recovered.beginning
        })`
  },
  {
    id: "S20",
    title: "A node starts with its log after the snapshot, and an empty state",
    source: "analysis",
    file: "node/NodeProgram.ts",
    find: `    if (snapshot === undefined) return Effect.void
`,
    replace: `    if (snapshot === undefined || snapshot.sizeBytes > 0) return Effect.void
`
  },
  {
    id: "S21",
    title: "Own writes that a snapshot covers are never answered",
    source: "analysis",
    file: "node/Applier.ts",
    find: `        this.#writes.covered(Session.lastOf(this.#sessions, client, epoch))
`,
    replace: `        Session.lastOf(this.#sessions, client, epoch)
`
  },
  {
    id: "S22",
    title: "Entries are let go of that the snapshot does not cover",
    source: "analysis",
    file: "raft/Snapshotting.ts",
    find: "trailingFrom(next, latest.id.index))",
    replace: "trailingFrom(next, next.log.last))"
  },
  {
    id: "S25",
    title: "The log names a snapshot whose name is not durable",
    source: "Pillai et al., OSDI 2014",
    file: "node/SnapshotFiles.ts",
    find: `    yield* disk.rename(aside, fileOf(snapshot))
    yield* disk.syncDirectory
`,
    replace: `    yield* disk.rename(aside, fileOf(snapshot))
`
  },
  {
    id: "S26",
    title: "A log that begins anew comes back with its old entries",
    source: "analysis",
    file: "node/Recovery.ts",
    find: `    log.beforeIndex = base.index
    log.entries = []
`,
    replace: `    log.beforeIndex = base.index
`
  },
  {
    id: "S27",
    title: "Own writes that a snapshot covers are answered as if they had just been applied",
    source: "dgraph-io/dgraph#9626",
    file: "node/Writes.ts",
    find: `      write.answer?.({ _tag: "UnknownOutcome" })
    }
    this.#cursor`,
    replace: `      write.answer?.({ _tag: "Done", answer: Uint8Array.of(1), index: sequence })
    }
    this.#cursor`
  },
  {
    id: "S29",
    title: "What arrived of one snapshot is taken for the beginning of the next",
    source: "libraft snapshot_recv_offset",
    file: "raft/Installing.ts",
    find: "return isLate ? undefined : { snapshot, term: next.term, round, received: 0 }",
    replace: `return isLate
    ? undefined
    : { snapshot, term: next.term, round, received: incoming?.received ?? 0 }`
  },
  {
    id: "S33",
    title: "A snapshot is put off for as long as a follower is behind",
    source: "analysis",
    file: "raft/Snapshotting.ts",
    find: "hasGrown(state, 1) && !hasGrown(state, CATCHING_UP_TIMES) &&",
    replace: "hasGrown(state, 1) &&"
  },
  {
    id: "S34",
    title: "A snapshot is put off for a follower that answers no more",
    source: "analysis",
    file: "raft/Snapshotting.ts",
    find: "    if (state.now - answeredAt >= state.config.electionTimeoutTicks) return false\n",
    replace: ""
  }
]

/**
 * Bugs of what is durable when: in the core, in the write-ahead log and between them.
 */
import type { Mutant } from "./Mutant.js"

export const mutants: ReadonlyArray<Mutant> = [
  {
    id: "D01",
    title: "A follower acknowledges before its disk does",
    source: "openraft ee460f37, lni/dragonboat#201",
    file: "raft/Following.ts",
    find: `  Steps.promise(
    step,
    from,
    { _tag: "AppendAccepted", term: next.term, round: message.round, match: last },
    last
  )`,
    replace: `  Steps.send(step, from, {
    _tag: "AppendAccepted",
    term: next.term,
    round: message.round,
    match: last
  })`
  },
  {
    id: "D02",
    title: "A write to the log is acknowledged without a sync",
    source: "openraft ee460f37",
    file: "node/WriteAheadLog.ts",
    find: `      yield* disk.sync(segment.file)
      const grown`,
    replace: "      const grown"
  },
  {
    id: "D03",
    title: "A new file of the log is not made durable in its folder",
    source: "Pillai et al., OSDI 2014",
    file: "node/Segment.ts",
    find: `    yield* disk.sync(file)
    yield* disk.syncDirectory
`,
    replace: `    yield* disk.sync(file)
`
  },
  {
    id: "D06",
    title: "A new segment begins without the term and the vote",
    source: "redisraft 46a6ad0",
    file: "node/WriteAheadLog.ts",
    find: "segment.sequence + 1, tail)",
    replace: `segment.sequence + 1, {
          ...tail,
          hardState: { term: 0, vote: undefined }
        })`
  },
  {
    id: "D07",
    title: "Damage in the middle of the log is taken for its end",
    source: "eBay/NuRaft#185",
    file: "wire/LogFrame.ts",
    find:
      `  if (end < segment.length) return damaged("its checksum is wrong, and a later write follows it")
`,
    replace: `  if (end < segment.length) return { _tag: "Torn" }
`
  },
  {
    id: "D08",
    title: "A record with a wrong checksum is accepted",
    source: "redisraft CRC log",
    file: "wire/LogFrame.ts",
    find: "  if (crc32(body) === view.getUint32(offset + BODY_CHECKSUM_AT, true)) {",
    replace: "  if (body.length >= 0) {"
  },
  {
    id: "D10",
    title: "A failed fsync is tried again",
    source: "PostgreSQL fsync 2018, Rebello et al., ATC 2020",
    file: "node/WriteAheadLog.ts",
    find: `      yield* disk.sync(segment.file)
      const grown`,
    replace: `      yield* Effect.retry(disk.sync(segment.file), { times: 3 })
      const grown`
  },
  {
    id: "D11",
    title: "A node goes on after its disk has failed",
    source: "Rebello et al., ATC 2020",
    file: "node/NodeProgram.ts",
    find: `    return Effect.map(storage.persist(writes), () => offer({ _tag: "Persisted", seq }))`,
    replace: `    return Effect.map(Effect.ignore(storage.persist(writes)), () =>
      offer({ _tag: "Persisted", seq }))`
  },
  {
    id: "D12",
    title: "What was written is reported durable before it is",
    source: "openraft ee460f37",
    file: "node/NodeProgram.ts",
    find: `    return Effect.map(storage.persist(writes), () => offer({ _tag: "Persisted", seq }))`,
    replace: `    offer({ _tag: "Persisted", seq })
    return storage.persist(writes)`
  },
  {
    id: "D13",
    title: "A torn write is left where it is, and the log goes on behind it",
    source: "analysis",
    file: "node/Recovery.ts",
    find: `    if (torn !== undefined) yield* cut(torn)
`,
    replace: `    if (torn !== undefined) yield* Effect.void
`
  },
  {
    id: "D14",
    title: "What a dead process wrote and never synced counts as durable",
    source: "Pillai et al., OSDI 2014",
    file: "node/Recovery.ts",
    find: `    yield* disk.sync(segments[segments.length - 1]!.file)
`,
    replace: ""
  },
  {
    id: "D15",
    title: "Entries that were dropped come back after a restart",
    source: "analysis",
    file: "node/Recovery.ts",
    find: "Math.max(0, truncateFrom - 1 - log.beforeIndex)",
    replace: "Math.max(0, truncateFrom - log.beforeIndex)"
  },
  {
    id: "D16",
    title: "The number of a start is not durable, and is used again",
    source: "analysis",
    file: "node/TextFile.ts",
    find: `    yield* disk.rename(aside, file)
    yield* disk.syncDirectory
`,
    replace: `    yield* disk.rename(aside, file)
`
  },
  {
    id: "D17",
    title: "The identity is replaced before its bytes are durable",
    source: "Pillai et al., OSDI 2014",
    file: "node/TextFile.ts",
    find: `    yield* disk.sync(aside)
`,
    replace: ""
  },
  {
    id: "D18",
    title: "The log loses count of its own length",
    source: "analysis",
    file: "node/WriteAheadLog.ts",
    find: "sizeBytes: segment.sizeBytes + writer.length }",
    replace: "sizeBytes: segment.sizeBytes + writer.length - 1 }"
  },
  {
    id: "D19",
    title: "A node whose disk has failed neither stops nor says so",
    source: "analysis",
    file: "node/NodeProgram.ts",
    find: "Cause.isInterruptedOnly(cause) ? Effect.void : Deferred.failCause(stopped, cause)",
    replace: "cause === undefined ? Effect.void : Effect.void"
  },
  {
    id: "D20",
    title: "A write on its way vouches for entries that were dropped since",
    source: "analysis",
    file: "raft/Durability.ts",
    find:
      `  next.writes = next.writes.map((write) => write.last < from ? write : { ...write, last: from - 1 })
`,
    replace: ""
  },
  {
    id: "D21",
    title: "What is durable counts on after it was dropped",
    source: "analysis",
    file: "raft/Durability.ts",
    find: `  next.stable = Math.min(next.stable, from - 1)
`,
    replace: ""
  },
  {
    id: "D22",
    title: "Only the last of a batch of writes is written",
    source: "analysis",
    file: "node/WriteAheadLog.ts",
    find: `      LogRecord.encodeWrites(writer, writes.map(toRecord))
`,
    replace: `      LogRecord.encodeWrites(writer, writes.slice(-1).map(toRecord))
`
  },
  {
    id: "D24",
    title: "A promise does not wait for the term and the vote",
    source: "analysis",
    file: "raft/Durability.ts",
    find: "  const afterSeq = Math.max(next.hardStateSeq, coveringSeq(next, upTo))",
    replace: "  const afterSeq = coveringSeq(next, upTo)"
  },
  {
    id: "D25",
    title: "A promise of an older term is kept when it has become false",
    source: "analysis",
    file: "raft/Durability.ts",
    find: "  return message.term === term && (message",
    replace: "  return (message"
  },
  {
    id: "D27",
    title: "A dropped entry is not dropped from the log on disk",
    source: "analysis",
    file: "raft/Durability.ts",
    find: `    truncateFrom: truncatedFrom,
`,
    replace: `    truncateFrom: undefined,
`
  },
  {
    id: "D04",
    title: "Of a batch of writes only the first is reported durable",
    source: "openraft 2af491fb",
    file: "node/NodeProgram.ts",
    find: "    const seq = writes[writes.length - 1]?.seq ?? 0",
    replace: "    const seq = writes[0]?.seq ?? 0"
  },
  {
    id: "D05",
    title: "A new segment begins with what its first write makes of the log",
    source: "analysis",
    file: "node/WriteAheadLog.ts",
    find: "segment.sequence + 1, tail)",
    replace: `segment.sequence + 1, {
          ...tail,
          ...next
        })`
  }
]

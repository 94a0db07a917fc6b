import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as EntryId from "../../src/raft/EntryId.js"
import * as Bytes from "../../src/wire/Bytes.js"
import * as LogRecord from "../../src/wire/LogRecord.js"
import * as Arbitraries from "./Arbitraries.js"

const integer = fc.oneof(fc.nat(1000), fc.maxSafeNat())

const hardState = fc.record({
  term: integer,
  vote: fc.option(fc.string(), { nil: undefined })
})

const entries = fc.tuple(
  fc.integer({ min: 1, max: 2 ** 50 }),
  fc.array(Arbitraries.entryAt)
)
  .map(([first, items]) => items.map((entryAt, at) => entryAt(first + at)))

const id = fc.tuple(integer, integer).map(([term, index]) => EntryId.make(term, index))

const beginning = fc.record({
  base: id,
  snapshot: fc.record({
    id,
    configuration: Arbitraries.configuration,
    sizeBytes: integer,
    checksum: fc.nat({ max: 0xffff_ffff })
  })
})

const ofEntries: fc.Arbitrary<LogRecord.Write> = fc.record({
  _tag: fc.constant("Entries" as const),
  truncateFrom: fc.option(integer, { nil: undefined }),
  append: entries,
  hardState: fc.option(hardState, { nil: undefined })
})

const begins: fc.Arbitrary<LogRecord.Write> = fc.tuple(beginning, fc.boolean())
  .map(([begins, isAnew]) => ({ _tag: "Begins", isAnew, ...begins }))

const writes: fc.Arbitrary<ReadonlyArray<LogRecord.Write>> = fc.array(fc.oneof(ofEntries, begins))

const bytesOf = (write: (writer: Bytes.Writer) => void): Uint8Array => {
  const writer = new Bytes.Writer()
  write(writer)
  return writer.copy()
}

describe("a record of the log", () => {
  it.prop("of writes comes back as it was written", [writes], ([writes]) => {
    const bytes = bytesOf((writer) => LogRecord.encodeWrites(writer, writes))
    assert.deepStrictEqual(LogRecord.decode(bytes), { _tag: "Writes", writes })
  })

  it.prop("that heads a segment comes back as it was written", [
    integer,
    hardState,
    beginning
  ], ([lastIndex, hardState, beginning]) => {
    const head = { lastIndex, hardState, beginning }
    const bytes = bytesOf((writer) => LogRecord.encodeHead(writer, head))
    assert.deepStrictEqual(LogRecord.decode(bytes), { _tag: "Head", ...head })
  })

  it.prop("is none when it is cut short", [writes, fc.nat()], ([writes, cut]) => {
    const bytes = bytesOf((writer) => LogRecord.encodeWrites(writer, writes))
    assert.isUndefined(LogRecord.decode(bytes.subarray(0, cut % bytes.length)))
  })

  it.prop(
    "is decoded from any bytes, or refused, without an exception",
    [fc.uint8Array()],
    ([bytes]) => {
      LogRecord.decode(bytes)
      LogRecord.decode(Uint8Array.of(1, 2, 0, 0, 0, ...bytes))
      LogRecord.decode(Uint8Array.of(2, 1, 0, 0, 0, ...bytes))
    }
  )

  it("tells a format of another version from bytes that are none", () => {
    const later = Uint8Array.of(1, 4, 0, 0, 0, 99, 98, 97)
    assert.deepStrictEqual(LogRecord.decode(later), { _tag: "OtherFormat", formatVersion: 4 })
    assert.isUndefined(LogRecord.decode(Uint8Array.of(3, 2, 0, 0, 0)))
  })
})

/**
 * What `raftcache wal` prints: for people a line for each record and each entry, for programs one
 * JSON document.
 */
import { Either } from "effect"
import type * as LogSurvey from "../node/LogSurvey.js"
import * as SnapshotFiles from "../node/SnapshotFiles.js"
import type { HardState } from "../raft/Action.js"
import * as Configurations from "../raft/Configuration.js"
import * as Entries from "../raft/Entry.js"
import type { Entry } from "../raft/Entry.js"
import type { Index } from "../raft/EntryId.js"
import type * as LogRecord from "../wire/LogRecord.js"

/** Indexes, both included. */
export interface Range {
  readonly from: Index
  readonly to: Index
}

export interface Listing {
  readonly visit: LogSurvey.Visit
  readonly records: ReadonlyArray<RecordLines>
  /** How many lines there would be without the limit. */
  readonly lines: () => number
  readonly limitLines: number
}

interface RecordLines {
  readonly file: string
  readonly offset: number
  readonly bytes: number
  readonly kind: string
  readonly parts: Array<PartLines>
}

/** What a record says at once: where the log ended, or one write. */
interface PartLines {
  readonly afterIndex?: Index
  readonly truncateFrom?: Index
  readonly begins?: BeginsLine
  readonly hardState?: HardState
  readonly entries: Array<EntryLine>
}

/** From which snapshot the log begins from here on. */
interface BeginsLine {
  readonly file: string
  readonly upTo: Index
  /** Entries up to this one are gone. */
  readonly baseIndex: Index
  readonly isAnew: boolean
}

interface EntryLine {
  readonly index: Index
  readonly term: number
  readonly kind: Entry["kind"]
  readonly bytes: number
}

/**
 * Keeps what is to be shown, at most `limitLines` records and entries. With a range it is the
 * entries in it, with their records, and what drops or lets go of some of them.
 */
export const makeListing = (range: Range | undefined, limitLines: number): Listing => {
  const records: Array<RecordLines> = []
  let lines = 0
  const { from, to } = range ?? { from: 0, to: Infinity }
  const visit: LogSurvey.Visit = ({ file }, record, offset, bytes) => {
    const parts = partsOf(record).map((part) => ({
      ...part,
      entries: part.entries.filter(({ index }) => index >= from && index <= to)
    }))
    const isShown = range === undefined ||
      parts.some((part) =>
        part.entries.length > 0 || (part.truncateFrom ?? Infinity) <= to ||
        record._tag === "Writes" && (part.begins?.baseIndex ?? 0) >= from
      )
    if (!isShown) return
    lines += 1
    const kept: RecordLines = { file, offset, bytes, kind: record._tag, parts: [] }
    if (lines <= limitLines) records.push(kept)
    for (const part of parts) {
      const room = Math.max(0, limitLines - lines)
      lines += part.entries.length
      kept.parts.push({ ...part, entries: part.entries.slice(0, room).map(lineOf) })
    }
  }
  return { visit, records, lines: () => lines, limitLines }
}

type Part = Omit<PartLines, "entries"> & { readonly entries: ReadonlyArray<Entry> }

const partsOf = (record: LogRecord.Head | LogRecord.Writes): ReadonlyArray<Part> => {
  if (record._tag === "Writes") return record.writes.map(partOf)
  const { beginning, hardState, lastIndex } = record
  const begins = beginning.snapshot.id.index === 0 ? {} : { begins: beginsOf(beginning, false) }
  return [{ afterIndex: lastIndex, ...begins, hardState, entries: [] }]
}

const partOf = (write: LogRecord.Write): Part => {
  if (write._tag === "Begins") return { begins: beginsOf(write, write.isAnew), entries: [] }
  const { append, hardState, truncateFrom } = write
  return {
    ...(truncateFrom === undefined ? {} : { truncateFrom }),
    ...(hardState === undefined ? {} : { hardState }),
    entries: append
  }
}

const beginsOf = ({ base, snapshot }: LogRecord.Beginning, isAnew: boolean): BeginsLine => ({
  file: SnapshotFiles.fileOf(snapshot),
  upTo: snapshot.id.index,
  baseIndex: base.index,
  isAnew
})

const lineOf = (entry: Entry): EntryLine => ({
  index: entry.index,
  term: entry.term,
  kind: entry.kind,
  bytes: Entries.sizeBytes(entry) - Entries.OVERHEAD_BYTES
})

export interface Report {
  readonly location: string
  readonly isRunning: boolean
  readonly survey: LogSurvey.Survey
  readonly listing: Listing
}

export const inspect = (report: Report): string => {
  const { listing, survey: { segments } } = report
  const body = segments.flatMap((segment) => [
    describeSegment(segment),
    ...listing.records.filter(({ file }) => file === segment.file).flatMap(describeRecord)
  ])
  const hidden = listing.lines() - listing.limitLines
  if (hidden > 0) {
    body.push(
      `${hidden} more lines: --lines ${listing.lines()} shows all, --from and --to a part`
    )
  }
  return [...head(report), ...body, ...verdict(report), ""].join("\n")
}

export const verify = (report: Report): string =>
  [...head(report), ...report.survey.segments.map(describeSegment), ...verdict(report), ""]
    .join("\n")

const head = (
  { isRunning, location, survey: { folder, outcome } }: Report
): ReadonlyArray<string> => [
  `${location}: node ${folder.nodeId}${ofMembers(outcome)}`,
  `cluster ${folder.clusterId}, incarnation ${folder.incarnation}, start ${folder.start}, ` +
  `format ${folder.format}`,
  ...(isRunning ? [RUNNING] : [])
]

/** Only a log that is sound says who they are. */
const ofMembers = (outcome: LogSurvey.Survey["outcome"]): string => {
  if (Either.isLeft(outcome)) return ""
  const members = Configurations.describe(outcome.right.configuration)
  return members === "" ? ", which knows of no members yet" : ` of ${members}`
}

const RUNNING = "a node is running on this folder: this is what could be read while it writes"

const describeSegment = (segment: LogSurvey.Segment): string => {
  const { file, firstIndex, lastIndex, records, sizeBytes } = segment
  const entries = firstIndex === undefined ? "no entries" : `entries ${firstIndex} to ${lastIndex}`
  return `${file}  ${many(sizeBytes, "byte")}, ${many(records, "record")}, ${entries}`
}

const many = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`

const describeRecord = ({ bytes, kind, offset, parts }: RecordLines): ReadonlyArray<string> => [
  `  byte ${offset}  ${kind}, ${bytes} bytes`,
  ...parts.flatMap(({ afterIndex, begins, entries, hardState, truncateFrom }) => [
    ...(afterIndex === undefined ? [] : [`    follows entry ${afterIndex}`]),
    ...(truncateFrom === undefined ? [] : [`    drops entries from ${truncateFrom} on`]),
    ...(begins === undefined ? [] : [`    ${describeBegins(begins)}`]),
    ...entries.map((each) =>
      `    entry ${each.index}  term ${each.term}  ${each.kind}  ${each.bytes} bytes`
    ),
    ...(hardState === undefined ? [] : [`    ${describeHardState(hardState)}`])
  ])
]

const describeBegins = ({ baseIndex, file, isAnew, upTo }: BeginsLine): string =>
  isAnew
    ? `begins anew after entry ${upTo}, with snapshot ${file} of another node`
    : `has snapshot ${file} up to entry ${upTo}, and no entries up to ${baseIndex}`

const describeHardState = ({ term, vote }: HardState): string =>
  `term ${term}, ${vote === undefined ? "no vote" : `vote for ${vote}`}`

const verdict = ({ isRunning, survey }: Report): ReadonlyArray<string> => {
  const place = stop(survey)
  if (Either.isLeft(survey.outcome)) {
    return [`not sound${place === undefined ? "" : `: ${place.file}, byte ${place.byte}`}`]
  }
  const { baseIndex, hardState, lastEntry, snapshot, torn } = survey.outcome.right
  const { bytes, records } = totals(survey)
  const last = lastEntry.index === 0
    ? "no entries"
    : `last entry ${lastEntry.index} of term ${lastEntry.term}`
  return [
    `sound: ${many(survey.segments.length, "segment")}, ${many(records, "record")}, ` +
    `${many(bytes, "byte")}, ${last}, ${describeHardState(hardState)}`,
    ...(snapshot === undefined ? [] : [
      `snapshot ${snapshot.file}: up to entry ${snapshot.id.index} of term ${snapshot.id.term}, ` +
      `${many(snapshot.sizeBytes, "byte")}, sound; entries up to ${baseIndex} are not in the log`
    ]),
    ...(torn === undefined ? [] : [
      `${torn.file}, byte ${torn.wholeBytes}: ${torn.sizeBytes - torn.wholeBytes} bytes of a ` +
      (isRunning
        ? "write that is not complete yet"
        : "torn write, which was never acknowledged: the node cuts them off when it starts")
    ])
  ]
}

/** Where in a file reading came to a halt; `undefined` if all of what there was had been read. */
const stop = ({ segments }: LogSurvey.Survey) => {
  const last = segments.at(-1)
  return last === undefined || last.soundBytes === last.sizeBytes
    ? undefined
    : { file: last.file, byte: last.soundBytes }
}

const totals = ({ segments }: LogSurvey.Survey) => ({
  bytes: segments.reduce((sum, { soundBytes }) => sum + soundBytes, 0),
  records: segments.reduce((sum, { records }) => sum + records, 0)
})

export const json = (action: "inspect" | "verify", report: Report): string => {
  const { isRunning, listing, location, survey } = report
  const { folder, outcome, segments } = survey
  const listed = action === "verify" ? {} : {
    records: listing.records,
    linesLeftOut: Math.max(0, listing.lines() - listing.limitLines)
  }
  const verdict = Either.match(outcome, {
    onLeft: ({ message, reason }) => ({ sound: false, reason, message, at: stop(survey) }),
    onRight: (sound) => ({ sound: true, ...sound })
  })
  return `${JSON.stringify({ location, isRunning, folder, segments, ...listed, ...verdict })}\n`
}

/**
 * What a scenario looks like in a replay file, and which values can be run: a person may have
 * edited it. Bytes are text where they can be printed and base 64 elsewhere.
 */
import { Encoding, Option, ParseResult, Schema } from "effect"
import * as Latin1 from "../kv/Latin1.js"
import { policies } from "../kv/Memory.js"
import { defaultLimits } from "../raft/State.js"
import type * as Sim from "./Scenario.js"

/** A life with more would not end in anyone's lifetime. */
export const NODES_LIMIT = 99
/** Of instants and lengths of time: about 11 days. */
const MICROS_LIMIT = 1_000_000_000_000
const MILLIS_LIMIT = MICROS_LIMIT / 1_000
/** An election timeout shorter than two ticks leaves no room for a heartbeat. */
const ELECTION_TIMEOUT_LEAST_MILLIS = 20

const Count = Schema.NonNegativeInt
const Positive = Schema.Int.pipe(Schema.positive())
const Micros = Schema.Int.pipe(Schema.between(0, MICROS_LIMIT))
const Millis = Schema.Int.pipe(Schema.between(1, MILLIS_LIMIT))
const SignedMillis = Schema.Int.pipe(Schema.between(-MILLIS_LIMIT, MILLIS_LIMIT))
const PerMille = Schema.Int.pipe(Schema.between(0, 1_000))

const Delay = Schema.Struct({ leastMicros: Micros, meanMicros: Micros })

const NetworkConditions = Schema.Struct({
  delay: Delay,
  dropPerMille: PerMille,
  duplicatePerMille: PerMille,
  reorderPerMille: PerMille,
  heldBack: Delay,
  isUnordered: Schema.Boolean,
  tellsUnreachable: Schema.Boolean
})

const DiskConditions = Schema.Struct({
  write: Delay,
  sync: Delay,
  stallPerMille: PerMille,
  stall: Delay,
  survival: Schema.Literal("none", "prefix", "sectors")
})

const ClockConditions = Schema.Struct({
  skewMillis: SignedMillis,
  driftPartsPerMillion: Schema.Int.pipe(Schema.between(-900_000, 1_000_000))
})

const Memory = Schema.Struct({
  limitBytes: Count,
  policy: Schema.Literal(...policies),
  samples: Positive
})

const Schedule = Schema.Union(
  Schema.TaggedStruct("Fifo", {}),
  Schema.TaggedStruct("Random", {}),
  Schema.TaggedStruct("Pct", { depth: Positive, steps: Positive })
)

const Limits = Schema.Struct({
  appendBytes: Positive,
  inflightAppends: Positive,
  inflightBytes: Positive,
  uncommittedBytes: Positive,
  applyBytes: Positive,
  snapshotEntries: Positive,
  snapshotBytes: Positive,
  trailingEntries: Count,
  trailingBytes: Count,
  chunkBytes: Positive,
  inflightChunkBytes: Positive,
  clockDriftPercent: Schema.optionalWith(Schema.Number.pipe(Schema.between(0, 1_000)), {
    default: () => defaultLimits.clockDriftPercent
  })
})

const Awaited = Schema.Literal("candidate", "newcomer", "leaver", "outsider")
const Target = Schema.Union(Count, Schema.Literal("leader"), Awaited)
const Moment = Schema.Literal("any", "writing", "synced", "installing")
const links = { links: Schema.Array(Schema.Tuple(Count, Count)) }

const Trouble = Schema.Union(
  Schema.TaggedStruct("Cut", links),
  Schema.TaggedStruct("Isolate", {
    node: Target,
    direction: Schema.Literal("both", "in", "out")
  }),
  Schema.TaggedStruct("Clog", links),
  Schema.TaggedStruct("Echo", links),
  Schema.TaggedStruct("Crash", { node: Target, while: Moment }),
  Schema.TaggedStruct("Kill", { node: Target, while: Moment }),
  Schema.TaggedStruct("Stop", { node: Target }),
  Schema.TaggedStruct("Pause", { node: Target }),
  Schema.TaggedStruct("Stall", { node: Target }),
  Schema.TaggedStruct("Full", { node: Target, bytes: Count }),
  Schema.TaggedStruct("SyncError", { node: Target }),
  Schema.TaggedStruct("Transfer", {
    node: Target,
    to: Schema.Union(Count, Schema.Literal("chosen"))
  }),
  Schema.TaggedStruct("ChangeMembers", {
    node: Target,
    add: Count,
    remove: Count,
    order: Schema.Array(Count),
    isLeaderFirst: Schema.Boolean
  }),
  Schema.TaggedStruct("Jump", { node: Target, millis: SignedMillis }),
  Schema.TaggedStruct("Rot", { node: Count }),
  Schema.TaggedStruct("Misdirect", { node: Count }),
  Schema.TaggedStruct("Wipe", { node: Count })
)

const Fault = Schema.Struct({ atMicros: Micros, forMicros: Micros, trouble: Trouble })

const PRINTABLE = /^[ -~]*$/

/** `{ "text": ... }` or `{ "base64": ... }`. */
const Bytes = Schema.transformOrFail(
  Schema.Union(
    Schema.Struct({ text: Schema.String.pipe(Schema.pattern(PRINTABLE)) }),
    Schema.Struct({ base64: Schema.String })
  ),
  Schema.Uint8ArrayFromSelf,
  {
    strict: true,
    decode: (shown, _, ast) =>
      "text" in shown
        ? ParseResult.succeed(Latin1.encode(shown.text))
        : ParseResult.mapError(
          Encoding.decodeBase64(shown.base64),
          () => new ParseResult.Type(ast, shown, `not base 64: ${shown.base64}`)
        ),
    encode: (bytes) => {
      const text = Latin1.decode(bytes, 0, bytes.length)
      return ParseResult.succeed(
        PRINTABLE.test(text) ? { text } : { base64: Encoding.encodeBase64(bytes) }
      )
    }
  }
)

const Operation = Schema.Struct({
  id: Positive,
  client: Count,
  atMicros: Micros,
  node: Schema.Union(Count, Schema.Literal("leader")),
  request: Schema.Struct({ kind: Schema.Literal("write", "read"), bytes: Bytes }),
  patienceMicros: Schema.optionalToRequired(Micros, Schema.UndefinedOr(Micros), {
    decode: Option.getOrUndefined,
    encode: Option.fromNullable
  }),
  reads: Schema.optionalWith(Schema.Literal("lease", "stale"), { exact: true })
})

const namedBy = (
  trouble: Exclude<Sim.Trouble, { readonly links: unknown }>
): ReadonlyArray<Sim.Target> => {
  if (trouble._tag === "ChangeMembers") return [trouble.node, ...trouble.order]
  return trouble._tag === "Transfer" && trouble.to !== "chosen"
    ? [trouble.node, trouble.to]
    : [trouble.node]
}

/** What a value alone cannot show: how it fits the others. */
const misfit = (scenario: Sim.Scenario): string | undefined => {
  const { electionTimeoutMillis, faults, heartbeatMillis, nodes, operations, spares } = scenario
  if (spares >= nodes) return `of ${nodes} nodes ${spares} are no members: nobody is left`
  if (2 * heartbeatMillis > electionTimeoutMillis) {
    return `heartbeats every ${heartbeatMillis} ms are too few for an election timeout of ` +
      `${electionTimeoutMillis} ms`
  }
  for (const [at, { trouble }] of faults.entries()) {
    const named = "links" in trouble ? trouble.links.flat() : namedBy(trouble)
    const unknown = named.find((node) => typeof node === "number" && node >= nodes)
    if (unknown !== undefined) return `faults[${at}] names node ${unknown} of ${nodes}, from 0 on`
  }
  const ids = new Set<number>()
  for (const [at, { id }] of operations.entries()) {
    if (ids.has(id)) return `operations[${at}] has the id ${id}, as another has`
    ids.add(id)
  }
  return undefined
}

export const Scenario = Schema.Struct({
  seed: Schema.Int,
  nodes: Schema.Int.pipe(Schema.between(1, NODES_LIMIT)),
  spares: Schema.optionalWith(Count, { default: () => 0 }),
  schedule: Schedule,
  granularityMicros: Micros,
  windowMicros: Micros,
  electionTimeoutMillis: Schema.Int.pipe(
    Schema.between(ELECTION_TIMEOUT_LEAST_MILLIS, MILLIS_LIMIT)
  ),
  heartbeatMillis: Millis,
  requestTimeoutMillis: Millis,
  limits: Limits,
  segmentLimitBytes: Positive,
  snapshotBlockBytes: Positive,
  network: NetworkConditions,
  disk: DiskConditions,
  clocks: Schema.Array(ClockConditions),
  memory: Schema.optionalWith(Schema.Array(Memory), { default: () => [] }),
  faults: Schema.Array(Fault),
  operations: Schema.Array(Operation),
  safetyMicros: Micros
}).pipe(Schema.filter(misfit))

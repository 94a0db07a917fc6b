/**
 * What the trace page carries within itself: the trace as rows of figures and a table of the texts
 * they mention, so that 60,000 events are a few megabytes, and what there is to say about the run.
 * TracePageLife.ts holds the page's side of it.
 */
import type { Report } from "./Report.js"
import { nodeId } from "./Scenario.js"
import type { NodeState, TraceEvent } from "./Trace.js"

/** A row holds its columns after the place of its tag, its number and its instant. */
interface Columns {
  readonly tag: TraceEvent["_tag"]
  /** Columns that hold a place in the table of texts. */
  readonly texts: ReadonlyArray<string>
  /** Columns that hold what they mean. */
  readonly values: ReadonlyArray<string>
}

const columnsByTag: Readonly<Record<TraceEvent["_tag"], Omit<Columns, "tag">>> = {
  Sent: { texts: ["from", "to", "text"], values: ["id"] },
  Delivered: { texts: ["from", "to", "text"], values: ["id", "sentMicros"] },
  Lost: { texts: ["from", "to", "text"], values: ["id"] },
  Ran: { texts: ["node", "why"], values: [] },
  State: { texts: ["node"], values: ["state"] },
  Process: { texts: ["node", "status", "why"], values: [] },
  Fault: { texts: ["phase", "text"], values: ["nodes"] },
  Invoked: { texts: ["node", "text"], values: ["operation", "client"] },
  Answered: { texts: ["node", "outcome", "text"], values: ["operation", "client"] },
  Log: { texts: ["node", "text"], values: [] },
  Phase: { texts: ["text"], values: [] },
  Violation: { texts: ["oracle", "text"], values: [] }
}

const layout: ReadonlyArray<Columns> = Object.entries(columnsByTag).map(([tag, columns]) => ({
  tag: tag as TraceEvent["_tag"],
  ...columns
}))

const stateRow = (state: NodeState): ReadonlyArray<unknown> => [
  state.role,
  state.term,
  state.leader,
  state.last,
  state.commit,
  state.applied,
  state.terms,
  state.base,
  state.snapshot
]

const nodesOf = (event: TraceEvent): ReadonlyArray<string> => {
  if ("nodes" in event) return event.nodes
  if ("from" in event) return [event.from, event.to]
  return "node" in event ? [event.node] : []
}

/** The cluster's nodes in their order, then whoever else the trace speaks of. */
const nodeNames = ({ scenario, trace }: Report): ReadonlyArray<string> => {
  const names = new Set(Array.from({ length: scenario.nodes }, (_, node) => nodeId(node)))
  for (const event of trace) for (const name of nodesOf(event)) names.add(name)
  return [...names]
}

/** Bytes as the text they mostly are, and what is no visible ASCII as `\x00`. */
const legible = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) =>
    byte >= 0x20 && byte < 0x7f
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, "0")}`).join("")

const rowsOf = (trace: ReadonlyArray<TraceEvent>) => {
  const places = new Map<string, number>()
  const placeOf = (text: string): number => {
    const known = places.get(text)
    if (known !== undefined) return known
    places.set(text, places.size)
    return places.size - 1
  }
  const kinds = new Map(layout.map((columns, kind) => [columns.tag, kind]))
  const events = trace.map((event) => {
    const { texts, values } = columnsByTag[event._tag]
    const fields: Readonly<Record<string, unknown>> = { ...event }
    return [
      kinds.get(event._tag),
      event.number,
      event.atMicros,
      ...texts.map((name) => placeOf(String(fields[name]))),
      ...values.map((name) => event._tag === "State" ? stateRow(event.state) : fields[name])
    ]
  })
  return { strings: [...places.keys()], events }
}

/** As JSON that may stand within a `<script>`: it has no `<` anywhere. */
export const encode = (report: Report, texts: { title: string; command: string }): string => {
  const { decisions, trace, checkpoints: _, ...facts } = report
  const data = {
    ...texts,
    ...facts,
    decisions: decisions.count,
    nodes: nodeNames(report),
    layout,
    ...rowsOf(trace),
    // `events` of the report is how many happened; the trace's rows take that name.
    eventCount: report.events
  }
  const json = JSON.stringify(
    data,
    (_, value: unknown) => value instanceof Uint8Array ? legible(value) : value
  )
  return json.replaceAll("<", "\\u003c")
}

/**
 * The story of `raftcache demo`, told from the trace, what was expected as well as what was not:
 * a life that went otherwise than it usually does reads otherwise.
 */
import type { Report } from "../sim/Report.js"
import { nodeId } from "../sim/Scenario.js"
import type { NodeState, TraceEvent } from "../sim/Trace.js"
import type { Line } from "./DemoLines.js"
import * as DemoLines from "./DemoLines.js"
import * as SimText from "./SimText.js"

export const COLUMNS_LIMIT = 100

/** Checked after every event, and at the end. Of the oracles of the simulator. */
export const ALWAYS = [
  "one-leader-per-term",
  "one-vote-per-term",
  "log-matching",
  "leader-completeness",
  "one-commit-per-index",
  "durable-majority",
  "promise-before-durable",
  "applied-in-order",
  "same-answers",
  "same-events",
  "never-back",
  "answered-once"
] as const

export const IN_THE_END = [
  "log-order",
  "exactly-once",
  "linearizable",
  "right-answers",
  "right-events",
  "liveness",
  "convergence"
] as const

/** `digests` are those of the replicas at the end, by node; `command` tells the same again. */
export const tell = (
  report: Report,
  digests: ReadonlyMap<string, string>,
  command: string
): string => {
  const { scenario, trace } = report
  const { electionTimeoutMillis, heartbeatMillis, network, nodes, seed } = scenario
  const lines = DemoLines.of(trace, scenario.operations)
  return [
    `Seed ${seed}: ${nodes} nodes, messages take ${DemoLines.millis(network.delay.leastMicros)}, ` +
    `election timeout ${electionTimeoutMillis} ms, heartbeat ${heartbeatMillis} ms.`,
    ...chapters(report).flatMap(({ events, hides = () => false, sums, title }) => {
      const numbers = new Set(events.map(({ number }) => number))
      const told = lines.filter((line) => numbers.has(line.number) && !hides(line))
      return ["", title, ...told.flatMap(lineText), ...sums.flatMap((sum) => wrap(sum, INDENT))]
    }),
    "",
    ...checks(report),
    "",
    ...states(report, digests),
    "",
    `The same again, event by event: ${command}   (trace hash ${report.traceHash})`,
    ""
  ].join("\n")
}

/** Part of the life, what of it is not told, and what comes of it. */
interface Chapter {
  readonly title: string
  readonly events: ReadonlyArray<TraceEvent>
  readonly hides?: (line: Line) => boolean
  readonly sums: ReadonlyArray<string>
}

const chapters = (report: Report): ReadonlyArray<Chapter> => {
  const { trace } = report
  const from = (start: number, isIt: (event: TraceEvent) => boolean): number => {
    const at = trace.findIndex((event, index) => index >= start && isIt(event))
    return at === -1 ? trace.length : at
  }
  const asked = from(0, ({ _tag }) => _tag === "Invoked")
  const cut = from(asked, (event) => event._tag === "Fault" && event.phase === "begins")
  const healed = from(cut, (event) => event._tag === "Fault" && event.phase === "ends")
  const ending = from(healed, ({ _tag }) => _tag === "Phase")
  return [
    { title: "Elect a leader", events: trace.slice(0, asked), sums: [] },
    {
      title: "Replicate",
      events: trace.slice(asked, cut),
      sums: replicated(report, cut)
    },
    {
      title: "Partition the leader",
      events: trace.slice(cut, healed),
      sums: divided(report, trace.slice(cut, healed), statesAt(report, cut))
    },
    {
      title: "Heal",
      events: trace.slice(healed, ending),
      sums: replicated(report, ending)
    },
    {
      title: "Ask every node for one more write and one more read",
      events: trace.slice(ending + 1),
      hides: ({ operation }) => operation !== undefined,
      sums: rested(report, trace.slice(ending))
    }
  ]
}

/** Where every node stood at the event of this place in the trace. */
const statesAt = ({ trace }: Report, end: number): ReadonlyMap<string, NodeState> => {
  const states = new Map<string, NodeState>()
  for (const event of trace.slice(0, end)) {
    if (event._tag === "State") states.set(event.node, event.state)
  }
  return states
}

const namesOf = ({ scenario }: Report): ReadonlyArray<string> =>
  Array.from({ length: scenario.nodes }, (_, node) => nodeId(node))

const replicated = (report: Report, end: number): ReadonlyArray<string> => {
  const states = statesAt(report, end)
  const names = namesOf(report)
  const all = names.map((name) => states.get(name)?.applied ?? 0)
  const logs = new Set(names.map((name) => JSON.stringify(states.get(name)?.terms)))
  const most = Math.max(...all)
  const isBehind = names.some((name, at) => all[at] !== most || states.get(name)?.last !== most)
  if (logs.size > 1 || isBehind) {
    const each = names.map((name, at) => `${name} ${all[at]}`)
    return [`=> not all logs are equal; entries applied: ${each.join(", ")}`]
  }
  const since = DemoLines.millis(appliedSince(report, end))
  return [`=> all nodes have the same log, and have applied all ${most} entries since ${since}`]
}

/** When any node applied anything for the last time before this place in the trace. */
const appliedSince = ({ trace }: Report, end: number): number => {
  const applied = new Map<string, number>()
  let sinceMicros = 0
  for (const event of trace.slice(0, end)) {
    if (event._tag !== "State" || applied.get(event.node) === event.state.applied) continue
    applied.set(event.node, event.state.applied)
    sinceMicros = event.atMicros
  }
  return sinceMicros
}

/** What was possible on either side. */
const divided = (
  { scenario }: Report,
  events: ReadonlyArray<TraceEvent>,
  before: ReadonlyMap<string, NodeState>
): ReadonlyArray<string> => {
  const [fault] = events
  if (fault?._tag !== "Fault") return ["=> nothing was cut off"]
  const [alone = ""] = fault.nodes
  const after = (event: TraceEvent): string =>
    `after ${DemoLines.millis(event.atMicros - fault.atMicros)}`
  const writes = new Set(
    scenario.operations.flatMap(({ id, request }) => request.kind === "write" ? [id] : [])
  )
  const done = events.flatMap((event) =>
    event._tag === "Answered" && event.outcome === "done" ? [event] : []
  )
  const here = done.filter(({ node }) => node === alone).length
  const leader = events.find((event) =>
    event._tag === "State" && event.node !== alone && event.state.role === "Leader"
  )
  const write = done.find(({ node, operation }) => node !== alone && writes.has(operation))
  const open = unanswered(events)
  return [
    ...(before.get(alone)?.role === "Leader"
      ? []
      : [`=> ${alone} did not lead when it was cut off`]),
    `=> ${alone}, cut off, answered ${here === 0 ? "no write and no read" : `${here} requests`}` +
    (open.length === 0 ? "" : `; still waiting: ${open.join(", ")}`),
    leader === undefined
      ? "=> the others elected nobody"
      : `=> the others had a leader ${after(leader)}, and ` +
        (write === undefined ? "acknowledged no write" : `acknowledged a write ${after(write)}`)
  ]
}

/** The requests of these events that were not answered in them. */
const unanswered = (events: ReadonlyArray<TraceEvent>): ReadonlyArray<string> => {
  const open = new Map<number, string>()
  for (const event of events) {
    if (event._tag === "Invoked") open.set(event.operation, event.text)
    if (event._tag === "Answered") open.delete(event.operation)
  }
  return [...open.values()]
}

const rested = (
  { simulatedMicros }: Report,
  events: ReadonlyArray<TraceEvent>
): ReadonlyArray<string> => {
  const asked = events.filter(({ _tag }) => _tag === "Invoked")
  const answered = events.filter((event) => event._tag === "Answered" && event.outcome === "done")
  const elections = events.filter((event) =>
    event._tag === "State" && event.state.role === "Candidate"
  )
  const last = answered.at(-1)
  const quiet = simulatedMicros - (last?.atMicros ?? simulatedMicros)
  return [
    `=> ${answered.length} of ${asked.length} requests are done; then ` +
    `${DemoLines.millis(quiet)} of quiet, with ${elections.length || "no"} elections`
  ]
}

const checks = ({ events, violation }: Report): ReadonlyArray<string> => {
  if (violation !== undefined) {
    const { event, message, oracle } = violation
    return wrap(`Broken at event ${SimText.count(event)}: ${oracle}: ${message}`, "")
  }
  return [
    ...wrap(`Held after each of ${SimText.count(events)} events: ${ALWAYS.join(", ")}.`, ""),
    ...wrap(`Held at the end, of the whole history: ${IN_THE_END.join(", ")}.`, "")
  ]
}

const states = (report: Report, digests: ReadonlyMap<string, string>): ReadonlyArray<string> => {
  const last = statesAt(report, report.trace.length)
  return namesOf(report).flatMap((name) => {
    const state = last.get(name)
    if (state === undefined) return [`${name}  never ran`]
    const { applied, commit, role, term, terms } = state
    const log = terms.map(([of, count]) => `${count} of term ${of}`).join(", ")
    return wrap(
      `${name}  ${role.toLowerCase().padEnd(8)}  term ${term}  log: ${log}  commit ${commit}  ` +
        `applied ${applied}  state ${digests.get(name) ?? "lost"}`,
      ""
    )
  })
}

const TIME_COLUMNS = 8
const INDENT = " ".repeat(TIME_COLUMNS + 2)

const lineText = ({ atMicros, nodes, text }: Line): ReadonlyArray<string> => {
  const [first, ...more] = wrap([text, ...nodes.slice(0, 1)].join(" ") + rest(nodes), INDENT)
  return [DemoLines.millis(atMicros).padStart(TIME_COLUMNS) + first!.slice(TIME_COLUMNS), ...more]
}

const rest = ([, ...others]: ReadonlyArray<string>): string =>
  others.map((node) => `, ${node}`).join("")

/** At spaces, in lines that begin with `indent`. */
const wrap = (text: string, indent: string): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const word of text.split(" ")) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > COLUMNS_LIMIT) {
      lines.push(indent + word)
    } else {
      lines[lines.length - 1] = `${last} ${word}`
    }
  }
  return lines
}

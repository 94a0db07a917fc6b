/**
 * A failure told to an engineer, in one screen: what cluster it was, what happened in the order of
 * time, which promise was broken and how, and where every node stood then. Meant for lives that
 * were shrunk; of longer ones it keeps what lies nearest to the end and what concerns the nodes
 * that the violation names.
 */
import type { Application } from "./Application.js"
import * as Decisions from "./DecisionLog.js"
import type { Report, Violation } from "./Report.js"
import type { Scenario } from "./Scenario.js"
import { nodeId } from "./Scenario.js"
import * as Simulation from "./Simulation.js"
import type { Moment } from "./StoryMoments.js"
import * as StoryMoments from "./StoryMoments.js"
import type { NodeState, TraceEvent } from "./Trace.js"

export const LINES_LIMIT = 60
export const COLUMNS_LIMIT = 100

/** Of a message of a violation; a defect brings its stack. */
const MESSAGE_LIMIT = 500
/** Of one event's line. */
const MOMENT_LIMIT = 180
/** Nodes whose state is told. */
const NODES_LIMIT = 12
/** Of the moments, in percent: the last of them, whomever they concern. */
const LAST_PERCENT = 50

/** Ends with a line break. Lives the life once more unless the report has its trace. */
export const tell = (report: Report, application?: Application): string => {
  const { decisions, scenario, violation } = report
  const options = application === undefined ? {} : { application }
  const recorded = report.trace.length > 0
    ? report
    : Simulation.run(scenario, { ...options, decisions, record: "everything" })
  const trace = StoryMoments.lived(recorded.trace)
  const head = [...wrap(cluster(report), "", "  "), ""]
  const foot = ["", ...promise(violation), "", ...states(scenario, trace)]
  const all = StoryMoments.of(trace)
  const kept = choose(all, violation, LINES_LIMIT - head.length - foot.length - 1)
  const left = all.length - kept.length
  const note = left === 0 ? [] : [`(${left} more left out)`]
  return [...head, ...kept.flatMap(linesOf), ...note, ...foot].join("\n") + "\n"
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`

const cluster = ({ decisions, scenario }: Report): string => {
  const { disk, electionTimeoutMillis, faults, heartbeatMillis, network, nodes } = scenario
  const wild = Decisions.decisions(decisions).filter(({ index }) => index !== 0).length
  const parts = [
    plural(nodes, "node"),
    `election timeout ${electionTimeoutMillis} ms, heartbeat ${heartbeatMillis} ms`,
    plural(scenario.operations.length, "request"),
    plural(faults.length, "fault"),
    `${plural(wild, "choice")} that ${wild === 1 ? "is" : "are"} not the tame one`,
    network.dropPerMille > 0 ? "messages are lost" : undefined,
    network.duplicatePerMille > 0 ? "messages come twice" : undefined,
    network.reorderPerMille > 0 || network.isUnordered ? "messages overtake" : undefined,
    disk.stallPerMille > 0 ? "disks stall" : undefined
  ]
  return `Seed ${scenario.seed}: ${parts.filter((part) => part !== undefined).join(", ")}.`
}

/** The moments to tell, whose lines fit: first the last ones, then the weightiest of the rest. */
const choose = (
  all: ReadonlyArray<Moment>,
  violation: Violation | undefined,
  lines: number
): ReadonlyArray<Moment> => {
  const sizes = new Map(all.map((moment) => [moment, linesOf(moment).length]))
  const concerned = new Set(violation?.message.match(/\bn\d+\b/g) ?? [])
  const weightOf = ({ nodes, weight }: Moment): number =>
    weight + (nodes.some((node) => concerned.has(node)) ? 1 : 0)
  const latest = all.toReversed()
  const weightiest = latest.toSorted((one, other) => weightOf(other) - weightOf(one))
  const kept = new Set<Moment>()
  let room = lines
  const take = (moments: ReadonlyArray<Moment>, leave: number): void => {
    for (const moment of moments) {
      if (kept.has(moment)) continue
      if (room - sizes.get(moment)! < leave) return
      kept.add(moment)
      room -= sizes.get(moment)!
    }
  }
  take(latest, lines - Math.floor(lines * LAST_PERCENT / 100))
  take(weightiest, 0)
  return all.filter((moment) => kept.has(moment))
}

/** `1234567` as `1,234.567 ms`, in columns that hold a quarter of an hour. */
const TIME_COLUMNS = 15

const timeText = (micros: number): string => {
  const millis = String(Math.floor(micros / 1_000)).replaceAll(/\B(?=(\d{3})+$)/g, ",")
  return `${millis}.${String(micros % 1_000).padStart(3, "0")} ms`
}

const linesOf = ({ atMicros, text }: Moment): ReadonlyArray<string> => {
  const time = timeText(atMicros).padStart(TIME_COLUMNS)
  return wrap(shorten(text, MOMENT_LIMIT), `${time}  `, " ".repeat(TIME_COLUMNS + 2))
}

const shorten = (text: string, limit: number): string => {
  const line = text.replaceAll(/\s+/g, " ")
  return line.length <= limit ? line : `${line.slice(0, limit - 4)} ...`
}

/** At spaces if there are some, in lines that begin with `indent`, the first one with `first`. */
const wrap = (text: string, first: string, indent: string): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = first
  let rest = text
  while (line.length + rest.length > COLUMNS_LIMIT) {
    const room = COLUMNS_LIMIT - line.length
    const space = rest.lastIndexOf(" ", room)
    const end = space <= 0 ? room : space
    lines.push(line + rest.slice(0, end))
    rest = rest.slice(end).trimStart()
    line = indent
  }
  return [...lines, line + rest]
}

/** What each oracle sees to. An application's own invariants speak for themselves. */
export const promises: Readonly<Record<string, string>> = {
  "abdication": "who cannot write or reach a majority does not lead for long",
  "answered-in-time": "every request is answered in time by a node that runs",
  "answered-once": "every request is answered, and only once",
  "applied-in-order": "every replica applies what is committed, in the order of the log",
  "change-true": "members that are said to be changed are so, for good",
  "bounded": "a node at rest keeps nothing of what it has done",
  "compacted-is-covered": "a node lets go only of what a durable snapshot of its own covers",
  "convergence": "replicas that have applied the same log hold the same state",
  "durable": "what a disk has promised to keep is there when its node comes back",
  "durable-majority": "what is committed is on the disks of a majority",
  "elected-by-majority": "a leader was voted for by a majority, of both sets while two are joint",
  "exactly-once": "a command takes effect at most once",
  "learners-first": "nobody becomes a voter who does not hold the log",
  "last-configuration": "a node goes by the last configuration in its log",
  "leader-completeness": "a leader holds everything that was committed before its term",
  "linearizable": "every answer is the one that a single, unreplicated machine could have given",
  "liveness": "a majority without troubles finds a leader, answers everybody and comes to rest",
  "livelock": "every event comes to an end, and messages lead to something",
  "log-is-bounded": "a node takes a snapshot before its log has twice as much as asks for one",
  "log-matching": "two logs that share an entry share everything before it",
  "log-order": "commands are applied at growing indexes",
  "never-back": "a node's term, vote, commits and applied entries never go back",
  "no-defect": "the program has no defect that ends it",
  "one-change-at-a-time":
    "members change when the change before is committed, and the leader's term",
  "one-commit-per-index": "no two nodes commit different entries at one index",
  "one-leader-per-term": "a term has at most one leader",
  "one-vote-per-term": "a node votes for at most one candidate in a term",
  "own-term-commit": "a leader commits by counting only entries of its own term",
  "progress": "a leader believes of a follower's log only what is true",
  "promise-before-durable": "a node says nothing that a crash could make untrue",
  "proposed-in-turn": "a leader appends nothing that can have no effect",
  "right-answers": "the state machine answers as its model does",
  "right-events": "the state machine tells of commands what its model does",
  "transfer-ends": "a leader that hands over in vain goes on leading, soon",
  "transfer-holds-still": "a leader that hands over takes on nothing new",
  "transfer-to-voter": "leadership is handed to nobody but a voter",
  "transfer-true": "whoever is said to have taken over has led",
  "transfer-up-to-date": "nobody is told to take over who does not hold all of the leader's log",
  "removed-is-no-member": "nobody is told to end who is a member",
  "snapshot-members": "a snapshot has the members as of its entry",
  "sound-disk-refused": "a node starts from a disk with which nothing is wrong",
  "same-answers": "every replica answers a command in the same way",
  "same-events": "every replica tells the same of a command",
  "same-snapshot": "a snapshot holds the state as of its entry, whoever takes or restores it"
}

const promise = (violation: Violation | undefined): ReadonlyArray<string> => {
  if (violation === undefined) return ["No promise was broken."]
  const { atMicros, event, message, oracle } = violation
  const words = promises[oracle]
  const title = `Broken: ${oracle}${words === undefined ? "" : `, that is: ${words}`}.`
  const where = `At ${timeText(atMicros)}, after ${plural(event, "event")}: `
  return [
    ...wrap(title, "", "  "),
    ...wrap(where + shorten(message, MESSAGE_LIMIT), "  ", "  ")
  ]
}

const states = (scenario: Scenario, trace: ReadonlyArray<TraceEvent>): ReadonlyArray<string> => {
  const last = new Map<string, NodeState>()
  const status = new Map<string, string>()
  for (const event of trace) {
    if (event._tag === "State") last.set(event.node, event.state)
    if (event._tag !== "Process") continue
    status.set(event.node, event.status.toLowerCase())
    if (event.status === "Down" || event.status === "Failed") last.delete(event.node)
  }
  const names = Array.from({ length: scenario.nodes }, (_, node) => nodeId(node))
  const lines = names.slice(0, NODES_LIMIT).flatMap((name) => {
    const text = stateText(status.get(name) ?? "down", last.get(name))
    return wrap(shorten(text, MOMENT_LIMIT), `${name}: `, "  ")
  })
  return names.length <= NODES_LIMIT
    ? lines
    : [...lines, `and ${names.length - NODES_LIMIT} more nodes`]
}

const stateText = (status: string, state: NodeState | undefined): string => {
  if (state === undefined) return status
  const { applied, commit, last, leader, role, term, terms } = state
  const follows = role === "Leader" || leader === undefined ? "" : ` of ${leader}`
  const runs = terms.map(([of, count]) => `${count} of term ${of}`).join(", ")
  return (status === "running" ? "" : `${status}, `) +
    `${StoryMoments.roleText(role)}${follows} in term ${term}, ${entries(last)}` +
    `${runs === "" ? "" : ` (${runs})`}, committed ${commit}, applied ${applied}`
}

const entries = (count: number): string => count === 1 ? "1 entry" : `${count} entries`

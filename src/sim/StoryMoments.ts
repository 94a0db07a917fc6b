/**
 * Which events of a trace a story is made of, and in which words. Messages and timers are left out,
 * but for the last message before the end: what they lead to is told.
 */
import type { Role } from "../raft/State.js"
import type { NodeState, TraceEvent } from "./Trace.js"

export interface Moment {
  readonly atMicros: number
  /** Whom it concerns. */
  readonly nodes: ReadonlyArray<string>
  readonly text: string
  /** How much it matters, from 0 on. */
  readonly weight: number
}

export const roleText = (role: Role): string =>
  role === "PreCandidate" ? "pre-candidate" : role.toLowerCase()

/** What nodes log of elections is told from their states. */
const KNOWN_LOG = /^(leads$|follows )/

/** Up to the violation, or to the end. */
export const lived = (trace: ReadonlyArray<TraceEvent>): ReadonlyArray<TraceEvent> => {
  const end = trace.findIndex(({ _tag }) => _tag === "Violation")
  return end === -1 ? trace : trace.slice(0, end + 1)
}

/** In the order of the trace. */
export const of = (trace: ReadonlyArray<TraceEvent>): ReadonlyArray<Moment> => {
  const states = new Map<string, NodeState>()
  const lastMessage = trace.findLast(({ _tag }) => _tag === "Delivered")
  return trace.flatMap((event, at): ReadonlyArray<Moment> => {
    switch (event._tag) {
      case "Sent":
      case "Lost":
      case "Ran":
        return []
      case "Delivered":
        if (event !== lastMessage) return []
        return [moment(
          event,
          [event.to, event.from],
          4,
          `${event.to} gets from ${event.from}: "${event.text}"`
        )]
      case "State": {
        const before = states.get(event.node)
        states.set(event.node, event.state)
        return changes(event.node, before, event.state)
          .map(([weight, text]) => moment(event, [event.node], weight, `${event.node} ${text}`))
      }
      case "Process":
        if (event.status === "Down" || event.status === "Failed") states.delete(event.node)
        // Faults tell what was done to it, and that it is up tells that it was started.
        if (event.why === "starts" || isFault(trace[at + 1], processText(event))) return []
        return [moment(event, [event.node], event.atMicros === 0 ? 0 : 3, processText(event))]
      case "Fault": {
        const text = event.phase === "begins" ? event.text : `over: ${event.text}`
        return [moment(event, event.nodes, event.phase === "begins" ? 4 : 2, `fault: ${text}`)]
      }
      case "Invoked":
        return [moment(
          event,
          [event.node],
          2,
          `client ${event.client} asks ${event.node} (request ${event.operation}): ${event.text}`
        )]
      case "Answered":
        return [moment(event, [event.node], 2, answerText(event))]
      case "Log":
        if (KNOWN_LOG.test(event.text)) return []
        return [moment(event, [event.node], 0, `${event.node} logs: ${event.text}`)]
      case "Phase":
        return [moment(event, [], 5, event.text)]
      case "Violation":
        return [moment(event, [], 6, `broken: ${event.oracle}`)]
    }
  })
}

const isFault = (event: TraceEvent | undefined, text: string): boolean =>
  event?._tag === "Fault" && event.phase === "begins" && event.text === text

const moment = (
  { atMicros }: TraceEvent,
  nodes: ReadonlyArray<string>,
  weight: number,
  text: string
): Moment => ({ atMicros, nodes, weight, text })

const processText = (
  { node, status, why }: Extract<TraceEvent, { readonly _tag: "Process" }>
): string => status === "Failed" ? `${node} cannot go on: ${why}` : `${node} ${why}`

const answerText = (
  { client, node, operation, outcome, text }: Extract<TraceEvent, { readonly _tag: "Answered" }>
): string => {
  const what = `request ${operation}`
  switch (outcome) {
    case "done":
      return `${node} answers client ${client} (${what}): ${text}`
    case "refused":
      return `${node} refuses client ${client} (${what}): ${text}`
    case "unknown":
    case "lost":
      return `client ${client} will not know what became of ${what}: ${text}`
    case "abandoned":
      return `client ${client} no longer waits for ${node} (${what})`
  }
}

/** What a node's new state tells, with its weight. */
const changes = (
  node: string,
  before: NodeState | undefined,
  { base, commit, last, leader, role, snapshot, term, terms }: NodeState
): ReadonlyArray<readonly [weight: number, text: string]> => {
  const told: Array<readonly [number, string]> = []
  const isNew = before === undefined || before.term !== term
  if (role !== before?.role || isNew) {
    if (role === "Leader") told.push([5, `leads term ${term}`])
    else if (role === "Candidate") told.push([3, `stands for election in term ${term}`])
    else if (before?.role === "Leader") told.push([4, `no longer leads term ${before.term}`])
  }
  if (leader !== undefined && leader !== node && (isNew || before.leader !== leader)) {
    told.push([1, `follows ${leader} in term ${term}`])
  }
  const kept = before === undefined ? 0 : shared(before.terms, terms)
  if (before !== undefined && kept < before.last) {
    told.push([5, `drops its entries ${kept + 1} to ${before.last}`])
  }
  if (before === undefined ? last > 0 : last > kept) {
    told.push([role === "Leader" ? 1 : 0, `writes its log up to entry ${last}`])
  }
  if (before !== undefined && commit > before.commit) {
    told.push([role === "Leader" ? 1 : 0, `knows that all up to entry ${commit} is committed`])
  }
  if (before !== undefined && snapshot > before.snapshot) {
    const how = snapshot > before.last || base === snapshot && before.commit < snapshot
      ? "begins anew with a snapshot"
      : "has a snapshot"
    told.push([2, `${how} of all up to entry ${snapshot}`])
  }
  if (before !== undefined && base > before.base) {
    told.push([1, `lets go of its entries up to ${base}`])
  }
  return told
}

/** How many entries two logs have in common, as far as their terms tell. */
const shared = (one: NodeState["terms"], other: NodeState["terms"]): number => {
  let count = 0
  for (const [at, [term, length]] of one.entries()) {
    const [otherTerm, otherLength = 0] = other[at] ?? []
    if (otherTerm !== term) return count
    count += Math.min(length, otherLength)
    if (otherLength !== length) return count
  }
  return count
}

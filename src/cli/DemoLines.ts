/**
 * A trace in the words of `raftcache demo`: elections, faults, requests and their answers, entries
 * that are dropped. What is written and committed is summed up elsewhere.
 */
import type { Operation } from "../sim/Scenario.js"
import type { NodeState, TraceEvent } from "../sim/Trace.js"
import * as SimText from "./SimText.js"

export interface Line {
  readonly atMicros: number
  /** The trace event's. */
  readonly number: number
  readonly text: string
  /** Of whom it is true, told at its end. Such lines in a row with one text become one line. */
  readonly nodes: ReadonlyArray<string>
  /** Of a request, or of its answer. They become one line if nothing is told between them. */
  readonly operation: number | undefined
}

type Event<Tag extends TraceEvent["_tag"]> = Extract<TraceEvent, { readonly _tag: Tag }>

export const millis = (micros: number): string => `${SimText.count(Math.round(micros / 1_000))} ms`

/** In the order of the trace. */
export const of = (
  trace: ReadonlyArray<TraceEvent>,
  operations: ReadonlyArray<Operation>
): ReadonlyArray<Line> => {
  const teller = new Teller(operations)
  return trace.reduce<ReadonlyArray<Line>>((lines, event) => {
    const { atMicros, number } = event
    const operation = "operation" in event ? event.operation : undefined
    const more = teller.textsOf(event).map(([text, ...nodes]): Line => ({
      atMicros,
      number,
      text,
      nodes,
      operation
    }))
    return more.reduce(join, lines)
  }, [])
}

const join = (lines: ReadonlyArray<Line>, line: Line): ReadonlyArray<Line> => {
  const last = lines.at(-1)
  if (last === undefined) return [line]
  const instead = (more: Partial<Line>): ReadonlyArray<Line> => [
    ...lines.slice(0, -1),
    { ...last, ...more }
  ]
  if (line.operation !== undefined && last.operation === line.operation) {
    return instead({ text: `${last.text}; ${line.text}` })
  }
  if (line.nodes.length === 0 || last.text !== line.text) return [...lines, line]
  return instead({ atMicros: line.atMicros, nodes: [...last.nodes, ...line.nodes] })
}

/** A text, and the nodes of which it is true. */
type Text = readonly [text: string, ...nodes: ReadonlyArray<string>]

class Teller {
  readonly #reads: ReadonlySet<number>
  readonly #states = new Map<string, NodeState>()
  /** What each node logged last. */
  readonly #logs = new Map<string, string>()
  readonly #asked = new Map<number, Event<"Invoked">>()
  /** Nodes with the terms in which they were said to miss a leader: they go on asking. */
  readonly #missing = new Set<string>()

  constructor(operations: ReadonlyArray<Operation>) {
    const reads = operations.filter(({ request }) => request.kind === "read")
    this.#reads = new Set(reads.map(({ id }) => id))
  }

  textsOf(event: TraceEvent): ReadonlyArray<Text> {
    switch (event._tag) {
      case "Sent":
      case "Delivered":
      case "Lost":
      case "Ran":
        return []
      case "State": {
        const before = this.#states.get(event.node)
        this.#states.set(event.node, event.state)
        return before === undefined ? [] : this.#changes(event, before)
      }
      case "Process":
        return event.why === "starts"
          ? []
          : [[event.why === "is up" ? "running:" : `${event.why}:`, event.node]]
      case "Fault": {
        const names = event.nodes.join(", ")
        return [[event.phase === "begins" ? event.text : `${names} is connected again`]]
      }
      case "Invoked":
        this.#asked.set(event.operation, event)
        // Of a read that is answered at once the answer says it all.
        return this.#reads.has(event.operation) ? [] : [[asking(event)]]
      case "Answered":
        return [this.#answer(event)]
      case "Log":
        this.#logs.set(event.node, event.text)
        return []
      case "Phase":
        return [[event.text]]
      case "Violation":
        return [[`BROKEN: ${event.oracle}: ${event.text}`]]
    }
  }

  #changes({ node, state }: Event<"State">, before: NodeState): ReadonlyArray<Text> {
    const { leader, role, term } = state
    const texts: Array<Text> = []
    const isNew = term !== before.term
    if (before.role === "Leader" && (role !== "Leader" || isNew)) {
      const why = this.#logs.get(node)?.replace(/^steps down/, "") ?? ""
      texts.push([`${node} no longer leads term ${before.term}${why}`])
    }
    const miss = `${node} ${term}`
    if (role === "PreCandidate" && !this.#missing.has(miss)) {
      this.#missing.add(miss)
      texts.push([`${node} hears of no leader, and asks who would vote for it`])
    }
    if (role === "Candidate" && (isNew || before.role !== role)) {
      texts.push([`${node} stands for election in term ${term}`])
    }
    if (role === "Leader" && (isNew || before.role !== role)) {
      texts.push([`${node} is elected: it leads term ${term}`])
    }
    if (leader !== undefined && leader !== node && (isNew || before.leader !== leader)) {
      texts.push([`followers of ${leader} in term ${term}:`, node])
    }
    const kept = firstOther(before.terms, state.terms)
    if (kept <= before.last) {
      const which = kept === before.last ? `entry ${kept}` : `entries ${kept} to ${before.last}`
      const were = before.commit < kept ? "never committed" : "some of it committed"
      texts.push([`${node} drops ${which} of its log, ${were}`])
    }
    return texts
  }

  #answer({ atMicros, client, node, operation, outcome, text }: Event<"Answered">): Text {
    const asked = this.#asked.get(operation)
    const after = millis(atMicros - (asked?.atMicros ?? atMicros))
    switch (outcome) {
      case "done": {
        if (asked !== undefined && asked.node !== node) {
          return [
            `client ${client} went on from ${asked.node} to ${node}, which answers ` +
            `${asked.text}: ${text} (after ${after})`
          ]
        }
        return this.#reads.has(operation)
          ? [`${asked?.text} is answered ${text} by`, node]
          : [`${node} answers client ${client}: ${text} (after ${after})`]
      }
      case "refused":
        return [`${node} refuses client ${client}: ${text} (after ${after})`]
      case "unknown":
      case "lost":
        return [`client ${client} is told by ${node}: ${text} (after ${after})`]
      case "abandoned":
        return [`client ${client} no longer waits for ${node} (after ${after})`]
    }
  }
}

const asking = ({ client, node, text }: Event<"Invoked">): string =>
  `client ${client} asks ${node}: ${text}`

/** The first index at which the logs differ; one more than their length if there is none. */
const firstOther = (one: NodeState["terms"], other: NodeState["terms"]): number => {
  const [left, right] = [one, other].map((runs) =>
    runs.flatMap(([term, count]) => Array.from({ length: count }, () => term))
  )
  let index = 1
  while (index <= left!.length && left![index - 1] === right![index - 1]) index++
  return index
}

/**
 * The trace page's script, first part: reads the embedded data and arranges it so that whatever
 * lies between two instants is found without looking at the rest. It knows nothing of the page, so
 * tests run it as it is.
 */
export const script = String.raw`
// A number that is in no array: nothing was found.
const NOWHERE = -1
const CLIENT_ROWS_MAX = 16
const FAULT_ROWS_MAX = 6

const stateOf = ([role, term, leader, last, commit, applied, terms, base, snapshot]) =>
  ({ role, term, leader: leader ?? undefined, last, commit, applied, terms, base, snapshot })

const decodeEvents = (data) =>
  data.events.map(([kind, number, atMicros, ...fields]) => {
    const { tag, texts, values } = data.layout[kind]
    const event = { _tag: tag, number, atMicros }
    texts.forEach((name, at) => {
      event[name] = data.strings[fields[at]]
    })
    values.forEach((name, at) => {
      const value = fields[texts.length + at]
      event[name] = name === "state" ? stateOf(value) : value
    })
    return event
  })

/** The first of the whole numbers below length that holds, if all after it hold as well. */
const firstThat = (length, holds) => {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}

/** The last of the ascending indexes that is at most index, or NOWHERE. */
const lastUpTo = (indexes, index) => {
  const after = firstThat(indexes.length, (at) => indexes[at] > index)
  return after === 0 ? NOWHERE : indexes[after - 1]
}

/** What lasts from start to end. reach[i] is the latest end of items 0 to i, so it ascends. */
const makeSpans = (items) => {
  items.sort((one, other) => one.start - other.start)
  const reach = new Float64Array(items.length)
  let latest = -Infinity
  items.forEach((item, at) => {
    latest = Math.max(latest, item.end)
    reach[at] = latest
  })
  return { items, reach }
}

const spansBetween = ({ items, reach }, from, to) => {
  const first = firstThat(items.length, (at) => reach[at] >= from)
  const after = firstThat(items.length, (at) => items[at].start > to)
  const found = []
  for (let at = first; at < after; at++) if (items[at].end >= from) found.push(items[at])
  return found
}

const indexesBy = (events, keyOf) => {
  const groups = new Map()
  events.forEach((event, index) => {
    const key = keyOf(event)
    if (key === undefined) return
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [index])
    else group.push(index)
  })
  return groups
}

/** The first word of a message's text is taken for its kind. */
const kindOf = (text) => /^[\w-]+/.exec(text)?.[0] ?? "message"

const messagesOf = (events, end) => {
  const sent = new Map()
  const settled = new Set()
  const messages = []
  events.forEach((event, index) => {
    if (event._tag === "Sent") sent.set(event.id, index)
    if (event._tag !== "Delivered" && event._tag !== "Lost") return
    settled.add(event.id)
    const sentIndex = sent.get(event.id) ?? NOWHERE
    const sentMicros = event.sentMicros ?? events[sentIndex]?.atMicros ?? event.atMicros
    messages.push({
      start: sentMicros,
      end: event.atMicros,
      fate: event._tag,
      event,
      sentIndex,
      index,
      kind: kindOf(event.text)
    })
  })
  for (const [id, index] of sent) {
    if (settled.has(id)) continue
    const event = events[index]
    const kind = kindOf(event.text)
    messages.push({
      start: event.atMicros, end, fate: "Open", event, sentIndex: index, index: NOWHERE, kind
    })
  }
  return messages
}

/** Begins a span for every event that changes what is shown, and ends the one before. */
const successiveSpans = (events, indexes, end, valueOf, isSame) => {
  const spans = []
  let value
  for (const index of indexes) {
    const next = valueOf(events[index], value)
    const open = spans.at(-1)
    const isOther = value === undefined || !isSame(value, next)
    value = next
    if (!isOther) continue
    if (open !== undefined) open.end = events[index].atMicros
    spans.push({ start: events[index].atMicros, end, value, index })
  }
  return makeSpans(spans)
}

/** Role, term and the state of the process, as long as none of them changes. */
const bandsOf = (events, indexes, end) =>
  successiveSpans(
    events,
    indexes,
    end,
    (event, before) =>
      event._tag === "Process"
        ? { role: before?.role, term: before?.term, status: event.status }
        : { role: event.state.role, term: event.state.term, status: before?.status ?? "Running" },
    (one, other) =>
      one.role === other.role && one.term === other.term && one.status === other.status
  )

const logsOf = (events, indexes, end) =>
  successiveSpans(
    events,
    indexes.filter((index) => events[index]._tag === "State"),
    end,
    ({ state }) => ({
      last: state.last,
      commit: state.commit,
      lastTerm: state.terms.at(-1)?.[0] ?? 0
    }),
    (one, other) =>
      one.last === other.last && one.commit === other.commit && one.lastTerm === other.lastTerm
  )

/** Gives every span the first row that is free by then; the last row takes what is left. */
const packIntoRows = (spans, rowsMax) => {
  const freeAt = []
  for (const span of spans) {
    let row = freeAt.findIndex((instant) => instant <= span.start)
    if (row === NOWHERE) row = Math.min(freeAt.length, rowsMax - 1)
    freeAt[row] = span.end
    span.row = row
  }
  return freeAt.length
}

/** An end belongs to the oldest fault that is open for the same nodes, best with the same text. */
const faultsOf = (events, end) => {
  const faults = []
  events.forEach((event, index) => {
    if (event._tag !== "Fault") return
    if (event.phase === "begins") {
      faults.push({ start: event.atMicros, end, event, index, isOpen: true })
      return
    }
    const isSameNodes = (fault) => String(fault.event.nodes) === String(event.nodes)
    const open = faults.filter((fault) => fault.isOpen && isSameNodes(fault))
    const begun = open.find((fault) => fault.event.text === event.text) ?? open[0]
    if (begun === undefined) {
      faults.push({ start: event.atMicros, end: event.atMicros, event, index, isOpen: false })
    } else {
      begun.end = event.atMicros
      begun.isOpen = false
    }
  })
  return faults
}

const phasesOf = (events, end) =>
  successiveSpans(
    events,
    [...events.keys()].filter((index) => events[index]._tag === "Phase"),
    end,
    (event) => event.text,
    () => false
  )

const operationsOf = (events, end, rowOf) => {
  const operations = []
  const open = new Map()
  events.forEach((event, index) => {
    if (event._tag === "Invoked" && !open.has(event.operation)) {
      const row = rowOf(event.client)
      const bar = { start: event.atMicros, end, row, event, index, outcome: "open" }
      open.set(event.operation, bar)
      operations.push(bar)
    }
    if (event._tag !== "Answered") return
    const bar = open.get(event.operation)
    if (bar === undefined) return
    bar.end = event.atMicros
    bar.outcome = event.outcome
    open.delete(event.operation)
  })
  return operations
}

const laneOf = (event) => {
  if (event.client !== undefined) return "client " + event.client
  if (event._tag === "Delivered") return event.to
  return event.node ?? event.from ?? "faults"
}

/** Where the page opens: at what went wrong, else at the end. */
const violationIndexOf = (events, violation) => {
  const index = events.findIndex((event) => event._tag === "Violation")
  if (index !== NOWHERE || violation === undefined) return index
  return firstThat(events.length, (at) => events[at].atMicros > violation.atMicros) - 1
}

const makeLife = (data) => {
  const events = decodeEvents(data)
  const begin = events[0]?.atMicros ?? 0
  const end = Math.max(events.at(-1)?.atMicros ?? 0, begin + 1)
  const clients = [...new Set(events.filter((event) => event._tag === "Invoked")
    .map((event) => event.client))].sort((one, other) => one - other)
  const rowOf = (client) => Math.max(0, clients.indexOf(client)) % CLIENT_ROWS_MAX
  const standingsOf = indexesBy(
    events,
    (event) => event._tag === "State" || event._tag === "Process" ? event.node : undefined
  )
  const spansByNode = (spansOf) =>
    data.nodes.map((node) => spansOf(events, standingsOf.get(node) ?? [], end))
  const faults = faultsOf(events, end)
  const messages = messagesOf(events, end)
  return {
    events, begin, end, clients,
    nodes: data.nodes,
    nodeAt: new Map(data.nodes.map((node, at) => [node, at])),
    lanes: indexesBy(events, laneOf),
    statesOf: indexesBy(events, (event) => event._tag === "State" ? event.node : undefined),
    processesOf: indexesBy(events, (event) => event._tag === "Process" ? event.node : undefined),
    bands: spansByNode(bandsOf),
    logs: spansByNode(logsOf),
    phases: phasesOf(events, end),
    faultRows: packIntoRows(faults, FAULT_ROWS_MAX),
    faults: makeSpans(faults),
    clientRows: Math.min(clients.length, CLIENT_ROWS_MAX),
    operations: makeSpans(operationsOf(events, end, rowOf)),
    messages: makeSpans(messages),
    messageKinds: [...new Set(messages.map((message) => message.kind))],
    messageAt: new Map(messages.flatMap((message) =>
      [[message.sentIndex, message], [message.index, message]])),
    violationIndex: violationIndexOf(events, data.violation)
  }
}

/** How a node stood once the event at index had happened. */
const standingAt = (life, node, index) => {
  const stateIndex = lastUpTo(life.statesOf.get(node) ?? [], index)
  const processIndex = lastUpTo(life.processesOf.get(node) ?? [], index)
  return {
    state: life.events[stateIndex]?.state,
    status: life.events[processIndex]?.status ?? (stateIndex === NOWHERE ? "Unknown" : "Running")
  }
}
`

/**
 * The trace page's script, fifth part: all that is not on the canvas of time. What was broken and
 * how to see it again, the event at the cursor in words, every node and its log at that instant,
 * and the events around it.
 */
export const script = String.raw`
const NEARBY_BEFORE = 6
const NEARBY_AFTER = 9
const LOG_ENTRIES_SHOWN = 40
const LOG_ROW = 26
const LOG_NAME = 30

const element = (id) => document.getElementById(id)

const make = (tag, text = "", className = "") => {
  const made = document.createElement(tag)
  made.textContent = text
  made.className = className
  return made
}

const showHead = (data, life) => {
  document.title = data.title
  element("title").textContent = data.title
  element("command").textContent = data.command
  const isBroken = data.violation !== undefined || life.violationIndex !== NOWHERE
  element("verdict").className = isBroken ? "broken" : "kept"
  const event = life.events[life.violationIndex]
  const oracle = data.violation?.oracle ?? event?.oracle
  const verdict = isBroken ? "✗ " + oracle + " is violated" : "✓ every checked promise was kept"
  element("verdict-title").textContent = verdict
  element("verdict-text").textContent = data.violation?.message ?? event?.text ?? ""
  element("facts").textContent = [
    life.nodes.length + " nodes",
    durationText(data.simulatedMicros) + " simulated",
    countText(data.eventCount) + " events, " + countText(life.events.length) + " shown",
    countText(data.ackedWrites) + " writes and " + countText(data.ackedReads) + " reads done",
    "trace " + data.traceHash
  ].join(" · ")
}

const showLegend = (life, view) => {
  const items = life.messageKinds.map((kind, at) => {
    const item = make("span", kind, "line")
    item.style.setProperty("--swatch", view.colours.messages[at % view.colours.messages.length])
    return item
  })
  const others = [
    ["Leader", "L leader"], ["Candidate", "C candidate"], ["PreCandidate", "P pre-candidate"],
    ["Follower", "F follower"]
  ].map(([role, text]) => {
    const item = make("span", text, "band")
    item.style.setProperty("--swatch", view.colours[role])
    return item
  })
  const lost = make("span", "lost ✗", "line dashed")
  lost.style.setProperty("--swatch", view.colours.fault)
  const outcomes = make("span", "operations: ✓ done  ✗ refused  ? unknown  … abandoned")
  const log = make("span", "log: solid is committed, pale is not, hue is the term")
  element("legend").replaceChildren(...others, ...items, lost, outcomes, log)
}

/** Longer than the page needs on most visits, so it is made when somebody looks. */
const showDetailsWhenOpened = (data) => {
  const fill = (id, value) => {
    element(id).addEventListener("toggle", () => {
      const body = element(id).querySelector("pre")
      if (body.textContent === "") body.textContent = JSON.stringify(value, undefined, 2)
    })
  }
  fill("scenario", data.scenario)
  fill("marks", data.marks)
}

const showCurrent = (life, view) => {
  const event = life.events[view.cursor]
  if (event === undefined) {
    element("where").textContent = "No trace was recorded."
    return
  }
  const before = life.events[view.cursor - 1]
  const gap = before === undefined ? 0 : event.atMicros - before.atMicros
  element("where").textContent = "event " + countText(event.number) + " · " +
    secondsText(event.atMicros) + (gap === 0 ? "" : " · " + durationText(gap) + " later")
  element("words").textContent = wordsOf(life, view.cursor)
  element("words").className = "kind-" + event._tag
}

const showNodes = (life, view) => {
  const lane = life.events[view.cursor] && laneOf(life.events[view.cursor])
  const rows = life.nodes.map((name) => {
    const { state, status } = standingAt(life, name, view.cursor)
    const row = make("tr", "", name === lane ? "current" : "")
    const isUp = status === "Running" || status === "Paused" || status === "Stopping"
    const role = make("td", status === "Running" ? "" : status.toLowerCase() + " ")
    if (isUp && state !== undefined) {
      role.append(make("b", ROLE_LETTERS[state.role], "role " + state.role), ROLE_WORDS[state.role])
    }
    const figures = state === undefined
      ? ["", "", "", "", ""]
      : [state.term, state.leader ?? "–", state.last, state.commit, state.applied]
    row.append(make("th", name), role, ...figures.map((figure) => make("td", String(figure))))
    return row
  })
  element("nodes").replaceChildren(...rows)
}

/** The runs of entries of one term: after the index from, up to the index to. */
const runsAfter = (terms, after) => {
  const runs = []
  let from = 0
  for (const [term, count] of terms) {
    const to = from + count
    if (to > after) runs.push({ term, from: Math.max(from, after), to })
    from = to
  }
  return runs
}

const drawRun = (pen, { from, term, to }, state, place, colours) => {
  for (let index = from + 1; index <= to; index++) {
    const x = place.xOf(index - 1)
    pen.fillStyle = termColour(term, colours.isDark, index <= state.commit ? SOLID : PALE)
    pen.fillRect(x, place.top, place.cell - 1, 16)
    if (index > state.applied) continue
    pen.fillStyle = colours.ink
    pen.fillRect(x, place.top + 18, place.cell - 1, 2)
  }
  const text = fittingText(pen, ["term " + term, String(term)], (to - from) * place.cell - 2)
  if (text !== undefined) fillText(pen, text, place.xOf(from) + 3, place.top + 12, colours.ink)
}

/** Only the end of each log, and all by the same scale: that is where logs differ. */
const drawLogs = (pen, life, view, width) => {
  const { colours } = view
  const standings = life.nodes.map((name) => standingAt(life, name, view.cursor))
  const longest = Math.max(0, ...standings.map(({ state }) => state?.last ?? 0))
  const after = Math.max(0, longest - LOG_ENTRIES_SHOWN)
  const cell = Math.min(24, Math.floor((width - LOG_NAME) / Math.max(1, longest - after)))
  element("logs-title").textContent = longest === 0
    ? "Logs: no entries yet"
    : "Logs: entries " + (after + 1) + " to " + longest
  pen.clearRect(0, 0, width, life.nodes.length * LOG_ROW)
  life.nodes.forEach((name, node) => {
    const { state, status } = standings[node]
    const top = node * LOG_ROW + 2
    fillText(pen, name, 0, top + 12, colours.ink, FONT_BOLD)
    if (state === undefined) return
    pen.globalAlpha = status === "Down" || status === "Failed" ? 0.5 : 1
    const place = { top, cell, xOf: (index) => LOG_NAME + (index - after) * cell }
    for (const run of runsAfter(state.terms, after)) drawRun(pen, run, state, place, colours)
    if (state.commit > after) {
      pen.fillStyle = colours.ink
      pen.fillRect(place.xOf(state.commit) - 2, top - 2, 2, 20)
    }
    pen.globalAlpha = 1
  })
}

const showLogs = (life, view) => {
  const canvas = element("logs")
  const width = canvas.parentElement.clientWidth
  drawLogs(penOf(canvas, width, life.nodes.length * LOG_ROW), life, view, width)
}

const listItem = (life, view, index, choose) => {
  const event = life.events[index]
  const item = make("li", "", index === view.cursor ? "current" : "")
  const button = make("button", "", "kind-" + event._tag)
  button.append(make("time", (event.atMicros / 1e6).toFixed(6)), wordsOf(life, index))
  button.addEventListener("click", () => choose(index))
  item.append(button)
  return item
}

/** With a filter only what it lets through, and the cursor's own event. */
const nearbyIndexes = (life, view) => {
  const { cursor, matching } = view
  if (matching === undefined) {
    const first = Math.max(0, cursor - NEARBY_BEFORE)
    const after = Math.min(life.events.length, cursor + NEARBY_AFTER + 1)
    return Array.from({ length: after - first }, (_, at) => first + at)
  }
  const place = firstThat(matching.length, (at) => matching[at] >= cursor)
  const before = matching.slice(Math.max(0, place - NEARBY_BEFORE), place)
  const next = matching.slice(place, place + NEARBY_AFTER + 1).filter((index) => index !== cursor)
  return cursor === NOWHERE ? [] : [...before, cursor, ...next]
}

const showNearby = (life, view, choose) => {
  const indexes = nearbyIndexes(life, view)
  element("nearby").replaceChildren(...indexes.map((index) => listItem(life, view, index, choose)))
}

const showPanel = (life, view, choose) => {
  showCurrent(life, view)
  showNodes(life, view)
  showLogs(life, view)
  showNearby(life, view, choose)
}
`

/**
 * The trace page's script, fourth part: what lies over the ground of the picture: messages as
 * arrows or, where there are too many to tell apart, as a strip of their density; the single events
 * of a node; the cursor and the names at the left.
 */
export const script = String.raw`
const ARROWS_MAX = 900
const ARROWHEADS_MAX = 500
const LABELS_MAX = 14
const EVENT_DOTS_MAX = 1500
const DENSITY_STEP = 2

/** From the lower edge of the upper lane to the upper edge of the lower, or the other way. */
const endsOf = (view, life, message) => {
  const from = life.nodeAt.get(message.event.from)
  const to = life.nodeAt.get(message.event.to)
  const isDown = to > from
  const x1 = xOf(view, message.start)
  const y1 = isDown ? view.plan.logBottom(from) : view.plan.bandTop(from)
  const x2 = xOf(view, message.end)
  const y2 = isDown ? view.plan.bandTop(to) : view.plan.logBottom(to)
  // Lost at once, or on its way when the trace ended: only the beginning of an arrow.
  if (message.fate === "Delivered" || (message.fate === "Lost" && message.end > message.start)) {
    return [x1, y1, x2, y2]
  }
  const length = Math.min(Math.abs(y2 - y1), view.plan.lane - BAND - LOG) * 0.55
  return [x1, y1, x1 + 9, y1 + (isDown ? length : -length)]
}

const strokeLine = (pen, [x1, y1, x2, y2]) => {
  pen.beginPath()
  pen.moveTo(x1, y1)
  pen.lineTo(x2, y2)
  pen.stroke()
}

const drawHead = (pen, [x1, y1, x2, y2], colour) => {
  const angle = Math.atan2(y2 - y1, x2 - x1)
  pen.fillStyle = colour
  pen.beginPath()
  pen.moveTo(x2, y2)
  pen.lineTo(x2 - 7 * Math.cos(angle - 0.4), y2 - 7 * Math.sin(angle - 0.4))
  pen.lineTo(x2 - 7 * Math.cos(angle + 0.4), y2 - 7 * Math.sin(angle + 0.4))
  pen.fill()
}

const drawCross = (pen, [, , x, y], colour) => {
  pen.strokeStyle = colour
  pen.lineWidth = 1.75
  strokeLine(pen, [x - 4, y - 4, x + 4, y + 4])
  strokeLine(pen, [x - 4, y + 4, x + 4, y - 4])
}

const messageColour = (life, view, message) => {
  if (message.fate === "Lost") return view.colours.fault
  const { messages } = view.colours
  return messages[life.messageKinds.indexOf(message.kind) % messages.length]
}

const drawArrow = (pen, life, view, message, style) => {
  const ends = endsOf(view, life, message)
  const colour = messageColour(life, view, message)
  pen.strokeStyle = colour
  pen.lineWidth = style.width
  pen.setLineDash(message.fate === "Delivered" ? [] : [4, 3])
  strokeLine(pen, ends)
  pen.setLineDash([])
  if (message.fate === "Lost") drawCross(pen, ends, colour)
  if (style.hasHead && message.fate === "Delivered") drawHead(pen, ends, colour)
  if (style.hasLabel) drawLabel(pen, view, ends, message.event.text)
}

const drawLabel = (pen, view, [x1, y1, x2, y2], text) => {
  const shown = cutText(pen, text, 260)
  const width = pen.measureText(shown).width
  const middle = (Math.max(GUTTER, x1) + Math.min(view.width, x2)) / 2
  const x = Math.min(view.width - width - 6, Math.max(GUTTER + 4, middle - width / 2))
  const y = (y1 + y2) / 2
  pen.fillStyle = view.colours.veil
  pen.fillRect(x - 3, y - 8, width + 6, 15)
  fillText(pen, shown, x, y + 3, view.colours.ink)
}

/** By node, for every step of the picture: how many arrive there, and how many are lost. */
const drawDensity = (pen, life, view, messages) => {
  const { colours, plan } = view
  const columns = Math.ceil((view.width - GUTTER) / DENSITY_STEP)
  const arrived = life.nodes.map(() => new Uint32Array(columns))
  const lost = life.nodes.map(() => new Uint32Array(columns))
  let most = 1
  for (const message of messages) {
    const at = Math.floor((xOf(view, message.end) - GUTTER) / DENSITY_STEP)
    const node = life.nodeAt.get(message.event.to)
    if (at < 0 || at >= columns || message.fate === "Open") continue
    const counts = message.fate === "Lost" ? lost : arrived
    counts[node][at] += 1
    most = Math.max(most, arrived[node][at] + lost[node][at])
  }
  const room = plan.lane - BAND - LOG - 10
  const tallness = (count) => count === 0 ? 0 : Math.max(1, Math.sqrt(count / most) * room)
  life.nodes.forEach((_, node) => {
    const bottom = plan.laneBottom(node) - 5
    const drawColumns = (colour, tallnessOf) => {
      pen.fillStyle = colour
      for (let at = 0; at < columns; at++) {
        const tall = tallnessOf(arrived[node][at] + lost[node][at], lost[node][at])
        if (tall > 0) pen.fillRect(GUTTER + at * DENSITY_STEP, bottom - tall, DENSITY_STEP, tall)
      }
    }
    drawColumns(colours.density, tallness)
    drawColumns(colours.fault, (all, gone) =>
      gone === 0 ? 0 : Math.max(2, tallness(all) * gone / all))
  })
}

const drawMessages = (pen, life, view) => {
  const messages = spansBetween(life.messages, view.from, view.to)
  view.isDense = messages.length > ARROWS_MAX
  if (view.isDense) {
    drawDensity(pen, life, view, messages)
    return
  }
  const style = {
    width: messages.length > ARROWHEADS_MAX ? 0.75 : 1.25,
    hasHead: messages.length <= ARROWHEADS_MAX,
    hasLabel: messages.length <= LABELS_MAX
  }
  pen.globalAlpha = messages.length > ARROWHEADS_MAX ? 0.6 : 0.9
  for (const message of messages) drawArrow(pen, life, view, message, style)
  pen.globalAlpha = 1
}

/** Where a click on an event, and its mark, belong. */
const heightOf = (life, view, event) => {
  const { plan } = view
  const lane = laneOf(event)
  if (life.nodeAt.has(lane)) return plan.logTop(life.nodeAt.get(lane)) - 1
  if (event.client === undefined) return plan.faultsTop + FAULT_ROW / 2
  const row = Math.max(0, life.clients.indexOf(event.client)) % CLIENT_ROWS_MAX
  return plan.clientsTop + (row + 0.5) * CLIENT_ROW - 1
}

/** Dots for what has no shape of its own: a node ran, or said something. */
const drawDots = (pen, life, view) => {
  const first = firstThat(life.events.length, (at) => life.events[at].atMicros >= view.from)
  const after = firstThat(life.events.length, (at) => life.events[at].atMicros > view.to)
  for (let at = first; at < after; at++) {
    const event = life.events[at]
    const isLog = event._tag === "Log"
    const isFew = after - first <= EVENT_DOTS_MAX && (isLog || event._tag === "Ran")
    const isMatch = view.matching !== undefined && lastUpTo(view.matching, at) === at
    if (!isFew && !isMatch) continue
    const y = heightOf(life, view, event)
    pen.fillStyle = isMatch ? view.colours.cursor : view.colours.ink
    pen.beginPath()
    pen.arc(xOf(view, event.atMicros), y, isMatch || isLog ? 2.5 : 1.5, 0, 7)
    pen.fill()
  }
}

const drawFlag = (pen, view, micros, text, colour, ink) => {
  const x = Math.round(xOf(view, micros)) + 0.5
  pen.font = FONT_BOLD
  const width = pen.measureText(text).width + 12
  const left = Math.max(GUTTER, Math.min(view.width - width, x - width / 2))
  pen.strokeStyle = colour
  pen.lineWidth = 1.5
  strokeLine(pen, [x, OVERVIEW + AXIS - 4, x, view.height])
  pen.fillStyle = colour
  pen.fillRect(left, OVERVIEW + 2, width, AXIS - 6)
  fillText(pen, text, left + 6, OVERVIEW + 15, ink, FONT_BOLD)
}

const drawViolations = (pen, life, view) => {
  const at = life.events[life.violationIndex]?.atMicros
  if (at === undefined || at < view.from || at > view.to) return
  drawFlag(pen, view, at, "✗ violation", view.colours.fault, view.colours.onFault)
}

const drawCursor = (pen, life, view) => {
  const event = life.events[view.cursor]
  if (event === undefined) return
  const message = life.messageAt.get(view.cursor)
  if (message !== undefined) {
    drawArrow(pen, life, view, message, { width: 3, hasHead: true, hasLabel: true })
  }
  const { cursor, onCursor, page } = view.colours
  if (event.atMicros < view.from || event.atMicros > view.to) return
  const isAtViolation = view.cursor === life.violationIndex
  if (!isAtViolation) {
    drawFlag(pen, view, event.atMicros, secondsText(event.atMicros), cursor, onCursor)
  }
  pen.beginPath()
  pen.arc(xOf(view, event.atMicros), heightOf(life, view, event), 5.5, 0, 7)
  pen.fillStyle = page
  pen.fill()
  pen.strokeStyle = isAtViolation ? view.colours.fault : cursor
  pen.lineWidth = 3
  pen.stroke()
}

/** Who is who, and how each node stands at the cursor. */
const drawGutter = (pen, life, view) => {
  const { colours, plan } = view
  pen.fillStyle = colours.page
  pen.fillRect(0, OVERVIEW, GUTTER - 1, view.height)
  if (life.faultRows > 0 || plan.phaseRows > 0) {
    fillText(pen, plan.phaseRows === 0 ? "faults" : "phase, faults", 12, plan.faultsTop + 11,
      colours.dim)
  }
  life.nodes.forEach((name, node) => {
    const top = plan.bandTop(node)
    const { state, status } = standingAt(life, name, view.cursor)
    const [, short] = bandWords({ role: state?.role, status, term: state?.term })
    fillText(pen, name, 12, top + 16, colours.ink, FONT_BOLD)
    fillText(pen, status === "Unknown" ? "" : short, 46, top + 16, colours.dim)
    fillText(pen, "log", 12, top + BAND + 13, colours.dim)
    if (view.isDense) fillText(pen, "messages", 12, plan.laneBottom(node) - 8, colours.dim)
  })
  life.clients.slice(0, CLIENT_ROWS_MAX).forEach((client, row) => {
    const isShared = life.clients.length > row + CLIENT_ROWS_MAX
    const text = "client " + client + (isShared ? ", …" : "")
    fillText(pen, text, 12, plan.clientsTop + row * CLIENT_ROW + 10, colours.dim)
  })
}

/** Bands cover the arrows that only pass by, so that they stay legible. */
const draw = (pen, life, view) => {
  pen.clearRect(0, 0, view.width, view.height)
  pen.fillStyle = view.colours.page
  pen.fillRect(0, 0, view.width, view.height)
  pen.save()
  pen.beginPath()
  pen.rect(GUTTER, OVERVIEW, view.width - GUTTER, view.height)
  pen.clip()
  for (const part of [
    (each) => drawAxis(each, view),
    (each) => drawFaults(each, life, view),
    (each) => drawMessages(each, life, view),
    (each) => drawLanes(each, life, view),
    (each) => drawOperations(each, life, view),
    (each) => drawDots(each, life, view),
    (each) => drawViolations(each, life, view),
    (each) => drawCursor(each, life, view)
  ]) part(pen)
  pen.restore()
  drawGutter(pen, life, view)
  drawOverview(pen, life, view)
}
`

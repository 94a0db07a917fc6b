/**
 * The trace page's script, third part: where everything stands on the canvas, and the ground of the
 * picture: overview, time axis, faults, the nodes' bands and logs, the clients' operations. Only
 * what lies between the two instants in view is drawn, and never two things on one pixel.
 */
export const script = String.raw`
const GUTTER = 104
const OVERVIEW = 38
const OVERVIEW_STEP = 3
const AXIS = 24
const FAULT_ROW = 17
const BAND = 22
const LOG = 18
const LOG_FOOT = 4
/** With less room nothing is written. */
const TEXT_LEAST = 24
const LETTER_LEAST = 9
const LANE_LEAST = 62
const LANE_MOST = 150
const CLIENT_ROW = 15
const MARGIN = 10
/** How much of a colour: of entries that are committed, and that are not. */
const SOLID = 0.6
const PALE = 0.2
const FONT = "11px system-ui, sans-serif"
const FONT_BOLD = "600 12px system-ui, sans-serif"

/** Neighbouring terms get hues that are far apart: the golden angle. */
const termColour = (term, isDark, alpha) =>
  "hsl(" + Math.round((term * 137.5 + 70) % 360) + " 55% " + (isDark ? 58 : 48) + "% / " +
  alpha + ")"

const planOf = (life, height) => {
  const phaseRows = life.phases.items.length > 0 ? 1 : 0
  const faultsTop = OVERVIEW + AXIS + 4
  const lanesTop = faultsTop + (phaseRows + life.faultRows) * FAULT_ROW + MARGIN
  const below = life.clientRows === 0 ? 0 : life.clientRows * CLIENT_ROW + 2 * MARGIN
  const share = (height - lanesTop - below) / Math.max(1, life.nodes.length)
  const lane = Math.floor(Math.min(LANE_MOST, Math.max(LANE_LEAST, share)))
  const clientsTop = lanesTop + lane * life.nodes.length + MARGIN
  return {
    phaseRows, faultsTop, lanesTop, lane, clientsTop, least: lanesTop + below +
      LANE_LEAST * life.nodes.length,
    bandTop: (node) => lanesTop + node * lane,
    logTop: (node) => lanesTop + node * lane + BAND,
    logBottom: (node) => lanesTop + node * lane + BAND + LOG,
    laneBottom: (node) => lanesTop + (node + 1) * lane
  }
}

const xOf = (view, micros) =>
  GUTTER + (micros - view.from) / (view.to - view.from) * (view.width - GUTTER)

const microsOf = (view, x) =>
  view.from + (x - GUTTER) / (view.width - GUTTER) * (view.to - view.from)

const fillText = (pen, text, x, y, colour, font = FONT) => {
  if (text === "") return
  pen.font = font
  pen.fillStyle = colour
  pen.fillText(text, x, y)
}

/** The first of the texts that fits, if one does. */
const fittingText = (pen, texts, width) => {
  if (width < LETTER_LEAST) return undefined
  pen.font = FONT
  return texts.find((text) => pen.measureText(text).width <= width)
}

/** What of a text fits, cut with an ellipsis. */
const cutText = (pen, text, width) => {
  if (width < TEXT_LEAST) return ""
  pen.font = FONT
  if (pen.measureText(text).width <= width) return text
  const letters = firstThat(text.length, (at) =>
    pen.measureText(text.slice(0, at + 1) + "…").width > width)
  return letters < 3 ? "" : text.slice(0, letters) + "…"
}

const hatch = (pen, x, y, width, height, colour) => {
  pen.save()
  pen.beginPath()
  pen.rect(x, y, width, height)
  pen.clip()
  pen.strokeStyle = colour
  pen.lineWidth = 1.5
  pen.beginPath()
  for (let at = x - height - (x % 6); at < x + width; at += 6) {
    pen.moveTo(at, y + height)
    pen.lineTo(at + height, y)
  }
  pen.stroke()
  pen.restore()
}

/** Left edge and width in the picture, at least a pixel. */
const extentOf = (view, { end, start }) => {
  const left = Math.max(GUTTER, xOf(view, start))
  return [left, Math.max(1, Math.min(view.width, xOf(view, end)) - left)]
}

const drawOverview = (pen, life, view) => {
  const { colours, overview } = view
  const width = view.width - GUTTER
  const scale = width / (life.end - life.begin)
  const most = overview.reduce((one, other) => Math.max(one, other), 1)
  fillText(pen, "whole life", 12, OVERVIEW / 2 + 3, colours.dim)
  pen.fillStyle = colours.overview
  overview.forEach((count, at) => {
    const height = count === 0 ? 0 : 3 + Math.sqrt(count / most) * (OVERVIEW - 14)
    pen.fillRect(GUTTER + at * OVERVIEW_STEP, OVERVIEW - 4 - height, OVERVIEW_STEP - 1, height)
  })
  pen.fillStyle = colours.fault
  for (const { end, start } of life.faults.items) {
    const left = GUTTER + (start - life.begin) * scale
    pen.fillRect(left, 4, Math.max(1.5, (end - start) * scale), 3)
  }
  const left = GUTTER + (Math.max(view.from, life.begin) - life.begin) * scale
  const right = GUTTER + (Math.min(view.to, life.end) - life.begin) * scale
  pen.fillStyle = colours.window
  pen.fillRect(left, 2, Math.max(3, right - left), OVERVIEW - 5)
  pen.strokeStyle = colours.ink
  pen.lineWidth = 1
  pen.strokeRect(left + 0.5, 2.5, Math.max(3, right - left - 1), OVERVIEW - 6)
}

/** 1, 2 or 5 times a power of ten microseconds. */
const tickStepOf = (view) => {
  const rough = Math.max(1, (view.to - view.from) * 110 / (view.width - GUTTER))
  const power = 10 ** Math.floor(Math.log10(rough))
  return [1, 2, 5, 10].find((factor) => factor * power >= rough) * power
}

const tickText = (micros, step) => {
  const digits = Math.min(6, Math.max(0, 6 - Math.floor(Math.log10(step))))
  return (micros / 1e6).toFixed(digits) + " s"
}

const drawAxis = (pen, view) => {
  const step = tickStepOf(view)
  const bottom = OVERVIEW + AXIS
  pen.strokeStyle = view.colours.rule
  pen.lineWidth = 1
  for (let at = Math.ceil(view.from / step) * step; at <= view.to; at += step) {
    const x = Math.round(xOf(view, at)) + 0.5
    pen.beginPath()
    pen.moveTo(x, bottom - 5)
    pen.lineTo(x, view.height)
    pen.stroke()
    if (x > GUTTER + 20) {
      pen.textAlign = "center"
      fillText(pen, tickText(at, step), x, bottom - 9, view.colours.dim)
    }
  }
  pen.textAlign = "left"
}

const drawFaults = (pen, life, view) => {
  const { colours, plan } = view
  for (const phase of spansBetween(life.phases, view.from, view.to)) {
    const [x, width] = extentOf(view, phase)
    pen.fillStyle = colours.phase
    pen.fillRect(x, plan.faultsTop, width - 1, FAULT_ROW - 2)
    fillText(pen, cutText(pen, phase.value, width - 10), x + 5, plan.faultsTop + 11, colours.ink)
  }
  for (const fault of spansBetween(life.faults, view.from, view.to)) {
    const [x, width] = extentOf(view, fault)
    const top = plan.faultsTop + (plan.phaseRows + fault.row) * FAULT_ROW
    const wide = Math.max(2, width)
    pen.fillStyle = colours.faultGround
    pen.fillRect(x, top, wide, FAULT_ROW - 2)
    pen.fillStyle = colours.fault
    pen.fillRect(x, top, 2, FAULT_ROW - 2)
    pen.fillRect(x, top + FAULT_ROW - 4, wide, 2)
    fillText(pen, cutText(pen, fault.event.text, width - 10), x + 6, top + 11, colours.ink)
    for (const name of fault.event.nodes) {
      if (!life.nodeAt.has(name)) continue
      pen.fillStyle = colours.fault
      pen.fillRect(x, plan.bandTop(life.nodeAt.get(name)) - 4, wide, 3)
    }
  }
}

const drawBand = (pen, view, band, top) => {
  const { colours } = view
  const { role, status } = band.value
  const [x, width] = extentOf(view, band)
  const isUp = status === "Running" || status === "Paused" || status === "Stopping"
  pen.fillStyle = isUp ? colours[role] ?? colours.Follower : colours.Down
  pen.fillRect(x, top, width, BAND)
  if (!isUp) hatch(pen, x, top, width, BAND, status === "Failed" ? colours.fault : colours.rule)
  if (isUp && status !== "Running") hatch(pen, x, top, width, BAND, colours.pausedHatch)
  if (width > 4) {
    pen.fillStyle = colours.page
    pen.fillRect(x + width - 1, top, 1, BAND)
  }
  const text = fittingText(pen, bandWords(band.value), width - 8)
  if (text === undefined) return
  const ink = isUp ? colours["on" + (role ?? "Follower")] : colours.ink
  if (status !== "Running") {
    pen.fillStyle = isUp ? colours[role] ?? colours.Follower : colours.page
    pen.fillRect(x + 2, top + 4, pen.measureText(text).width + 5, BAND - 8)
  }
  fillText(pen, text, x + 4, top + 15, ink)
}

/** Log lengths as heights: what all logs in view have in common is only the foot. */
const logScaleOf = (logs) => {
  let least = Infinity
  let most = 0
  for (const { value: { commit, last } } of logs.flat()) {
    least = Math.min(least, commit, last)
    most = Math.max(most, last)
  }
  const room = LOG - LOG_FOOT - 2
  return (length) =>
    length === 0 ? 0 : LOG_FOOT + Math.round((length - least) / Math.max(1, most - least) * room)
}

/** How long the log is over time: what is committed solid, the rest pale, by its last term. */
const drawLog = (pen, view, pieces, bottom, heightOfLength) => {
  const { ink, isDark } = view.colours
  let drawn = -Infinity
  for (const piece of pieces) {
    const [x, width] = extentOf(view, piece)
    if (x + width <= drawn) continue
    drawn = Math.ceil(x + width)
    const { commit, last, lastTerm } = piece.value
    const tall = heightOfLength(last)
    const solid = heightOfLength(Math.min(commit, last))
    pen.fillStyle = termColour(lastTerm, isDark, PALE)
    pen.fillRect(x, bottom - tall, width, tall - solid)
    pen.fillStyle = termColour(lastTerm, isDark, SOLID)
    pen.fillRect(x, bottom - solid, width, solid)
    if (last === 0 || width < TEXT_LEAST) continue
    const texts = ["last " + last + ", commit " + commit, last + " / " + commit, last + ""]
    fillText(pen, fittingText(pen, texts, width - 8) ?? "", x + 4, bottom - 4, ink)
  }
}

const drawLanes = (pen, life, view) => {
  const { colours, plan } = view
  const logs = life.logs.map((spans) => spansBetween(spans, view.from, view.to))
  const heightOfLength = logScaleOf(logs)
  life.nodes.forEach((_, node) => {
    pen.fillStyle = colours.lane
    pen.fillRect(GUTTER, plan.bandTop(node), view.width - GUTTER, BAND + LOG)
    pen.fillStyle = colours.rule
    pen.fillRect(GUTTER, plan.logBottom(node), view.width - GUTTER, 1)
    for (const band of spansBetween(life.bands[node], view.from, view.to)) {
      drawBand(pen, view, band, plan.bandTop(node))
    }
    drawLog(pen, view, logs[node], plan.logBottom(node), heightOfLength)
  })
}

const drawOperations = (pen, life, view) => {
  const { colours, plan } = view
  const drawn = new Array(life.clientRows).fill(-Infinity)
  for (const bar of spansBetween(life.operations, view.from, view.to)) {
    const [x, width] = extentOf(view, bar)
    if (x + width <= drawn[bar.row]) continue
    drawn[bar.row] = Math.ceil(x + width)
    const top = plan.clientsTop + bar.row * CLIENT_ROW
    const sign = OUTCOME_SIGNS[bar.outcome]
    const text = cutText(pen, sign + " " + bar.event.text, width - 8)
    pen.fillStyle = colours.ground[bar.outcome]
    pen.fillRect(x, top, width, CLIENT_ROW - 3)
    pen.fillStyle = colours.outcome[bar.outcome]
    pen.fillRect(x, top, Math.min(2, width), CLIENT_ROW - 3)
    fillText(pen, text || fittingText(pen, [sign], width - 4) || "", x + 5, top + 10, colours.ink)
  }
}
`

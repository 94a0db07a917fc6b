/**
 * The trace page's script, sixth part: the keyboard, the pointer, the filter, and the start.
 */
export const script = String.raw`
const NARROWEST_MICROS = 50
const LEAP = 100
const NEIGHBOURS = 20
const HIT_PIXELS = 8
const DRAG_PIXELS = 3

const ROLE_COLOURS = ["Leader", "Candidate", "PreCandidate", "Follower"]
const OUTCOMES = ["done", "refused", "unknown", "abandoned", "lost", "open"]
const COLOURS = [
  "page", "ink", "dim", "rule", "lane", "overview", "window", "fault", "onFault", "faultGround",
  "phase", "cursor", "onCursor", "veil", "density", "pausedHatch", "Down",
  ...ROLE_COLOURS, ...ROLE_COLOURS.map((role) => "on" + role)
]

/** The style sheet knows the colours, light and dark; the canvas asks it. */
const readColours = () => {
  const style = getComputedStyle(document.documentElement)
  const colour = (name) => style.getPropertyValue("--" + name).trim()
  const byOutcome = (prefix) => Object.fromEntries(
    OUTCOMES.map((outcome) => [outcome, colour(prefix + outcome)])
  )
  return {
    ...Object.fromEntries(COLOURS.map((name) => [name, colour(name)])),
    messages: [1, 2, 3, 4, 5, 6].map((number) => colour("message" + number)),
    outcome: byOutcome("outcome-"),
    ground: byOutcome("ground-"),
    isDark: colour("isDark") === "1"
  }
}

/** A canvas of this size in CSS pixels, sharp on every screen. */
const penOf = (canvas, width, height) => {
  const ratio = window.devicePixelRatio || 1
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio)
    canvas.height = Math.round(height * ratio)
    canvas.style.width = width + "px"
    canvas.style.height = height + "px"
  }
  const pen = canvas.getContext("2d")
  pen.setTransform(ratio, 0, 0, ratio, 0, 0)
  return pen
}

const overviewOf = (life, width) => {
  const counts = new Array(Math.max(1, Math.floor(width / OVERVIEW_STEP))).fill(0)
  for (const { atMicros } of life.events) {
    const share = (atMicros - life.begin) / (life.end - life.begin)
    counts[Math.min(counts.length - 1, Math.floor(share * counts.length))] += 1
  }
  return counts
}

/** Moves the two instants in view, and never far beyond the life. */
const setRange = (life, view, from, to) => {
  const whole = life.end - life.begin
  const span = Math.min(Math.max(to - from, NARROWEST_MICROS), whole * 1.04)
  const margin = span * 0.02
  const middle = (from + to) / 2
  const least = life.begin - margin
  const most = Math.max(least, life.end + margin - span)
  view.from = Math.min(most, Math.max(least, middle - span / 2))
  view.to = view.from + span
}

const showWhole = (life, view) => {
  const margin = (life.end - life.begin) * 0.02
  setRange(life, view, life.begin - margin, life.end + margin)
}

const zoom = (life, view, factor, at) => {
  setRange(life, view, at - (at - view.from) * factor, at + (view.to - at) * factor)
}

const showNeighbours = (life, view) => {
  const { events } = life
  const first = events[Math.max(0, view.cursor - NEIGHBOURS)]
  const last = events[Math.min(events.length - 1, view.cursor + NEIGHBOURS)]
  const margin = (last.atMicros - first.atMicros) * 0.1
  setRange(life, view, first.atMicros - margin, last.atMicros + margin)
}

/** Keeps what is in view as wide as it is, and brings the cursor into it. */
const revealCursor = (life, view) => {
  const at = life.events[view.cursor]?.atMicros
  const span = view.to - view.from
  const margin = span * 0.08
  if (at === undefined || (at >= view.from + margin && at <= view.to - margin)) return
  if (at >= view.from - span && at < view.from + margin) {
    setRange(life, view, at - margin, at - margin + span)
  } else if (at > view.to - margin && at <= view.to + span) {
    setRange(life, view, at + margin - span, at + margin)
  } else setRange(life, view, at - span / 2, at + span / 2)
}

/** The next of the ascending indexes in a direction, or where the cursor is. */
const neighbour = (indexes, cursor, step) => {
  const place = firstThat(indexes.length, (at) => indexes[at] >= cursor)
  const isHere = indexes[place] === cursor
  const wanted = step > 0 ? place + (isHere ? step : step - 1) : place + step
  return indexes[Math.min(indexes.length - 1, Math.max(0, wanted))] ?? cursor
}

const isElection = (life, index) => {
  const { node, state } = life.events[index]
  if (state?.role !== "Leader") return false
  const previous = life.events[lastUpTo(life.statesOf.get(node), index - 1)]?.state
  return previous?.role !== "Leader" || previous.term !== state.term
}

const filterEvents = (life, view, text) => {
  const wanted = text.trim().toLowerCase()
  view.matching = wanted === "" ? undefined : [...life.events.keys()].filter((index) =>
    wordsOf(life, index).toLowerCase().includes(wanted))
  element("matches").textContent = view.matching === undefined
    ? ""
    : countText(view.matching.length) + (view.matching.length === 1 ? " event" : " events")
}

/** What each key does: it names the event to go to, or changes what is in view. */
const keysOf = (life, view) => {
  const all = [...life.events.keys()]
  const faults = all.filter((index) => life.events[index]._tag === "Fault")
  const elections = all.filter((index) => isElection(life, index))
  const along = (indexes, step) => () => neighbour(indexes, view.cursor, step)
  const among = (step) => () => neighbour(view.matching ?? all, view.cursor, step)
  const sameLane = (step) => () =>
    neighbour(life.lanes.get(laneOf(life.events[view.cursor])), view.cursor, step)
  const middle = () => life.events[view.cursor].atMicros
  const pan = (share) => () => {
    const by = (view.to - view.from) * share
    setRange(life, view, view.from + by, view.to + by)
  }
  return {
    ArrowLeft: among(-1), ArrowRight: among(1), ArrowUp: sameLane(-1), ArrowDown: sameLane(1),
    PageUp: among(-LEAP), PageDown: among(LEAP),
    Home: () => all[0], End: () => all.at(-1),
    f: along(faults, 1), F: along(faults, -1), l: along(elections, 1), L: along(elections, -1),
    v: () => life.violationIndex === NOWHERE ? view.cursor : life.violationIndex,
    m: () => otherEnd(life, view.cursor),
    "+": () => zoom(life, view, 1 / 1.6, middle()), "=": () => zoom(life, view, 1 / 1.6, middle()),
    "-": () => zoom(life, view, 1.6, middle()),
    "0": () => showWhole(life, view), z: () => showNeighbours(life, view),
    "<": pan(-0.3), ">": pan(0.3),
    "?": () => element("help").showModal(), "/": () => element("filter").focus()
  }
}

/** From a message's sending to its end, and back. */
const otherEnd = (life, cursor) => {
  const message = life.messageAt.get(cursor)
  if (message === undefined) return cursor
  const other = message.index === cursor ? message.sentIndex : message.index
  return other === NOWHERE ? cursor : other
}

/** The event nearest to a point of the picture, if one is near. */
const eventAt = (life, view, x, y) => {
  const near = microsOf(view, x)
  const reach = HIT_PIXELS * (view.to - view.from) / (view.width - GUTTER)
  let best = NOWHERE
  let bestDistance = Infinity
  const first = firstThat(life.events.length, (at) => life.events[at].atMicros >= near - reach)
  for (let at = first; at < life.events.length; at++) {
    const event = life.events[at]
    if (event.atMicros > near + reach) break
    const down = Math.max(0, Math.abs(heightOf(life, view, event) - y) - BAND)
    const distance = Math.hypot(xOf(view, event.atMicros) - x, down)
    if (distance < bestDistance) {
      best = at
      bestDistance = distance
    }
  }
  return bestDistance <= 2 * HIT_PIXELS ? best : NOWHERE
}

const showTip = (life, view, canvas, pointer) => {
  const index = eventAt(life, view, pointer.offsetX, pointer.offsetY)
  const tip = element("tip")
  tip.hidden = index === NOWHERE || pointer.buttons !== 0 || pointer.offsetY < OVERVIEW
  if (tip.hidden) return
  tip.textContent = secondsText(life.events[index].atMicros) + "  " + wordsOf(life, index)
  const isRight = pointer.offsetX > canvas.clientWidth / 2
  tip.style.left = isRight ? "" : pointer.offsetX + 14 + "px"
  tip.style.right = isRight ? canvas.parentElement.clientWidth - pointer.offsetX + 14 + "px" : ""
  tip.style.top = pointer.offsetY + 16 + "px"
}

const leapTo = (life, view, x) => {
  const share = (x - GUTTER) / (view.width - GUTTER)
  const at = life.begin + share * (life.end - life.begin)
  const span = view.to - view.from
  setRange(life, view, at - span / 2, at + span / 2)
}

const listenToPointer = (canvas, life, view, redraw, choose) => {
  let held
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault()
    const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)
    const by = (isSideways && event.deltaX !== 0 ? event.deltaX : event.deltaY) / 600
    const span = view.to - view.from
    if (isSideways) setRange(life, view, view.from + by * span, view.to + by * span)
    else zoom(life, view, Math.exp(by), microsOf(view, Math.max(GUTTER, event.offsetX)))
    redraw()
  }, { passive: false })
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId)
    const isOverview = event.offsetY < OVERVIEW
    held = { x: event.offsetX, from: view.from, to: view.to, isOverview, isDrag: false }
    if (isOverview) leapTo(life, view, event.offsetX)
    redraw()
  })
  canvas.addEventListener("pointermove", (event) => {
    showTip(life, view, canvas, event)
    if (held === undefined) return
    const moved = event.offsetX - held.x
    held.isDrag ||= Math.abs(moved) > DRAG_PIXELS
    const by = moved * (held.to - held.from) / (view.width - GUTTER)
    if (held.isOverview) leapTo(life, view, event.offsetX)
    else if (held.isDrag) setRange(life, view, held.from - by, held.to - by)
    redraw()
  })
  canvas.addEventListener("pointerup", (event) => {
    const isClick = held !== undefined && !held.isDrag && !held.isOverview
    held = undefined
    const index = isClick ? eventAt(life, view, event.offsetX, event.offsetY) : NOWHERE
    if (index !== NOWHERE) choose(index)
  })
  canvas.addEventListener("pointercancel", () => {
    held = undefined
  })
  canvas.addEventListener("pointerleave", () => {
    element("tip").hidden = true
  })
}
`

/**
 * The trace page's script, last part: puts the others together once the page is there.
 */
export const script = String.raw`
const listenToKeys = (life, view, redraw, choose) => {
  const keys = keysOf(life, view)
  const press = (key) => {
    if (life.events.length === 0 && key !== "?") return
    const index = keys[key]?.()
    if (index === undefined) redraw()
    else choose(index)
  }
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target === element("filter")
    if (isTyping && event.key === "Escape") clearFilter(life, view, redraw)
    if (isTyping && event.key === "Enter") element("filter").blur()
    const isOurs = !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey
    if (!isOurs || !(event.key in keys) || element("help").open) return
    event.preventDefault()
    press(event.key)
  })
  for (const button of document.querySelectorAll("[data-key]")) {
    button.addEventListener("click", () => press(button.dataset.key))
  }
  element("filter").addEventListener("input", () => {
    filterEvents(life, view, element("filter").value)
    redraw()
  })
}

const clearFilter = (life, view, redraw) => {
  element("filter").value = ""
  element("filter").blur()
  filterEvents(life, view, "")
  redraw()
}

/** However often it is asked within a frame, it draws once. */
const oncePerFrame = (action) => {
  let isAwaited = false
  return () => {
    if (isAwaited) return
    isAwaited = true
    requestAnimationFrame(() => {
      isAwaited = false
      action()
    })
  }
}

const start = () => {
  const data = JSON.parse(element("data").textContent)
  const life = makeLife(data)
  const { events, violationIndex } = life
  const canvas = element("timeline")
  const opening = violationIndex === NOWHERE ? events.length - 1 : violationIndex
  const view = { cursor: opening, colours: readColours(), from: life.begin, to: life.end }
  const redraw = oncePerFrame(() => {
    draw(penOf(canvas, view.width, view.height), life, view)
    showPanel(life, view, choose)
  })
  const choose = (index) => {
    view.cursor = index
    revealCursor(life, view)
    redraw()
  }
  const resize = () => {
    const stage = canvas.parentElement
    view.width = Math.max(320, stage.clientWidth)
    const { least } = planOf(life, 0)
    view.height = Math.max(least, stage.clientHeight)
    view.plan = planOf(life, view.height)
    view.overview = overviewOf(life, view.width - GUTTER)
    redraw()
  }
  showHead(data, life)
  showLegend(life, view)
  showDetailsWhenOpened(data)
  showWhole(life, view)
  listenToPointer(canvas, life, view, redraw, choose)
  listenToKeys(life, view, redraw, choose)
  new ResizeObserver(resize).observe(canvas.parentElement)
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    view.colours = readColours()
    showLegend(life, view)
    redraw()
  })
  resize()
}

start()
`

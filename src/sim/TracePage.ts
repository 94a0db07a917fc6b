/**
 * A simulated life as a page to look at: lanes of time for the nodes, messages as arrows, and the
 * broken promise in words. One file that asks nobody for anything, so that it can be attached to an
 * issue and opened in ten years. It draws only what is in view, on a canvas, and so steps through
 * 60 events or 60,000 alike.
 */
import type { Report } from "./Report.js"
import * as TracePageControls from "./TracePageControls.js"
import * as TracePageData from "./TracePageData.js"
import * as TracePageDrawing from "./TracePageDrawing.js"
import * as TracePageLife from "./TracePageLife.js"
import * as TracePageMessages from "./TracePageMessages.js"
import * as TracePagePanel from "./TracePagePanel.js"
import * as TracePageStart from "./TracePageStart.js"
import * as TracePageStyle from "./TracePageStyle.js"
import * as TracePageWords from "./TracePageWords.js"

/** One scope: a part may use what another defines. */
const script = [
  `"use strict"`,
  TracePageLife.script,
  TracePageWords.script,
  TracePageDrawing.script,
  TracePageMessages.script,
  TracePagePanel.script,
  TracePageControls.script,
  TracePageStart.script
].join("\n")

const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

/** By key or keys: what pressing one does. */
const help: ReadonlyArray<readonly [keys: ReadonlyArray<string>, what: string]> = [
  [["←", "→"], "the event before, the next (with a filter: that it lets through)"],
  [["↑", "↓"], "the same for the same node or client"],
  [["PageUp", "PageDown"], "100 events back or on"],
  [["Home", "End"], "the first event, the last"],
  [["v"], "the violation"],
  [["f", "F"], "the next fault, the one before"],
  [["l", "L"], "the next time a leader is elected, the one before"],
  [["m"], "from a message's sending to its arrival, and back"],
  [["+", "-"], "closer, farther (or the mouse wheel)"],
  [["<", ">"], "earlier, later (or drag, or shift and wheel)"],
  [["z"], "only the events around the cursor"],
  [["0"], "the whole life"],
  [["/"], "filter by words, Escape to end it"],
  [["?"], "this help"]
]

const helpRows = help.map(([keys, what]) =>
  `<dt>${keys.map((key) => `<kbd>${escapeHtml(key)}</kbd>`).join(" ")}</dt><dd>${what}</dd>`
).join("\n")

const buttons = [
  ["ArrowLeft", "‹", "previous event"],
  ["ArrowRight", "›", "next event"],
  ["v", "violation", "go to the violation"],
  ["f", "fault", "next fault"],
  ["l", "election", "next election"],
  ["-", "−", "zoom out"],
  ["+", "+", "zoom in"],
  ["z", "zoom here", "show the events around the cursor"],
  ["0", "whole life", "show the whole life"],
  ["?", "?", "help"]
].map(([key, text, label]) =>
  `<button type="button" data-key="${key}" aria-label="${label}" title="${label}">${text}</button>`
).join("\n")

const body = `<header>
<h1 id="title"></h1>
<span id="facts"></span>
<nav>
${buttons}
</nav>
</header>
<div id="stage">
<canvas id="timeline" role="img" aria-label="The life over time; its events are beside it"></canvas>
<div id="tip" hidden></div>
</div>
<aside>
<div id="verdict"><strong id="verdict-title"></strong><p id="verdict-text"></p></div>
<p class="hint">See it again with</p>
<code id="command"></code>
<h2>Event</h2>
<p id="where"></p>
<p id="words" aria-live="polite"></p>
<h2>Nodes after it</h2>
<table>
<thead><tr><th></th><th>role</th><th>term</th><th>leader</th><th>last</th><th>commit</th>
<th>applied</th></tr></thead>
<tbody id="nodes"></tbody>
</table>
<h2 id="logs-title"></h2>
<div><canvas id="logs" role="img" aria-label="The logs; the table has their figures"></canvas></div>
<p class="hint">The bar is the commit index; what is applied is underlined.</p>
<div id="search">
<input id="filter" type="search" placeholder="Filter events ( / )" aria-label="Filter events">
<span id="matches" role="status"></span>
</div>
<h2>Events around it</h2>
<ol id="nearby"></ol>
<details id="scenario"><summary>Scenario</summary><pre></pre></details>
<details id="marks"><summary>What was seen how often</summary><pre></pre></details>
</aside>
<footer><div id="legend"></div></footer>
<dialog id="help">
<h2>Keys</h2>
<dl>
${helpRows}
</dl>
<form method="dialog"><button>Close</button></form>
</dialog>`

/** No address is allowed, not even by accident. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

/**
 * The page as HTML. `texts.command` is what a reader types to see the same life again. A report
 * without a trace gives a page that says so.
 */
export const render = (report: Report, texts: { title: string; command: string }): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escapeHtml(texts.title)}</title>
<style>${TracePageStyle.style}</style>
</head>
<body>
${body}
<script type="application/json" id="data">${TracePageData.encode(report, texts)}</script>
<script>${script}</script>
</body>
</html>
`

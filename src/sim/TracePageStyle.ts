/**
 * The trace page's style sheet. Colours are named by what they mean and defined twice, for light
 * and for dark screens; no colour is the only sign of anything.
 */
export const style = String.raw`
:root {
  color-scheme: light dark;
  --isDark: 0;
  --page: #fcfcfb; --panel: #ffffff; --ink: #1b1f24; --dim: #5d6570; --rule: #dfe2e6;
  --lane: #f2f3f5; --overview: #b9c2cd; --window: rgb(60 90 150 / 12%);
  --veil: rgb(252 252 251 / 88%);
  --fault: #c4262e; --onFault: #ffffff; --faultGround: #fbe3e1; --phase: #e8e9f4;
  --cursor: #5b3fd1; --onCursor: #ffffff; --density: #8fa9cf; --pausedHatch: rgb(0 0 0 / 28%);
  --Leader: #0b6e4f; --onLeader: #ffffff; --Candidate: #b4500b; --onCandidate: #ffffff;
  --PreCandidate: #f0b65a; --onPreCandidate: #2b1d05; --Follower: #cfd9e6; --onFollower: #1b2735;
  --Down: #fcfcfb;
  --message1: #2f6fc9; --message2: #7a8798; --message3: #b4500b; --message4: #0b7a75;
  --message5: #8b4bb8; --message6: #8a7400;
  --outcome-done: #2c7a4b; --ground-done: #dcefe2; --outcome-refused: #5d6570;
  --ground-refused: #e6e8eb; --outcome-unknown: #a66300; --ground-unknown: #fbeacb;
  --outcome-abandoned: #a66300; --ground-abandoned: #fbeacb; --outcome-lost: #c4262e;
  --ground-lost: #fbe3e1; --outcome-open: #2f6fc9; --ground-open: #dde9f8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --isDark: 1;
    --page: #14171b; --panel: #1a1e23; --ink: #e8eaed; --dim: #9aa4b0; --rule: #2f353d;
    --lane: #1d2228; --overview: #4d5866; --window: rgb(150 180 255 / 16%);
    --veil: rgb(20 23 27 / 86%);
    --fault: #ff6b67; --onFault: #2a0605; --faultGround: #45201f; --phase: #2a2d42;
    --cursor: #b3a1ff; --onCursor: #170c3d; --density: #4b6b9c; --pausedHatch: rgb(0 0 0 / 45%);
    --Leader: #2fb389; --onLeader: #04160f; --Candidate: #f08c3c; --onCandidate: #221003;
    --PreCandidate: #c99a46; --onPreCandidate: #1d1403; --Follower: #3a4654; --onFollower: #e3e9f0;
    --Down: #14171b;
    --message1: #6ea8ff; --message2: #8d99a8; --message3: #f08c3c; --message4: #45c4bd;
    --message5: #c794ef; --message6: #d4bd4a;
    --outcome-done: #4cc07f; --ground-done: #1c3a2a; --outcome-refused: #9aa4b0;
    --ground-refused: #2b3138; --outcome-unknown: #f0b65a; --ground-unknown: #433415;
    --outcome-abandoned: #f0b65a; --ground-abandoned: #433415; --outcome-lost: #ff6b67;
    --ground-lost: #45201f; --outcome-open: #6ea8ff; --ground-open: #1d3048;
  }
}
* { box-sizing: border-box }
html, body { height: 100%; margin: 0 }
body {
  display: grid; grid-template: auto 1fr auto / minmax(0, 1fr) 400px;
  background: var(--page); color: var(--ink); font: 14px/1.45 system-ui, sans-serif;
}
header {
  grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 4px 20px; align-items: baseline;
  padding: 10px 16px; border-bottom: 1px solid var(--rule); background: var(--panel);
}
h1 { margin: 0; font-size: 16px }
h2 { margin: 18px 0 6px; font-size: 13px; color: var(--dim); font-weight: 600 }
#facts { color: var(--dim); font-size: 13px; font-variant-numeric: tabular-nums; flex: 1 }
#stage { position: relative; min-width: 0; overflow: hidden auto }
canvas { display: block }
#timeline { touch-action: none; cursor: crosshair }
#tip {
  position: absolute; z-index: 1; max-width: 44ch; padding: 4px 8px; border-radius: 4px;
  background: var(--ink); color: var(--page); font-size: 12px; pointer-events: none;
  overflow-wrap: anywhere;
}
aside {
  overflow: auto; padding: 14px 16px; border-left: 1px solid var(--rule); background: var(--panel);
}
#verdict { padding: 10px 12px; border-left: 4px solid; border-radius: 4px }
#verdict.broken { border-color: var(--fault); background: var(--faultGround) }
#verdict.kept { border-color: var(--outcome-done); background: var(--ground-done) }
#verdict strong { display: block; overflow-wrap: anywhere }
#verdict p { margin: 4px 0 0; overflow-wrap: anywhere }
code {
  display: block; margin-top: 6px; padding: 6px 8px; border-radius: 4px; background: var(--lane);
  font: 12px/1.5 ui-monospace, monospace; user-select: all; overflow-wrap: anywhere;
}
#where { margin: 0; color: var(--dim); font-size: 13px; font-variant-numeric: tabular-nums }
#words { margin: 2px 0 0; min-height: 3em; font-size: 15px; overflow-wrap: anywhere }
.kind-Violation, .kind-Lost { color: var(--fault) }
.kind-Violation { font-weight: 600 }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: 3px 4px; text-align: right; font-weight: 400; font-size: 13px }
th:first-child, td:nth-child(2), thead th:nth-child(2) { text-align: left }
thead th { color: var(--dim); font-size: 12px; border-bottom: 1px solid var(--rule) }
tbody th { font-weight: 600 }
tr.current { background: var(--lane) }
.role {
  display: inline-block; width: 18px; margin-right: 6px; border-radius: 3px; text-align: center;
}
.role.Leader { background: var(--Leader); color: var(--onLeader) }
.role.Candidate { background: var(--Candidate); color: var(--onCandidate) }
.role.PreCandidate { background: var(--PreCandidate); color: var(--onPreCandidate) }
.role.Follower { background: var(--Follower); color: var(--onFollower) }
.hint { margin: 4px 0 0; color: var(--dim); font-size: 12px }
#search { display: flex; gap: 8px; align-items: center; margin-top: 14px }
#filter { flex: 1; min-width: 0 }
#filter, button {
  padding: 4px 8px; border: 1px solid var(--rule); border-radius: 4px; background: var(--page);
  color: var(--ink); font: inherit; font-size: 13px;
}
button { cursor: pointer }
:focus-visible { outline: 2px solid var(--cursor); outline-offset: 1px }
#matches { color: var(--dim); font-size: 12px; white-space: nowrap }
#nearby { margin: 0; padding: 0; list-style: none; font-size: 12px }
#nearby button {
  display: flex; width: 100%; padding: 2px 6px; border: 0; border-radius: 3px; text-align: left;
  background: none; font-size: 12px; overflow-wrap: anywhere;
}
#nearby button.kind-Violation, #nearby button.kind-Lost { color: var(--fault) }
#nearby button.kind-Fault { font-weight: 600 }
#nearby .current button, #nearby button:hover { background: var(--lane) }
#nearby .current button { box-shadow: inset 3px 0 var(--cursor) }
time { flex: none; margin-right: 8px; color: var(--dim); font-variant-numeric: tabular-nums }
details { margin-top: 12px; font-size: 13px }
summary { cursor: pointer; color: var(--dim) }
pre { overflow: auto; max-height: 420px; font: 12px/1.4 ui-monospace, monospace }
footer {
  grid-column: 1 / -1; padding: 6px 16px; border-top: 1px solid var(--rule);
  background: var(--panel); color: var(--dim); font-size: 12px;
}
#legend { display: flex; flex-wrap: wrap; gap: 2px 18px }
#legend .band::before, #legend .line::before {
  content: ""; display: inline-block; width: 14px; height: 10px; margin-right: 5px;
  background: var(--swatch);
}
#legend .line::before { height: 0; vertical-align: middle; background: none;
  border-top: 2px solid var(--swatch) }
#legend .dashed::before { border-top-style: dashed }
dialog { border: 1px solid var(--rule); border-radius: 8px; background: var(--panel);
  color: var(--ink); max-width: 560px }
dialog h2 { margin-top: 0; color: var(--ink); font-size: 15px }
dl { display: grid; grid-template-columns: auto 1fr; gap: 5px 16px; margin: 0 0 12px }
dd { margin: 0 }
kbd { padding: 0 5px; border: 1px solid var(--rule); border-bottom-width: 2px; border-radius: 4px;
  font: 12px ui-monospace, monospace }
@media (max-width: 900px) {
  body { display: block; height: auto }
  #stage { height: 70vh }
  aside { border-left: 0; border-top: 1px solid var(--rule) }
}
`

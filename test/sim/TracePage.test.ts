import { assert, describe, it } from "@effect/vitest"
import { defaultLimits } from "../../src/raft/State.js"
import * as DecisionLog from "../../src/sim/DecisionLog.js"
import type { Report } from "../../src/sim/Report.js"
import type { Scenario } from "../../src/sim/Scenario.js"
import type { NodeState, TraceEvent } from "../../src/sim/Trace.js"
import * as TracePage from "../../src/sim/TracePage.js"
import * as TracePageLife from "../../src/sim/TracePageLife.js"
import * as TracePageWords from "../../src/sim/TracePageWords.js"

const NODES = ["n1", "n2", "n3", "n4", "n5"]
const ROUND_MICROS = 20_000
const ROUNDS_A_TERM = 60

type Unnumbered = TraceEvent extends infer Event ? Event extends TraceEvent ? Omit<Event, "number">
  : never
  : never

/** What is left of a cluster when all that can surprise is taken away: it only looks like one. */
class Synthetic {
  readonly events: Array<Unnumbered> = []
  readonly states = new Map<string, NodeState>()
  message = 0
  random = 1

  /** From 0 to `below - 1`. */
  draw(below: number): number {
    this.random = (Math.imul(this.random, 1_103_515_245) + 12_345) >>> 0
    return (this.random >>> 8) % below
  }

  change(atMicros: number, node: string, change: Partial<NodeState>): void {
    const before = this.states.get(node) ??
      {
        role: "Follower",
        term: 0,
        leader: undefined,
        last: 0,
        commit: 0,
        applied: 0,
        terms: [],
        base: 0,
        snapshot: 0
      }
    const state: NodeState = { ...before, ...change }
    this.states.set(node, state)
    this.events.push({ _tag: "State", atMicros, node, state })
  }

  /** The instant at which it arrives, if it does. */
  send(atMicros: number, from: string, to: string, text: string, isCut: boolean) {
    const id = this.message++
    this.events.push({ _tag: "Sent", atMicros, from, to, id, text })
    if (isCut || this.draw(40) === 0) {
      this.events.push({ _tag: "Lost", atMicros, from, to, id, text })
      return undefined
    }
    const arrival = atMicros + 1_000 + this.draw(4_000)
    const sentMicros = atMicros
    this.events.push({ _tag: "Delivered", atMicros: arrival, from, to, id, sentMicros, text })
    return arrival
  }

  elect(atMicros: number, term: number, leader: string, cut: string | undefined): void {
    this.change(atMicros, leader, { role: "PreCandidate", leader: undefined })
    this.change(atMicros + 2_000, leader, { role: "Candidate", term })
    for (const node of NODES.filter((each) => each !== leader)) {
      const ask = `VoteRequest term ${term}`
      const arrival = this.send(atMicros + 2_000, leader, node, ask, node === cut)
      if (arrival === undefined) continue
      this.change(arrival, node, { role: "Follower", term, leader })
      this.send(arrival + 100, node, leader, `VoteGranted term ${term}`, false)
    }
    this.change(atMicros + 12_000, leader, { role: "Leader", leader })
  }

  write(atMicros: number, round: number, leader: string, cut: string | undefined): void {
    const at = { atMicros, node: leader, operation: round, client: round % 4 }
    this.events.push({ _tag: "Invoked", ...at, text: `SET key:${this.draw(9)} ${round}` })
    const { commit, last, term, terms } = this.states.get(leader)!
    const longer = grown(terms, term)
    const appended = { last: last + 1, terms: longer }
    this.change(atMicros, leader, appended)
    for (const node of NODES.filter((each) => each !== leader)) {
      const text = `Append term ${term}, entry ${last + 1}`
      const arrival = this.send(atMicros, leader, node, text, node === cut)
      if (arrival === undefined) continue
      this.events.push({ _tag: "Ran", atMicros: arrival, node, why: "the disk has synced" })
      this.change(arrival, node, { ...appended, leader, term, commit, applied: commit })
      this.send(arrival + 300, node, leader, `Accepted up to ${last + 1}`, false)
    }
    const done = atMicros + 11_000
    this.change(done, leader, { commit: last + 1, applied: last + 1 })
    this.events.push({ _tag: "Answered", ...at, atMicros: done, ...answer(round) })
  }

  live(count: number): ReadonlyArray<TraceEvent> {
    this.events.push({ _tag: "Phase", atMicros: 0, text: "safety under faults" })
    for (const node of NODES) {
      const why = "it was started"
      this.events.push({ _tag: "Process", atMicros: 0, node, status: "Running", why })
      this.change(0, node, {})
    }
    for (let round = 0; this.events.length < count * 1.2 + 40; round++) this.round(round)
    return finished(this.events, count)
  }

  round(round: number): void {
    const term = Math.floor(round / ROUNDS_A_TERM) + 1
    const leader = NODES[term % NODES.length]!
    const cut = term % 2 === 0 ? NODES[(term - 1) % NODES.length]! : undefined
    const atMicros = 200_000 + round * ROUND_MICROS
    if (round % ROUNDS_A_TERM === 0) {
      if (cut !== undefined) this.isolate(atMicros, cut)
      const former = NODES[(term - 1) % NODES.length]!
      if (cut === undefined) this.change(atMicros, former, { role: "Follower" })
      this.elect(atMicros, term, leader, cut)
    } else this.write(atMicros, round, leader, cut)
  }

  isolate(atMicros: number, node: string): void {
    const end = atMicros + ROUNDS_A_TERM * ROUND_MICROS
    const fault = { _tag: "Fault" as const, nodes: [node], text: `Isolate ${node}` }
    this.events.push({ ...fault, atMicros, phase: "begins" })
    this.events.push({ ...fault, atMicros: end, phase: "ends" })
    const at = { _tag: "Process" as const, node: NODES[(this.message + 2) % NODES.length]! }
    const middle = atMicros + 15 * ROUND_MICROS
    this.events.push({ ...at, atMicros: middle, status: "Down", why: "the power went" })
    const text = "storage: the last record is torn, 1 entry is dropped"
    this.events.push({ _tag: "Log", atMicros: end - 400_000, node: at.node, text })
    this.events.push({ ...at, atMicros: end - 400_000, status: "Running", why: "restarted" })
  }
}

const grown = (terms: NodeState["terms"], term: number): NodeState["terms"] => {
  const [lastTerm, count] = terms.at(-1) ?? [0, 0]
  return lastTerm === term ? [...terms.slice(0, -1), [term, count + 1]] : [...terms, [term, 1]]
}

const answer = (round: number) =>
  round % 11 === 7
    ? { outcome: "refused" as const, text: "there is no leader" }
    : round % 17 === 9
    ? { outcome: "unknown" as const, text: "the leader changed" }
    : { outcome: "done" as const, text: "OK" }

const violationText = "n3 committed entry 2 of term 2, and n1 had committed entry 2 of term 1"

const finished = (events: Array<Unnumbered>, count: number): ReadonlyArray<TraceEvent> => {
  const kept = events.sort((one, other) => one.atMicros - other.atMicros).slice(0, count - 1)
  const atMicros = kept.at(-1)?.atMicros ?? 0
  kept.push({ _tag: "Violation", atMicros, oracle: "committed-is-for-ever", text: violationText })
  return kept.map((event, at) => ({ ...event, number: at + 1 }) as TraceEvent)
}

const delay = { leastMicros: 500, meanMicros: 1_000 }

const scenario: Scenario = {
  seed: 42,
  nodes: NODES.length,
  spares: 0,
  schedule: { _tag: "Random" },
  granularityMicros: 1,
  windowMicros: 0,
  electionTimeoutMillis: 300,
  heartbeatMillis: 50,
  requestTimeoutMillis: 1_000,
  limits: defaultLimits,
  segmentLimitBytes: 1 << 20,
  snapshotBlockBytes: 1_000,
  network: {
    delay,
    dropPerMille: 25,
    duplicatePerMille: 0,
    reorderPerMille: 0,
    heldBack: delay,
    isUnordered: false,
    tellsUnreachable: true
  },
  disk: { write: delay, sync: delay, stallPerMille: 0, stall: delay, survival: "sectors" },
  memory: [],
  clocks: NODES.map(() => ({ skewMillis: 0, driftPartsPerMillion: 0 })),
  faults: [],
  operations: [{
    id: 1,
    client: 0,
    atMicros: 10,
    node: 0,
    request: { kind: "write", bytes: Uint8Array.of(0x53, 0x45, 0x54, 0x00) },
    patienceMicros: undefined
  }],
  safetyMicros: 10_000_000
}

const reportOf = (trace: ReadonlyArray<TraceEvent>): Report => {
  const last = trace.at(-1)
  return {
    scenario,
    decisions: DecisionLog.make(),
    violation: last?._tag !== "Violation" ? undefined : {
      oracle: last.oracle,
      message: last.text,
      atMicros: last.atMicros,
      event: last.number
    },
    events: trace.length,
    simulatedMicros: last?.atMicros ?? 0,
    ackedWrites: trace.filter((event) => event._tag === "Answered").length,
    ackedReads: 0,
    marks: { "leader change": 3 },
    traceHash: "0123456789abcdef",
    checkpoints: [],
    trace
  }
}

const synthetic = (count: number) => reportOf(new Synthetic().live(count))
const texts = { title: "seed 42", command: "raftcache sim --seed 42" }

const between = (page: string, start: string, end: string): string => {
  const from = page.lastIndexOf(start) + start.length
  return page.slice(from, page.indexOf(end, from))
}

const scriptOf = (page: string) => between(page, "<script>", "</script>")
const jsonOf = (page: string) => between(page, `id="data">`, "</script>")

/** What the page itself makes of its data, as far as that needs no browser. */
const lifeOf = (page: string) => {
  const { script } = TracePageLife
  const source = `${script}${TracePageWords.script}
    const life = makeLife(data)
    const words = (index) => wordsOf(life, index)
    const standing = (node, index) => standingAt(life, node, index)
    const between = (spans, from, to) => spansBetween(spans, from, to)
    return { life, words, standing, between }`
  return new Function("data", source)(JSON.parse(jsonOf(page)))
}

describe("a trace page", () => {
  it.each([0, 1, 60, 60_000])("gives back every one of %d events", (count) => {
    const report = count === 0 ? reportOf([]) : synthetic(count)
    assert.strictEqual(report.trace.length, count)
    assert.deepStrictEqual(lifeOf(TracePage.render(report, texts)).life.events, report.trace)
  })

  it("takes less than 100 bytes for an event", () => {
    const page = TracePage.render(synthetic(60_000), texts)
    assert.isBelow(page.length, 60_000 * 100)
  })

  it("is the same for the same report", () => {
    const [one, other] = [synthetic(60), synthetic(60)].map((each) => TracePage.render(each, texts))
    assert.strictEqual(one, other)
  })

  it("asks nobody for anything", () => {
    const page = TracePage.render(synthetic(60), texts)
    assert.notMatch(page, /https?:|\/\/\w+\.\w|\b(src|href)=|@import|url\(|fetch\(|import\(/)
    assert.include(page, "default-src 'none'")
  })

  it("has a script that parses", () => {
    const script = scriptOf(TracePage.render(synthetic(60), texts))
    assert.include(script, "const start = ")
    assert.doesNotThrow(() => new Function(script))
    assert.throws(() => new Function(`${script}}`))
  })

  it("only speaks of elements that it has", () => {
    const page = TracePage.render(synthetic(60), texts)
    const spokenOf = [...scriptOf(page).matchAll(/(?:element|fill)\("([\w-]+)"/g)]
    assert.isNotEmpty(spokenOf)
    for (const [, id] of spokenOf) assert.include(page, ` id="${id}"`)
  })

  it("has every colour that its script asks for, for light and for dark", () => {
    const page = TracePage.render(synthetic(60), texts)
    const source = `${between(scriptOf(page), "const ROLE_COLOURS", "/** The style sheet knows")}
      return [...COLOURS, ...OUTCOMES.flatMap((each) => ["outcome-" + each, "ground-" + each])]`
    for (const name of new Function(`const ROLE_COLOURS${source}`)()) {
      assert.lengthOf(page.match(new RegExp(`--${name}:`, "g")) ?? [], 2, name)
    }
  })

  it("lets no text end its script, its title or its markup", () => {
    const nasty = `</script><script>alert("1")</script><!-- ' " & \u2028 \${x} $& \\`
    const event: TraceEvent = { _tag: "Log", number: 1, atMicros: 7, node: nasty, text: nasty }
    const page = TracePage.render(reportOf([event]), { title: nasty, command: nasty })
    const plain = TracePage.render(reportOf([]), texts)
    for (const each of [/<script/g, /<\/script/g, /<!--/g]) {
      assert.strictEqual(page.match(each)?.length, plain.match(each)?.length)
    }
    assert.include(page, "<title>&lt;/script&gt;")
    const data = JSON.parse(jsonOf(page))
    assert.deepInclude(data, { title: nasty, command: nasty })
    assert.deepStrictEqual(lifeOf(page).life.events, [event])
  })

  it("shows what requests are made of", () => {
    const { scenario } = JSON.parse(jsonOf(TracePage.render(reportOf([]), texts)))
    assert.strictEqual(scenario.operations[0].request.bytes, "SET\\x00")
  })
})

describe("the life on a trace page", () => {
  const { life, standing, words } = lifeOf(TracePage.render(synthetic(60_000), texts))

  it("opens at what was violated", () => {
    assert.strictEqual(life.violationIndex, 59_999)
    assert.strictEqual(words(59_999), `VIOLATION of committed-is-for-ever: ${violationText}`)
  })

  it("opens at its instant if the trace does not tell it", () => {
    const report = synthetic(60)
    const trace = report.trace.slice(0, -1)
    const atMicros = trace[30]!.atMicros
    const violation = { ...report.violation!, atMicros }
    const opened = lifeOf(TracePage.render({ ...report, trace, violation }, texts)).life
    assert.strictEqual(opened.events[opened.violationIndex].atMicros, atMicros)
    assert.isAbove(opened.events[opened.violationIndex + 1].atMicros, atMicros)
  })

  it("says every event in words, without a hole", () => {
    for (let index = 0; index < life.events.length; index += 7) {
      assert.notMatch(words(index), /undefined|NaN|\[object/)
    }
  })

  it("says of a state only what changed", () => {
    const state = {
      role: "Follower",
      term: 2,
      leader: "n2",
      last: 5,
      commit: 3,
      applied: 3,
      base: 0,
      snapshot: 0
    } as const
    const terms = [[1, 4], [2, 1]] as const
    const at = { _tag: "State", node: "n1" } as const
    const page = TracePage.render(
      reportOf([
        { ...at, number: 1, atMicros: 1, state: { ...state, terms } },
        { ...at, number: 2, atMicros: 2, state: { ...state, last: 4, terms: [[1, 4]] } },
        { ...at, number: 3, atMicros: 3, state: { ...state, last: 4, leader: undefined, terms } }
      ]),
      texts
    )
    const told = lifeOf(page)
    assert.strictEqual(told.words(1), "n1: last entry 5 → 4 (the log became shorter)")
    assert.strictEqual(told.words(2), "n1: leader n2 → nobody")
  })

  it("knows how a node stood after any event", () => {
    let state: NodeState | undefined
    for (const [index, event] of synthetic(600).trace.entries()) {
      if (event._tag === "State" && event.node === "n3") state = event.state
      assert.deepStrictEqual(standing("n3", index).state, state)
    }
  })

  it("finds what lies between two instants, and nothing else", () => {
    const { between } = lifeOf(TracePage.render(synthetic(60), texts))
    for (const spans of [life.messages, life.operations, life.faults, life.bands[0]]) {
      for (const [from, to] of [[0, 0], [3e6, 3.1e6], [life.end, life.end], [0, life.end]]) {
        const expected = spans.items.filter((each: { start: number; end: number }) =>
          each.end >= from! && each.start <= to!
        )
        assert.deepStrictEqual(between(spans, from, to), expected)
      }
    }
  })

  it("has one arrow for every message, and knows the fate of each", () => {
    const fates = { Delivered: 0, Lost: 0, Open: 0 }
    const told = { Delivered: 0, Lost: 0, Sent: 0 }
    for (const message of life.messages.items) fates[message.fate as keyof typeof fates] += 1
    for (const { _tag } of life.events) if (_tag in told) told[_tag as keyof typeof told] += 1
    assert.deepInclude(fates, { Delivered: told.Delivered, Lost: told.Lost })
    assert.strictEqual(fates.Open, told.Sent - told.Delivered - told.Lost)
    assert.isAbove(fates.Lost, 0)
  })

  it("ends faults and operations where they ended", () => {
    const [fault] = life.faults.items
    assert.strictEqual(fault.end - fault.start, ROUNDS_A_TERM * ROUND_MICROS)
    const bar = life.operations.items.find(({ outcome }: { outcome: string }) =>
      outcome === "refused"
    )
    assert.strictEqual(bar.end - bar.start, 11_000)
  })
})

/**
 * From a life that broke a promise to a small one that breaks the same: fewer nodes, requests and
 * faults, tamer conditions and choices, shorter times. Nothing is understood, everything is tried:
 * a candidate counts if living it violates the same oracle, and then the choices it really made are
 * the next ones to edit. So the result is always a life that was lived.
 *
 * Passes are repeated, coarse first and then finer, until nothing gets smaller or the budget is
 * used up. The budget counts lives and their events, not time: the same failure shrinks to the same
 * reproducer everywhere.
 */
import * as Latin1 from "../kv/Latin1.js"
import type { Application } from "./Application.js"
import { ddmin } from "./Ddmin.js"
import type { Decision, DecisionLog } from "./DecisionLog.js"
import * as Decisions from "./DecisionLog.js"
import { Recorder } from "./Recorder.js"
import type { Report, Violation } from "./Report.js"
import type { Scenario } from "./Scenario.js"
import * as ScenarioEdits from "./ScenarioEdits.js"
import * as Simulation from "./Simulation.js"

/** How large what is left is. */
export interface Progress {
  /** Lives lived so far. */
  readonly runs: number
  readonly nodes: number
  readonly faults: number
  readonly operations: number
  /** Choices that are not the tame one. */
  readonly choices: number
}

export interface Options {
  /** What the report's run was made with. Default the cache. */
  readonly application?: Application
  /** Lives at most. */
  readonly runsLimit?: number
  /** No life begins after so many events in all. */
  readonly eventsLimit?: number
  /** After every life. */
  readonly onProgress?: (progress: Progress) => void
}

export interface Shrunk {
  /** Its scenario with its decisions gives it again, event by event. */
  readonly report: Report
  /** How many lives it took. */
  readonly runs: number
}

export const RUNS_LIMIT = 800
export const EVENTS_LIMIT = 4_000_000

/** Parts of a list that the first pass over it leaves out, as a power of two; then finer ones. */
const FIRST_HALVINGS = 3
const MORE_HALVINGS = 2

/** Lives in a row that tame choices did not break, after which they are no longer tried first. */
const TAME_FAILURES_LIMIT = 8

/** Ways in which the choices found are arranged when large parts of the scenario are taken away. */
const ROTATIONS = 6

/** A report without a violation, or whose life is not the same again, is returned as it is. */
export const shrink = (report: Report, options: Options = {}): Shrunk => {
  const { violation } = report
  if (violation === undefined) return { report, runs: 0 }
  const search = new Search(report, violation, options)
  if (!search.attempt(report.scenario, report.decisions)) return { report, runs: search.runs }
  cutAfterViolation(search)
  drawSmaller(search)
  for (let halvings = FIRST_HALVINGS;; halvings += MORE_HALVINGS) {
    const before = search.best
    cutAfterViolation(search)
    tame(search, halvings)
    removeNodes(search)
    removeOperations(search, halvings)
    removeFaults(search, halvings)
    for (const stream of Decisions.streams) tameChoices(search, stream, halvings)
    shorten(search)
    if (search.isSpent || (search.best === before && 2 ** halvings >= search.longest)) break
  }
  return { report: search.best, runs: search.runs }
}

class Search {
  readonly #oracle: string
  readonly #options: Options
  /** Hashes of what was tried: the same life again teaches nothing. */
  readonly #tried = new Set<string>()
  #best: Report
  #violation: Violation
  #runs = 0
  #events = 0
  #choices: number
  #tameFailures = 0

  constructor(report: Report, violation: Violation, options: Options) {
    this.#options = options
    this.#oracle = violation.oracle
    this.#best = report
    this.#violation = violation
    this.#choices = choicesIn(report)
  }

  get best(): Report {
    return this.#best
  }

  get violation(): Violation {
    return this.#violation
  }

  get runs(): number {
    return this.#runs
  }

  get isSpent(): boolean {
    const { eventsLimit = EVENTS_LIMIT, runsLimit = RUNS_LIMIT } = this.#options
    return this.#runs >= runsLimit || this.#events >= eventsLimit
  }

  /** Of the lists that are made shorter. */
  get longest(): number {
    const { faults, operations } = this.#best.scenario
    return Math.max(faults.length, operations.length, this.#choices)
  }

  /** Tame choices are the simplest, then those of before as far as they still fit. */
  edit(scenario: Scenario): boolean {
    if (!ScenarioEdits.isFair(scenario)) return false
    if (this.#choices > 0 && this.#tameFailures < TAME_FAILURES_LIMIT) {
      if (this.attempt(scenario, Decisions.make())) {
        this.#tameFailures = 0
        return true
      }
      this.#tameFailures += 1
    }
    return this.attempt(scenario, this.#best.decisions)
  }

  /** Lives it, and keeps it if it fails in the same way. */
  attempt(scenario: Scenario, decisions: DecisionLog): boolean {
    const key = hashOf(scenario, decisions)
    if (this.isSpent || this.#tried.has(key)) return false
    this.#tried.add(key)
    const { application } = this.#options
    const report = Simulation.run(scenario, {
      decisions,
      ...(application === undefined ? {} : { application })
    })
    this.#runs += 1
    this.#events += report.events
    const { violation } = report
    const isSame = violation?.oracle === this.#oracle
    if (isSame) {
      this.#best = report
      this.#violation = violation
      this.#choices = choicesIn(report)
    }
    this.#tellProgress()
    return isSame
  }

  #tellProgress(): void {
    const { faults, nodes, operations } = this.#best.scenario
    this.#options.onProgress?.({
      runs: this.#runs,
      nodes,
      faults: faults.length,
      operations: operations.length,
      choices: this.#choices
    })
  }
}

const choicesIn = ({ decisions }: Report): number =>
  Decisions.decisions(decisions).filter(({ index }) => index !== 0).length

const hashOf = (scenario: Scenario, decisions: DecisionLog): string => {
  const recorder = new Recorder(undefined)
  recorder.mixBytes(Latin1.encode(JSON.stringify(scenario)))
  recorder.mixBytes(Latin1.encode(Decisions.toText(decisions)))
  return recorder.hash
}

const cutAfterViolation = (search: Search): void => {
  for (const cut of ScenarioEdits.cuts(search.best.scenario, search.violation)) {
    if (search.edit(cut)) return
  }
}

const tame = (search: Search, halvings: number): void => {
  const { scenario } = search.best
  const tamings = ScenarioEdits.tamings(scenario)
  // What `ddmin` keeps stays as it is, and the rest is tamed.
  ddmin(tamings, halvings, (kept) => {
    const chosen = tamings.filter((taming) => !kept.includes(taming))
    return search.edit(chosen.reduce((tamed, taming) => taming(tamed), scenario))
  })
}

/**
 * Large steps, while there are as many choices as were found and much may happen by accident: of a
 * few choices hardly any fit a life that was changed so much.
 */
const drawSmaller = (search: Search): void => {
  const { nodes } = search.best.scenario
  for (let size = 1; size < nodes; size++) {
    if (draw(search, ScenarioEdits.onlyNodes(search.best.scenario, range(size)))) break
  }
  for (const list of ["operations", "faults"] as const) {
    const halve = (): boolean => {
      const { scenario } = search.best
      const all: ReadonlyArray<unknown> = scenario[list]
      const middle = all.length >> 1
      return all.length > 1 &&
        [all.slice(0, middle), all.slice(middle)].some((half) =>
          draw(search, { ...scenario, [list]: half })
        )
    }
    while (halve());
  }
}

/** With the same choices at other places, too: as good as new ones. */
const draw = (search: Search, scenario: Scenario): boolean => {
  if (search.edit(scenario)) return true
  if (!ScenarioEdits.isFair(scenario)) return false
  const all = Decisions.decisions(search.best.decisions)
  for (let rotation = 1; rotation < ROTATIONS; rotation++) {
    const at = Math.floor(all.length * rotation / ROTATIONS)
    const rotated = Decisions.fromDecisions([...all.slice(at), ...all.slice(0, at)])
    if (search.attempt(scenario, rotated)) return true
  }
  return false
}

const range = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, at) => at)

const removeNodes = (search: Search): void => {
  const all = (): ReadonlyArray<number> => range(search.best.scenario.nodes)
  for (let size = 1; size < all().length; size++) {
    if (search.edit(ScenarioEdits.onlyNodes(search.best.scenario, all().slice(0, size)))) return
  }
  for (let node = all().length - 2; node >= 0 && all().length > 1; node--) {
    const others = all().filter((each) => each !== node)
    search.edit(ScenarioEdits.onlyNodes(search.best.scenario, others))
  }
}

const removeOperations = (search: Search, halvings: number): void => {
  const { scenario } = search.best
  ddmin(scenario.operations, halvings, (operations) => search.edit({ ...scenario, operations }))
}

const removeFaults = (search: Search, halvings: number): void => {
  const { scenario } = search.best
  ddmin(scenario.faults, halvings, (faults) => search.edit({ ...scenario, faults }))
}

/** Zeros in the log: first in line, no delay, no fault. */
const tameChoices = (search: Search, stream: Decision["stream"], halvings: number): void => {
  const { scenario } = search.best
  const all = Decisions.decisions(search.best.decisions)
  const wild = all.filter((each) => each.stream === stream && each.index !== 0)
  ddmin(wild, halvings, (kept) => {
    const isKept = new Set(kept)
    const edited = all.map((each) =>
      each.stream === stream && !isKept.has(each) ? { stream, index: 0 } : each
    )
    return search.attempt(scenario, Decisions.fromDecisions(edited))
  })
}

const shorten = (search: Search): void => {
  for (const shortening of ScenarioEdits.shortenings) {
    while (search.edit(shortening(search.best.scenario)));
  }
}

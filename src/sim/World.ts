/**
 * What every part of a simulation shares: time, choice, and whoever watches.
 */
import { Chooser } from "./Chooser.js"
import type { Strategy } from "./Chooser.js"
import { Marks } from "./Marks.js"
import { Recorder } from "./Recorder.js"
import type { Happening, Range } from "./Recorder.js"
import type { Violation } from "./Report.js"
import type { Scenario } from "./Scenario.js"
import { ReadyTasks } from "./SimScheduler.js"
import { Timeline } from "./Timeline.js"

/** Messages without any progress that are nothing to think about. */
const IDLE_MESSAGES = 3_000

/** How many times more than heartbeats and their answers they may be. */
const IDLE_FACTOR = 6

export class World {
  readonly scenario: Scenario
  readonly chooser: Chooser
  readonly timeline: Timeline
  readonly tasks: ReadyTasks
  readonly recorder: Recorder
  readonly marks = new Marks()
  #violation: Violation | undefined
  #progressMicros = 0
  #idleMessages = 0

  constructor(scenario: Scenario, strategy: Strategy, recorded: Range | undefined) {
    this.scenario = scenario
    this.chooser = new Chooser(strategy)
    this.timeline = new Timeline(scenario, this.chooser)
    this.tasks = new ReadyTasks(this.chooser)
    this.recorder = new Recorder(recorded)
  }

  get nowMicros(): number {
    return this.timeline.nowMicros
  }

  get violation(): Violation | undefined {
    return this.#violation
  }

  /** Keeps the first. The run ends with the event in which it happened. */
  violate(oracle: string, message: string): void {
    if (this.#violation !== undefined) return
    const atMicros = this.nowMicros
    this.#violation = { oracle, message, atMicros, event: this.recorder.events }
    this.tell({ _tag: "Violation", oracle, text: message })
  }

  /** Something has happened that a user or an operator would notice. */
  progressed(): void {
    this.#progressMicros = this.nowMicros
    this.#idleMessages = 0
  }

  /** A message was sent. Messages that lead to nothing must not be many more than heartbeats. */
  sent(): void {
    if (++this.#idleMessages < IDLE_MESSAGES) return
    const { heartbeatMillis, nodes } = this.scenario
    const idleMillis = (this.nowMicros - this.#progressMicros) / 1_000
    const heartbeats = 2 * nodes * (1 + idleMillis / heartbeatMillis)
    if (this.#idleMessages < IDLE_FACTOR * heartbeats) return
    const messages = `${this.#idleMessages} messages in ${Math.floor(idleMillis)} ms`
    this.violate("livelock", `${messages} have led to nothing`)
  }

  tell(happening: Happening): void {
    this.recorder.add(this.nowMicros, happening)
  }
}

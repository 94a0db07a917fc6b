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

export class World {
  readonly scenario: Scenario
  readonly chooser: Chooser
  readonly timeline: Timeline
  readonly tasks: ReadyTasks
  readonly recorder: Recorder
  readonly marks = new Marks()
  #violation: Violation | undefined

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

  tell(happening: Happening): void {
    this.recorder.add(this.nowMicros, happening)
  }
}

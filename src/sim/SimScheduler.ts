/**
 * Which fiber runs next. Every life of every node has a scheduler of its own; what becomes runnable
 * in any of them waits in one list, and the chooser says who is first. A process that is paused is
 * one whose tasks wait aside; one that has crashed is one whose tasks are dropped, so that nothing
 * of it ever runs again, no finalizer either.
 */
import { FiberId } from "effect"
import type { Fiber, Scheduler } from "effect"
import type { Chooser } from "./Chooser.js"

type AnyFiber = Fiber.RuntimeFiber<unknown, unknown>

interface Ready {
  readonly scheduler: SimScheduler
  readonly task: Scheduler.Task
  readonly key: number
}

/** Tasks after one event, beyond which the node's fibers only keep each other awake. */
export const TASKS_LIMIT = 1_000_000

/** A fiber goes on for so many operations before others may run. */
const OPERATIONS_LIMIT = 2_048

/** What is ready to run now, whosever it is. */
export class ReadyTasks {
  readonly #ready: Array<Ready> = []
  readonly #chooser: Chooser
  /** Fibers in the order in which they were first met: their own ids count the whole process's. */
  readonly #keys = new WeakMap<AnyFiber, number>()
  #nextKey = 1
  #isOpen = false

  constructor(chooser: Chooser) {
    this.#chooser = chooser
  }

  /** Runs `event`, and then all that it makes runnable. False if there is no end of it. */
  run(event: () => void): boolean {
    this.#isOpen = true
    try {
      event()
      return this.#drain()
    } finally {
      this.#isOpen = false
    }
  }

  #drain(): boolean {
    const ready = this.#ready
    for (let ran = 0; ready.length > 0; ran++) {
      if (ran === TASKS_LIMIT) return false
      const at = ready.length === 1
        ? 0
        : this.#chooser.pick("fiber", ready.length, ready.map(({ key }) => key))
      const [{ scheduler, task }] = ready.splice(at, 1) as [Ready]
      if (scheduler.state === "Running") task()
      else scheduler.withhold(task)
    }
    return true
  }

  /** Only the simulation makes fibers runnable; whoever else does has brought the real world in. */
  add(scheduler: SimScheduler, task: Scheduler.Task, fiber: AnyFiber | undefined): void {
    if (!this.#isOpen) {
      const name = fiber === undefined ? "a fiber" : `fiber ${FiberId.threadName(fiber.id())}`
      throw new Error(
        `${name} of ${scheduler.name} was woken from outside the simulation: something in it ` +
          "waited for a real promise, timer or socket. Simulated code may wait only for Effect's " +
          "Clock and for the ports."
      )
    }
    this.#ready.push({ scheduler, task, key: this.#keyOf(fiber) })
  }

  #keyOf(fiber: AnyFiber | undefined): number {
    if (fiber === undefined) return 0
    const known = this.#keys.get(fiber)
    if (known !== undefined) return known
    this.#keys.set(fiber, this.#nextKey)
    return this.#nextKey++
  }
}

export class SimScheduler implements Scheduler.Scheduler {
  /** Whose fibers these are, for messages. */
  readonly name: string
  readonly #tasks: ReadyTasks
  #state: "Running" | "Paused" | "Dead" = "Running"
  #withheld: Array<Scheduler.Task> = []

  constructor(name: string, tasks: ReadyTasks) {
    this.name = name
    this.#tasks = tasks
  }

  get state(): "Running" | "Paused" | "Dead" {
    return this.#state
  }

  shouldYield(fiber: AnyFiber): number | false {
    return fiber.currentOpCount > OPERATIONS_LIMIT ? 0 : false
  }

  scheduleTask(task: Scheduler.Task, _priority: number, fiber?: AnyFiber): void {
    if (this.#state !== "Dead") this.#tasks.add(this, task, fiber)
  }

  withhold(task: Scheduler.Task): void {
    if (this.#state === "Paused") this.#withheld.push(task)
  }

  pause(): void {
    if (this.#state === "Running") this.#state = "Paused"
  }

  resume(): void {
    if (this.#state !== "Paused") return
    this.#state = "Running"
    const withheld = this.#withheld
    this.#withheld = []
    for (const task of withheld) this.#tasks.add(this, task, undefined)
  }

  /** For ever. */
  kill(): void {
    this.#state = "Dead"
    this.#withheld = []
  }
}

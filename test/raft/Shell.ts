/**
 * The smallest shell that keeps the core's contract (Action.ts): a disk on which writes wait until
 * somebody says that they are durable, and a state machine that is the list of what it applied.
 */
import type { Action, Persist } from "../../src/raft/Action.js"
import type { Entry } from "../../src/raft/Entry.js"
import type { Event } from "../../src/raft/Event.js"
import * as Raft from "../../src/raft/Raft.js"
import type { Config, Recovered, State } from "../../src/raft/State.js"
import * as States from "../../src/raft/State.js"
import * as DeepFreeze from "./DeepFreeze.js"

/** What is on a disk after one more write. */
export const written = (disk: Recovered, write: Persist): Recovered => ({
  hardState: write.hardState ?? disk.hardState,
  entries: write.truncateFrom === undefined && write.append.length === 0 ? disk.entries : [
    ...disk.entries.slice(0, (write.truncateFrom ?? Infinity) - 1),
    ...write.append
  ]
})

export class Shell {
  readonly config: Config
  /** What a crash leaves. */
  disk: Recovered
  /** How often it was started. */
  lives = 0
  /** The last state before a crash while it is down. */
  state: State
  isUp = true
  /** What will be on the disk when nothing is lost. */
  handedOut: Recovered
  /** Handed out and not durable yet. */
  writes: Array<Persist> = []
  /** Handed out and not applied yet. */
  applying: Array<Entry> = []
  applied: Array<Entry> = []

  constructor(config: Config, disk: Recovered = States.nothing) {
    this.config = config
    this.disk = disk
    this.handedOut = disk
    this.state = this.#boot()
  }

  #boot(): State {
    this.lives += 1
    return Raft.boot({ ...this.config, seed: this.config.seed + this.lives }, this.disk)
  }

  step(event: Event): ReadonlyArray<Action> {
    const [state, actions] = DeepFreeze.step(this.state, event)
    this.state = state
    for (const action of actions) {
      if (action._tag === "Persist") {
        this.writes.push(action)
        this.handedOut = written(this.handedOut, action)
      } else if (action._tag === "Apply") {
        this.applying.push(...action.entries)
      }
    }
    return actions
  }

  /** Makes the first `count` of the waiting writes durable, and returns the number of the last. */
  sync(count: number): number {
    const done = this.writes.splice(0, count)
    for (const write of done) this.disk = written(this.disk, write)
    return done[done.length - 1]?.seq ?? 0
  }

  /** Applies the next `count` entries, and returns the index of the last. */
  apply(count: number): number {
    this.applied.push(...this.applying.splice(0, count))
    return this.applied.length
  }

  /** Only the first `surviving` of the waiting writes had reached the disk. */
  crash(surviving: number): void {
    this.sync(surviving)
    this.isUp = false
    this.handedOut = this.disk
    this.writes = []
    this.applying = []
    this.applied = []
  }

  restart(): void {
    this.isUp = true
    this.state = this.#boot()
  }
}

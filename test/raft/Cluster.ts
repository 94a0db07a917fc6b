/**
 * Nodes and what is on its way between them, at rest: nothing moves unless a test says so. Letters
 * stay in order of sending, and links can be cut in one direction.
 */
import type { Action } from "../../src/raft/Action.js"
import * as Configurations from "../../src/raft/Configuration.js"
import type { Event, NodeId, Ref } from "../../src/raft/Event.js"
import type { Message } from "../../src/raft/Message.js"
import type { Config, Recovered, State } from "../../src/raft/State.js"
import { Shell } from "./Shell.js"

export interface Letter {
  readonly from: NodeId
  readonly to: NodeId
  readonly message: Message
}

/** One step of one node, told right after it happened. */
export interface Happened {
  readonly shell: Shell
  readonly before: State
  readonly event: Event
  readonly actions: ReadonlyArray<Action>
}

export class Cluster {
  readonly shells = new Map<NodeId, Shell>()
  letters: Array<Letter> = []
  readonly #cuts = new Set<string>()
  readonly #watch: (happened: Happened) => void
  #lastRef = 0

  constructor(
    ids: ReadonlyArray<NodeId>,
    config: Omit<Config, "id" | "bootstrap">,
    watch: (happened: Happened) => void,
    disk?: (id: NodeId) => Recovered,
    isMember: (id: NodeId) => boolean = () => true
  ) {
    this.#watch = watch
    const first = Configurations.bootstrap(ids.filter(isMember))
    for (const id of ids) {
      const bootstrap = isMember(id) ? first : Configurations.none
      this.shells.set(id, new Shell({ ...config, id, bootstrap }, disk?.(id)))
    }
  }

  get all(): ReadonlyArray<Shell> {
    return [...this.shells.values()]
  }

  get up(): ReadonlyArray<Shell> {
    return this.all.filter(({ isUp }) => isUp)
  }

  shell(id: NodeId): Shell {
    const shell = this.shells.get(id)
    if (shell === undefined) throw new Error(`there is no node ${id}`)
    return shell
  }

  /** No ref is ever used twice, in no life of any node. */
  newRef(): Ref {
    return ++this.#lastRef
  }

  run(shell: Shell, event: Event): void {
    if (!shell.isUp) throw new Error(`${shell.config.id} is down`)
    const before = shell.state
    const actions = shell.step(event)
    for (const action of actions) {
      if (action._tag !== "Send") continue
      this.letters.push({ from: shell.config.id, to: action.to, message: action.message })
    }
    this.#watch({ shell, before, event, actions })
  }

  isCut({ from, to }: Omit<Letter, "message">): boolean {
    return this.#cuts.has(`${from} ${to}`)
  }

  cut(from: NodeId, to: NodeId): void {
    this.#cuts.add(`${from} ${to}`)
  }

  healAll(): void {
    this.#cuts.clear()
  }

  /** Takes the letter off its way; it arrives unless its link is cut or the receiver is down. */
  deliver(letter: Letter): void {
    this.take(letter)
    this.arrive(letter)
  }

  /** The letter arrives, and may do so again. */
  arrive(letter: Letter): void {
    const { from, message, to } = letter
    const receiver = this.shell(to)
    if (receiver.isUp && !this.isCut(letter)) {
      this.run(receiver, { _tag: "Receive", from, message })
    }
  }

  take(letter: Letter): void {
    const at = this.letters.indexOf(letter)
    if (at !== -1) this.letters.splice(at, 1)
  }

  sync(shell: Shell, count = shell.writes.length): void {
    if (count > 0) this.run(shell, { _tag: "Persisted", seq: shell.sync(count) })
  }

  apply(shell: Shell, count = shell.applying.length): void {
    if (count > 0) this.run(shell, { _tag: "Applied", index: shell.apply(count) })
  }
}

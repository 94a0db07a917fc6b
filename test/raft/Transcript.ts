/**
 * Scenarios one can read aloud: a text file with directives, each followed by everything that
 * happened. Running a transcript renders the file anew, and the test compares. Lines that begin
 * with `>` are directives, indented lines are what happened, all else is prose.
 *
 *     disk n1 term 2 log 1=a 2=b    what n1 starts with; before `nodes`, no vote; `2=noop` as well
 *     nodes n1 n2 [| n3] [limit=3]  starts them, each limit as in State.ts; those after the line are
 *                                   no members yet
 *     tick [n1] [count]             time passes, everywhere if no node is named
 *     timeout n1                    as much time as n1 waits for before it campaigns
 *     deliver [n1 -> n2] [tag]      what is on its way now arrives: all, of a link (* is any node),
 *                                   of a kind
 *     drop, duplicate               the same letters are lost; arrive and stay on their way
 *     persist [n1] [count]          the oldest `count`, or all, writes under way become durable
 *     settle                        everything is persisted and delivered until nothing is left;
 *                                   only what nodes become, apply and answer is told
 *     propose n1 a b, read n1 r     `a`, `b` and `r` name the requests
 *     transfer n1 n2 t              n1 is asked to hand over to n2; `t` names the request
 *     change n1 +n4 -n3 c           n1 is asked to add n4 and to remove n3; `c` names the request
 *     crash n1, restart n1          a crash loses what is not durable
 *     partition n1 | n2 n3, heal    letters between groups are lost when they are delivered
 *     unreachable n1 n2             n1 is told that its connection to n2 is gone
 *     show                          every node's state
 */
import * as Entries from "../../src/raft/Entry.js"
import type { Index, Term } from "../../src/raft/EntryId.js"
import type { Event, NodeId, Ref } from "../../src/raft/Event.js"
import type { Recovered } from "../../src/raft/State.js"
import * as States from "../../src/raft/State.js"
import type { Happened, Letter } from "./Cluster.js"
import { Cluster } from "./Cluster.js"
import { Oracles } from "./Oracles.js"
import type { Shell } from "./Shell.js"
import * as Telling from "./Telling.js"

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (each) => each.charCodeAt(0))

class Stage {
  readonly #entries = new Map<string, Entries.Entry>()
  readonly #disks = new Map<NodeId, Recovered>()
  readonly #oracles = new Oracles()
  readonly #names = new Map<Ref, string>()
  #cluster = new Cluster([], { ...timing, limits: States.defaultLimits }, () => {})
  #isTerse = false
  #told: Array<string> = []

  /** Does what the directive says, and returns what happened. */
  perform(directive: string): ReadonlyArray<string> {
    const [verb = "", ...words] = directive.split(/\s+/)
    const act = this.#acts[verb]
    if (act === undefined) throw new Error(`nobody knows how to ${verb}`)
    this.#told = []
    act(words)
    return this.#told
  }

  readonly #acts: Readonly<Record<string, (words: ReadonlyArray<string>) => void>> = {
    disk: ([id = "", , term, , ...log]) => {
      const entries = log.map((text, i) => this.#entry(text, i + 1))
      this.#disks.set(id, { hardState: { term: Number(term) as Term, vote: undefined }, entries })
    },
    nodes: (words) => {
      const limits = words.filter((word) => word.includes("=")).map((word) => word.split("="))
      const numbers = limits.map(([name, value]) => [name, Number(value)])
      const ids = words.filter((word) => !word.includes("="))
      const members = ids.includes("|") ? ids.slice(0, ids.indexOf("|")) : ids
      this.#cluster = new Cluster(
        ids.filter((id) => id !== "|"),
        { ...timing, limits: { ...States.defaultLimits, ...Object.fromEntries(numbers) } },
        (happened) => this.#watch(happened),
        (id) => this.#disks.get(id) ?? States.nothing,
        (id) => members.includes(id)
      )
    },
    tick: (words) => {
      const count = Number(words.find((word) => /^\d+$/.test(word)) ?? 1)
      for (const shell of this.#named(words)) this.#run(shell, { _tag: "Tick", count })
    },
    timeout: ([id = ""]) => {
      const shell = this.#cluster.shell(id)
      const count = shell.state.electionDueAt - shell.state.now
      this.#run(shell, { _tag: "Tick", count })
    },
    deliver: (words) => {
      for (const letter of this.#letters(words)) this.#deliver(letter)
    },
    duplicate: (words) => {
      for (const letter of this.#letters(words)) this.#arrive(letter)
    },
    drop: (words) => {
      for (const letter of this.#letters(words)) {
        this.#tell(`lost: ${letter.from} to ${letter.to}: ${Telling.message(letter.message)}`)
        this.#cluster.take(letter)
      }
    },
    persist: (words) => {
      const count = words.find((word) => /^\d+$/.test(word))
      for (const shell of this.#named(words)) {
        this.#persist(shell, count === undefined ? shell.writes.length : Number(count))
      }
    },
    settle: () => this.#settle(),
    propose: ([id = "", ...commands]) => {
      const items = commands.map((name) => ({ ref: this.#newRef(name), bytes: bytesOf(name) }))
      for (const { bytes, ref } of items) this.#oracles.asked(ref, id, bytes)
      this.#run(this.#cluster.shell(id), { _tag: "Propose", items })
    },
    read: ([id = "", name = ""]) => {
      const ref = this.#newRef(name)
      this.#oracles.asked(ref, id, undefined)
      this.#run(this.#cluster.shell(id), { _tag: "Read", ref, mode: "linearizable" })
    },
    transfer: ([id = "", to = "", name = "t"]) => {
      const ref = this.#newRef(name)
      this.#oracles.asked(ref, id, undefined)
      this.#run(this.#cluster.shell(id), { _tag: "TransferLeadership", ref, to })
    },
    change: ([id = "", ...words]) => {
      const named = (sign: string): ReadonlyArray<NodeId> =>
        words.filter((word) => word.startsWith(sign)).map((word) => word.slice(1))
      const ref = this.#newRef(words.find((word) => /^[^+-]/.test(word)) ?? "c")
      const add = named("+").map((each) => ({ id: each, address: each }))
      this.#oracles.asked(ref, id, undefined)
      this.#run(this.#cluster.shell(id), {
        _tag: "ChangeMembership",
        ref,
        add,
        remove: named("-"),
        expected: undefined
      })
    },
    crash: ([id = ""]) => {
      const shell = this.#cluster.shell(id)
      for (const write of shell.writes) this.#tell(`${id} loses ${Telling.write(write)}`)
      this.#oracles.crashed(id)
      shell.crash(0)
    },
    restart: ([id = ""]) => {
      this.#cluster.shell(id).restart()
      this.#tell(Telling.node(this.#cluster.shell(id)))
    },
    partition: (words) => {
      const groups = words.join(" ").split("|").map((group) => group.trim().split(/\s+/))
      for (const [from, to] of groups.flatMap((a) => groups.map((b) => [a, b] as const))) {
        if (from !== to) {
          for (const id of from) for (const other of to) this.#cluster.cut(id, other)
        }
      }
    },
    heal: () => this.#cluster.healAll(),
    unreachable: ([id = "", peer = ""]) =>
      this.#run(this.#cluster.shell(id), { _tag: "PeerUnreachable", peer }),
    show: () => {
      for (const shell of this.#cluster.all) this.#tell(Telling.node(shell))
    }
  }

  /** The same entry on every disk. */
  #entry(text: string, index: Index): Entries.Entry {
    const [term = "", what = ""] = text.split("=")
    const entry = this.#entries.get(`${index} ${text}`) ?? (
      what === "noop"
        ? Entries.noop(Number(term), index)
        : Entries.command(Number(term), index, bytesOf(what))
    )
    this.#entries.set(`${index} ${text}`, entry)
    return entry
  }

  #tell(line: string): void {
    this.#told.push(line)
  }

  #newRef(name: string): Ref {
    const ref = this.#cluster.newRef()
    this.#names.set(ref, name)
    return ref
  }

  #named(words: ReadonlyArray<string>): ReadonlyArray<Shell> {
    const chosen = this.#cluster.up.filter(({ config }) => words.includes(config.id))
    return chosen.length > 0 ? chosen : this.#cluster.up
  }

  #letters(words: ReadonlyArray<string>): ReadonlyArray<Letter> {
    const [from, to] = words[1] === "->" ? [words[0], words[2]] : ["*", "*"]
    const tag = words[1] === "->" ? words[3] : words[0]
    const chosen = this.#cluster.letters.filter((letter) =>
      (from === "*" || from === letter.from) && (to === "*" || to === letter.to) &&
      (tag === undefined || tag === letter.message._tag)
    )
    if (chosen.length === 0) throw new Error(`nothing is on its way for ${words.join(" ")}`)
    return chosen
  }

  /** The state machine is quick: what may be applied is applied at once. */
  #run(shell: Shell, event: Event): void {
    this.#cluster.run(shell, event)
    while (shell.applying.length > 0) this.#cluster.apply(shell)
  }

  #watch(happened: Happened): void {
    this.#oracles.watch(this.#cluster, happened)
    for (const action of happened.actions) {
      if (this.#isTerse && (action._tag === "Send" || action._tag === "Persist")) continue
      const told = Telling.action(action, (ref) => this.#names.get(ref) ?? "nobody")
      this.#tell(`${happened.shell.config.id} ${told}`)
    }
  }

  #deliver(letter: Letter): void {
    this.#cluster.take(letter)
    this.#arrive(letter)
  }

  #arrive(letter: Letter): void {
    const { from, message, to } = letter
    const receiver = this.#cluster.shell(to)
    const isLost = this.#cluster.isCut(letter) || !receiver.isUp
    if (!this.#isTerse) this.#tell(`${to} ${isLost ? "misses" : "hears"} ${from}: ${message._tag}`)
    if (!isLost) this.#run(receiver, { _tag: "Receive", from, message })
  }

  #persist(shell: Shell, count: number): void {
    if (shell.writes.length === 0) return
    const seq = shell.sync(count)
    if (!this.#isTerse) this.#tell(`${shell.config.id} has written up to ${seq}`)
    this.#run(shell, { _tag: "Persisted", seq })
  }

  #settle(): void {
    this.#isTerse = true
    for (let busy = true; busy;) {
      for (const shell of this.#cluster.up) this.#persist(shell, shell.writes.length)
      const [letter] = this.#cluster.letters
      if (letter !== undefined) this.#deliver(letter)
      busy = letter !== undefined || this.#cluster.up.some(({ writes }) => writes.length > 0)
    }
    this.#isTerse = false
  }
}

const timing = { electionTimeoutTicks: 10, heartbeatTicks: 2, seed: 13 }

/** The transcript as it should be: its own prose and directives, and what really happens. */
export const render = (text: string): string => {
  const stage = new Stage()
  const lines: Array<string> = []
  text.split("\n").forEach((line, number) => {
    if (line.startsWith("    ")) return
    lines.push(line)
    if (!line.startsWith(">")) return
    try {
      for (const told of stage.perform(line.slice(1).trim())) lines.push(`    ${told}`)
    } catch (cause) {
      throw new Error(`line ${number + 1}: ${line}: ${String(cause)}\n${lines.join("\n")}`, {
        cause
      })
    }
  })
  return lines.join("\n")
}

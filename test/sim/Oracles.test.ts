import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Node } from "../../src/node/Node.js"
import type { HardState, Persist } from "../../src/raft/Action.js"
import * as Configurations from "../../src/raft/Configuration.js"
import * as Entry from "../../src/raft/Entry.js"
import * as EntryId from "../../src/raft/EntryId.js"
import * as Log from "../../src/raft/Log.js"
import type { Message } from "../../src/raft/Message.js"
import * as Progress from "../../src/raft/Progress.js"
import * as State from "../../src/raft/State.js"
import type { Storage } from "../../src/service/Storage.js"
import { Oracles } from "../../src/sim/Oracles.js"
import { nodeId } from "../../src/sim/Scenario.js"
import type { World } from "../../src/sim/World.js"
import * as PeerMessage from "../../src/wire/PeerMessage.js"
import * as Proposal from "../../src/wire/Proposal.js"
import * as Acquainted from "../service/Acquainted.js"
import * as Scenarios from "./Scenarios.js"

const CLIENT = "00000000000000a1"

/** The `sequence`-th command of one node, as an entry. */
const command = (index: number, term = 1, sequence = index): Entry.Entry =>
  Entry.command(
    term,
    index,
    Proposal.encode({ client: CLIENT, epoch: 1, sequence, command: Uint8Array.of(sequence) })
  )

const voters = ["n1", "n2", "n3"]

const blank = State.boot(
  {
    id: "n1",
    bootstrap: Configurations.bootstrap(voters),
    electionTimeoutTicks: 10,
    heartbeatTicks: 1,
    seed: 1,
    limits: State.defaultLimits
  },
  State.nothing
)

/** What a node would say of itself. */
interface Claim {
  readonly role?: State.Role
  readonly term?: number
  readonly vote?: string | undefined
  readonly entries?: ReadonlyArray<Entry.Entry>
  readonly commit?: number
  readonly applied?: number
  /** As a leader: what it believes each other node to hold. */
  readonly match?: Readonly<Record<string, number>>
  readonly now?: number
  readonly writes?: State.State["writes"]
  readonly rounds?: State.State["rounds"]
}

const stateOf = ({ entries = [], match = {}, ...claim }: Claim): State.State => ({
  ...blank,
  term: 1,
  ...claim,
  log: Log.fromEntries(entries),
  progress: Object.fromEntries(
    Object.entries(match).map(([peer, index]) => [
      peer,
      { ...Progress.unknown(index + 1), match: index }
    ])
  )
})

/** Three nodes that do and say what a test wants them to, under the oracles. */
class Stage {
  readonly world: World = Scenarios.world()
  readonly oracles = new Oracles(this.world)
  readonly #states: Array<State.State> = []
  readonly #storages: Array<Storage["Type"]> = []
  /** What each disk says of terms and votes. */
  readonly #hardStates: Array<HardState> = []

  constructor() {
    for (const node of [0, 1, 2]) this.starts(node)
  }

  get broken(): string | undefined {
    return this.world.violation?.oracle
  }

  /** With what its disk has kept. */
  starts(node: number, hardState = State.nothing.hardState, entries: Array<Entry.Entry> = []) {
    const identity = { clusterId: CLIENT, nodeId: nodeId(node), incarnation: CLIENT }
    this.#hardStates[node] = hardState
    this.#storages[node] = this.oracles.watchStorage(node, {
      recovered: {
        identity,
        start: 1,
        hardState,
        bootstrap: Configurations.none,
        snapshot: undefined,
        base: EntryId.zero,
        entries,
        memory: []
      },
      releaseLog: () => {},
      persist: () => Effect.void,
      acquaintances: Acquainted.make(nodeId(node)),
      snapshots: {
        save: (id, configuration) =>
          Effect.succeed({ id, configuration, sizeBytes: 1, checksum: 0 }),
        store: () => Effect.void,
        finish: () => Effect.void,
        read: () => Effect.succeed(new Uint8Array(1)),
        load: () => Effect.void
      }
    })
    this.#states[node] = { ...blank, term: hardState.term, log: Log.fromEntries(entries) }
    const unused = (): never => {
      throw new Error("oracles only look")
    }
    const service: Node["Type"] = {
      write: unused,
      read: unused,
      snapshot: unused,
      transfer: unused,
      changeMembers: unused,
      status: unused,
      leave: Effect.die("not asked for"),
      stopped: Effect.die("not asked for"),
      state: () => this.#states[node]!
    }
    this.oracles.started(node, service)
    return this
  }

  ends(node: number): this {
    this.oracles.ended(node)
    return this
  }

  /** Its disk says that this is durable. */
  keeps(
    node: number,
    append: ReadonlyArray<Entry.Entry>,
    hardState?: HardState,
    truncateFrom?: number
  ): this {
    const write: Persist = { _tag: "Persist", seq: 1, hardState, truncateFrom, append }
    Effect.runSync(Effect.orDie(this.#storages[node]!.persist([write])))
    this.#hardStates[node] = hardState ?? this.#hardStates[node]!
    return this
  }

  /** By itself and the next of the others, unless they have voted in the term or in a later one. */
  elects(node: number, term: number): this {
    for (const voter of [node, (node + 1) % 3]) {
      if (this.#hardStates[voter]!.term >= term) continue
      this.keeps(voter, [], vote(term, nodeId(node)))
      if (voter !== node) this.sends(voter, node, votes(term))
    }
    return this
  }

  claims(node: number, claim: Claim): this {
    const { role, term = 1 } = claim
    if (role === "Leader") this.elects(node, term)
    const kept = this.#hardStates[node]!
    this.#states[node] = stateOf(kept.term === term ? { vote: kept.vote, ...claim } : claim)
    this.oracles.observe(node)
    return this
  }

  /** It has not been looked at since. */
  commitsUnseen(node: number, entry: Entry.Entry): void {
    this.#states[node] = stateOf({ ...leads(1, [entry]), commit: entry.index })
  }

  applies(node: number, index: number, sequence = index, answer = 0, told = ""): this {
    const [command, bytes] = [Uint8Array.of(sequence), Uint8Array.of(answer)]
    this.oracles.applied(node, { index, command, answer: bytes, told })
    return this
  }

  sends(from: number, to: number, message: Message): this {
    this.oracles.sent(from, to, PeerMessage.encode([message]))
    return this
  }

  wipes(node: number): this {
    this.oracles.wiped(node)
    return this
  }

  /** Entries up to `index` of term 1, durable on n1 and n2, committed by n1, which leads. */
  commits(index = 1): this {
    const entries = Array.from({ length: index }, (_, at) => command(at + 1))
    return this.keeps(0, entries).keeps(1, entries)
      .claims(0, { role: "Leader", entries, commit: index })
  }
}

const one = command(1)

const nothing = State.nothing.hardState

const leads = (term: number, entries: ReadonlyArray<Entry.Entry> = []): Claim => ({
  role: "Leader",
  term,
  entries
})

const accepted = (match: number, term = 1): Message => ({
  _tag: "AppendAccepted",
  term,
  round: 1,
  match
})

const asks = (term: number, last = EntryId.zero): Message => ({ _tag: "VoteRequest", term, last })

const votes = (term: number, granted = true): Message => ({ _tag: "VoteResponse", term, granted })

const vote = (term: number, candidate: string): HardState => ({ term, vote: candidate })

type Act = readonly [title: string, act: (stage: Stage) => Stage]

const oracle = (
  name: string,
  acts: { readonly breaks: ReadonlyArray<Act>; readonly allows: ReadonlyArray<Act> }
): unknown =>
  describe(`the oracle ${name}`, () => {
    it.each(acts.breaks)("sees that %s", (_, act) => {
      const { broken, world } = act(new Stage())
      assert.strictEqual(broken, name, world.violation?.message)
    })

    it.each(acts.allows)("allows that %s", (_, act) => {
      assert.isUndefined(act(new Stage()).world.violation)
    })
  })

oracle("one-leader-per-term", {
  breaks: [
    ["two nodes lead one term", (stage) => stage.claims(0, leads(1)).claims(1, leads(1))],
    [
      "two nodes led one term, one after the other's death",
      (stage) => stage.claims(0, leads(1)).ends(0).claims(2, leads(1))
    ]
  ],
  allows: [
    ["two nodes lead, each its own term", (stage) => stage.claims(0, leads(1)).claims(1, leads(2))],
    [
      "one node leads one term and says so twice",
      (stage) => stage.claims(0, leads(1)).claims(0, leads(1, [one]))
    ]
  ]
})

oracle("log-matching", {
  breaks: [
    [
      "an entry has other bytes in another log",
      (stage) => stage.keeps(0, [one]).keeps(1, [command(1, 1, 9)])
    ],
    [
      "an entry is of another kind in another log",
      (stage) => stage.keeps(0, [one]).keeps(1, [Entry.noop(1, 1)])
    ],
    [
      "another entry is before it in another log",
      (stage) => stage.keeps(0, [one, command(2, 3)]).keeps(1, [command(1, 2), command(2, 3)])
    ]
  ],
  allows: [
    [
      "an entry of an index has other bytes in another term",
      (stage) => stage.keeps(0, [one]).keeps(1, [command(1, 2, 9)])
    ],
    [
      "a log gets in two writes what another got in one",
      (stage) => stage.keeps(0, [one, command(2, 3)]).keeps(1, [one]).keeps(1, [command(2, 3)])
    ],
    [
      "a log is cut and gets another entry of a newer term",
      (stage) => stage.keeps(0, [one]).keeps(0, [command(1, 2, 9)], undefined, 1)
    ]
  ]
})

oracle("leader-completeness", {
  breaks: [
    [
      "a later leader does not have what was committed",
      (stage) => stage.commits().claims(2, leads(2))
    ],
    [
      "a later leader has another entry in its place",
      (stage) => stage.commits().claims(2, leads(2, [command(1, 2, 9)]))
    ]
  ],
  allows: [
    ["a later leader has it", (stage) => stage.commits().claims(1, leads(2, [one]))],
    [
      "a leader of an older term, found late, does not have it",
      (stage) =>
        stage.elects(2, 1).keeps(0, [command(1, 2)]).keeps(1, [command(1, 2)])
          .claims(0, { ...leads(2, [command(1, 2)]), commit: 1 }).claims(2, leads(1))
    ]
  ]
})

oracle("progress", {
  breaks: [
    [
      "a leader believes a follower to hold what is not on its disk",
      (stage) => stage.keeps(0, [one]).claims(0, { ...leads(1, [one]), match: { n2: 1 } })
    ],
    [
      "a leader believes a follower to hold an entry of which it has another",
      (stage) => stage.keeps(1, [command(1, 2)]).claims(0, { ...leads(3, [one]), match: { n2: 1 } })
    ]
  ],
  allows: [
    [
      "a leader believes what is true",
      (stage) => stage.keeps(1, [one]).claims(0, { ...leads(1, [one]), match: { n2: 1, n3: 0 } })
    ],
    [
      "a leader believes what was true before another leader came",
      (stage) =>
        stage.elects(0, 1).keeps(1, [], vote(2, "n3"))
          .claims(0, { ...leads(1, [one]), match: { n2: 1 } })
    ],
    [
      "a leader believes what was true before the disk was replaced",
      (stage) => stage.keeps(1, [one]).wipes(1).claims(0, { ...leads(1, [one]), match: { n2: 1 } })
    ]
  ]
})

oracle("one-commit-per-index", {
  breaks: [
    [
      "a node commits another entry than was committed",
      (stage) => stage.commits().claims(2, { term: 2, entries: [command(1, 2, 9)], commit: 1 })
    ]
  ],
  allows: [
    [
      "another node commits the same entry",
      (stage) => stage.commits().claims(1, { entries: [one], commit: 1 })
    ],
    [
      "a node holds another entry and has not committed it",
      (stage) => stage.commits().claims(2, { term: 2, entries: [command(1, 2, 9)] })
    ]
  ]
})

oracle("durable-majority", {
  breaks: [
    [
      "a leader commits what only its own disk holds",
      (stage) => stage.keeps(0, [one]).claims(0, { ...leads(1, [one]), commit: 1 })
    ],
    [
      "a leader commits what others hold in another term",
      (stage) =>
        stage.keeps(0, [one]).keeps(1, [command(1, 2)])
          .claims(0, { ...leads(1, [one]), commit: 1 })
    ],
    [
      "a follower commits before any leader",
      (stage) =>
        stage.keeps(0, [one]).keeps(1, [one]).claims(1, { entries: [one] })
          .claims(1, { entries: [one], commit: 1 })
    ]
  ],
  allows: [
    ["a leader commits what a majority holds", (stage) => stage.commits()],
    [
      "a leader commits what a majority without itself holds",
      (stage) => stage.keeps(1, [one]).keeps(2, [one]).claims(0, { ...leads(1, [one]), commit: 1 })
    ],
    [
      "a disk that held it was replaced since",
      (stage) =>
        stage.keeps(0, [one]).keeps(1, [one]).wipes(1)
          .claims(0, { ...leads(1, [one]), commit: 1 })
    ]
  ]
})

oracle("own-term-commit", {
  breaks: [
    [
      "a leader commits an entry of an older term by counting",
      (stage) =>
        stage.keeps(0, [one]).keeps(1, [one]).claims(0, leads(2, [one]))
          .claims(0, { ...leads(2, [one]), commit: 1 })
    ]
  ],
  allows: [
    [
      "a leader commits it together with an entry of its own",
      (stage) => {
        const both = [one, command(2, 2)]
        return stage.keeps(0, both).keeps(1, both).claims(0, leads(2, both))
          .claims(0, { ...leads(2, both), commit: 2 })
      }
    ],
    [
      "a follower learns of it",
      (stage) => stage.commits().claims(1, { term: 2, entries: [one], commit: 1 })
    ]
  ]
})

oracle("never-back", {
  breaks: [
    ["a term falls", (stage) => stage.claims(0, { term: 2 }).claims(0, { term: 1 })],
    [
      "a vote changes within its term",
      (stage) => stage.claims(0, { vote: "n2" }).claims(0, { vote: "n3" })
    ],
    [
      "a commit index falls",
      (stage) =>
        stage.commits().claims(1, { entries: [one], commit: 1 }).claims(1, { entries: [one] })
    ],
    [
      "a node applies less than it had applied",
      (stage) =>
        stage.commits().applies(0, 1).claims(0, { ...leads(1, [one]), commit: 1, applied: 1 })
          .claims(0, { ...leads(1, [one]), commit: 1 })
    ],
    ["more is committed than there is", (stage) => stage.claims(0, { commit: 1 })],
    [
      "more is applied than is committed",
      (stage) => stage.claims(0, { entries: [one], applied: 1 })
    ],
    [
      "a node begins with an older term than it has promised",
      (stage) => stage.keeps(0, [], vote(2, "n1")).claims(0, { term: 1 })
    ]
  ],
  allows: [
    ["a term grows", (stage) => stage.claims(0, { term: 1 }).claims(0, { term: 2 })],
    ["a first vote is given", (stage) => stage.claims(0, {}).claims(0, { vote: "n2" })],
    [
      "another vote is given in another term",
      (stage) => stage.claims(0, { vote: "n2" }).claims(0, { term: 2, vote: "n3" })
    ],
    [
      "a new life begins to commit again",
      (stage) =>
        stage.commits().claims(1, { entries: [one], commit: 1 })
          .ends(1).starts(1, vote(1, "n1"), [one]).claims(1, { entries: [one] })
    ]
  ]
})

oracle("applied-in-order", {
  breaks: [
    ["a command is applied that is not committed", (stage) => stage.applies(0, 1)],
    ["a command is applied before an earlier one", (stage) => stage.commits(2).applies(0, 2)],
    [
      "a command is applied twice",
      (stage) => stage.commits(2).applies(0, 1).applies(0, 1)
    ],
    ["another command is applied", (stage) => stage.commits().applies(0, 1, 9)],
    [
      "a command is left out",
      (stage) =>
        stage.commits(2).claims(0, {
          ...leads(1, [one, command(2)]),
          commit: 2,
          applied: 1
        })
    ]
  ],
  allows: [
    ["all are applied in their order", (stage) => stage.commits(2).applies(0, 1).applies(0, 2)],
    [
      "a new life applies all again",
      (stage) =>
        stage.commits(2).applies(0, 1).ends(0).starts(0, vote(1, "n1"), [one, command(2)])
          .applies(0, 1).applies(0, 2)
    ]
  ]
})

/** Durable on n1 and n2, committed by n1, which leads. */
const committed = (stage: Stage, ...entries: ReadonlyArray<Entry.Entry>): Stage =>
  stage.keeps(0, entries).keeps(1, entries)
    .claims(0, { ...leads(1, entries), commit: entries.length })

oracle("proposed-in-turn", {
  breaks: [
    ["a command is committed twice", (stage) => committed(stage, one, command(2, 1, 1))],
    ["a command is committed before an earlier one", (stage) => committed(stage, command(1, 1, 2))]
  ],
  allows: [
    ["commands are committed in their turn", (stage) => committed(stage, one, command(2))],
    [
      "a command is twice in a log that is not committed",
      (stage) => stage.claims(0, leads(1, [one, command(2, 1, 1)]))
    ]
  ]
})

oracle("same-answers", {
  breaks: [
    [
      "a replica answers otherwise than the first",
      (stage) => stage.commits().applies(0, 1, 1, 5).applies(1, 1, 1, 6)
    ]
  ],
  allows: [
    [
      "a replica answers the same",
      (stage) => stage.commits().applies(0, 1, 1, 5).applies(1, 1, 1, 5)
    ]
  ]
})

oracle("same-events", {
  breaks: [
    [
      "a replica tells otherwise than the first",
      (stage) => stage.commits().applies(0, 1, 1, 0, "set a").applies(1, 1, 1, 0, "del a")
    ]
  ],
  allows: [
    [
      "a replica tells the same",
      (stage) => stage.commits().applies(0, 1, 1, 0, "set a").applies(1, 1, 1, 0, "set a")
    ]
  ]
})

oracle("durable", {
  breaks: [
    ["an entry does not come back", (stage) => stage.keeps(0, [one]).ends(0).starts(0)],
    ["a vote does not come back", (stage) => stage.keeps(0, [], vote(1, "n2")).ends(0).starts(0)],
    [
      "an entry comes back that nobody has written",
      (stage) => stage.ends(0).starts(0, nothing, [one])
    ]
  ],
  allows: [
    [
      "all comes back that was promised",
      (stage) => stage.keeps(0, [one], vote(1, "n2")).ends(0).starts(0, vote(1, "n2"), [one])
    ],
    [
      "nothing comes back from a disk that was replaced",
      (stage) => stage.keeps(0, [one], vote(1, "n2")).ends(0).wipes(0).starts(0)
    ]
  ]
})

oracle("promise-before-durable", {
  breaks: [
    ["a candidate asks before its own vote is durable", (stage) => stage.sends(0, 1, asks(1))],
    [
      "a candidate asks with its vote durable for another term",
      (stage) => stage.keeps(0, [], vote(1, "n1")).sends(0, 1, asks(2))
    ],
    [
      "a candidate asks with entries that are not durable",
      (stage) => stage.keeps(0, [], vote(2, "n1")).sends(0, 1, asks(2, EntryId.make(1, 1)))
    ],
    ["a vote is sent before it is durable", (stage) => stage.sends(1, 0, votes(1))],
    [
      "a vote is sent to another than it is for",
      (stage) => stage.keeps(1, [], vote(1, "n3")).sends(1, 0, votes(1))
    ],
    [
      "entries are accepted in a term that is not durable",
      (stage) => stage.keeps(1, [one]).sends(1, 0, accepted(1))
    ],
    [
      "entries are accepted that are not durable",
      (stage) => stage.keeps(1, [], vote(1, "n1")).sends(1, 0, accepted(1))
    ],
    [
      "other entries are accepted than the leader's",
      (stage) =>
        stage.claims(0, leads(2, [command(1, 2)])).keeps(1, [one], vote(2, "n1"))
          .sends(1, 0, accepted(1, 2))
    ],
    [
      "a heartbeat is answered in a term that is not durable",
      (stage) => stage.sends(1, 0, { _tag: "HeartbeatResponse", term: 1, round: 1, verifiedTo: 0 })
    ],
    [
      "entries are rejected in a term that is not durable",
      (stage) =>
        stage.sends(1, 0, {
          _tag: "AppendRejected",
          term: 1,
          round: 1,
          rejected: 4,
          hint: EntryId.zero
        })
    ]
  ],
  allows: [
    [
      "a candidate asks when its vote and its log are durable",
      (stage) => stage.keeps(0, [one], vote(2, "n1")).sends(0, 1, asks(2, EntryId.make(1, 1)))
    ],
    [
      "a vote is sent when it is durable",
      (stage) => stage.keeps(1, [], vote(1, "n1")).sends(1, 0, votes(1))
    ],
    ["a vote is refused at any time", (stage) => stage.sends(1, 0, votes(1, false))],
    [
      "entries are accepted that are durable and the leader's",
      (stage) =>
        stage.claims(0, leads(1, [one])).keeps(1, [one], vote(1, "n1")).sends(1, 0, accepted(1))
    ],
    [
      "a question that binds nobody is asked at any time",
      (stage) =>
        stage.sends(1, 0, { _tag: "PreVoteRequest", term: 0, campaignTerm: 1, last: EntryId.zero })
    ]
  ]
})

oracle("one-vote-per-term", {
  breaks: [
    [
      "a node votes for two in one term, on a disk that has forgotten the first",
      (stage) =>
        stage.keeps(1, [], vote(1, "n1")).sends(1, 0, votes(1)).wipes(1)
          .keeps(1, [], vote(1, "n3")).sends(1, 2, votes(1))
    ]
  ],
  allows: [
    [
      "a node sends its vote twice",
      (stage) => stage.keeps(1, [], vote(1, "n1")).sends(1, 0, votes(1)).sends(1, 0, votes(1))
    ],
    [
      "a node votes for another in another term",
      (stage) =>
        stage.keeps(1, [], vote(1, "n1")).sends(1, 0, votes(1))
          .keeps(1, [], vote(2, "n3")).sends(1, 2, votes(2))
    ]
  ]
})

/** Ten ticks are an election timeout here. */
const writesSince = (since: number): State.State["writes"] => [{ seq: 1, last: 0, since }]

oracle("abdication", {
  breaks: [
    [
      "a leader stays whose disk does not write",
      (stage) => stage.claims(0, { ...leads(1), now: 100, writes: writesSince(70) })
    ],
    [
      "a leader stays whom no majority answers",
      (stage) => stage.claims(0, { ...leads(1), now: 100, rounds: [{ round: 1, sentAt: 70 }] })
    ]
  ],
  allows: [
    [
      "a leader waits for its disk for some time",
      (stage) => stage.claims(0, { ...leads(1), now: 100, writes: writesSince(80) })
    ],
    [
      "a follower's disk does not write",
      (stage) => stage.claims(0, { now: 100, writes: writesSince(0) })
    ]
  ]
})

describe("the oracles", () => {
  it("keep the first promise that was broken, and say who broke it in words", () => {
    const stage = new Stage().claims(0, leads(1)).claims(1, leads(1)).applies(0, 1)
    assert.deepStrictEqual(stage.world.violation, {
      oracle: "one-leader-per-term",
      message: "n1 and n2 both lead term 1",
      atMicros: 0,
      event: 0
    })
    assert.deepStrictEqual(
      Scenarios.events(stage.world.recorder.trace, "Violation").map(({ text }) => text),
      ["n1 and n2 both lead term 1"]
    )
  })

  it("see what a leader has committed from what it sends, should it die in the same event", () => {
    const stage = new Stage().keeps(0, [one]).keeps(1, [one]).claims(0, leads(1, [one]))
    stage.commitsUnseen(0, one)
    stage.sends(0, 1, { _tag: "Heartbeat", term: 1, round: 1, commit: 1 }).ends(0)
    assert.isUndefined(stage.claims(1, { entries: [one], commit: 1 }).world.violation)
  })

  it("know the highest term of a node, also of one that does not run", () => {
    const stage = new Stage().keeps(0, [], vote(3, "n1")).claims(0, { term: 4 })
    assert.strictEqual(stage.oracles.termOf(0), 4)
    assert.strictEqual(stage.ends(0).oracles.termOf(0), 3)
    assert.strictEqual(stage.oracles.termOf(1), 0)
  })

  it("tell the trace where a node stands whenever that has changed", () => {
    const stage = new Stage().commits(2).ends(2)
    const states = Scenarios.events(stage.world.recorder.trace, "State")
    assert.deepStrictEqual(states.map(({ node, state }) => [node, state.role, state.terms]), [
      ["n1", "Leader", [[1, 2]]]
    ])
  })
})

import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import type { Report } from "../../src/sim/Report.js"
import type { Fault, Link, Scenario, Trouble } from "../../src/sim/Scenario.js"
import { nodeId } from "../../src/sim/Scenario.js"
import * as Simulation from "../../src/sim/Simulation.js"
import type { TraceEvent } from "../../src/sim/Trace.js"
import * as TroubleText from "../../src/sim/TroubleText.js"
import * as Scenarios from "./Scenarios.js"

/** Three nodes, asked for something all the time. */
const live = (faults: ReadonlyArray<Fault>, changes: Partial<Scenario> = {}): Report => {
  const operations = Scenarios.operations(50, 50)
  const scenario = Scenarios.scenario({ operations, safetyMicros: 3_000_000, ...changes, faults })
  return Simulation.run(scenario, { record: "everything" })
}

/** Who leads, before 500 ms, as long as nothing has gone wrong; and the two others. */
const LEADER = live([]).trace.flatMap((event) =>
  event._tag === "Log" && event.text === "leads" ? [Number(event.node.slice(1)) - 1] : []
)[0]!
const FOLLOWER = (LEADER + 1) % 3
const OTHER = (LEADER + 2) % 3
const NAME = nodeId(FOLLOWER)

/** One trouble, from 1000 to 2000 ms. */
const during = (trouble: Trouble, changes: Partial<Scenario> = {}): Report =>
  sound(live([Scenarios.fault(1_000, 2_000, trouble)], changes))

/** Nothing of what tests here do to a cluster may break a promise. */
const sound = (report: Report): Report => {
  assert.isUndefined(report.violation)
  return report
}

const messages = (
  { trace }: Report,
  tag: "Sent" | "Delivered" | "Lost",
  [from, to]: Link,
  [fromMillis, toMillis]: readonly [number, number]
): ReadonlyArray<TraceEvent> =>
  Scenarios.during(Scenarios.events(trace, tag), fromMillis, toMillis)
    .filter((each) => each.from === nodeId(from) && each.to === nodeId(to))

/** What became of a node's process after the first 500 ms, with the millisecond. */
const statuses = ({ trace }: Report, node: number): ReadonlyArray<readonly [string, number]> =>
  Scenarios.events(trace, "Process")
    .filter((each) => each.node === nodeId(node) && each.atMicros > 500_000)
    .map(({ atMicros, why }) => [why, Math.floor(atMicros / 1_000)])

const faults = ({ trace }: Report): ReadonlyArray<readonly [string, string, number]> =>
  Scenarios.events(trace, "Fault").map((
    { atMicros, phase, text }
  ) => [text, phase, atMicros / 1_000])

const IN = [1_010, 2_000] as const
const AFTER = [2_010, 3_000] as const

describe("a trouble", () => {
  it("is told of when it begins and when it ends, with the nodes that it meets", () => {
    const report = during({ _tag: "Pause", node: FOLLOWER })
    assert.deepStrictEqual(faults(report), [
      [`${NAME} is paused`, "begins", 1_000],
      [`${NAME} is paused`, "ends", 2_000]
    ])
    assert.deepStrictEqual(Scenarios.events(report.trace, "Fault")[0]!.nodes, [NAME])
  })

  it("for the leader meets whoever leads when it begins", () => {
    const report = sound(live([
      Scenarios.fault(1_000, 2_000, { _tag: "Isolate", node: "leader", direction: "both" }),
      Scenarios.fault(1_900, 2_500, { _tag: "Isolate", node: "leader", direction: "both" })
    ]))
    const begins = Scenarios.events(report.trace, "Fault").filter(({ phase }) => phase === "begins")
    const leads = Scenarios.events(report.trace, "Log").filter(({ text }) => text === "leads")
    assert.deepStrictEqual(begins.map(({ nodes }) => nodes[0]), [leads[0]!.node, leads[1]!.node])
    assert.strictEqual(leads[0]!.node, nodeId(LEADER))
    assert.notStrictEqual(leads[1]!.node, leads[0]!.node)
    assert.strictEqual(report.marks["leader cut off"], 2)
  })

  it("for the leader meets nobody when nobody leads", () => {
    const report = sound(
      live([Scenarios.fault(100, 300, { _tag: "Kill", node: "leader", while: "any" })])
    )
    assert.deepStrictEqual(faults(report), [])
  })

  it("for the candidate waits for whoever stands first, who falls before anybody hears of it", () => {
    const report = sound(live([
      Scenarios.fault(1_000, 2_500, { _tag: "Pause", node: "leader" }),
      Scenarios.fault(1_000, 4_000, { _tag: "Crash", node: "candidate", while: "synced" })
    ]))
    const fallen = Scenarios.events(report.trace, "Fault")
      .find(({ text }) => text.startsWith("the candidate"))!
    const stood = Scenarios.events(report.trace, "State")
      .find(({ atMicros, state }) => atMicros > 1_000_000 && state.role === "Candidate")!
    assert.deepStrictEqual(fallen.nodes, [stood.node])
    assert.deepStrictEqual(
      Scenarios.events(report.trace, "Sent")
        .filter(({ atMicros, from, text }) =>
          atMicros > 1_000_000 && atMicros < 4_000_000 && from === stood.node &&
          text.startsWith("vote: for me")
        ),
      []
    )
    assert.strictEqual(report.marks["candidate fell unheard"], 1)
  })

  it("for the candidate meets nobody when nobody stands", () => {
    const trouble = { _tag: "Crash", node: "candidate", while: "synced" } as const
    assert.deepStrictEqual(faults(during(trouble)), [])
  })

  /** Three members and a spare; at 1000 ms the leader is told to change that. */
  const changing = (change: Partial<Trouble>, trouble: Trouble): Report => {
    const changes = {
      _tag: "ChangeMembers",
      node: "leader",
      add: 0,
      remove: 0,
      order: [3, FOLLOWER, OTHER, LEADER],
      isLeaderFirst: false,
      ...change
    } as Trouble
    const all = [Scenarios.fault(1_000, 1_001, changes), Scenarios.fault(1_000, 2_000, trouble)]
    return sound(live(all, { nodes: 4, spares: 1 }))
  }

  /** Whom the trouble has met, and the members that each node knew of before it was over. */
  const met = (report: Report): ReadonlyArray<string> =>
    Scenarios.events(report.trace, "Fault")
      .filter(({ text }) => /newcomer|leaver|outsider/.test(text))
      .flatMap(({ nodes, phase }) => phase === "begins" ? nodes : [])

  const committed = (report: Report, node: number): ReadonlyArray<string> =>
    Scenarios.during(Scenarios.events(report.trace, "Log"), 1_000, 2_000)
      .filter((each) => each.node === nodeId(node))
      .flatMap(({ text }) => /^has members (.*), as of/.exec(text)?.[1] ?? [])

  it("for the newcomer waits for whoever is made a voter, and has not heard of it", () => {
    const report = changing({ add: 1 }, { _tag: "Kill", node: "newcomer", while: "any" })
    assert.deepStrictEqual(met(report), ["n4"])
    assert.deepStrictEqual(committed(report, LEADER), [
      "n1 n2 n3, learning: n4",
      "n1 n2 n3 n4"
    ])
    assert.deepStrictEqual(committed(report, 3), ["n1 n2 n3, learning: n4"])
  })

  it("for the leaver waits for a leader that has begun to leave it out", () => {
    const isolate = { _tag: "Isolate", node: "leaver", direction: "out" } as const
    const report = changing({ remove: 1, isLeaderFirst: true }, isolate)
    assert.deepStrictEqual(met(report), [nodeId(LEADER)])
    // Nobody hears of it, so it does not come about.
    assert.deepStrictEqual(committed(report, LEADER), ["n1 n2 n3"])
  })

  it("for the outsider waits for a leader that is no voter of either set", () => {
    const isolate = { _tag: "Isolate", node: "outsider", direction: "out" } as const
    const report = changing({ remove: 1, isLeaderFirst: true }, isolate)
    assert.deepStrictEqual(met(report), [nodeId(LEADER)])
    assert.deepStrictEqual(committed(report, LEADER), ["n2 n3, jointly with n1 n2 n3"])
  })

  it("for none of them meets anybody while the members stay", () => {
    for (const node of ["newcomer", "leaver", "outsider"] as const) {
      assert.deepStrictEqual(met(changing({}, { _tag: "Kill", node, while: "any" })), [])
    }
  })

  it("neither begins nor ends any more when the liveness phase has begun", () => {
    const all = [
      Scenarios.fault(1_000, 3_000, { _tag: "Pause", node: FOLLOWER }),
      Scenarios.fault(2_500, 2_600, { _tag: "Kill", node: OTHER, while: "any" })
    ]
    const report = sound(live(all, { safetyMicros: 2_000_000 }))
    assert.deepStrictEqual(faults(report), [[`${NAME} is paused`, "begins", 1_000]])
  })

  it("is over at once for the core when the liveness phase begins", () => {
    const report = during({ _tag: "Pause", node: FOLLOWER }, { safetyMicros: 1_500_000 })
    assert.deepStrictEqual(statuses(report, FOLLOWER), [["is paused", 1_000], ["goes on", 1_500]])
  })
})

describe("a cut", () => {
  it("loses all on its links, and nothing on others; then all is as before", () => {
    const report = during({ _tag: "Cut", links: [[LEADER, OTHER]] })
    assert.deepStrictEqual(messages(report, "Delivered", [LEADER, OTHER], IN), [])
    assert.isNotEmpty(messages(report, "Lost", [LEADER, OTHER], IN))
    for (const link of [[OTHER, LEADER], [LEADER, FOLLOWER], [FOLLOWER, LEADER]] as const) {
      assert.isNotEmpty(messages(report, "Delivered", link, IN))
      assert.deepStrictEqual(messages(report, "Lost", link, IN), [])
    }
    assert.isNotEmpty(messages(report, "Delivered", [LEADER, OTHER], AFTER))
    assert.strictEqual(report.marks["link cut one way"], 1)
  })

  it("in both directions is no cut one way", () => {
    const report = during({ _tag: "Cut", links: Scenarios.linksBetween(FOLLOWER, OTHER) })
    assert.isUndefined(report.marks["link cut one way"])
  })

  it("that meets another is over when both are", () => {
    const cut: Trouble = { _tag: "Cut", links: [[LEADER, OTHER]] }
    const report = sound(
      live([Scenarios.fault(1_000, 2_000, cut), Scenarios.fault(1_500, 2_500, cut)])
    )
    assert.deepStrictEqual(messages(report, "Delivered", [LEADER, OTHER], [1_010, 2_500]), [])
    assert.isNotEmpty(messages(report, "Delivered", [LEADER, OTHER], [2_510, 3_000]))
  })
})

describe("an isolation", () => {
  it.each(
    [
      ["both", true, true],
      ["in", true, false],
      ["out", false, true]
    ] as const
  )("in direction %s", (direction, losesWhatItIsSent, losesWhatItSends) => {
    const report = during({ _tag: "Isolate", node: FOLLOWER, direction })
    for (const other of [OTHER, LEADER]) {
      const lost = [[other, FOLLOWER], [FOLLOWER, other]] as const
      for (
        const [link, isLost] of [[lost[0], losesWhatItIsSent], [lost[1], losesWhatItSends]] as const
      ) {
        if (isLost) assert.deepStrictEqual(messages(report, "Delivered", link, IN), [])
        else assert.deepStrictEqual(messages(report, "Lost", link, IN), [])
      }
    }
    assert.deepStrictEqual(messages(report, "Lost", [LEADER, OTHER], IN), [])
    assert.isNotEmpty(messages(report, "Delivered", [LEADER, FOLLOWER], AFTER))
  })
})

describe("a clog", () => {
  it("holds up all on its links, which arrives in one burst and is not lost", () => {
    const report = during({ _tag: "Clog", links: [[LEADER, OTHER]] })
    assert.deepStrictEqual(messages(report, "Delivered", [LEADER, OTHER], IN), [])
    assert.isNotEmpty(messages(report, "Sent", [LEADER, OTHER], IN))
    assert.deepStrictEqual(messages(report, "Lost", [LEADER, OTHER], [0, 3_000]), [])
    assert.isAbove(messages(report, "Delivered", [LEADER, OTHER], [2_000, 2_001]).length, 5)
    assert.strictEqual(report.marks["clog released"], 1)
  })
})

describe("an echo", () => {
  it("brings what has arrived once more at its end, and loses nothing", () => {
    const report = during({ _tag: "Echo", links: [[LEADER, OTHER]] })
    const count = (tag: "Sent" | "Delivered" | "Lost", span: readonly [number, number]) =>
      messages(report, tag, [LEADER, OTHER], span).length
    assert.strictEqual(count("Lost", [0, 3_000]), 0)
    assert.isAbove(count("Delivered", [2_000, 2_001]), 5)
    assert.strictEqual(report.marks["echo of an earlier time"], 1)
  })
})

describe("a process", () => {
  it.each<readonly [Trouble, string]>([
    [{ _tag: "Crash", node: FOLLOWER, while: "any" }, "loses power"],
    [{ _tag: "Kill", node: FOLLOWER, while: "any" }, "is killed"]
  ])("of $_tag is gone at once, and another starts at the end", (trouble, why) => {
    const report = during(trouble)
    assert.deepStrictEqual(statuses(report, FOLLOWER).slice(0, 2), [
      [why, 1_000],
      ["starts", 2_000]
    ])
    assert.deepStrictEqual(messages(report, "Sent", [FOLLOWER, LEADER], [1_000, 2_000]), [])
    assert.deepStrictEqual(messages(report, "Delivered", [LEADER, FOLLOWER], [1_000, 2_000]), [])
  })

  it.each(["Crash", "Kill"] as const)("of %s while writing is gone within a sync", (_tag) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), (seed) => {
        const schedule = { _tag: "Random" } as const
        const report = during({ _tag, node: "leader", while: "writing" }, { seed, schedule })
        const [begun] = Scenarios.events(report.trace, "Fault")
        const node = Number(begun!.nodes[0]!.slice(1)) - 1
        const [[, gone], [starts, startsAt]] = statuses(report, node) as [
          readonly [string, number],
          readonly [string, number]
        ]
        assert.isAtLeast(gone, 1_000)
        assert.isBelow(gone, 1_200)
        assert.deepStrictEqual([starts, startsAt], ["starts", 2_000])
        assert.strictEqual(report.marks["crash while writing"], 1)
      }),
      { numRuns: 2 }
    )
  })

  it("that is asked to stop answers first, says so, and another starts at the end", () => {
    const report = during({ _tag: "Stop", node: LEADER })
    const all = statuses(report, LEADER)
    assert.deepStrictEqual(all.map(([why]) => why), [
      "is asked to stop",
      "has stopped",
      "starts",
      "is up"
    ])
    assert.deepStrictEqual([all[0]![1], all[2]![1]], [1_000, 2_000])
    assert.strictEqual(report.marks["node stopped gracefully"], 1)
  })

  it("that is paused does nothing, and then goes on with what has arrived meanwhile", () => {
    const report = during({ _tag: "Pause", node: LEADER })
    assert.deepStrictEqual(statuses(report, LEADER), [["is paused", 1_000], ["goes on", 2_000]])
    for (const other of [OTHER, FOLLOWER]) {
      assert.deepStrictEqual(messages(report, "Sent", [LEADER, other], [1_000, 2_000]), [])
      assert.deepStrictEqual(messages(report, "Delivered", [other, LEADER], IN), [])
    }
    assert.isNotEmpty(messages(report, "Delivered", [FOLLOWER, LEADER], [2_000, 2_001]))
    assert.strictEqual(report.marks["process paused"], 1)
  })

  it.each<readonly [string, Trouble, string]>([
    ["down", { _tag: "Kill", node: FOLLOWER, while: "any" }, "starts"],
    ["paused", { _tag: "Pause", node: FOLLOWER }, "goes on"]
  ])("that two troubles want %s is back when both are over", (_, trouble, back) => {
    const report = sound(
      live([Scenarios.fault(1_000, 2_000, trouble), Scenarios.fault(1_500, 2_500, trouble)])
    )
    assert.deepStrictEqual(
      statuses(report, FOLLOWER).filter(([why]) => why === back),
      [[back, 2_500]]
    )
  })

  it("that another trouble has ended does not come back with the pause of the earlier", () => {
    const report = sound(live([
      Scenarios.fault(1_000, 1_800, { _tag: "Pause", node: FOLLOWER }),
      Scenarios.fault(1_500, 2_500, { _tag: "Crash", node: FOLLOWER, while: "any" })
    ]))
    assert.deepStrictEqual(statuses(report, FOLLOWER).map(([why]) => why), [
      "is paused",
      "loses power",
      "starts",
      "is up"
    ])
  })
})

describe("a disk", () => {
  it("that stalls makes nothing durable until the end", () => {
    const report = during({ _tag: "Stall", node: FOLLOWER })
    const says = (range: readonly [number, number]) =>
      messages(report, "Sent", [FOLLOWER, LEADER], range)
        .filter((event) => event._tag === "Sent" && event.text.includes("accepted: all up to"))
    assert.deepStrictEqual(says(IN), [])
    assert.isNotEmpty(says([2_000, 2_100]))
  })

  it("that is full stops its node, which is started again when there is space", () => {
    const report = during({ _tag: "Full", node: FOLLOWER, bytes: 100 })
    const [[why, stopped], [starts, again]] = statuses(report, FOLLOWER) as [
      [string, number],
      [string, number]
    ]
    assert.match(why, /full|space/)
    assert.isBelow(stopped, 1_500)
    assert.deepStrictEqual([starts, again], ["starts", 2_000])
    assert.strictEqual(report.marks["full disk stopped the node"], 1)
  })

  it("whose sync fails stops its node, which is started again at the end", () => {
    const report = during({ _tag: "SyncError", node: FOLLOWER })
    const all = statuses(report, FOLLOWER)
    assert.isBelow(all[0]![1], 1_200)
    assert.deepStrictEqual(all.slice(1).map(([why]) => why), ["starts", "is up"])
    assert.strictEqual(report.marks["fsync failed and stopped the node"], 1)
  })

  it("that rots is refused by its node, for good", () => {
    const report = during({ _tag: "Rot", node: FOLLOWER })
    const all = statuses(report, FOLLOWER)
    assert.deepStrictEqual(all.slice(0, 2), [["loses power", 1_000], ["starts", 2_000]])
    assert.strictEqual(all.length, 3)
    assert.strictEqual(report.marks["damaged log refused"], 1)
    const last = Scenarios.events(report.trace, "Process").filter(({ node }) => node === NAME).at(
      -1
    )
    assert.strictEqual(last!.status, "Failed")
  })

  it("that is written to a wrong place is refused, or as it was", () => {
    const refusals = [1, 2].map((seed) => {
      const schedule = { _tag: "Random" } as const
      const fault = Scenarios.fault(2_500, 2_600, { _tag: "Misdirect", node: FOLLOWER })
      const report = sound(live([fault], { seed, schedule }))
      assert.deepStrictEqual(statuses(report, FOLLOWER)[0], ["loses power", 2_500])
      return report.marks["damaged log refused"] ?? 0
    })
    assert.include(refusals, 1)
  })

  it("that is wiped comes back empty, and its node is not heard any more", () => {
    const report = during({ _tag: "Wipe", node: FOLLOWER })
    assert.deepStrictEqual(statuses(report, FOLLOWER).map(([why]) => why), [
      "loses power",
      "starts",
      "is up"
    ])
    assert.deepStrictEqual(messages(report, "Delivered", [LEADER, FOLLOWER], [1_000, 3_000]), [])
    assert.deepStrictEqual(messages(report, "Delivered", [FOLLOWER, LEADER], [1_010, 3_000]), [])
    assert.isNotEmpty(messages(report, "Lost", [LEADER, FOLLOWER], AFTER))
    assert.isAtLeast(report.marks["wiped disk refused"] ?? 0, 1)
  })
})

describe("a jump of the wall clock", () => {
  it("is told of, and at a follower changes nothing that the cluster does", () => {
    const [calm, jumped] = [live([]), during({ _tag: "Jump", node: FOLLOWER, millis: -60_000 })]
    const sent = ({ trace }: Report) =>
      Scenarios.events(trace, "Sent").map(({ atMicros, id, text }) => [atMicros, id, text])
    assert.deepStrictEqual(sent(jumped), sent(calm))
    assert.strictEqual(jumped.marks["clock jumped back"], 1)
    assert.strictEqual(faults(jumped).length, 2)
  })

  it("back at the leader has the log told no time, and answers what it would have", () => {
    const [calm, jumped] = [live([]), during({ _tag: "Jump", node: LEADER, millis: -60_000 })]
    const answered = ({ trace }: Report) =>
      Scenarios.events(trace, "Answered").map(({ operation, text }) => [operation, text])
    const lastIndex = ({ trace }: Report) =>
      Math.max(...Scenarios.events(trace, "State").map(({ state }) => state.last))
    assert.deepStrictEqual(answered(jumped), answered(calm))
    assert.isBelow(lastIndex(jumped), lastIndex(calm))
  })
})

describe("the words for troubles", () => {
  it("tell each kind from all others", () => {
    const links = [[0, 1]] as const
    const all: ReadonlyArray<Trouble> = [
      { _tag: "Cut", links },
      { _tag: "Clog", links },
      { _tag: "Echo", links },
      { _tag: "Isolate", node: 0, direction: "both" },
      { _tag: "Isolate", node: 0, direction: "in" },
      { _tag: "Isolate", node: 0, direction: "out" },
      { _tag: "Crash", node: 0, while: "any" },
      { _tag: "Crash", node: 0, while: "writing" },
      { _tag: "Kill", node: 0, while: "any" },
      { _tag: "Kill", node: 0, while: "writing" },
      { _tag: "Stop", node: 0 },
      { _tag: "Pause", node: 0 },
      { _tag: "Stall", node: 0 },
      { _tag: "Full", node: 0, bytes: 9 },
      { _tag: "SyncError", node: 0 },
      { _tag: "Jump", node: 0, millis: 9 },
      { _tag: "Transfer", node: 0, to: "chosen" },
      { _tag: "Transfer", node: 0, to: 1 },
      { _tag: "ChangeMembers", node: 0, add: 1, remove: 0, order: [], isLeaderFirst: false },
      { _tag: "ChangeMembers", node: 0, add: 1, remove: 2, order: [], isLeaderFirst: false },
      { _tag: "ChangeMembers", node: 0, add: 0, remove: 2, order: [], isLeaderFirst: false },
      { _tag: "Rot", node: 0 },
      { _tag: "Misdirect", node: 0 },
      { _tag: "Wipe", node: 0 },
      { _tag: "Pause", node: "leader" }
    ]
    const words = all.map(TroubleText.describe)
    assert.strictEqual(new Set(words).size, all.length)
    for (const each of words.slice(0, -1)) assert.include(each, "n1")
    assert.include(words.at(-1), "the leader")
  })
})

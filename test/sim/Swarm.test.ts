import { assert, describe, it } from "@effect/vitest"
import type { Application } from "../../src/sim/Application.js"
import { application as cache } from "../../src/sim/CacheApplication.js"
import type { Fault, Scenario } from "../../src/sim/Scenario.js"
import * as Swarm from "../../src/sim/Swarm.js"

/** Describing a request costs more than drawing it, and here nobody looks at it. */
const counter: Application = {
  ...cache,
  name: "counter",
  request: (id, draw) => ({
    kind: draw(2) === 0 ? "write" : "read",
    bytes: Uint8Array.of(id & 255)
  })
}

const SEEDS = 1_500

const drawn = Array.from({ length: SEEDS }, (_, at) => Swarm.draw(at + 1, { application: counter }))

/** Holds for every scenario; a message names the seed. */
const always = (holds: (scenario: Scenario) => boolean): void => {
  for (const scenario of drawn) assert.isTrue(holds(scenario), `seed ${scenario.seed}`)
}

const times = (holds: (scenario: Scenario) => boolean): number => drawn.filter(holds).length

const isSorted = (instants: ReadonlyArray<{ readonly atMicros: number }>): boolean =>
  instants.every(({ atMicros }, at) => at === 0 || instants[at - 1]!.atMicros <= atMicros)

const isWhole = (value: unknown): boolean => {
  if (typeof value === "number") return Number.isSafeInteger(value)
  if (value instanceof Uint8Array || typeof value !== "object" || value === null) return true
  return Object.values(value).every(isWhole)
}

const troubles = ({ faults }: Scenario) => faults.map(({ trouble }) => trouble)

describe("the scenario of a seed", () => {
  it("is the same whenever it is drawn, and another for another seed", () => {
    for (const seed of [1, 2, 77, 2 ** 31, 2 ** 32 - 1]) {
      assert.deepStrictEqual(Swarm.draw(seed), Swarm.draw(seed))
    }
    assert.strictEqual(new Set(drawn.map((each) => JSON.stringify(each.faults))).size > 1_000, true)
  })

  it("has as many nodes as a caller wants, whatever the seed says", () => {
    for (const nodes of [1, 2, 3, 4, 5, 6, 7]) {
      for (let seed = 1; seed <= 20; seed++) {
        const scenario = Swarm.draw(seed, { nodes, application: counter })
        assert.strictEqual(scenario.nodes - scenario.spares, nodes)
        assert.strictEqual(scenario.clocks.length, scenario.nodes)
        assert.isTrue(scenario.operations.every(({ node }) => node === "leader" || node < nodes))
        for (const trouble of troubles(scenario)) {
          const all = "links" in trouble ? trouble.links.flat() : [trouble.node]
          assert.isTrue(all.every((node) => typeof node === "string" || node < scenario.nodes))
        }
      }
    }
  })

  it("asks what the caller's application wants to be asked", () => {
    const [first] = Swarm.draw(1, { application: counter }).operations
    assert.deepStrictEqual(first!.request.bytes, Uint8Array.of(1))
  })

  it("is plain data in whole numbers", () => {
    for (const scenario of drawn.slice(0, 100)) {
      assert.isTrue(isWhole(scenario), `seed ${scenario.seed}`)
      const plain = { ...scenario, operations: [] }
      assert.deepStrictEqual(JSON.parse(JSON.stringify(plain)), plain)
    }
  })

  it("has a heartbeat of at most a third of the election timeout, and of at least 10 ms", () => {
    always(({ electionTimeoutMillis, heartbeatMillis }) =>
      heartbeatMillis >= 10 && 3 * heartbeatMillis <= electionTimeoutMillis
    )
  })

  it("has operations with ids of their own, in order, before the faults end", () => {
    always(({ operations, safetyMicros }) =>
      new Set(operations.map(({ id }) => id)).size === operations.length &&
      isSorted(operations) &&
      operations.every(({ atMicros }) => atMicros >= 0 && atMicros < safetyMicros)
    )
  })

  it("has faults in order, each of some length", () => {
    always(({ faults }) =>
      isSorted(faults) && faults.every(({ atMicros, forMicros }) => atMicros >= 0 && forMicros > 0)
    )
  })

  it("has links between two nodes, once each", () => {
    always((scenario) =>
      troubles(scenario).every((trouble) => {
        if (!("links" in trouble)) return true
        const names = trouble.links.map(([from, to]) => `${from}/${to}`)
        return new Set(names).size === names.length &&
          trouble.links.every(([from, to]) => from !== to)
      })
    )
  })
})

describe("the atlas", () => {
  it("lets less than half of the nodes lose what their disks have promised, each once", () => {
    always((scenario) => {
      const spoilt = troubles(scenario).flatMap((trouble) =>
        trouble._tag === "Rot" || trouble._tag === "Misdirect" || trouble._tag === "Wipe"
          ? [trouble.node]
          : []
      )
      return 2 * spoilt.length < scenario.nodes - scenario.spares &&
        new Set(spoilt).size === spoilt.length
    })
  })
})

describe("the atlas of members", () => {
  it("replaces no disk by an empty one where members change", () => {
    always((scenario) => {
      const tags = troubles(scenario).map(({ _tag }) => _tag)
      return !tags.includes("ChangeMembers") || !tags.includes("Wipe")
    })
  })

  it("has nodes that are no members at first wherever members change, and only there", () => {
    always((scenario) => {
      const changes = troubles(scenario).some(({ _tag }) => _tag === "ChangeMembers")
      return scenario.spares > 0 || !changes
    })
  })
})

/** How often the process dies before the fault is over. */
const deathsUnder = (
  { atMicros, forMicros }: Fault,
  node: number,
  faults: ReadonlyArray<Fault>
): number =>
  faults.filter((death) =>
    death.trouble._tag === "Kill" && death.trouble.node === node &&
    death.atMicros >= atMicros && death.atMicros < atMicros + forMicros
  ).length

describe("the swarm", () => {
  /** In some lives and not in others: neither so seldom that a night of lives would miss it. */
  const varies = (what: string, holds: (scenario: Scenario) => boolean): void => {
    const count = times(holds)
    assert.isAtLeast(count, SEEDS / 200, `${what}: too seldom`)
    assert.isAtMost(count, SEEDS - SEEDS / 200, `${what}: too often`)
  }

  it.each([1, 2, 3, 4, 5, 6, 7])("draws clusters of %i sometimes", (size) => {
    varies(`${size} nodes`, ({ nodes, spares }) => nodes - spares === size)
  })

  it.each(
    [
      "Cut",
      "Isolate",
      "Clog",
      "Echo",
      "Crash",
      "Kill",
      "Stop",
      "Pause",
      "Stall",
      "Full",
      "SyncError",
      "Transfer",
      "ChangeMembers",
      "Jump",
      "Rot",
      "Misdirect",
      "Wipe"
    ] as const
  )("draws the trouble %s in some lives and leaves it out in others", (tag) => {
    varies(tag, (scenario) => troubles(scenario).some(({ _tag }) => _tag === tag))
  })

  it.each<readonly [string, (scenario: Scenario) => boolean]>([
    [
      "one kind of trouble only",
      (each) => new Set(troubles(each).map(({ _tag }) => _tag)).size === 1
    ],
    [
      "crashes while writing",
      (each) => troubles(each).some((one) => one._tag === "Crash" && one.while === "writing")
    ],
    [
      "kills while writing",
      (each) => troubles(each).some((one) => one._tag === "Kill" && one.while === "writing")
    ],
    [
      "troubles for the leader",
      (each) => troubles(each).some((one) => "node" in one && one.node === "leader")
    ],
    [
      "clocks that jump back",
      (each) => troubles(each).some((one) => one._tag === "Jump" && one.millis < 0)
    ],
    [
      "one-way isolation",
      (each) => troubles(each).some((one) => one._tag === "Isolate" && one.direction !== "both")
    ],
    ["troubles from the start", ({ faults }) => faults[0]?.atMicros === 0],
    ["lost messages", ({ network }) => network.dropPerMille > 0],
    ["repeated messages", ({ network }) => network.duplicatePerMille > 0],
    ["overtaking messages", ({ network }) => network.reorderPerMille > 0],
    ["unordered links", ({ network }) => network.isUnordered],
    ["links that tell of death", ({ network }) => network.tellsUnreachable],
    ["links between continents", ({ network }) => network.delay.leastMicros >= 5_000],
    ["disks that stall", ({ disk }) => disk.stallPerMille > 0],
    ["disks that lose all", ({ disk }) => disk.survival === "none"],
    ["disks that keep a beginning", ({ disk }) => disk.survival === "prefix"],
    ["disks that keep sectors", ({ disk }) => disk.survival === "sectors"],
    ["slow writes", ({ disk }) => disk.write.meanMicros > 0],
    ["skewed clocks", ({ clocks }) => clocks.some(({ skewMillis }) => skewMillis !== 0)],
    [
      "drifting clocks",
      ({ clocks }) => clocks.some(({ driftPartsPerMillion }) => driftPartsPerMillion !== 0)
    ],
    ["fibers first come, first served", ({ schedule }) => schedule._tag === "Fifo"],
    ["fibers in any order", ({ schedule }) => schedule._tag === "Random"],
    ["fibers by priorities", ({ schedule }) => schedule._tag === "Pct"],
    ["instants that meet", ({ granularityMicros }) => granularityMicros > 1],
    ["instants that swap", ({ windowMicros }) => windowMicros > 0],
    ["small segments", ({ segmentLimitBytes }) => segmentLimitBytes < 20_000],
    ["small appends", ({ limits }) => limits.appendBytes <= 1_000],
    ["a small window", ({ limits }) => limits.inflightAppends <= 4],
    ["small backlogs", ({ limits }) => limits.uncommittedBytes <= 8_000],
    [
      "processes that die more than once while what they say is remembered",
      ({ faults }) =>
        faults.some((echo) =>
          "links" in echo.trouble && echo.trouble._tag === "Echo" &&
          deathsUnder(echo, echo.trouble.links[0]![0], faults) > 1
        )
    ],
    [
      "impatient clients",
      ({ operations }) => operations.some(({ patienceMicros }) => patienceMicros !== undefined)
    ],
    [
      "clients that wait for nothing",
      ({ operations }) =>
        operations.length > 8 && new Set(operations.map(({ client }) => client)).size > 8
    ]
  ])("draws %s sometimes", (what, holds) => varies(what, holds))
})

/**
 * `raftcache demo`: what a cluster is for, told in words by one that is simulated. It elects a
 * leader, replicates, loses its leader to a partition, goes on without it and takes it back. The
 * node program is the one of production; the seed decides how fast the links and how long the
 * timeouts are, and so who leads.
 */
import { Config, Effect } from "effect"
import * as Command from "../kv/Command.js"
import * as State from "../raft/State.js"
import type { Application, Machine, Request } from "../sim/Application.js"
import { application as cache } from "../sim/CacheApplication.js"
import * as Dice from "../sim/Dice.js"
import type { Report } from "../sim/Report.js"
import type { Operation, Scenario } from "../sim/Scenario.js"
import * as Simulation from "../sim/Simulation.js"
import * as Swarm from "../sim/Swarm.js"
import * as DemoStory from "./DemoStory.js"
import * as Flags from "./Flags.js"
import { SimError } from "./SimSession.js"

export const spec = {
  seed: { type: "string" },
  nodes: { type: "string" }
} as const satisfies Flags.Spec

/** Seeds are 32 bits. */
const SEED_LIMIT = 0xffff_ffff
const DEFAULT_SEED = 1
const DEFAULT_NODES = 3

const config = Config.all({
  seed: Config.withDefault(Flags.integer("SEED", 0, SEED_LIMIT), DEFAULT_SEED),
  nodes: Config.withDefault(Config.literal(3, 5)("NODES"), DEFAULT_NODES)
})

export const run = (argv: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { nodes, seed } = yield* Flags.read(config, yield* Flags.provider(argv, spec))
    const life = live(seed, nodes)
    process.stdout.write(tell(life))
    const { violation } = life.report
    if (violation === undefined) return
    return yield* new SimError({ message: `${violation.oracle}: ${violation.message}` })
  })

/** A life and, at its end, the digest of every replica's state. */
export interface Life {
  readonly report: Report
  readonly digests: ReadonlyMap<string, string>
}

/** The same seed and number of nodes give the same text. */
export const tell = ({ digests, report }: Life): string => {
  const { nodes, seed } = report.scenario
  const option = nodes === DEFAULT_NODES ? "" : ` --nodes ${nodes}`
  return DemoStory.tell(report, digests, `raftcache demo --seed ${seed}${option}`)
}

/** Twice: what happens before the first request shows whom to ask, and whom to cut off. */
export const live = (seed: number, nodes: number): Life => {
  const calm = calmScenario(seed, nodes)
  const first = Simulation.run(calm, { record: "everything" }).trace.find((event) =>
    event._tag === "State" && event.state.role === "Leader"
  )
  const leader = first?._tag === "State" ? Number(first.node.slice(1)) - 1 : 0
  let machines: ReadonlyMap<string, Machine> = new Map()
  const application: Application = {
    ...cache,
    invariants: [{
      name: "all-are-watched",
      check: (running) => {
        machines = running
        return undefined
      }
    }]
  }
  const report = Simulation.run(eventful(calm, leader, first?.atMicros ?? 0), {
    application,
    record: "everything"
  })
  return { report, digests: new Map([...machines].map(([id, each]) => [id, each.digest()])) }
}

const SECOND_MICROS = 1_000_000
const MILLI_MICROS = 1_000

/** Nothing is asked and nothing goes wrong. Without chance every node is healed in the end. */
const calmScenario = (seed: number, nodes: number): Scenario => {
  const dice = Dice.make(seed, "demo")
  const still = { leastMicros: 0, meanMicros: 0 }
  const linkMillis = dice.between(1, 5)
  return {
    ...Swarm.draw(seed, { nodes }),
    nodes,
    spares: 0,
    schedule: { _tag: "Fifo" },
    granularityMicros: 1,
    windowMicros: 0,
    electionTimeoutMillis: 10 * dice.between(25, 35),
    heartbeatMillis: 50,
    requestTimeoutMillis: 1_000,
    limits: State.defaultLimits,
    segmentLimitBytes: 1 << 26,
    network: {
      delay: { leastMicros: MILLI_MICROS * linkMillis, meanMicros: 0 },
      dropPerMille: 0,
      duplicatePerMille: 0,
      reorderPerMille: 0,
      heldBack: still,
      isUnordered: false,
      tellsUnreachable: false
    },
    disk: {
      write: still,
      sync: { leastMicros: 500, meanMicros: 0 },
      stallPerMille: 0,
      stall: still,
      survival: "none"
    },
    clocks: Array.from({ length: nodes }, () => ({ skewMillis: 0, driftPartsPerMillion: 0 })),
    faults: [],
    operations: [],
    safetyMicros: SECOND_MICROS
  }
}

const set = (value: string): Request => ({
  kind: "write",
  bytes: Command.encodeCall(Command.words("set", "color", value))
})

/** The amounts differ, so that the oracles can tell two of them apart. */
const count = (by: number): Request => ({
  kind: "write",
  bytes: Command.encodeCall(Command.words("incrby", "visits", String(by)))
})

const look: Request = {
  kind: "read",
  bytes: Command.encodeCall(Command.words("mget", "color", "visits"))
}

/** Times in milliseconds, of the story from when a leader was elected. */
const FIRST_REQUEST = 300
const CUT = 700
const CUT_FOR = 2_000
const HEAL = CUT + CUT_FOR
const LAST_LOOK = HEAL + 700
const END = HEAL + 1_000
/** Between the clients that look at one node after the other. */
const STEP = 50

const eventful = (calm: Scenario, leader: number, electedMicros: number): Scenario => {
  const startMicros = Math.ceil(electedMicros / (100 * MILLI_MICROS)) * 100 * MILLI_MICROS
  const at = (millis: number): number => startMicros + MILLI_MICROS * millis
  const follower = (leader + 1) % calm.nodes
  const everybody = Array.from({ length: calm.nodes }, (_, node) => node)
  const looks = (millis: number) =>
    everybody.map((node) => [millis + STEP * node, node, look] as const)
  const plan: ReadonlyArray<readonly [millis: number, node: number, request: Request]> = [
    [FIRST_REQUEST, leader, set("blue")],
    [FIRST_REQUEST + STEP, follower, count(1)],
    ...looks(FIRST_REQUEST + 2 * STEP),
    [CUT + 50, leader, set("red")],
    [CUT + 60, leader, look],
    [CUT + 100, follower, set("green")],
    // It is still waiting when the partition heals.
    [HEAL - 400, leader, count(2)],
    ...looks(LAST_LOOK)
  ]
  const operations = plan.map(([millis, node, request], index): Operation => ({
    id: index + 1,
    client: index + 1,
    atMicros: at(millis),
    node,
    request,
    patienceMicros: undefined
  }))
  return {
    ...calm,
    operations,
    faults: [{
      atMicros: at(CUT),
      forMicros: MILLI_MICROS * CUT_FOR,
      trouble: { _tag: "Isolate", node: leader, direction: "both" }
    }],
    safetyMicros: at(END)
  }
}

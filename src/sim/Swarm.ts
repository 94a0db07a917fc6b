/**
 * The scenario of a seed. Each seed first decides which kinds of trouble there are at all and how
 * strong, and only then when they happen: a run with few kinds goes deeper into each of them than
 * one with a little of everything (Groce et al., ISSTA 2012).
 *
 * The atlas: troubles that destroy what a disk has promised to keep meet less than half of the
 * nodes, so that every failure is the program's and none the scenario's.
 */
import * as State from "../raft/State.js"
import type { Application } from "./Application.js"
import { application as cache } from "./CacheApplication.js"
import * as Dice from "./Dice.js"
import type {
  ClockConditions,
  DiskConditions,
  Fault,
  NetworkConditions,
  Operation,
  Scenario,
  Schedule
} from "./Scenario.js"
import * as SwarmEchoes from "./SwarmEchoes.js"
import * as SwarmFaults from "./SwarmFaults.js"
import * as SwarmMembers from "./SwarmMembers.js"
import * as SwarmMemory from "./SwarmMemory.js"
import * as SwarmProbes from "./SwarmProbes.js"
import * as SwarmTransfers from "./SwarmTransfers.js"

/** What a caller wants to have otherwise than the seed would. */
export interface Overrides {
  readonly nodes?: number
  /** Default the cache. */
  readonly application?: Application
}

const OPERATIONS_LIMIT = 400

/** Of lives: those that see nothing but what a lease must survive. */
const PROBES_PER_MILLE = 120

export const draw = (seed: number, overrides: Overrides = {}): Scenario => {
  const { application = cache } = overrides
  const drawn = drawLife(seed, overrides, application)
  const probes = Dice.make(seed, "probes")
  const isProbe = drawn.nodes > 1 && probes.chance(PROBES_PER_MILLE)
  const scenario = isProbe
    ? SwarmProbes.tune(probes, drawn, application)
    : SwarmMemory.tune(
      Dice.make(seed, "memory"),
      SwarmMembers.tune(Dice.make(seed, "members"), drawn)
    )
  const clockDriftPercent = drawDriftBound(seed, scenario.clocks)
  return { ...scenario, limits: { ...scenario.limits, clockDriftPercent } }
}

const drawLife = (seed: number, overrides: Overrides, application: Application): Scenario => {
  // A generator for each part, so that a new choice in one leaves the others as they were.
  const cluster = Dice.make(seed, "cluster")
  const nodes = overrides.nodes ??
    cluster.weighted([[3, 6], [5, 5], [4, 2], [1, 1], [2, 1], [6, 1], [7, 1]])
  const isWide = cluster.chance(200)
  const electionTimeoutMillis = isWide ? 1_000 : cluster.oneOf([300, 150, 500, 1_000])
  const heartbeatMillis = Math.max(10, Math.floor(electionTimeoutMillis / cluster.between(3, 8)))
  const safetyMicros = 1_000 * cluster.between(2_000, 12_000)
  const world = Dice.make(seed, "world")
  const conditions = drawWorld(world, nodes, isWide)
  return {
    seed,
    nodes,
    spares: 0,
    ...conditions,
    electionTimeoutMillis,
    heartbeatMillis,
    requestTimeoutMillis: cluster.oneOf([1_000, 2_000, 5_000]),
    limits: { ...drawLimits(cluster), ...drawSnapshots(Dice.make(seed, "snapshots")) },
    segmentLimitBytes: cluster.chance(500) ? 1 << 26 : cluster.between(512, 16_384),
    memory: [],
    snapshotBlockBytes: Dice.make(seed, "blocks").oneOf([64, 1_000, 20_000]),
    ...drawHappenings(seed, { nodes, safetyMicros, electionTimeoutMillis, application }),
    safetyMicros
  }
}

/** In this order: what a seed draws must stay. */
const drawWorld = (world: Dice.Dice, nodes: number, isWide: boolean) => ({
  schedule: drawSchedule(world),
  granularityMicros: world.weighted([[1, 6], [1_000, 3], [10_000, 1]]),
  windowMicros: world.weighted([[0, 6], [500, 2], [5_000, 2]]),
  network: drawNetwork(world, isWide),
  disk: drawDisk(world),
  clocks: drawClocks(world, nodes)
})

const drawFaults = (
  seed: number,
  nodes: number,
  safetyMicros: number,
  electionTimeoutMillis: number
): ReadonlyArray<Fault> => {
  const args = [nodes, safetyMicros, electionTimeoutMillis] as const
  return sorted([
    ...SwarmFaults.draw(Dice.make(seed, "faults"), ...args),
    ...SwarmTransfers.draw(Dice.make(seed, "transfers"), ...args),
    ...SwarmEchoes.draw(Dice.make(seed, "echoes"), ...args)
  ])
}

const drawSchedule = (dice: Dice.Dice): Schedule => {
  const kind = dice.below(10)
  if (kind === 0) return { _tag: "Fifo" }
  if (kind <= 3) return { _tag: "Pct", depth: dice.oneOf([2, 3, 5]), steps: 5_000 }
  return { _tag: "Random" }
}

/** In most lives so often that there is always one on its way, or nearly. */
const drawSnapshots = (dice: Dice.Dice) => {
  const { defaultLimits } = State
  if (dice.chance(150)) return {}
  return {
    snapshotEntries: dice.weighted([[dice.between(2, 12), 3], [dice.between(12, 80), 4]]),
    snapshotBytes: dice.chance(500) ? defaultLimits.snapshotBytes : dice.between(200, 20_000),
    trailingEntries: dice.weighted([[0, 1], [dice.between(1, 8), 3], [dice.between(8, 60), 2]]),
    trailingBytes: dice.chance(600) ? defaultLimits.trailingBytes : dice.between(0, 4_000),
    chunkBytes: dice.weighted([
      [dice.between(30, 200), 2],
      [dice.between(200, 3_000), 3],
      [defaultLimits.chunkBytes, 1]
    ]),
    inflightChunkBytes: dice.chance(500) ? defaultLimits.inflightChunkBytes : dice.between(1, 3_000)
  }
}

const drawLimits = (dice: Dice.Dice): State.Limits => {
  const { defaultLimits } = State
  const maybe = (least: number, most: number, otherwise: number): number =>
    dice.chance(400) ? dice.between(least, most) : otherwise
  return {
    ...defaultLimits,
    appendBytes: maybe(1, 1_000, defaultLimits.appendBytes),
    inflightAppends: maybe(1, 4, defaultLimits.inflightAppends),
    inflightBytes: maybe(1, 2_000, defaultLimits.inflightBytes),
    uncommittedBytes: maybe(500, 8_000, defaultLimits.uncommittedBytes),
    applyBytes: maybe(1, 1_000, defaultLimits.applyBytes),
    clockDriftPercent: defaultLimits.clockDriftPercent
  }
}

const drawNetwork = (dice: Dice.Dice, isWide: boolean): NetworkConditions => {
  const off = (least: number, most: number): number =>
    dice.chance(500) ? 0 : dice.between(least, most)
  const delay = isWide
    ? { leastMicros: 1_000 * dice.between(5, 30), meanMicros: 1_000 * dice.between(5, 60) }
    : { leastMicros: dice.between(50, 1_000), meanMicros: dice.between(0, 5_000) }
  return {
    delay,
    dropPerMille: off(1, 150),
    duplicatePerMille: off(1, 100),
    reorderPerMille: off(1, 200),
    heldBack: { leastMicros: 1_000, meanMicros: 1_000 * dice.oneOf([10, 100, 1_000, 4_000]) },
    isUnordered: dice.chance(300),
    tellsUnreachable: dice.chance(500)
  }
}

const drawDisk = (dice: Dice.Dice): DiskConditions => ({
  write: { leastMicros: 0, meanMicros: dice.oneOf([0, 0, 20, 500]) },
  sync: { leastMicros: dice.between(50, 500), meanMicros: dice.oneOf([100, 1_000, 5_000, 40_000]) },
  stallPerMille: dice.chance(700) ? 0 : dice.between(1, 30),
  stall: { leastMicros: 10_000, meanMicros: 1_000 * dice.between(50, 2_000) },
  survival: dice.oneOf(["sectors", "prefix", "none"])
})

const DAY_MILLIS = 86_400_000

const drawClocks = (dice: Dice.Dice, nodes: number): ReadonlyArray<ClockConditions> => {
  const isSkewed = dice.chance(500)
  const driftLimit = dice.oneOf([0, 0, 200, 100_000])
  return Array.from({ length: nodes }, () => ({
    skewMillis: isSkewed ? dice.between(-DAY_MILLIS, DAY_MILLIS) : 0,
    driftPartsPerMillion: dice.between(-driftLimit, driftLimit)
  }))
}

/**
 * The atlas of leases: no clock drifts more than the bound says. It says no more than is so in half
 * of the lives, so that a lease which is a little too long is found.
 */
const drawDriftBound = (seed: number, clocks: ReadonlyArray<ClockConditions>): number => {
  const rates = clocks.map(({ driftPartsPerMillion }) => 1_000_000 + driftPartsPerMillion)
  const real = Math.ceil((Math.max(...rates) / Math.min(...rates) - 1) * 100)
  const isTight = Dice.make(seed, "drift").chance(500)
  return isTight ? real : Math.max(real, State.defaultLimits.clockDriftPercent)
}

interface Life {
  readonly nodes: number
  readonly safetyMicros: number
  readonly electionTimeoutMillis: number
  readonly application: Application
}

/** In half of the lives all reads are linearizable; in the others many use leases. */
const drawHappenings = (seed: number, life: Life): Pick<Scenario, "faults" | "operations"> => {
  const { application, electionTimeoutMillis, nodes, safetyMicros } = life
  const faults = drawFaults(seed, nodes, safetyMicros, electionTimeoutMillis)
  const operations = SwarmEchoes.ask(
    Dice.make(seed, "asked"),
    drawOperations(Dice.make(seed, "clients"), nodes, safetyMicros, application),
    faults
  )
  const dice = Dice.make(seed, "reads")
  if (dice.chance(500)) return { faults, operations }
  return { faults, operations: drawReads(dice, operations) }
}

const sorted = <A extends { readonly atMicros: number }>(all: Array<A>): ReadonlyArray<A> =>
  all.sort((one, other) => one.atMicros - other.atMicros)

const drawReads = (
  dice: Dice.Dice,
  operations: ReadonlyArray<Operation>
): ReadonlyArray<Operation> => {
  const leasePerMille = dice.oneOf([300, 700, 1_000])
  const stalePerMille = dice.oneOf([0, 100, 300])
  return operations.map((operation): Operation => {
    if (operation.request.kind === "write") return operation
    if (dice.chance(stalePerMille)) return { ...operation, reads: "stale" }
    return dice.chance(leasePerMille) ? { ...operation, reads: "lease" } : operation
  })
}

const drawOperations = (
  dice: Dice.Dice,
  nodes: number,
  safetyMicros: number,
  application: Application
): ReadonlyArray<Operation> => {
  const clients = dice.between(1, 8)
  // Spread over the whole time of the faults, so that these always meet traffic.
  const total = dice.oneOf([60, 150, OPERATIONS_LIMIT])
  const gapMicros = Math.floor(safetyMicros * clients / (2 * total))
  const abandoningPerMille = dice.chance(500) ? 0 : dice.between(50, 300)
  const staysPut = dice.chance(500)
  const asksLeaders = dice.chance(300)
  // Whoever waits at a node that is cut off asks nothing new of it; so in some lives nobody waits.
  const isOpenLoop = dice.chance(400)
  const drafts: Array<Omit<Operation, "id" | "request">> = []
  for (let client = 1; client <= clients; client++) {
    const home = dice.below(nodes)
    const leaves = dice.chance(abandoningPerMille)
    let atMicros = dice.below(1_000_000)
    for (let i = 0; atMicros < safetyMicros && i < OPERATIONS_LIMIT / clients; i++) {
      const node = asksLeaders ? "leader" : staysPut ? home : dice.below(nodes)
      const patienceMicros = leaves ? 1_000 * dice.between(5, 2_000) : undefined
      drafts.push({ client, atMicros, node, patienceMicros })
      atMicros += dice.exponential(gapMicros)
    }
  }
  drafts.sort((one, other) => one.atMicros - other.atMicros || one.client - other.client)
  return drafts.map((draft, at) => {
    const id = at + 1
    const client = isOpenLoop ? id : draft.client
    return { id, ...draft, client, request: application.request(id, (arity) => dice.below(arity)) }
  })
}

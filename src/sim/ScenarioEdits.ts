/**
 * Ways to make a scenario smaller or tamer. None of them asks whether the failure stays: that is
 * the shrinker's business.
 */
import * as SnapshotFiles from "../node/SnapshotFiles.js"
import * as State from "../raft/State.js"
import type { Violation } from "./Report.js"
import type { Fault, Operation, Scenario, Target, Trouble } from "./Scenario.js"

export type Edit = (scenario: Scenario) => Scenario

/** More of a log segment than any scenario writes. */
const ONE_SEGMENT_BYTES = 1 << 26

const network = (change: Partial<Scenario["network"]>): Edit => (scenario) => ({
  ...scenario,
  network: { ...scenario.network, ...change }
})

const disk = (change: Partial<Scenario["disk"]>): Edit => (scenario) => ({
  ...scenario,
  disk: { ...scenario.disk, ...change }
})

const limit = (name: keyof State.Limits): Edit => (scenario) => ({
  ...scenario,
  limits: { ...scenario.limits, [name]: State.defaultLimits[name] }
})

const withoutMean = <A extends { readonly meanMicros: number }>(delay: A): A => ({
  ...delay,
  meanMicros: 0
})

const linearizable = (operation: Operation): Operation => {
  const { atMicros, client, id, node, patienceMicros, request } = operation
  return { id, client, atMicros, node, request, patienceMicros }
}

const conditions: ReadonlyArray<Edit> = [
  network({ dropPerMille: 0 }),
  network({ duplicatePerMille: 0 }),
  network({ reorderPerMille: 0 }),
  network({ isUnordered: false }),
  (scenario) => network({ delay: withoutMean(scenario.network.delay) })(scenario),
  disk({ stallPerMille: 0 }),
  disk({ survival: "none" }),
  (scenario) => disk({ write: withoutMean(scenario.disk.write) })(scenario),
  (scenario) => disk({ sync: withoutMean(scenario.disk.sync) })(scenario),
  limit("appendBytes"),
  limit("inflightAppends"),
  limit("inflightBytes"),
  limit("uncommittedBytes"),
  limit("applyBytes"),
  limit("chunkBytes"),
  limit("inflightChunkBytes"),
  limit("trailingEntries"),
  limit("trailingBytes"),
  limit("snapshotBytes"),
  limit("snapshotEntries"),
  (scenario) => ({ ...scenario, snapshotBlockBytes: SnapshotFiles.BLOCK_BYTES }),
  (scenario) => ({ ...scenario, segmentLimitBytes: ONE_SEGMENT_BYTES }),
  (scenario) => ({ ...scenario, granularityMicros: 1 }),
  (scenario) => ({ ...scenario, windowMicros: 0 }),
  (scenario) => ({ ...scenario, schedule: { _tag: "Fifo" } }),
  (scenario) => ({
    ...scenario,
    clocks: scenario.clocks.map(() => ({ skewMillis: 0, driftPartsPerMillion: 0 }))
  }),
  (scenario) => ({ ...scenario, memory: [] }),
  (scenario) => ({
    ...scenario,
    operations: scenario.operations.map((each) => ({ ...each, patienceMicros: undefined }))
  }),
  (scenario) => ({
    ...scenario,
    operations: scenario.operations.map(linearizable)
  })
]

/** Edits that each switch off one thing which is on: a condition, or a whole family of faults. */
export const tamings = (scenario: Scenario): ReadonlyArray<Edit> => {
  const families = new Set(scenario.faults.map(({ trouble }) => trouble._tag))
  const withoutFamily = [...families].map((tag): Edit => (self) => ({
    ...self,
    faults: self.faults.filter(({ trouble }) => trouble._tag !== tag)
  }))
  return [...withoutFamily, ...conditions.filter((edit) => changes(scenario, edit(scenario)))]
}

/** Leaves out what comes after the violation: all of it, or only part. */
export const cuts = (scenario: Scenario, { atMicros }: Violation): ReadonlyArray<Scenario> => {
  const { faults, granularityMicros, operations, safetyMicros, windowMicros } = scenario
  // An event within the window was among the candidates of the last choice.
  const lastMicros = Math.min(safetyMicros, atMicros + windowMicros + granularityMicros)
  const isInTime = (each: { readonly atMicros: number }): boolean => each.atMicros <= lastMicros
  const operationsCut = { operations: operations.filter(isInTime) }
  const faultsCut = { faults: faults.filter(isInTime) }
  const safetyCut = { safetyMicros: Math.min(safetyMicros, lastMicros + 1) }
  return [{ ...operationsCut, ...faultsCut, ...safetyCut }, operationsCut, faultsCut, safetyCut]
    .map((cut) => ({ ...scenario, ...cut }))
    .filter((cut) => changes(scenario, cut))
}

/** Edits that make times shorter or rounder. Each may be done again. */
export const shortenings: ReadonlyArray<Edit> = (() => {
  const half = (micros: number): number => micros >> 1
  const whole = (micros: number): number => micros - micros % 1_000
  const begin = <A extends { readonly atMicros: number }>(
    all: ReadonlyArray<A>,
    change: (micros: number) => number
  ): ReadonlyArray<A> => all.map((each) => ({ ...each, atMicros: change(each.atMicros) }))
  const last = (faults: ReadonlyArray<Fault>, change: (micros: number) => number) =>
    faults.map((fault) => ({ ...fault, forMicros: change(fault.forMicros) }))
  const all = (change: (micros: number) => number): Edit => (scenario) => ({
    ...scenario,
    faults: last(begin(scenario.faults, change), change),
    operations: begin(scenario.operations, change),
    safetyMicros: change(scenario.safetyMicros)
  })
  return [
    all(half),
    (scenario) => ({ ...scenario, safetyMicros: half(scenario.safetyMicros) }),
    (scenario) => ({ ...scenario, operations: begin(scenario.operations, half) }),
    (scenario) => ({ ...scenario, faults: begin(scenario.faults, half) }),
    (scenario) => ({ ...scenario, faults: last(scenario.faults, half) }),
    all(whole)
  ]
})()

/**
 * The cluster of only these nodes, numbered anew, with what happens to them. Requests to one of the
 * others go to somebody else.
 */
export const onlyNodes = (scenario: Scenario, nodes: ReadonlyArray<number>): Scenario => {
  const places = new Map(nodes.map((node, place) => [node, place]))
  const { clocks, faults, memory, operations } = scenario
  return {
    ...scenario,
    nodes: nodes.length,
    spares: nodes.filter((node) => node >= scenario.nodes - scenario.spares).length,
    clocks: clocks.filter((_, node) => places.has(node)),
    memory: memory.filter((_, node) => places.has(node)),
    faults: faults.flatMap((fault) => {
      const trouble = renumbered(fault.trouble, places)
      return trouble === undefined ? [] : [{ ...fault, trouble }]
    }),
    operations: operations.map((each) => ({
      ...each,
      node: each.node === "leader" ? each.node : places.get(each.node) ?? each.node % nodes.length
    }))
  }
}

/** Undefined if nothing is left of it. */
const renumbered = (
  trouble: Trouble,
  places: ReadonlyMap<Target, number>
): Trouble | undefined => {
  if ("links" in trouble) {
    const links = trouble.links.flatMap(([from, to]) => {
      const [newFrom, newTo] = [places.get(from), places.get(to)]
      return newFrom === undefined || newTo === undefined ? [] : [[newFrom, newTo] as const]
    })
    return links.length === 0 ? undefined : { ...trouble, links }
  }
  if (trouble._tag === "Transfer" && trouble.to !== "chosen") {
    const to = places.get(trouble.to)
    const node = typeof trouble.node === "string" ? trouble.node : places.get(trouble.node)
    return to === undefined || node === undefined ? undefined : { ...trouble, node, to }
  }
  const node = typeof trouble.node === "string" ? trouble.node : places.get(trouble.node)
  if (node === undefined) return undefined
  if (trouble._tag !== "ChangeMembers") return { ...trouble, node } as Trouble
  const order = trouble.order.flatMap((each) => places.get(each) ?? [])
  return { ...trouble, node, order }
}

/**
 * Whether every failure would be the program's: disks that lose what they have promised are fewer
 * than half. Taking nodes away may break that.
 */
export const isFair = ({ faults, nodes, spares }: Scenario): boolean => {
  const members = nodes - spares
  const spoilt = new Set<number>()
  for (const { trouble } of faults) {
    switch (trouble._tag) {
      case "Rot":
      case "Misdirect":
      case "Wipe":
        spoilt.add(trouble.node)
    }
  }
  return members > 0 && 2 * spoilt.size < members
}

export const changes = (before: Scenario, after: Scenario): boolean =>
  JSON.stringify(before) !== JSON.stringify(after)

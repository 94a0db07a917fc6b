/**
 * A scenario in a compact form for people: everything that was drawn for a seed, and every fault
 * with its time.
 */
import { nodeId } from "../sim/Scenario.js"
import type {
  ClockConditions,
  Delay,
  DiskConditions,
  Fault,
  NetworkConditions,
  Operation,
  Scenario,
  Schedule
} from "../sim/Scenario.js"
import * as TroubleText from "../sim/TroubleText.js"
import { count, micros, plural } from "./SimText.js"

/** At least, and more on average. */
const delay = ({ leastMicros, meanMicros }: Delay): string =>
  `${micros(leastMicros)}+${micros(meanMicros)}`

const share = (perMille: number): string => `${perMille / 10}%`

const signed = (value: number): string => value < 0 ? String(value) : `+${value}`

const list = (parts: ReadonlyArray<string | undefined>): string =>
  parts.filter((part) => part !== undefined).join(", ")

const schedule = (self: Schedule): string => {
  switch (self._tag) {
    case "Fifo":
      return "first come, first served"
    case "Random":
      return "in random order"
    case "Pct":
      return `by random priorities (depth ${self.depth} in ${count(self.steps)} steps)`
  }
}

const network = (self: NetworkConditions): string =>
  list([
    `delay ${delay(self.delay)}`,
    self.dropPerMille === 0 ? undefined : `${share(self.dropPerMille)} lost`,
    self.duplicatePerMille === 0 ? undefined : `${share(self.duplicatePerMille)} twice`,
    self.reorderPerMille === 0
      ? undefined
      : `${share(self.reorderPerMille)} held back ${delay(self.heldBack)}`,
    self.isUnordered ? "unordered" : undefined,
    self.tellsUnreachable ? "tells who is dead" : undefined
  ])

const disk = (self: DiskConditions): string =>
  list([
    `write ${delay(self.write)}`,
    `sync ${delay(self.sync)}`,
    self.stallPerMille === 0
      ? undefined
      : `${share(self.stallPerMille)} of syncs stall ${delay(self.stall)}`,
    `a crash leaves ${SURVIVAL[self.survival]}`
  ])

const SURVIVAL: Readonly<Record<DiskConditions["survival"], string>> = {
  none: "nothing unsynced",
  prefix: "a prefix of what was unsynced",
  sectors: "any sectors of what was unsynced"
}

const clock = ({ driftPartsPerMillion, skewMillis }: ClockConditions, node: number): string =>
  `${nodeId(node)} ${signed(skewMillis)} ms ${signed(driftPartsPerMillion)} ppm`

const fault = ({ atMicros, forMicros, trouble }: Fault): string =>
  `    ${micros(atMicros).padStart(12)}  for ${micros(forMicros).padEnd(12)}  ` +
  TroubleText.describe(trouble)

const operations = (all: ReadonlyArray<Operation>): string => {
  const clients = new Set(all.map(({ client }) => client)).size
  const reads = all.filter(({ request }) => request.kind === "read").length
  const patient = all.filter(({ patienceMicros }) => patienceMicros === undefined).length
  return `${count(all.length)} by ${plural(clients, "client")}, ${count(reads)} of them reads, ` +
    `${count(patient)} wait for ever; the last at ${micros(all.at(-1)?.atMicros ?? 0)}`
}

/** Several lines, without the one at the end. */
export const describe = (self: Scenario): string => {
  const limits = Object.entries(self.limits).map(([name, value]) => `${name} ${count(value)}`)
  return [
    `seed ${self.seed}: ${plural(self.nodes, "node")}` +
    (self.spares === 0 ? "" : `, the last ${self.spares} of them no members at first`),
    `  fibers     ${schedule(self.schedule)}`,
    `  time       in steps of ${micros(self.granularityMicros)}, ` +
    `events within ${micros(self.windowMicros)} may swap; faults end at ` +
    micros(self.safetyMicros),
    `  timeouts   election ${self.electionTimeoutMillis} ms, ` +
    `heartbeat ${self.heartbeatMillis} ms, request ${self.requestTimeoutMillis} ms`,
    `  limits     ${limits.join(", ")}, segmentBytes ${count(self.segmentLimitBytes)}`,
    `  network    ${network(self.network)}`,
    `  disk       ${disk(self.disk)}`,
    `  clocks     ${self.clocks.map(clock).join(", ")}`,
    `  requests   ${operations(self.operations)}`,
    `  faults     ${self.faults.length === 0 ? "none" : count(self.faults.length)}`,
    ...self.faults.map(fault)
  ].join("\n")
}

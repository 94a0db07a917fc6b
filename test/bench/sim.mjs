/**
 * `npm run bench:sim`: how fast the simulator lives a cluster's life on one core, and that it lives
 * it the same way each time. Wall time is of one thread: read the ratios on an otherwise idle
 * machine.
 *
 *   npm run bench:sim -- [--quick]
 */
import { spawnSync } from "node:child_process"
import * as OperatingSystem from "node:os"
import { parseArgs } from "node:util"
import * as Segment from "../../dist/node/Segment.js"
import * as SnapshotFiles from "../../dist/node/SnapshotFiles.js"
import { State } from "../../dist/raft/index.js"
import { application } from "../../dist/sim/CacheApplication.js"
import * as Dice from "../../dist/sim/Dice.js"
import * as Simulation from "../../dist/sim/Simulation.js"
import * as Swarm from "../../dist/sim/Swarm.js"
import * as CoreOnly from "./CoreOnly.mjs"

const { hashes, quick } = parseArgs({
  options: { quick: { type: "boolean" }, hashes: { type: "boolean" } }
}).values

const SECOND_MICROS = 1_000_000
const rounds = quick ? 1 : 5
const determinismSeeds = quick ? 10 : 100

const print = (line = "") => console.log(line)

const median = (numbers) => [...numbers].sort((one, other) => one - other)[numbers.length >> 1]

/** `perSecond` requests for so long, from clients that take turns. */
const requests = (perSecond, seconds, clients, nodes) => {
  const dice = Dice.make(1, "requests")
  return Array.from({ length: perSecond * seconds }, (_, at) => ({
    id: at + 1,
    client: 1 + (at % clients),
    atMicros: SECOND_MICROS + Math.floor((at * SECOND_MICROS) / perSecond),
    node: at % nodes,
    request: application.request(at + 1, dice.below),
    patienceMicros: undefined
  }))
}

const quietDisk = {
  write: { leastMicros: 0, meanMicros: 0 },
  sync: { leastMicros: 200, meanMicros: 300 },
  stallPerMille: 0,
  stall: { leastMicros: 0, meanMicros: 0 },
  survival: "sectors"
}

/** What production has, not what the swarm would draw: a snapshot after every few writes. */
const common = {
  limits: State.defaultLimits,
  segmentLimitBytes: Segment.LIMIT_BYTES,
  snapshotBlockBytes: SnapshotFiles.BLOCK_BYTES,
  memory: [],
  schedule: { _tag: "Random" },
  granularityMicros: 1,
  windowMicros: 0,
  requestTimeoutMillis: 5_000,
  disk: quietDisk
}

/** Five nodes far apart, few requests, and something wrong every five seconds. */
const wide = (seconds) => ({
  ...Swarm.draw(1, { nodes: 5 }),
  ...common,
  electionTimeoutMillis: 1_500,
  heartbeatMillis: 300,
  network: {
    delay: { leastMicros: 30_000, meanMicros: 20_000 },
    dropPerMille: 5,
    duplicatePerMille: 5,
    reorderPerMille: 5,
    heldBack: { leastMicros: 1_000, meanMicros: 100_000 },
    isUnordered: false,
    tellsUnreachable: true
  },
  faults: Array.from({ length: Math.floor(seconds / 5) }, (_, at) => ({
    atMicros: 5 * SECOND_MICROS * (at + 1),
    forMicros: 2 * SECOND_MICROS,
    trouble: [
      { _tag: "Isolate", node: "leader", direction: "both" },
      { _tag: "Crash", node: at % 5, while: "writing" },
      { _tag: "Pause", node: "leader" }
    ][at % 3]
  })),
  operations: requests(10, seconds, 5, 5),
  safetyMicros: (seconds + 1) * SECOND_MICROS
})

/** Five nodes in one rack, many requests, nothing wrong. */
const near = (seconds) => ({
  ...Swarm.draw(1, { nodes: 5 }),
  ...common,
  electionTimeoutMillis: 300,
  heartbeatMillis: 50,
  network: {
    delay: { leastMicros: 1_000, meanMicros: 0 },
    dropPerMille: 0,
    duplicatePerMille: 0,
    reorderPerMille: 0,
    heldBack: { leastMicros: 0, meanMicros: 0 },
    isUnordered: false,
    tellsUnreachable: true
  },
  faults: [],
  operations: requests(1_000, seconds, 50, 5),
  safetyMicros: (seconds + 1) * SECOND_MICROS
})

const measure = (name, scenario, goal) => {
  const runs = []
  for (let round = 0; round <= rounds; round++) {
    const from = process.hrtime.bigint()
    const report = Simulation.run(scenario)
    const wallMillis = Number(process.hrtime.bigint() - from) / 1e6
    if (report.violation !== undefined) throw new Error(report.violation.message)
    // The first only warms up the engine.
    if (round > 0) runs.push({ report, wallMillis })
  }
  const ratios = runs.map(({ report, wallMillis }) => report.simulatedMicros / 1e3 / wallMillis)
  const rates = runs.map(({ report, wallMillis }) => (1e3 * report.events) / wallMillis)
  const spread = `${Math.min(...ratios).toFixed(1)} to ${Math.max(...ratios).toFixed(1)}`
  print(
    `${name.padEnd(56)}${median(ratios).toFixed(1).padStart(8)}x  (${spread}; goal ${goal})  ` +
      `${median(rates).toFixed(0)} events/s`
  )
}

const hashOf = (seed) => Simulation.run(Swarm.draw(seed)).traceHash

const hashAll = () =>
  Array.from({ length: determinismSeeds }, (_, at) => `${at + 1} ${hashOf(at + 1)}`)

if (hashes) {
  print(hashAll().join("\n"))
  process.exit(0)
}

const cores = OperatingSystem.cpus()
print(`${cores.length} cores (${cores[0]?.model}), node ${process.versions.node}; one thread`)
print()
print("simulated seconds for each second of wall time; median of " + rounds)
measure("5 nodes, 10 requests/s, 30 to 100 ms links, faults", wide(quick ? 60 : 600), "100")
measure("5 nodes, 1,000 requests/s, 1 ms links", near(quick ? 2 : 10), "3")
print()
const { rate, steps } = CoreOnly.measure(quick ? 200_000 : 3_000_000)
print(`the core alone, 5 nodes: ${rate.toFixed(0)} events/s in ${steps} events (goal 300000)`)
print()
const from = process.hrtime.bigint()
const once = hashAll()
const seconds = Number(process.hrtime.bigint() - from) / 1e9
print(`${determinismSeeds} seeds of the swarm: ${(determinismSeeds / seconds).toFixed(1)} seeds/s`)
const twice = hashAll()
const flags = quick ? ["--hashes", "--quick"] : ["--hashes"]
const fresh = spawnSync(process.execPath, [import.meta.filename, ...flags], { encoding: "utf8" })
const elsewhere = fresh.stdout.trim().split("\n")
const same = once.filter((line, at) => line === twice[at] && line === elsewhere[at]).length
print(`the same trace in two runs and in a fresh process: ${same} of ${determinismSeeds} seeds`)
if (same < determinismSeeds) process.exit(1)

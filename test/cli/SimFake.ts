/**
 * A simulator that does not simulate: which seeds fail, and how, is said by the test.
 */
import { Effect, Either } from "effect"
import * as Sim from "../../src/cli/Sim.js"
import type { Engine } from "../../src/cli/SimEngine.js"
import * as SimPool from "../../src/cli/SimPool.js"
import type { World } from "../../src/cli/SimSession.js"
import * as DecisionLog from "../../src/sim/DecisionLog.js"
import type { Report } from "../../src/sim/Report.js"
import type { Scenario } from "../../src/sim/Scenario.js"

const delay = { leastMicros: 1_000, meanMicros: 500 }

export const scenarioOf = (seed: number, nodes = 3): Scenario => ({
  seed,
  spares: 0,
  nodes,
  schedule: { _tag: "Pct", depth: 3, steps: 10_000 },
  granularityMicros: 1,
  windowMicros: 0,
  electionTimeoutMillis: 300,
  heartbeatMillis: 50,
  requestTimeoutMillis: 1_000,
  limits: {
    appendBytes: 1_024,
    inflightAppends: 4,
    inflightBytes: 4_096,
    uncommittedBytes: 8_192,
    applyBytes: 2_048,
    snapshotEntries: 10,
    snapshotBytes: 4_096,
    trailingEntries: 5,
    trailingBytes: 2_048,
    chunkBytes: 512,
    inflightChunkBytes: 1_024,
    clockDriftPercent: 25
  },
  segmentLimitBytes: 65_536,
  snapshotBlockBytes: 1_024,
  network: {
    delay,
    dropPerMille: 15,
    duplicatePerMille: 0,
    reorderPerMille: 0,
    heldBack: delay,
    isUnordered: false,
    tellsUnreachable: true
  },
  disk: { write: delay, sync: delay, stallPerMille: 0, stall: delay, survival: "sectors" },
  memory: [],
  clocks: [
    { skewMillis: -20, driftPartsPerMillion: 50 },
    { skewMillis: 0, driftPartsPerMillion: 0 },
    { skewMillis: 7, driftPartsPerMillion: -3 }
  ].slice(0, nodes),
  faults: [
    { atMicros: 1_500_000, forMicros: 250, trouble: { _tag: "Cut", links: [[0, 1], [1, 0]] } },
    { atMicros: 2_000_000, forMicros: 40_000, trouble: { _tag: "Pause", node: "leader" } }
  ],
  operations: [{
    id: 1,
    client: 0,
    atMicros: 900,
    node: 0,
    request: { kind: "read", bytes: new Uint8Array(1) },
    patienceMicros: undefined
  }],
  safetyMicros: 10_000_000
})

export interface Plan {
  /** The oracle that a seed violates. */
  readonly failing?: Readonly<Record<number, string>>
  readonly throwing?: number
  /** The seed whose second run differs. */
  readonly diverging?: number
  readonly marks?: Readonly<Record<string, number>>
  readonly requiredMarks?: ReadonlyArray<string>
}

export const engineOf = (plan: Plan): Engine => {
  const run: Engine["run"] = (scenario, options): Report => {
    const { nodes, seed } = scenario
    if (plan.throwing === seed) throw new Error("the simulator is wrong")
    const oracle = plan.failing?.[seed]
    return {
      scenario,
      decisions: options?.decisions ?? DecisionLog.make(),
      violation: oracle === undefined
        ? undefined
        : { oracle, message: `seed ${seed} is bad`, atMicros: 1_234_567, event: 8 },
      events: 10 * nodes,
      simulatedMicros: 2_000_900,
      ackedWrites: seed,
      ackedReads: 1,
      marks: plan.marks ?? { truncation: 1, election: seed },
      traceHash: seed.toString(16).padStart(16, "0"),
      checkpoints: [],
      trace: options?.record === "everything"
        ? [{ _tag: "Phase", number: 1, atMicros: 0, text: "safety" }]
        : []
    }
  }
  return {
    draw: (seed, overrides) => scenarioOf(seed, overrides?.nodes),
    run,
    runTwice: (scenario) => ({
      report: run(scenario),
      divergence: scenario.seed === plan.diverging ? "event 3 differs" : undefined
    }),
    shrink: (report, onProgress) => {
      onProgress({ runs: 5, nodes: 1, faults: 0, operations: 2, choices: 3 })
      return { report: { ...report, scenario: { ...report.scenario, nodes: 1 } }, runs: 7 }
    },
    encode: ({ scenario, violation }) =>
      JSON.stringify({ seed: scenario.seed, nodes: scenario.nodes, oracle: violation?.oracle }),
    decode: (text) => {
      if (!text.startsWith("{")) return Either.left("not a replay file")
      const { nodes, oracle, seed } = JSON.parse(text)
      return Either.right({
        scenario: scenarioOf(seed, nodes),
        decisions: DecisionLog.make(),
        oracle
      })
    },
    tell: ({ scenario, trace }) => `a story of ${scenario.nodes} node, ${trace.length} event`,
    render: ({ trace }, { command, title }) => `${title} | ${command} | ${trace.length}`,
    requiredMarks: plan.requiredMarks ?? []
  }
}

export interface Said {
  output: string
  errors: string
  readonly files: Map<string, string>
}

/** A world whose files and streams are there to look at. */
export const worldOf = (plan: Plan): Said & { readonly world: World } => {
  const engine = engineOf(plan)
  const said: Said = { output: "", errors: "", files: new Map() }
  const world: World = {
    engine,
    thread: (settings) => Effect.succeed(SimPool.inPlace(engine, settings)),
    output: (text) => void (said.output += text),
    terminal: { write: (text) => void (said.errors += text) },
    readFile: (file) => {
      const text = said.files.get(file)
      if (text === undefined) throw new Error("no such file")
      return text
    },
    writeFile: (file, text) => {
      if (file.startsWith("/")) throw new Error("read-only file system")
      said.files.set(file, text)
    }
  }
  return Object.assign(said, { world })
}

/** Runs the command to its end, which is an error's tag and message, or nothing. */
export const run = (argv: ReadonlyArray<string>, world: World) =>
  Sim.run(argv, world).pipe(
    Effect.match({
      onSuccess: () => undefined,
      onFailure: ({ _tag, message }) => ({ _tag, message })
    })
  )

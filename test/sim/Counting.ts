/**
 * An application that is nothing but a count, a small cluster for it, and ways in which it can be
 * broken: for tests of what happens after a failure was found.
 */
import * as Latin1 from "../../src/kv/Latin1.js"
import { defaultLimits } from "../../src/raft/State.js"
import type { Application, Invariant, Machine } from "../../src/sim/Application.js"
import type { Scenario } from "../../src/sim/Scenario.js"

const machine = (): Machine => {
  let count = 0
  return {
    apply: () => Latin1.encode(String(++count)),
    read: () => Latin1.encode(String(count)),
    digest: () => String(count),
    snapshot: () => [Latin1.encode(String(count))],
    restore: () => {
      let restored = 0
      return {
        add: (part) => {
          restored = Number(Latin1.decode(part, 0, part.length))
        },
        done: () => {
          count = restored
        }
      }
    }
  }
}

export const counting: Application = {
  name: "counting",
  machine,
  model: machine,
  request: (id, draw) => ({
    kind: draw(4) === 3 ? "read" : "write",
    bytes: Latin1.encode(`add ${id}`)
  }),
  describe: ({ bytes, kind }) => kind === "read" ? "count" : Latin1.decode(bytes, 0, bytes.length),
  describeAnswer: (answer) => Latin1.decode(answer, 0, answer.length)
}

/** Every `nth` command is answered as if it had been applied, and is not. */
export const forgetting = (nth: number): Application => ({
  ...counting,
  machine: () => {
    let [applied, forgotten] = [0, 0]
    const answer = () => Latin1.encode(String(applied - forgotten))
    return {
      apply: () => {
        applied += 1
        if (applied % nth === 0) forgotten += 1
        return answer()
      },
      read: answer,
      digest: () => String(applied - forgotten),
      snapshot: () => [Uint8Array.of(applied, forgotten)],
      restore: () => {
        let restored: Uint8Array = Uint8Array.of(0, 0)
        return {
          add: (part) => {
            restored = part.slice()
          },
          done: () => {
            applied = restored[0]!
            forgotten = restored[1]!
          }
        }
      }
    }
  }
})

export const promising = (check: Invariant["check"]): Application => ({
  ...counting,
  invariants: [{ name: "promised", check }]
})

/** One client asks one node, write after write. */
export const scenario = (change: Partial<Scenario> = {}): Scenario => ({
  seed: 7,
  nodes: 3,
  spares: 0,
  schedule: { _tag: "Random" },
  granularityMicros: 1,
  windowMicros: 500,
  electionTimeoutMillis: 150,
  heartbeatMillis: 50,
  requestTimeoutMillis: 500,
  limits: defaultLimits,
  segmentLimitBytes: 4_096,
  snapshotBlockBytes: 1_000,
  network: {
    delay: { leastMicros: 300, meanMicros: 2_000 },
    dropPerMille: 50,
    duplicatePerMille: 20,
    reorderPerMille: 50,
    heldBack: { leastMicros: 1_000, meanMicros: 50_000 },
    isUnordered: true,
    tellsUnreachable: true
  },
  disk: {
    write: { leastMicros: 0, meanMicros: 20 },
    sync: { leastMicros: 100, meanMicros: 1_000 },
    stallPerMille: 10,
    stall: { leastMicros: 10_000, meanMicros: 50_000 },
    survival: "sectors"
  },
  memory: [],
  clocks: [0, 1, 2].map((node) => ({ skewMillis: 1_000 * node, driftPartsPerMillion: 100 })),
  faults: [
    { atMicros: 300_000, forMicros: 200_000, trouble: { _tag: "Pause", node: "leader" } },
    {
      atMicros: 600_000,
      forMicros: 100_000,
      trouble: { _tag: "Cut", links: [[0, 1], [1, 0], [2, 1]] }
    },
    { atMicros: 700_000, forMicros: 300_000, trouble: { _tag: "Kill", node: 1, while: "any" } },
    { atMicros: 900_000, forMicros: 100_000, trouble: { _tag: "Jump", node: 2, millis: -5_000 } }
  ],
  operations: Array.from({ length: 30 }, (_, at) => ({
    id: at + 1,
    client: 1 + at % 2,
    atMicros: 200_000 + 30_000 * at,
    node: at % 3,
    request: { kind: "write", bytes: Latin1.encode(`add ${at + 1}`) },
    patienceMicros: at % 5 === 4 ? 20_000 : undefined
  })),
  safetyMicros: 1_200_000,
  ...change
})
